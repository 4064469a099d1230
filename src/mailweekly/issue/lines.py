"""
A file's text as lines and what stands between them, so that a mended text goes back with every line end and mark it had.

Units: none. Errors: UnicodeDecodeError where the bytes are not UTF-8; ValueError where the number of lines differs.
"""

import re

__all__ = ["rejoined"]

_ENDS = re.compile("(\r\n|\r|\n|\u2028|\u2029)")
_MARK = "\ufeff"


def rejoined(raw: bytes, text: str) -> bytes:
    """Return the bytes of `text`, whose line ends are LF, with the line ends and the mark of the file's beginning that `raw` has."""
    before = raw.decode("utf-8")
    mark = _MARK if before.startswith(_MARK) else ""
    ends = [*_ENDS.findall(before), ""]
    pieces, last = [mark], ""
    for line, end in zip(text.split("\n"), ends, strict=True):
        last = "\r" if not line and end == "\n" and last == "\r" else end  # else the two would be one line end
        pieces += (line, last)
    return "".join(pieces).encode("utf-8")
