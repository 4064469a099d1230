"""
The last look at final bytes: they say what was intended, and nothing else.

`verify` reads a whole message again, once by its own strict scan and once by Python's parser, and compares; run it on the first message of a send.
`glance` is cheap enough for every message: it is this reader's copy. Nothing here repairs anything.

Units: octets.
Errors: DataError says what was found. Such a message must not leave.
Source: RFC 5321, 4.5.3.1.6 and 2.3.8 (1,000 octets with CRLF; no bare CR or LF); RFC 5322, 3.6 (headers that occur once); RFC 2047, 2.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from email import message_from_bytes, policy
from email.message import Message as Parsed

from mailweekly.errors import DataError
from mailweekly.message import dkim, quoted
from mailweekly.message.model import Message
from mailweekly.message.program import Program

__all__ = ["glance", "verify"]

_LINE_OCTETS = 998  # RFC 5321, 4.5.3.1.6, without CRLF
_WORD_OCTETS = 75  # RFC 2047, 2
_FIELD = re.compile(rb"([A-Za-z0-9-]+): ?(.*)", re.DOTALL)
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_WORD = re.compile(rb"=\?[^? ]*\?[bBqQ]\?[^? ]*\?=")
_PHRASE = rb'(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|[^"<>,;:@\\()\r\n]+)'
_MAILBOX = re.compile(rb"(?:" + _PHRASE + rb"\s+<([^<>\s]+)>|([^<>\s]+))")
_PLAIN_FORM = ["multipart/alternative", "text/plain", "text/html"]
_RELATED_FORM = ["multipart/alternative", "text/plain", "multipart/related", "text/html"]
_ONCE = (b"From", b"To", b"Subject", b"Date", b"Message-ID")


def glance(message: Message) -> None:
    """Check that the copy is this recipient's own: its address stands in To, its return path's token in X-Mailweekly-Id."""
    head = message.content[: message.content.find(b"\r\n\r\n") + 2]
    token = message.envelope_from.rpartition("@")[0][2:]
    to_start = head.find(b"\r\nTo: ") + 2
    to = head[to_start : head.find(b"\r\nSubject: ", to_start)]
    address = message.recipient.encode()
    if not (
        to.endswith((b"<%b>" % address, b" %b" % address)) and b"\r\nX-Mailweekly-Id: %b\r\n" % token.encode() in head
    ):
        raise DataError("A finished message does not name its own recipient and delivery.")


def verify(message: Message, program: Program, *, signatures: int = 0) -> None:
    """Check everything that was intended of a finished message: its lines, headers (so many signatures first), addresses and parts."""
    content = message.content
    head, gap, body = content.partition(b"\r\n\r\n")
    _need(gap == b"\r\n\r\n", "has no end of its headers")
    _check_lines(content, body, is_wide=message.needs_smtputf8)
    fields = _fields(head)
    names = [name for name, _ in fields]
    intended = [*[dkim.NAME] * signatures, *program.header_names]
    _need(names == [name.encode() for name in intended], "has other headers than intended")
    _need(
        all(names.count(name) == 1 for name in _ONCE),
        "has one of From, To, Subject, Date, Message-ID twice or not at all",
    )
    values = dict(fields)
    _need(_mailbox(values[b"From"]) == program.recipe.sender.encode(), "is from somebody else")
    _need(_mailbox(values[b"To"]) == message.recipient.encode(), "is addressed to somebody else")
    _need(values[b"Message-ID"] == message.message_id.encode(), "has another Message-ID than its record")
    words = [word for _, value in fields for word in _WORD.findall(value)]
    _need(max(map(len, words), default=0) <= _WORD_OCTETS, "has an encoded-word over 75 octets")
    glance(message)
    parsed = message_from_bytes(content, policy=policy.compat32)
    _need([name.encode() for name in parsed] == names, "has headers that another parser reads otherwise")
    _check_parts(parsed, body, dict(program.recipe.images))


def _check_lines(content: bytes, body: bytes, *, is_wide: bool) -> None:
    _need(b"\0" not in content, "holds a NUL")
    ends = content.count(b"\r\n")
    _need(content.count(b"\r") == ends == content.count(b"\n"), "holds a bare CR or LF")
    _need(content.endswith(b"\r\n"), "does not end with a line's end")
    _need(max(map(len, content.split(b"\r\n"))) <= _LINE_OCTETS, "has a line over 998 octets")
    _need((body if is_wide else content).isascii(), "holds octets over 127")
    lines = body.split(b"\r\n")
    _need(max(map(len, lines)) <= quoted.LINE_OCTETS, "has a body line over 76 octets")
    _need(
        not any(line.startswith((b".", b"From ")) for line in lines),
        "has a line that begins with a dot or with 'From '",
    )


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    found = []
    for line in re.split(rb"\r\n(?![ \t])", head):
        field = _FIELD.fullmatch(line)
        if field is None:
            raise DataError("A finished message has a header line that is none.")
        found.append((field[1], _FOLD.sub(b"", field[2])))
    return found


def _mailbox(value: bytes) -> bytes:
    found = _MAILBOX.fullmatch(value)
    return b"" if found is None else found[1] or found[2]


def _check_parts(parsed: Parsed, body: bytes, hashes: Mapping[str, str]) -> None:
    parts = list(parsed.walk())
    kinds = [part.get_content_type() for part in parts]
    form = _RELATED_FORM if hashes else _PLAIN_FORM
    _need(kinds[: len(form)] == form, "has other parts than text and HTML")
    _need(bool(hashes) or len(parts) == len(form), "has other parts than text and HTML")
    _need(not any(part.defects for part in parts), "has a fault in its MIME structure")
    for holder in (part for part in parts if part.is_multipart()):
        inside = len(holder.get_payload()) + 1
        _need(body.count(f"--{holder.get_boundary()}".encode()) == inside, "has its parts' boundary elsewhere too")
    plain, html = _text(parts[1]), _text(parts[len(form) - 1])
    _need(bool(plain and html), "has an empty part")
    _check_images(html, parts[len(form) :], hashes)


def _check_images(html: str, parts: Sequence[Parsed], hashes: Mapping[str, str]) -> None:
    """Every image the HTML asks for is there, and each is what the edition was made with."""
    there = {str(part["Content-ID"]).strip("<>"): part.get_payload(decode=True) for part in parts}
    _need(all(part.get_content_maintype() == "image" for part in parts), "has other parts than text, HTML and images")
    _need({cid for cid in hashes if f"cid:{cid}" in html} <= there.keys(), "lacks an image that its HTML shows")
    for cid, content in there.items():
        is_own = isinstance(content, bytes) and hashlib.sha256(content).hexdigest() == hashes.get(cid)
        _need(is_own, "has an image that is not the edition's")


def _text(part: Parsed) -> str:
    raw = part.get_payload(decode=True)
    try:
        return raw.decode("utf-8") if isinstance(raw, bytes) else ""
    except UnicodeDecodeError as error:
        raise DataError("A finished message has a part that is not UTF-8.") from error


def _need(holds: bool, fault: str) -> None:
    if not holds:
        raise DataError(f"A finished message {fault}.")
