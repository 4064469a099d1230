"""
Brevo's transactional webhooks, one event or an array of them.

Nothing is signed: the secret is the user and password in the webhook's address, or a bearer's token. What is deferred is still tried, and no bounce.

Source: Brevo's developer documentation, transactional webhooks.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from mailweekly.adapters.inbound.hooks.event import Event, Trust, bounced, identity, raw_of
from mailweekly.adapters.inbound.hooks.seals import by_password
from mailweekly.adapters.inbound.hooks.values import documents, instant, message_id_in, text, token_in
from mailweekly.bounce import Kind

__all__ = ["events", "verified"]

NAME: Final = "brevo"
SEEN: Final = frozenset(
    {"opened", "unique_opened", "first_opening", "proxy_open", "unique_proxy_open", "click", "clicked", "uniqueOpened"}
)
HINTS: Final = {
    "hard_bounce": "hard",
    "invalid_email": "hard",
    "invalid": "hard",
    "soft_bounce": "soft",
    "error": "soft",
    "blocked": "policy",
}
KINDS: Final = {
    "spam": Kind.COMPLAINT,
    "complaint": Kind.COMPLAINT,
    "unsubscribe": Kind.OPT_OUT,
    "unsubscribed": Kind.OPT_OUT,
    "deferred": Kind.DELAYED,
    "request": Kind.DELAYED,
    "sent": Kind.DELAYED,
    "delivered": Kind.DELIVERED,
}
ALIASES: Final = {"hardBounce": "hard_bounce", "softBounce": "soft_bounce", "invalidEmail": "invalid_email"}


def verified(headers: Mapping[str, str], body: bytes, trust: Trust, now: datetime) -> None:
    """Return if it is Brevo's. Errors: UnauthenticError."""
    del body, now
    by_password(headers, trust, may_be_bearer=True)


def events(body: bytes, headers: Mapping[str, str]) -> tuple[Event, ...]:
    """Return what it says. Errors: MalformedError."""
    del headers
    return tuple(_event(one) for one in documents(body) if text(one.get("event")) not in SEEN)


def _event(one: dict[str, Any]) -> Event:
    written = text(one.get("event"))
    word = ALIASES.get(written, written)
    kind = Kind.BOUNCE if word in HINTS else KINDS.get(word, Kind.OTHER)
    told = bounced(HINTS[word], one.get("reason")) if kind is Kind.BOUNCE else ("", "", "", "")
    return Event(
        kind=kind,
        reason=told[0],
        recipient=text(one.get("email")),
        token=token_in(one.get("X-Mailin-custom")),
        provider=NAME,
        id=identity(one),
        time=instant(one.get("ts_epoch") or one.get("ts_event")),
        raw=raw_of(one),
        word=word,
        code=told[1],
        status=told[2],
        diagnostic=told[3],
        message_id=message_id_in(one.get("message-id")),
        is_odd=kind is Kind.OTHER,
    )
