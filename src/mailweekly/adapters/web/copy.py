"""
One reader's copy as the preview shows it: decoded from the very bytes that would leave, or, without them, the edition with its defaults filled in.

Refuses to compose anything: `message` has done so, or has not.

Units: bytes of the HTML part decoded, which is what Gmail counts.
Errors: none; what cannot be decoded is shown with replacement characters.
"""

import email
import email.policy
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import Message
from typing import Final

from mailweekly.adapters.web.rows import snippet
from mailweekly.edition.model import Edition

__all__ = ["ReadersCopy", "from_edition", "from_message"]

WHOLE_LINKS: Final = frozenset({"unsubscribe_url", "preferences_url", "web_url"})


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadersCopy:
    """What one reader gets."""

    subject: str
    preheader: str
    html: str
    text: str
    headers: str  # as on the wire, folded; empty: no message was composed

    @property
    def html_bytes(self) -> int:
        """The size of the HTML part, decoded."""
        return len(self.html.encode("utf-8", "replace"))


def from_message(content: bytes, edition: Edition) -> ReadersCopy:
    """Return what the message says, decoded."""
    head, _, _ = content.partition(b"\r\n\r\n")
    named = email.message_from_bytes(head + b"\r\n\r\n", policy=email.policy.default)
    parts = list(email.message_from_bytes(content).walk())  # the older policy reads heads of parts ten times as fast
    page = _part(parts, "text/html")
    is_personal = f"MW{edition.nonce}x" in edition.preheader
    return ReadersCopy(
        subject=str(named.get("subject", "")),
        preheader=(snippet(page) if is_personal else "") or _filled(edition.preheader, edition, str),
        html=page,
        text=_part(parts, "text/plain"),
        headers=head.decode("utf-8", "replace").replace("\r\n", "\n"),
    )


def from_edition(edition: Edition) -> ReadersCopy:
    """Return the edition as a reader of whom nothing is known would get it."""
    return ReadersCopy(
        subject=_filled(edition.subject, edition, str),
        preheader=_filled(edition.preheader, edition, str),
        html=_filled(edition.html, edition, html.escape),
        text=_filled(edition.text, edition, str),
        headers="",
    )


def _part(parts: Sequence[Message], kind: str) -> str:
    for part in parts:
        if part.get_content_type() == kind:
            payload = part.get_payload(decode=True)
            return payload.decode("utf-8", "replace").replace("\r\n", "\n") if isinstance(payload, bytes) else ""
    return ""


def _filled(text: str, edition: Edition, escape: Callable[[str], str]) -> str:
    def value(found: re.Match[str]) -> str:
        slot = edition.slots[int(found[1])] if int(found[1]) < len(edition.slots) else None
        if slot is None:
            return found[0]
        return escape(slot.default or ("#" if slot.name in WHOLE_LINKS else ""))

    return re.sub(rf"MW{re.escape(edition.nonce)}x(\d{{1,6}})Z", value, text)
