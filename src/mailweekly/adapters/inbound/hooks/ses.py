"""
Amazon SES, through a topic of SNS: bounces, complaints, and what else SES tells of a message.

Reads both shapes, of notifications and of event publishing. Every recipient of a bounce is an event. A topic's question whether we want it is an
event too, for the editor's eye: its link stands in the notice.

Source: Amazon SES developer guide, contents of notifications and of event data.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from mailweekly.adapters.inbound.hooks import sns
from mailweekly.adapters.inbound.hooks.event import THEIRS, Event, Trust, bounced, raw_of
from mailweekly.adapters.inbound.hooks.values import document, inner, instant, items, message_id_in, text, token_in
from mailweekly.bounce import Kind

__all__ = ["events", "subscription", "verified"]

NAME: Final = "ses"
SEEN: Final = frozenset({"Open", "Click"})
MOST_RECIPIENTS: Final = 100
KINDS: Final = {
    "Delivery": Kind.DELIVERED,
    "DeliveryDelay": Kind.DELAYED,
    "Send": Kind.DELAYED,
    "Subscription": Kind.OPT_OUT,
    "AmazonSnsSubscriptionSucceeded": Kind.DELIVERED,  # SES's word that the topic works
}
SUPPRESSED: Final = frozenset({"Suppressed", "OnAccountSuppressionList"})
HINTS: Final = {
    ("Permanent", "NoEmail"): "hard",
    ("Permanent", "General"): "hard",
    ("Permanent", ""): "hard",
    ("Transient", "MailboxFull"): "mailbox-full",
    ("Transient", "MessageTooLarge"): "too-big",
    ("Transient", "ContentRejected"): "content",
    ("Transient", "AttachmentRejected"): "content",
}
PLACES: Final = {"Bounce": "bounce", "Complaint": "complaint", "Delivery": "delivery", "DeliveryDelay": "deliveryDelay"}
RECIPIENTS: Final = {
    "Bounce": "bouncedRecipients",
    "Complaint": "complainedRecipients",
    "DeliveryDelay": "delayedRecipients",
}


def verified(headers: Mapping[str, str], body: bytes, trust: Trust, now: datetime) -> None:
    """Return if it is of a topic of ours. Errors: UnauthenticError, MalformedError."""
    del headers, now
    sns.signed(body, trust)


def subscription(body: bytes) -> str:
    """Return the link that confirms a subscription; empty for any other message."""
    one = document(body)
    link = text(one.get("SubscribeURL"), 2_000)
    return link if one.get("Type") == sns.SUBSCRIPTION and sns.is_of_sns(link) else ""


def events(body: bytes, headers: Mapping[str, str]) -> tuple[Event, ...]:
    """Return what it says: one event for each recipient. Errors: MalformedError."""
    del headers
    envelope = document(body)
    number = text(envelope.get("MessageId"), 100)
    if envelope.get("Type") != sns.NOTIFICATION:
        return (_asked(envelope, number),)
    said = envelope.get("Message")
    try:
        one = json.loads(said) if isinstance(said, str) else said
    except (ValueError, RecursionError):
        one = None
    if not isinstance(one, dict):
        return (_odd(envelope, number, "a notification that is no JSON"),)
    word = text(one.get("eventType") or one.get("notificationType"), 40)
    return () if word in SEEN else _events(one, word, number)


def _events(one: dict[str, Any], word: str, number: str) -> tuple[Event, ...]:
    part = inner(one, PLACES.get(word, word.lower()))
    rows = items(inner(part, RECIPIENTS.get(word, "")))
    if not rows:
        named = inner(part, "recipients") or inner(one, "mail", "destination")
        rows = [{"emailAddress": address} for address in (named if isinstance(named, list) else [])]
    rows = rows[:MOST_RECIPIENTS] or [{}]
    number = text(inner(part, "feedbackId"), 100) or number
    return tuple(_event(one, part, row, word, number, alone=len(rows) == 1) for row in rows)


def _event(one: dict[str, Any], part: Any, row: dict[str, Any], word: str, number: str, *, alone: bool) -> Event:
    kind, told = _judged(one, part, row, word)
    named = {text(field.get("name")).lower(): field.get("value") for field in items(inner(one, "mail", "headers"))}
    tags = inner(one, "mail", "tags")
    tagged = (
        [value for values in tags.values() if isinstance(values, list) for value in values]
        if isinstance(tags, dict)
        else []
    )
    return Event(
        kind=kind,
        reason=told[0],
        recipient=text(row.get("emailAddress")),
        token=token_in(named.get("x-mailweekly-id"), inner(one, "mail", "source"), *tagged[:50]) if alone else None,
        provider=NAME,
        id=f"{word}:{number}",
        time=instant(inner(part, "timestamp")) or instant(inner(one, "mail", "timestamp")),
        raw=raw_of(one),
        word=" ".join(
            filter(None, (word, text(inner(part, "bounceType"), 40), text(inner(part, "bounceSubType"), 40)))
        ),
        code=told[1],
        status=told[2],
        diagnostic=told[3],
        message_id=message_id_in(named.get("message-id"), inner(one, "mail", "commonHeaders", "messageId")),
        is_odd=kind is Kind.OTHER,
    )


def _judged(one: dict[str, Any], part: Any, row: dict[str, Any], word: str) -> tuple[Kind, tuple[str, str, str, str]]:
    nothing = ("", "", "", "")
    if word == "Bounce":
        kind, detail = text(inner(part, "bounceType"), 40), text(inner(part, "bounceSubType"), 40)
        hint = THEIRS if detail in SUPPRESSED else HINTS.get((kind, detail), "soft")
        return Kind.BOUNCE, bounced(hint, row.get("diagnosticCode"), row.get("status"))
    if word == "Complaint":
        if text(inner(part, "complaintSubType")) in SUPPRESSED:
            return Kind.COMPLAINT, nothing
        is_none = text(inner(part, "complaintFeedbackType")).lower() == "not-spam"
        return (Kind.DELIVERED if is_none else Kind.COMPLAINT), nothing
    if word == "Reject":
        return Kind.BOUNCE, bounced("virus", inner(one, "reject", "reason"))
    if word == "Subscription":
        wanted = inner(part, "newTopicPreferences", "unsubscribeAll")
        return (Kind.OPT_OUT if wanted is True else Kind.OTHER), nothing
    return KINDS.get(word, Kind.OTHER), nothing


def _asked(envelope: dict[str, Any], number: str) -> Event:
    if envelope.get("Type") == sns.SUBSCRIPTION:
        return _odd(envelope, number, "a topic asks to be confirmed: open the SubscribeURL in it")
    return _odd(envelope, number, "a topic's subscription has ended")


def _odd(envelope: dict[str, Any], number: str, word: str) -> Event:
    return Event(
        kind=Kind.OTHER,
        reason="",
        recipient="",
        token=None,
        provider=NAME,
        id=f"{text(envelope.get('Type'), 40)}:{number}",
        time=instant(envelope.get("Timestamp")),
        raw=raw_of(envelope),
        word=word,
        is_odd=True,
    )
