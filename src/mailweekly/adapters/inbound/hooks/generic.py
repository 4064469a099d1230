"""
Our own webhook, for whatever has none of the others: one event or an array of them, in our words, as docs/howto/bounces-by-webhook.md shows.

Signed by HMAC-SHA256 of the time and the body; five minutes, each id once.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from mailweekly.adapters.inbound.hooks.event import THEIRS, Event, Trust, UnauthenticError, bounced, identity, raw_of
from mailweekly.adapters.inbound.hooks.seals import fresh, keyed
from mailweekly.adapters.inbound.hooks.values import documents, instant, message_id_in, text, token_in
from mailweekly.bounce import CAUSES, Kind

__all__ = ["SIGNATURE", "STAMP", "events", "verified"]

NAME: Final = "generic"
AGE: Final = timedelta(minutes=5)
STAMP: Final = "x-mailweekly-timestamp"
SIGNATURE: Final = "x-mailweekly-signature"
HEX: Final = re.compile(r"(?:v1=)?([0-9a-fA-F]{64})")
KINDS: Final = {one.value: one for one in Kind}


def verified(headers: Mapping[str, str], body: bytes, trust: Trust, now: datetime) -> None:
    """Return if it is signed with our secret. Errors: UnauthenticError."""
    stamp, shown = headers.get(STAMP, "").strip(), HEX.fullmatch(headers.get(SIGNATURE, "").strip())
    if shown is None:
        raise UnauthenticError
    fresh(stamp, now, AGE)
    keyed([one.encode() for one in trust.secrets], stamp.encode() + body, [bytes.fromhex(shown[1])])


def events(body: bytes, headers: Mapping[str, str]) -> tuple[Event, ...]:
    """Return what it says. Errors: MalformedError."""
    del headers
    return tuple(_event(one) for one in documents(body))


def _event(one: dict[str, Any]) -> Event:
    word, reason = text(one.get("kind"), 40), text(one.get("reason"), 40)
    kind, told = KINDS.get(word, Kind.OTHER), ("", "", "", "")
    if kind is Kind.BOUNCE:
        said = one.get("diagnostic") or one.get("text")
        told = bounced(reason or ("hard" if one.get("hard") is True else "soft"), said, one.get("status"))
        if reason in CAUSES or reason == THEIRS:
            told = (reason, *told[1:])
    return Event(
        kind=kind,
        reason=told[0],
        recipient=text(one.get("recipient")),
        token=token_in(one.get("token")),
        provider=NAME,
        id=text(one.get("id")) or identity(one),
        time=instant(one.get("time")),
        raw=raw_of(one),
        word=word,
        code=told[1] or text(one.get("code"), 3),
        status=told[2],
        diagnostic=told[3],
        message_id=message_id_in(one.get("message_id")),
        is_odd=kind is Kind.OTHER,
    )
