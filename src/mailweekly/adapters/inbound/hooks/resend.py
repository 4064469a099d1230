"""
Resend's webhooks, signed as Svix signs: HMAC-SHA256 of id, time and body; five minutes, each id once.

Source: Svix, verifying payloads; Resend's documentation, webhook event types.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from mailweekly.adapters.inbound.hooks.event import THEIRS, Event, Trust, UnauthenticError, bounced, identity, raw_of
from mailweekly.adapters.inbound.hooks.seals import fresh, keyed, unpacked
from mailweekly.adapters.inbound.hooks.values import document, inner, instant, items, message_id_in, text, token_in
from mailweekly.bounce import Kind

__all__ = ["events", "is_key", "verified"]

NAME: Final = "resend"
AGE: Final = timedelta(minutes=5)
PREFIX: Final = "whsec_"
MOST_RECIPIENTS: Final = 100
SEEN: Final = frozenset({"email.opened", "email.clicked"})
KINDS: Final = {
    "email.bounced": Kind.BOUNCE,
    "email.failed": Kind.BOUNCE,
    "email.complained": Kind.COMPLAINT,
    "email.delivery_delayed": Kind.DELAYED,
    "email.sent": Kind.DELAYED,
    "email.scheduled": Kind.DELAYED,
    "email.delivered": Kind.DELIVERED,
    "email.suppressed": Kind.BOUNCE,
    "suppression.added": Kind.BOUNCE,
}
HINTS: Final = {"permanent": "hard", "transient": "soft", "temporary": "soft", "undetermined": "soft"}


def verified(headers: Mapping[str, str], body: bytes, trust: Trust, now: datetime) -> None:
    """Return if it is Resend's. Errors: UnauthenticError."""
    number, stamp = headers.get("svix-id", ""), headers.get("svix-timestamp", "")
    shown = [
        unpacked(one.partition(",")[2])
        for one in headers.get("svix-signature", "").split()[:10]
        if one.startswith("v1,")
    ]
    if not number or not number.isascii() or not shown:
        raise UnauthenticError
    fresh(stamp, now, AGE)
    keyed(_keys(trust.secrets), f"{number}.{stamp}.".encode() + body, shown)


def is_key(written: str) -> bool:
    """Return whether this is a signing secret as Svix writes it."""
    return bool(unpacked(written.removeprefix(PREFIX)))


def events(body: bytes, headers: Mapping[str, str]) -> tuple[Event, ...]:
    """Return what it says: one event for each recipient. Errors: MalformedError."""
    one = document(body)
    word = text(one.get("type"))
    if word in SEEN:
        return ()
    to = inner(one, "data", "to")
    found = to if isinstance(to, list) else [to if to is not None else inner(one, "data", "email")]
    number = headers.get("svix-id", "") or identity(one)
    recipients = list(dict.fromkeys(text(person) for person in found[:MOST_RECIPIENTS])) or [""]
    return tuple(_event(one, word, person, number, alone=len(recipients) == 1) for person in recipients)


def _event(one: dict[str, Any], word: str, recipient: str, number: str, *, alone: bool) -> Event:
    bounce = inner(one, "data", "bounce")
    kind, told = KINDS.get(word, Kind.OTHER), ("", "", "", "")
    if kind is Kind.BOUNCE:
        said = inner(bounce, "message") or inner(one, "data", "failed", "reason")
        told = bounced(_hint(word, bounce), said, others=_diagnostics(bounce))
    named = {text(row.get("name")).lower(): row.get("value") for row in items(inner(one, "data", "headers"))}
    return Event(
        kind=kind,
        reason=told[0],
        recipient=recipient,
        token=token_in(named.get("x-mailweekly-id")) if alone else None,
        provider=NAME,
        id=number,
        time=instant(one.get("created_at")),
        raw=raw_of(one),
        word=word,
        code=told[1],
        status=told[2],
        diagnostic=told[3],
        message_id=message_id_in(named.get("message-id"), inner(one, "data", "message_id")),
        is_odd=kind is Kind.OTHER,
    )


def _hint(word: str, bounce: Any) -> str:
    kind, part = text(inner(bounce, "type")).lower(), text(inner(bounce, "subType")).lower()
    if "suppress" in part or word in {"suppression.added", "email.suppressed"}:
        return THEIRS
    return HINTS.get(kind, "soft")


def _diagnostics(bounce: Any) -> tuple[object, ...]:
    found = inner(bounce, "diagnosticCode")
    return tuple(found[:3]) if isinstance(found, list) else (found,)


def _keys(secrets: Iterable[str]) -> list[bytes]:
    return [unpacked(one.removeprefix(PREFIX)) for one in secrets]
