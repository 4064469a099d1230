"""
A list file without one person's rows, every other byte as it was.

Rows are known as the reader of list files knows them, rejected and repeated ones included; only whole rows go.

Errors: ListError for a file that cannot be read: then nobody can say where a row ends.
Units: lines count from 1.
"""

import codecs
import re
from collections.abc import Iterator

from mailweekly.address import parse, unwrap
from mailweekly.audience.decode import line_ends
from mailweekly.audience.listfile import Judged, Reading
from mailweekly.audience.model import Reject

__all__ = ["lines_of", "without"]

MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
HEAD = "email"  # of a file of which nothing is left: an empty one is refused
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")


def lines_of(raw: bytes, key: str, *, file: str) -> dict[int, int]:
    """Return the lines at which a person's rows begin, each with how many lines it takes. Errors: ListError."""
    reading = Reading(raw, file=file)
    found: dict[int, int] = {}
    for batch in reading.batches():
        for one in batch:
            line, cells = (one.record.line, one.record.cells) if isinstance(one, Judged) else (one.line, one.cells)
            if one.row.key == key if isinstance(one, Judged) else _names(one, key):
                found[line] = 1 + sum(map(line_ends, cells))
    return found


def without(raw: bytes, lines: dict[int, int]) -> bytes:
    """Return the file without these rows."""
    codec = next((name for mark, name in MARKS if raw.startswith(mark)), "utf-8")
    gone = {line + more for line, count in lines.items() for more in range(count)}
    text = raw.decode(codec)
    kept = "".join(line for number, line in enumerate(_lines(text), 1) if number not in gone)
    return (kept if kept.strip("\ufeff \t\r\n") else f"{HEAD}\n").encode(codec)


def _names(reject: Reject, key: str) -> bool:
    return any(_key(cell) == key for cell in reject.cells) or (not reject.cells and _key(reject.value) == key)


def _key(cell: str) -> str:
    if "@" not in cell:
        return ""
    try:
        return parse(unwrap(cell.strip())[1]).key
    except ValueError:
        return ""


def _lines(text: str) -> Iterator[str]:
    for found in _LINE.finditer(text):
        if found[0]:
            yield found[0]
