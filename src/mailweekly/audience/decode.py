"""
The bytes of a list file as text, piece by piece, or a plain word on why they are not.

UTF-8 with or without its mark and UTF-16 with it are read; any other encoding has to be named by the editor. Nothing is guessed, because a wrong
guess damages names in silence. What is no text at all (a picture, an archive, a spreadsheet, a web page) is refused by what it seems to be.

Units: lines and bytes count from 1.
Errors: ListError with `file:line`.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from mailweekly.errors import ListError

__all__ = ["decoded", "line_ends"]

BINARY_PROBE_BYTES = 4096  # a NUL this early means binary or UTF-16 without its mark; a later one is a damaged row

_MAGIC = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or an encrypted Office file (XLS)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"{\\rtf", "an RTF document"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"BEGIN:VCARD", "a vCard address book"),
)
_MARKUP = re.compile(rb"\s*<(?:!doctype\b|html\b|head\b|body\b|\?xml\b|table\b|svg\b|script\b)", re.IGNORECASE)
_JSON = re.compile(rb'\s*(?:\[\s*)?\{\s*"|\s*\[\s*"[^"]*"\s*[,\]]')
_TEXT_CODECS = re.compile(
    r"ascii|(?:utf-(?:8|16|32)|cp|iso8859|iso2022|mac|koi8|gb|big5|shift_jis|euc|johab|tis|kz1048|ptcp|hp-roman8|hz)"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins like that one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(raw: Iterable[bytes], *, file: str, encoding: str | None = None) -> Iterator[str]:
    """
    Yield the file's text without its byte order mark; ListError names the line and the byte that cannot be read.

    What kind of file it is, is judged by its first few kilobytes. No piece is empty.
    """
    pieces = iter(raw)
    first = b""
    while len(first) < BINARY_PROBE_BYTES and (piece := next(pieces, b"")):
        first += piece
    rest = next(pieces, b"")
    if not rest and (not first or first.isspace()):
        raise ListError(
            "The list file is empty.", place=file, hint="It needs a line with column names, one of them email."
        )
    pieces = chain([rest], pieces)
    _refuse_foreign_kinds(first, pieces, file)
    marked = next((name for mark, name in _MARKS if first.startswith(mark)), None)
    codec = _codec(encoding, marked, file)
    if encoding is None and codec == "utf-8" and b"\0" in first[:BINARY_PROBE_BYTES]:
        raise ListError(
            "The list file is not text: it has NUL bytes at its beginning.",
            place=f"{file}:{line_ends_in_bytes(first, first.index(0)) + 1}",
            hint="Save it as CSV in UTF-8; if it is UTF-16 without its mark, say --encoding utf-16-le or utf-16-be.",
        )
    return _decoded(chain([first], pieces), codec, file)


def line_ends(text: str) -> int:
    """Count the line ends of `text`: LF, CR LF or CR alone."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def line_ends_in_bytes(raw: bytes, stop: int) -> int:
    """Count the line ends among the first `stop` bytes of an ASCII-compatible text."""
    return raw.count(b"\n", 0, stop) + raw.count(b"\r", 0, stop) - raw.count(b"\r\n", 0, stop)


def _decoded(pieces: Iterable[bytes], codec: str, file: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)()
    lines = _LineEnds()
    taken = 0
    is_first = True
    for piece, is_last in _with_last(pieces):
        before = decoder.getstate()
        try:
            text = decoder.decode(piece, final=is_last)
        except UnicodeDecodeError as error:
            decoder.setstate(before)
            pending = len(error.object) - len(piece)
            lines.count(decoder.decode(piece[: max(error.start - pending, 0)]))
            raise _undecodable(error, taken - pending + error.start, lines.found + 1, codec, file) from None
        taken += len(piece)
        lines.count(text)
        if is_first and text:
            text, is_first = text.removeprefix("\ufeff"), False
        if text:
            yield text


class _LineEnds:
    """Counts the line ends of a text that comes in pieces: CR LF may be parted by two of them."""

    def __init__(self) -> None:
        self.found = 0
        self._after_cr = False

    def count(self, text: str) -> None:
        if not text:
            return
        self.found += line_ends(text) - (self._after_cr and text[0] == "\n")
        self._after_cr = text[-1] == "\r"


def _with_last(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each piece, and whether it is the last one."""
    waiting: bytes | None = None
    for piece in pieces:
        if piece:
            if waiting is not None:
                yield waiting, False
            waiting = piece
    yield waiting or b"", True


def _refuse_foreign_kinds(raw: bytes, rest: Iterable[bytes], file: str) -> None:
    kind = next((name for magic, name in _MAGIC if raw.startswith(magic)), "")
    if kind == "a ZIP archive":
        kind = _archive(raw, rest)
    elif not kind and _MARKUP.match(raw.removeprefix(codecs.BOM_UTF8)[:BINARY_PROBE_BYTES]):
        kind = "a web page or XML"
    elif not kind and _JSON.match(raw.removeprefix(codecs.BOM_UTF8)[:BINARY_PROBE_BYTES]):
        kind = "JSON"
    if kind:
        raise ListError(
            f"This is no list file but {kind}.", place=file, hint="Save the list as CSV in UTF-8 and take that file."
        )


def _archive(raw: bytes, rest: Iterable[bytes]) -> str:
    workbook, tail = b"xl/workbook.xml", b""
    for piece in chain([raw], rest):
        if workbook in tail + piece:
            return "an Excel workbook (XLSX)"
        tail = piece[-len(workbook) :]
    return "an OpenDocument file" if b"mimetypeapplication/vnd.oasis" in raw[:BINARY_PROBE_BYTES] else "a ZIP archive"


def _codec(encoding: str | None, marked: str | None, file: str) -> str:
    if encoding is None:
        if marked == "utf-32":
            raise ListError("The list file is UTF-32.", place=file, hint="Save it as UTF-8, or say --encoding utf-32.")
        return marked or "utf-8"
    try:
        codec = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        codec = ""
    if not _TEXT_CODECS.match(codec):
        raise ListError(
            "The encoding named is not known.",
            place=file,
            hint="Known are for instance: utf-8, utf-16, cp1252, latin-1, gb18030.",
        )
    if marked and not codec.startswith(marked):
        raise ListError(
            f"The list file begins with the mark of {marked.upper()}, and {codec} was named.",
            place=file,
            hint="Leave --encoding out.",
        )
    return codec


def _undecodable(error: UnicodeDecodeError, at: int, line: int, codec: str, file: str) -> ListError:
    broken = error.object[error.start] if error.start < len(error.object) else 0
    hint = "Save it as UTF-8; if you know its encoding, name it: --encoding cp1252."
    if at > 0 and error.reason in {"unexpected end of data", "truncated data"}:
        hint = "The file seems to be cut off: fetch it again. " + hint
    return ListError(
        f"The list file is not {codec.upper()}: byte {at + 1} is 0x{broken:02X}.", place=f"{file}:{line}", hint=hint
    )
