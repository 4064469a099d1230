"""
Who complained, from a feedback report or the older forms: by the report's fields, by the returned original, by our own marks in it.

Providers redact the address; then a token, the Message-ID or an unsubscribe link tell. It decides nothing.

Source: RFC 5965; the feedback loops of large providers.
"""

from typing import Final

from mailweekly.bounce.fields import NO_FIELDS, Fields, addresses, fields_of
from mailweekly.bounce.model import Complaint, Traces
from mailweekly.bounce.tree import Part, Tree

__all__ = ["complaint_of"]

_NAMES: Final = ("original-rcpt-to", "original-recipient", "removal-recipient", "x-original-rcpt-to")
_RETURNED: Final = ("x-hmxmroriginalrecipient", "x-original-to", "to", "delivered-to", "x-rcpt-to", "envelope-to")
_REDACTED: Final = ("redacted", "xxx", "***", "hidden", "undisclosed")


def complaint_of(tree: Tree, traces: Traces) -> Complaint:
    """Return what a complaint says of the one who complained."""
    report = next((part for part in tree.parts if part.kind == "message/feedback-report"), None)
    fields = fields_of(report.text.encode("utf-8", "replace")) if report is not None else NO_FIELDS
    original = next((part.inner for part in tree.parts if part.inner.values), NO_FIELDS)
    return Complaint(
        recipient=_recipient(fields, original, tree),
        token=traces.delivery,
        message_id=traces.message_id,
        unsubscribe=traces.unsubscribe,
        feedback=fields.first("feedback-type").lower() or "abuse",
    )


def _recipient(report: Fields, original: Fields, tree: Tree) -> str:
    senders = {
        one.lower()
        for name in ("from", "reply-to", "return-path", "sender")
        for one in addresses(" ".join(original.every(name)))
    }
    for fields, names in ((report, _NAMES), (tree.fields, ("x-hmxmroriginalrecipient",)), (original, _RETURNED)):
        for name in names:
            for found in addresses(" ".join(fields.every(name))[:2_000]):
                if not any(mark in found.lower() for mark in _REDACTED) and found.lower() not in senders:
                    return found
    return _in_text([part for part in tree.parts if not part.returned and part.kind != "message/feedback-report"])


def _in_text(parts: list[Part]) -> str:
    for part in parts:
        for line in part.text.split("\n")[:200]:
            if (
                line.lower()
                .lstrip()
                .startswith(("complainant", "recipient", "original recipient", "reported by", "user:"))
            ):
                found = addresses(line)
                if found:
                    return found[0]
    return ""
