"""
Bytes of an issue's file to text: strict UTF-8, one kind of line end.

Never guesses: bytes that are not UTF-8 are refused with the place of the first bad one and a word on what they look
like. Text that *is* UTF-8 but holds damaged words is the business of `damage`.

Units: sizes in bytes; lines and bytes of a line count from 1.
Errors: IssueError.
Source: the ceiling of 500 kB is the project's own, fifty times the size of a usual issue.
"""

import re

from mailweekly.errors import IssueError

__all__ = ["MAX_BYTES", "decode", "normalise"]

MAX_BYTES = 500_000
_LINE_ENDS = re.compile("\r\n|\r|\u2028|\u2029")
_MARKS = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
_HIGH = 0x80  # from here on a byte is not ASCII
_FEW = 0.3  # a file of mostly ASCII with a few high bytes is an 8-bit encoding


def decode(raw: bytes, *, source: str) -> str:
    """Return the text of `raw`, without byte order mark and with LF as its only line end; `source` names the file in errors."""
    if len(raw) > MAX_BYTES:
        raise IssueError(
            f"The issue is too large: {len(raw):,} bytes, at most {MAX_BYTES:,} are read.",
            place=source,
            hint="Split it, or keep long listings behind a link.",
        )
    try:
        return normalise(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _not_utf8(raw, error.start, source) from None


def normalise(text: str) -> str:
    """Return `text` without a byte order mark, its line ends (CRLF, CR, U+2028, U+2029) as LF."""
    return _LINE_ENDS.sub("\n", text.removeprefix("\ufeff"))


def _not_utf8(raw: bytes, start: int, source: str) -> IssueError:
    line_start = raw.rfind(b"\n", 0, start) + 1
    line = raw.count(b"\n", 0, start) + 1
    return IssueError(
        f"This is not UTF-8: byte {start - line_start + 1} of line {line} is 0x{raw[start]:02x}.",
        place=f"{source}:{line}",
        hint=f"It looks like {_guess(raw)}. Save the file as UTF-8.",
    )


def _guess(raw: bytes) -> str:
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name
    sample = raw[:4096]
    nulls = sample.count(0)
    if nulls * 4 > len(sample):
        return "UTF-16 without a byte order mark"
    if nulls:
        return "a binary file, not text"
    high = sum(byte >= _HIGH for byte in sample)
    if high < _FEW * len(sample):
        return "Latin-1 or Windows-1252"
    return "a legacy encoding such as GB18030, Big5 or Shift_JIS"
