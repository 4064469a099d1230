"""
Postmark's webhooks: bounces, spam complaints, changes of a subscription.

Nothing is signed: the secret is the user and password in the webhook's address. A repeated report is known by its number.

Source: Postmark's developer documentation, webhooks.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from mailweekly.adapters.inbound.hooks.event import THEIRS, Event, Trust, bounced, identity, raw_of
from mailweekly.adapters.inbound.hooks.seals import by_password
from mailweekly.adapters.inbound.hooks.values import documents, inner, instant, message_id_in, text, token_in
from mailweekly.bounce import Kind

__all__ = ["events", "verified"]

NAME: Final = "postmark"
SEEN: Final = frozenset({"Open", "Click"})
HINTS: Final = {
    "HardBounce": "hard",
    "BadEmailAddress": "hard",
    "SoftBounce": "soft",
    "Transient": "soft",
    "DnsError": "soft",
    "AddressChange": "soft",
    "Undeliverable": "soft",
    "Unknown": "soft",
    "VirusNotification": "virus",
    "SpamNotification": "spam",
    "Blocked": "policy",
    "DMARCPolicy": "auth",
    "TemplateRenderingFailed": "syntax",
    "ManuallyDeactivated": THEIRS,
}
KINDS: Final = {
    "AutoResponder": Kind.AUTO_REPLY,
    "ChallengeVerification": Kind.CHALLENGE,
    "OpenRelayTest": Kind.LIST_MAIL,
    "Subscribe": Kind.LIST_MAIL,
    "Unsubscribe": Kind.OPT_OUT,
    "SpamComplaint": Kind.COMPLAINT,
}
SUPPRESSED: Final = {"HardBounce": Kind.BOUNCE, "SpamComplaint": Kind.COMPLAINT}


def verified(headers: Mapping[str, str], body: bytes, trust: Trust, now: datetime) -> None:
    """Return if it is Postmark's. Errors: UnauthenticError."""
    del body, now
    by_password(headers, trust)


def events(body: bytes, headers: Mapping[str, str]) -> tuple[Event, ...]:
    """Return what it says. Errors: MalformedError."""
    del headers
    return tuple(_event(one) for one in documents(body) if text(one.get("RecordType")) not in SEEN)


def _event(one: dict[str, Any]) -> Event:
    record = text(one.get("RecordType")) or "Bounce"
    word = text(one.get("Type")) if record == "Bounce" else record
    kind, reason = _kind(record, word, one)
    told = ("", "", "", "")
    if kind is Kind.BOUNCE:
        words = one.get("Details") or one.get("Description")
        told = bounced(reason or HINTS[word], words, others=(one.get("Description"), one.get("Content")))
    number = text(one.get("ID"))
    return Event(
        kind=kind,
        reason=told[0],
        recipient=text(one.get("Email") or one.get("Recipient")),
        token=_token(one.get("Metadata")),
        provider=NAME,
        id=f"{record}:{number}" if number and number != "0" else identity(one),
        time=next(filter(None, (instant(one.get(name)) for name in ("BouncedAt", "ChangedAt", "DeliveredAt"))), None),
        raw=raw_of(one),
        word=f"{record} {word}" if word != record else record,
        code=told[1],
        status=told[2],
        diagnostic=told[3],
        message_id=message_id_in(inner(one, "Metadata", "message_id")),
        is_odd=kind is Kind.OTHER,
    )


def _kind(record: str, word: str, one: dict[str, Any]) -> tuple[Kind, str]:
    """What it is, and a hint that beats the table's."""
    if record == "Delivery":
        return Kind.DELIVERED, ""
    if record == "SpamComplaint":
        return Kind.COMPLAINT, ""
    if record == "SubscriptionChange":
        if one.get("SuppressSending") is not True:
            return Kind.DELIVERED, ""  # taken off Postmark's own list: nothing of ours changes by that
        why = text(one.get("SuppressionReason"))
        return SUPPRESSED.get(why, Kind.OPT_OUT), THEIRS if why == "HardBounce" else ""
    if record == "Bounce" and word in HINTS:
        return Kind.BOUNCE, ""
    return KINDS.get(word, Kind.OTHER), ""


def _token(metadata: Any) -> str | None:
    return token_in(*metadata.values()) if isinstance(metadata, dict) else None
