"""
The composed sample as the rules need it: its header as written on the wire, its parts decoded.

Reads any bytes and never raises: what cannot be decoded is shown with replacement characters. The header is cut by hand, for the library would undo
the very folds and words that the rules are about.

Source: RFC 5322, 2.2 (fields, folding).
"""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.header import decode_header
from email.message import Message as ParsedMessage
from email.utils import getaddresses, parseaddr

from mailweekly.message.model import Message

__all__ = ["Header", "Mail", "Part", "decoded", "read"]

FIELD = re.compile(rb"([!-9;-~]+):(.*)", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """One field of the header."""

    name: str  # as written
    raw: bytes  # after the colon, folds included, without the last CRLF

    @property
    def value(self) -> str:
        """The unfolded value; bytes beyond ASCII shown as U+FFFD."""
        return re.sub(r"\r?\n(?=[ \t])", "", self.raw.decode("ascii", "replace")).strip()

    @property
    def lines(self) -> tuple[str, ...]:
        """The physical lines, the first with the field's name."""
        return tuple(f"{self.name}:{self.raw.decode('latin-1')}".splitlines())


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One leaf of the MIME tree."""

    type: str  # "text/plain"
    parent: str  # "multipart/alternative"; empty: the message is this part
    text: str  # decoded; empty for parts that are no text
    is_attachment: bool
    transfer: str = ""  # Content-Transfer-Encoding, lower case


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """A message, read."""

    message: Message
    headers: tuple[Header, ...]
    parts: tuple[Part, ...]
    reparsed: tuple[str, ...] = ()  # names of the fields as the library finds them

    def all(self, name: str) -> tuple[Header, ...]:
        """Return the fields of this name, in order."""
        return tuple(header for header in self.headers if header.name.lower() == name.lower())

    def value(self, name: str) -> str:
        """Return the first such field's unfolded value; empty where there is none."""
        found = self.all(name)
        return found[0].value if found else ""

    def mailbox(self, name: str) -> tuple[str, str]:
        """Return display name (decoded) and address of the first such field."""
        shown, address = parseaddr(self.value(name))
        return decoded(shown), address

    def mailboxes(self, name: str) -> tuple[str, ...]:
        """Return every address of all such fields."""
        return tuple(address for _, address in getaddresses([header.value for header in self.all(name)]))

    def text_of(self, kind: str) -> str:
        """Return the first part of this type that is no attachment; empty where there is none."""
        return next((part.text for part in self.parts if part.type == kind and not part.is_attachment), "")


def read(message: Message) -> Mail:
    """Return the mail of a composed message."""
    parsed = email.message_from_bytes(message.content, policy=policy.compat32)
    return Mail(
        message=message,
        headers=tuple(_headers(message.content)),
        parts=tuple(_parts(parsed, "")),
        reparsed=tuple(parsed.keys()),
    )


def decoded(text: str) -> str:
    """Return a field's value with its encoded-words read; what cannot be read stays as it is."""
    try:
        pieces = decode_header(text)
        return "".join(
            piece if isinstance(piece, str) else piece.decode(charset or "ascii", "replace")
            for piece, charset in pieces
        )
    except (ValueError, LookupError):
        return text


def _headers(content: bytes) -> Iterator[Header]:
    block = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    for line in re.split(rb"\r?\n(?![ \t])", block):
        found = FIELD.fullmatch(line)
        if found:
            yield Header(name=found[1].decode("ascii"), raw=found[2])


def _parts(parsed: ParsedMessage, parent: str) -> Iterator[Part]:
    if parsed.is_multipart():
        for child in parsed.get_payload():
            if isinstance(child, ParsedMessage):
                yield from _parts(child, parsed.get_content_type())
        return
    kind = parsed.get_content_type()
    yield Part(
        type=kind,
        parent=parent,
        text=_text(parsed) if kind.startswith("text/") else "",
        is_attachment=parsed.get_content_disposition() == "attachment",
        transfer=str(parsed.get("Content-Transfer-Encoding", "")).strip().lower(),
    )


def _text(parsed: ParsedMessage) -> str:
    payload = parsed.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(parsed.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")
