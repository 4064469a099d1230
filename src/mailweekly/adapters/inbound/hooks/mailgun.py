"""
Mailgun's webhooks: failed, complained, unsubscribed, rejected.

The signature covers a time and a token and not the body: each token counts once, and another body under it is refused. A temporary failure that
Mailgun goes on with is no bounce: the last one comes as a permanent failure.

Source: Mailgun's developer documentation, webhooks and their security.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from mailweekly.adapters.inbound.hooks.event import THEIRS, Event, Trust, UnauthenticError, bounced, identity, raw_of
from mailweekly.adapters.inbound.hooks.seals import fresh, keyed
from mailweekly.adapters.inbound.hooks.values import (
    MalformedError,
    document,
    inner,
    instant,
    message_id_in,
    text,
    token_in,
)
from mailweekly.bounce import Kind

__all__ = ["events", "once", "verified"]

NAME: Final = "mailgun"
AGE: Final = timedelta(minutes=15)
HEX_CHARACTERS: Final = 64
TOKEN_CHARACTERS: Final = 100
SEEN: Final = frozenset({"opened", "clicked"})
KINDS: Final = {
    "complained": Kind.COMPLAINT,
    "unsubscribed": Kind.OPT_OUT,
    "accepted": Kind.DELAYED,
    "stored": Kind.DELAYED,
    "delivered": Kind.DELIVERED,
    "failed": Kind.BOUNCE,
    "rejected": Kind.BOUNCE,
}
# Of `reason` where Mailgun did not try, because it has the address on a list of its own.
SUPPRESSED: Final = {
    "suppress-bounce": Kind.BOUNCE,
    "suppress-complaint": Kind.COMPLAINT,
    "suppress-unsubscribe": Kind.OPT_OUT,
}


def verified(headers: Mapping[str, str], body: bytes, trust: Trust, now: datetime) -> None:
    """Return if it is Mailgun's. Errors: UnauthenticError, MalformedError."""
    del headers
    signature = inner(document(body), "signature")
    stamp, token, shown = (text(inner(signature, name), 200) for name in ("timestamp", "token", "signature"))
    if not token or len(token) > TOKEN_CHARACTERS or len(shown) != HEX_CHARACTERS:
        raise UnauthenticError
    fresh(stamp, now, AGE)
    try:
        digest = bytes.fromhex(shown)
    except ValueError:
        raise UnauthenticError from None
    keyed([one.encode() for one in trust.secrets], f"{stamp}{token}".encode(), [digest])


def once(body: bytes) -> str:
    """Return the token that may be used a single time."""
    return text(inner(document(body), "signature", "token"), TOKEN_CHARACTERS)


def events(body: bytes, headers: Mapping[str, str]) -> tuple[Event, ...]:
    """Return what it says. Errors: MalformedError."""
    del headers
    one = inner(document(body), "event-data")
    if not isinstance(one, dict):
        raise MalformedError
    return () if text(one.get("event")) in SEEN else (_event(one),)


def _event(one: dict[str, Any]) -> Event:
    word = text(one.get("event"))
    severity, reason = text(one.get("severity")), text(one.get("reason"))
    kind, told = KINDS.get(word, Kind.OTHER), ("", "", "", "")
    status = one.get("delivery-status")
    if word == "failed" and reason in SUPPRESSED:
        kind = SUPPRESSED[reason]
    elif word == "failed" and severity != "permanent" and inner(status, "retry-seconds"):
        kind = Kind.DELAYED
    if kind is Kind.BOUNCE:
        told = _refusal(one, status, "rejected" if word == "rejected" else THEIRS if reason in SUPPRESSED else severity)
    variables = one.get("user-variables")
    return Event(
        kind=kind,
        reason=told[0],
        recipient=text(one.get("recipient")),
        token=token_in(*(variables.values() if isinstance(variables, dict) else ()), inner(one, "envelope", "sender")),
        provider=NAME,
        id=text(one.get("id")) or identity(one),
        time=instant(one.get("timestamp")),
        raw=raw_of(one),
        word=f"{word} {severity}".strip(),
        code=told[1],
        status=told[2],
        diagnostic=told[3],
        message_id=message_id_in(inner(one, "message", "headers", "message-id")),
        is_odd=kind is Kind.OTHER,
    )


def _refusal(one: dict[str, Any], status: Any, severity: str) -> tuple[str, str, str, str]:
    code = text(inner(status, "code"), 3)
    said = text(inner(status, "message"), 500) or text(inner(status, "description"), 500)
    enhanced = text(inner(status, "enhanced-code"), 12)
    hint = {"permanent": "soft", "rejected": "content", THEIRS: THEIRS}.get(severity, "soft")
    if code[:1] in {"4", "5"} and code not in said:
        said = f"{code} {enhanced + ' ' if enhanced and enhanced not in said else ''}{said}".strip()
    return bounced(hint, said or text(inner(one, "reject", "reason"), 500), enhanced, (inner(status, "description"),))
