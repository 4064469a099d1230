"""
Quoted-printable whose pieces can be joined: each piece begins at a line's start and, when `closed`, ends with a soft break.

What is written needs no further pass on its way: CRLF only, 7-bit, no line over 76 octets, no dot and no `From ` at the start of a line, no blank
at the end of one.

Units: octets.
Source: RFC 2045, 6.7; RFC 5321, 4.5.2 (the dot); RFC 4155 (`From ` in mbox files).
"""

import re

__all__ = ["LINE_OCTETS", "encode", "encode_line"]

LINE_OCTETS = 76  # RFC 2045, 6.7, rule 5: with the "=" of a soft break

_ROOM = LINE_OCTETS - 1
_KEPT = frozenset(range(0x20, 0x7F)) - {ord("=")}
_TABLE = {byte: f"={byte:02X}" for byte in range(256) if byte not in _KEPT}
_AS_IS = re.compile(r"(?!\.|From )[ -<>-~]{1,75}")  # what needs no encoding and fits one line
_NEWLINE = re.compile(r"\r\n?|\n")


def encode(text: str, *, closed: bool) -> bytes:
    """Return `text` encoded; `closed`: anything encoded may follow on the same line of text."""
    lines = _NEWLINE.split(text)
    out: list[str] = []
    for line in lines[:-1]:
        out += (_wrapped(_ended(_escaped(line))), "\r\n")
    last = _escaped(lines[-1])
    if last:
        out += (_wrapped(last), "=\r\n") if closed else (_wrapped(_ended(last)),)
    return "".join(out).encode("ascii")


def encode_line(text: str) -> bytes:
    """Return `encode(text, closed=True)` for a text without line breaks."""
    if _AS_IS.fullmatch(text):
        return f"{text}=\r\n".encode("ascii")
    line = _wrapped(_escaped(text))
    return f"{line}=\r\n".encode("ascii") if line else b""


def _escaped(line: str) -> str:
    return line.encode("utf-8", "replace").decode("latin-1").translate(_TABLE)


def _ended(line: str) -> str:
    return line[:-1] + "=20" if line.endswith(" ") else line


def _wrapped(line: str) -> str:
    if len(line) <= _ROOM and not line.startswith((".", "From ")):
        return line
    rows: list[str] = []
    place, size = 0, len(line)
    while True:
        lead = _lead(line, place)
        start = place + (1 if lead else 0)
        end = start + _ROOM - len(lead)
        if end >= size:
            rows.append(lead + line[start:])
            return "=\r\n".join(rows)
        if line[end - 1] == "=":
            end -= 1
        elif line[end - 2] == "=":
            end -= 2
        rows.append(lead + line[start:end])
        place = end


def _lead(line: str, place: int) -> str:
    if line.startswith(".", place):
        return "=2E"
    return "=46" if line.startswith("From ", place) else ""
