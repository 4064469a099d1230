"""
A message as a flat row of parts, whatever its nesting: one pass, no recursion, so that depth costs nothing.

A part begins at a line that is a declared boundary, or that looks like one and is followed by Content- fields (boundaries get lost). Whether a part
belongs to the returned original is known from where its boundary was declared. Only the head and the tail of a huge message are read.

Units: bytes; at most 1 MiB from the start and 64 KiB from the end are read, 300 parts, 64 Ki characters of each.
Source: RFC 2046, 5.1; RFC 6522.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailweekly.bounce.fields import NO_FIELDS, Fields, fields_of, looks_like_fields
from mailweekly.bounce.letters import decoded, plain

__all__ = ["PREAMBLE", "Part", "Tree", "tree_of"]

PREAMBLE: Final = "preamble"  # what stands before the first part
_HEAD: Final = 1 << 20
_TAIL: Final = 1 << 16
_PARTS: Final = 300
_DASHES: Final = 5_000  # lines that begin with -- and are looked at
_PART_BYTES: Final = 3 << 16  # as base64 or quoted-printable, about _LETTERS
_LETTERS: Final = 1 << 16
_FIELD_BYTES: Final = 1 << 17
_ENVELOPES: Final = frozenset(
    {
        "message/rfc822",
        "text/rfc822-headers",
        "message/rfc822-headers",
        "text/rfc822",
        "message/global",
        "message/global-headers",
        "message/partial",
    }
)
_BEGINS: Final = re.compile(rb"--[^\n]{1,200}\n(?:content-[a-z-]{2,30}[ \t]*:)", re.IGNORECASE)
_SOMEWHERE: Final = re.compile(rb"\n--[^\n]{1,200}\n(?:content-[a-z-]{2,30}[ \t]*:)", re.IGNORECASE)
_BLANK: Final = re.compile(rb"\n[ \t]*\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part. `text` is decoded, HTML as words; `inner` are the fields of a message that it carries."""

    kind: str
    fields: Fields
    text: str
    returned: bool  # it belongs to the original that came back
    inner: Fields = NO_FIELDS


@dataclass(frozen=True, kw_only=True, slots=True)
class Tree:
    """A message: its fields and its parts in order; a simple message has one part."""

    fields: Fields
    parts: tuple[Part, ...]


def tree_of(raw: bytes) -> Tree:
    """Return the message's parts. Takes any bytes."""
    whole = _clipped(raw)
    block, body = _halves(whole)
    fields = fields_of(block)
    boundaries: dict[bytes, bool] = {}
    _declare(fields, boundaries, returned=False)
    if not boundaries and not _SOMEWHERE.search(body):
        return Tree(fields=fields, parts=(_part(fields, body, returned=False),))
    return Tree(fields=fields, parts=tuple(_parts(fields, body, boundaries)))


def _clipped(raw: bytes) -> bytes:
    if len(raw) > _HEAD + _TAIL:
        raw = raw[:_HEAD] + b"\n" + raw[-_TAIL:]
    whole = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"").lstrip(b"\n")
    if whole[:5] in {b"From ", b">From"}:
        whole = whole.partition(b"\n")[2]
    return whole


def _halves(block: bytes) -> tuple[bytes, bytes]:
    """Return the fields and the rest."""
    if block[:1] == b"\n":
        return b"", block[1:]
    found = _BLANK.search(block)
    if found is None:
        return block[:_FIELD_BYTES], b""
    return block[: found.start()][:_FIELD_BYTES], block[found.end() :]


def _declare(fields: Fields, boundaries: dict[bytes, bool], *, returned: bool) -> None:
    name = fields.parameter("boundary").strip()
    if name and fields.kind() != "text/plain" and len(boundaries) < _PARTS:
        boundaries.setdefault(name.encode("utf-8", "replace"), returned)


def _parts(fields: Fields, body: bytes, boundaries: dict[bytes, bool]) -> Iterator[Part]:
    start, returned, count = 0, False, 0
    multiple = fields.kind().startswith("multipart/")
    opening: Fields | None = fields
    for place, line, name in _delimiters(body, boundaries):
        if opening is not None:
            yield _part(opening, body[start:place], returned=returned, preamble=opening is fields and multiple)
        count += 1
        if count > _PARTS:
            return
        end = place + len(line) + 1
        closes = name not in boundaries and name[-2:] == b"--" and name[:-2] in boundaries
        if closes:
            opening, start = None, end
            continue
        returned = boundaries.get(name, returned)
        opening, start = _opened(body, end)
        _declare(opening, boundaries, returned=returned)
        if opening.kind() in _ENVELOPES:
            _declare(_carried(opening, body[start : start + _FIELD_BYTES]), boundaries, returned=True)
    if opening is not None:
        yield _part(opening, body[start:], returned=returned, preamble=opening is fields and multiple)


def _opened(body: bytes, start: int) -> tuple[Fields, int]:
    """Return a part's fields and where its body begins."""
    window = body[start : start + _FIELD_BYTES]
    if window[:1] == b"\n":
        return NO_FIELDS, start + 1
    if not looks_like_fields(window):
        return NO_FIELDS, start
    found = _BLANK.search(window)
    end = found.start() if found else len(window)
    if b"\nfinal-recipient:" in window[:end].lower():  # the blank line got lost: the report's fields are the body
        return fields_of(window[:end]), start
    return fields_of(window[:end]), start + (found.end() if found else end)


def _delimiters(body: bytes, boundaries: dict[bytes, bool]) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield each line that begins or ends a part: its place, the line, the boundary in it."""
    place = 0 if body[:2] == b"--" else body.find(b"\n--") + 1
    for _ in range(_DASHES):
        if body[place : place + 2] != b"--":
            return
        end = body.find(b"\n", place, place + 1_000)
        line = body[place : end if end >= 0 else place + 1_000]
        name = line[2:].rstrip()
        if name in boundaries or (name[-2:] == b"--" and name[:-2] in boundaries) or _BEGINS.match(body, place):
            yield place, line, name
        place = body.find(b"\n--", place + 2) + 1
        if place == 0:
            return


def _carried(fields: Fields, body: bytes) -> Fields:
    if fields.first("content-transfer-encoding").lower() in {"base64", "quoted-printable"}:
        body = decoded(body[:_PART_BYTES], fields.first("content-transfer-encoding"), "latin-1").encode(
            "latin-1", "replace"
        )
    body = body.replace(b"\r\n", b"\n").lstrip(b"\n")
    if body[:5] in {b"From ", b">From"}:
        body = body.partition(b"\n")[2]
    return fields_of(_halves(body)[0])


def _part(fields: Fields, body: bytes, *, returned: bool, preamble: bool = False) -> Part:
    if preamble:
        fields = NO_FIELDS
    kind = PREAMBLE if preamble else fields.kind()
    carried = kind in _ENVELOPES
    text = decoded(body[:_PART_BYTES], fields.first("content-transfer-encoding"), fields.parameter("charset"))[
        :_LETTERS
    ]
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if kind == "text/html" or (kind == "text/plain" and text[:300].lstrip()[:5].lower() in {"<html", "<!doc"}):
        text = plain(text)
    inner = _carried(fields, body[:_FIELD_BYTES]) if carried else NO_FIELDS
    return Part(kind=kind, fields=fields, text=text, returned=returned or carried, inner=inner)
