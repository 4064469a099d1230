"""
Mailjet's event callbacks, one event or an array of them.

Nothing is signed: the secret is the user and password in the callback's address.

Source: Mailjet's developer documentation, event API.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from mailweekly.adapters.inbound.hooks.event import THEIRS, Event, Trust, bounced, identity, raw_of
from mailweekly.adapters.inbound.hooks.seals import by_password
from mailweekly.adapters.inbound.hooks.values import documents, instant, text, token_in
from mailweekly.bounce import Kind

__all__ = ["events", "verified"]

NAME: Final = "mailjet"
SEEN: Final = frozenset({"open", "click"})
KINDS: Final = {
    "bounce": Kind.BOUNCE,
    "blocked": Kind.BOUNCE,
    "spam": Kind.COMPLAINT,
    "unsub": Kind.OPT_OUT,
    "sent": Kind.DELIVERED,
}
# What Mailjet's `error` means (its table of errors).
ERRORS: Final = {
    "user unknown": "user-unknown",
    "mailbox inactive": "disabled",
    "quota exceeded": "mailbox-full",
    "blacklisted": "blocked",
    "spam reporter": "blocked",
    "invalid domain": "domain-unknown",
    "no mail host": "domain-unknown",
    "relay/access denied": "relaying",
    "greylisted": "greylisted",
    "typofix": "bad-address",
    "bad or empty template": "syntax",
    "error in template language": "syntax",
    "sender blocked": "blocked",
    "content blocked": "content",
    "policy issue": "rejected",
    "system issue": "unclear",
    "protocol issue": "unclear",
    "connection issue": "network",
    "preblocked": THEIRS,
    "duplicate in campaign": "unclear",
}


def verified(headers: Mapping[str, str], body: bytes, trust: Trust, now: datetime) -> None:
    """Return if it is Mailjet's. Errors: UnauthenticError."""
    del body, now
    by_password(headers, trust)


def events(body: bytes, headers: Mapping[str, str]) -> tuple[Event, ...]:
    """Return what it says. Errors: MalformedError."""
    del headers
    return tuple(_event(one) for one in documents(body) if text(one.get("event")) not in SEEN)


def _event(one: dict[str, Any]) -> Event:
    word, error = text(one.get("event")), text(one.get("error")).lower()
    kind, told = KINDS.get(word, Kind.OTHER), ("", "", "", "")
    if kind is Kind.BOUNCE:
        told = bounced(_hint(one, word, error), one.get("comment"), one.get("error_code"))
    return Event(
        kind=kind,
        reason=told[0],
        recipient=text(one.get("email")),
        token=token_in(one.get("CustomID"), one.get("Payload")),
        provider=NAME,
        id=identity(one),
        time=instant(one.get("time")),
        raw=raw_of({name: value for name, value in one.items() if name not in {"ip", "geo", "agent"}}),
        word=f"{word} {error}".strip(),
        code=told[1],
        status=told[2],
        diagnostic=told[3] or error,
        is_odd=kind is Kind.OTHER,
    )


def _hint(one: dict[str, Any], word: str, error: str) -> str:
    known = ERRORS.get(error)
    if known and known != "unclear":
        return known
    if word == "blocked":
        return "policy"
    is_hard = one.get("hard_bounce")
    return "hard" if is_hard is True or text(is_hard) in {"1", "true"} else "soft"
