"""
A finished message as a mail client opens it: what stands in its row, and its two documents, decoded from the bytes as they lie there.

It takes bytes from anybody: what cannot be decoded is shown with replacement characters, and nothing in it is followed or run. Pictures that travel
in the message stand in their places; all others are left to the frame.

Units: bytes.
Errors: none.
"""

import email
import email.policy
import re
from base64 import b64encode
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from typing import Final

__all__ = ["Head", "Opened", "head", "opened"]

HEAD_BYTES: Final = 64_000  # of a message, within which its headers end
PICTURE_BYTES: Final = 4_000_000  # of all embedded pictures together
CID: Final = re.compile(r"(<img\b[^>]{0,4000}?\ssrc=)\"cid:([^\"]{1,300})\"", re.IGNORECASE)
PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """What stands in an inbox row."""

    sender: str
    subject: str
    to_name: str
    to_address: str
    message_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A message, decoded."""

    head: Head
    html: str
    text: str


def head(content: bytes) -> Head:
    """Return what stands on the outside of a message; its first bytes are enough."""
    block = content[:HEAD_BYTES].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return _head(email.message_from_bytes(block + b"\n\n", policy=email.policy.compat32))


def opened(content: bytes) -> Opened:
    """Return the message, decoded."""
    parsed = email.message_from_bytes(content, policy=email.policy.compat32)
    page = _first(parsed, "html")
    return Opened(head=_head(parsed), html=_embedded(page, parsed), text=_first(parsed, "plain"))


def _head(parsed: Message) -> Head:
    name, address = parseaddr(_field(parsed, "To"))
    sender, from_address = parseaddr(_field(parsed, "From"))
    return Head(
        sender=_plain(sender) or from_address,
        subject=_plain(_field(parsed, "Subject")),
        to_name=_plain(name),
        to_address=address,
        message_id=_field(parsed, "Message-ID"),
    )


def _field(parsed: Message, name: str) -> str:
    return " ".join(str(parsed.get(name, "") or "").split())


def _plain(value: str) -> str:
    """The words of a header."""
    try:
        words = str(make_header(decode_header(value)))
    except (MessageError, ValueError, LookupError):
        words = value
    return " ".join("".join(one if one.isprintable() or one == "\u200d" else " " for one in words).split())


def _first(parsed: Message, kind: str) -> str:
    for part in parsed.walk():
        if part.get_content_type() == f"text/{kind}":
            payload = part.get_payload(decode=True)
            if not isinstance(payload, bytes):
                return ""
            try:
                words = payload.decode(part.get_content_charset("utf-8"), "replace")
            except LookupError:
                words = payload.decode("utf-8", "replace")
            return words.replace("\r\n", "\n")
    return ""


def _embedded(page: str, parsed: Message) -> str:
    wanted = {cid for _, cid in CID.findall(page)}
    found: dict[str, str] = {}
    room = PICTURE_BYTES
    for part in parsed.walk() if wanted else ():
        cid = _field(part, "Content-ID").strip("<>")
        content = part.get_payload(decode=True) if cid in wanted and part.get_content_type() in PICTURES else None
        if isinstance(content, bytes) and len(content) <= room:
            room -= len(content)
            found[cid] = f"data:{part.get_content_type()};base64,{b64encode(content).decode('ascii')}"
    return CID.sub(lambda one: f'{one[1]}"{found[one[2]]}"' if one[2] in found else one[0], page)
