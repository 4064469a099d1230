"""
Notifications that Amazon SES sends by mail through SNS: a JSON document instead of a notice.

It reads the document and trusts nothing in it more than a notice's text. Signatures are the webhook's matter, not this one's.

Units: a document of at most 64 Ki characters, 50 recipients.
Source: Amazon SES, contents of notifications.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from mailweekly.bounce.fields import addresses
from mailweekly.bounce.model import Kind
from mailweekly.bounce.report import Entry
from mailweekly.bounce.tree import Tree

__all__ = ["Told", "events_in"]

_MOST: Final = 50
_KINDS: Final = {
    "bounce": Kind.BOUNCE,
    "complaint": Kind.COMPLAINT,
    "delivery": Kind.DELIVERED,
    "deliverydelay": Kind.DELAYED,
}
_LISTS: Final = {"bounce": "bouncedRecipients", "complaint": "complainedRecipients"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What a notification says."""

    kind: Kind
    entries: tuple[Entry, ...]

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whom it is about."""
        return tuple(one.recipient for one in self.entries)


def events_in(tree: Tree) -> Told | None:
    """Return what the notification in a message says; None where there is none."""
    for part in tree.parts:
        if part.returned or ("otificationType" not in part.text and "eventType" not in part.text):
            continue
        text = part.text.replace("\n", "")  # mail programs break the long line anywhere
        try:
            document, _ = json.JSONDecoder(strict=False).raw_decode(text, max(text.find("{"), 0))
        except (ValueError, RecursionError):
            continue
        told = _told(document)
        if told is not None:
            return told
    return None


def _told(document: Any) -> Told | None:
    if not isinstance(document, dict):
        return None
    name = str(document.get("notificationType") or document.get("eventType") or "").lower()
    kind = _KINDS.get(name)
    if kind is None:
        return None
    about = document.get(name)
    found = about.get(_LISTS.get(name, ""), ()) if isinstance(about, dict) else ()
    rows = found if isinstance(found, list) else []
    entries = [entry for entry in (_entry(one, about) for one in rows[:_MOST]) if entry is not None]
    return Told(kind=kind, entries=tuple(entries))


def _entry(row: Any, about: Any) -> Entry | None:
    if not isinstance(row, dict):
        return None
    found = addresses(str(row.get("emailAddress", ""))[:400])
    if not found:
        return None
    words = str(row.get("diagnosticCode", ""))[:2_000]
    if "suppress" in str(about.get("bounceSubType", "")).lower() or (
        not words and str(about.get("bounceType")) == "Permanent"
    ):
        words = words or "user unknown"
    return Entry(
        recipient=found[0],
        final=found[0],
        action=str(row.get("action", ""))[:40],
        status=str(row.get("status", ""))[:40],
        diagnostic=words,
    )
