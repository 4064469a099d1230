"""
The first sheet of an Excel workbook (XLSX) as records: what is stored, as text.

No formula is reckoned (the value stored beside it counts), no macro and no outside link is followed. A workbook with a document type of its own is
refused before anything reads it.

Units: lines are the sheet's rows, from 1; sizes in bytes.
Errors: ListError.
"""

import datetime as dt
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, Any, Final

from mailweekly.adapters.files.members import member_pieces
from mailweekly.adapters.files.table import Table
from mailweekly.audience.header import COLUMN_COUNT
from mailweekly.audience.records import Record
from mailweekly.errors import ListError

__all__ = ["first_sheet"]

STRINGS_BYTES: Final = 64_000_000  # the texts of all cells are held in memory
PART_BYTES: Final = 256_000_000  # of a sheet
SMALL_BYTES: Final = 16_000_000  # of every other part that is read: styles, links, themes
ROWS: Final = 1_048_576  # of a sheet; source: Excel's specifications and limits
_TYPES: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_XML_PARTS: Final = (".xml", ".rels", ".vml")


def first_sheet(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo], file: IO[bytes], shown: str) -> Table:
    """Return the first sheet. Errors: ListError."""
    for member in members:
        _check_part(archive, member, shown)
    file.seek(0)
    table = Table(shown=shown, size=sum(one.file_size for one in members))
    table.records = _records(file, table)
    return table


def _check_part(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str) -> None:
    name = member.filename.lower()
    if not name.endswith(_XML_PARTS):
        return
    limit = (
        STRINGS_BYTES if name.endswith("sharedstrings.xml") else PART_BYTES if "/worksheets/" in name else SMALL_BYTES
    )
    if member.file_size > limit:
        raise ListError("This workbook is too large to be read.", place=shown, hint="Save the list as CSV in UTF-8.")
    tail = b""
    for piece in member_pieces(archive, member, shown):
        if not tail and piece[:2] in {b"\xff\xfe", b"\xfe\xff", b"\0<", b"<\0"}:
            raise _unreadable(shown)
        if _TYPES.search(tail + piece):
            raise ListError(
                "This workbook brings a document type of its own.", place=shown, hint="Save the list as CSV in UTF-8."
            )
        tail = piece[-32:]


def _records(file: IO[bytes], table: Table) -> Iterator[Record]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it does not know of a workbook, it says; none of it is a value
        try:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheets = book.worksheets
            yield from _rows(sheets[0], table) if sheets else ()
        except (ListError, GeneratorExit):
            raise
        except Exception:  # noqa: BLE001 - a damaged workbook fails anywhere in it
            raise _unreadable(table.shown) from None


def _rows(sheet: Any, table: Table) -> Iterator[Record]:
    width, blank = 0, None
    share = table.size / max(sheet.max_row or 1, 1)
    for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=COLUMN_COUNT + 1), start=1):
        if number > ROWS:
            raise ListError(
                f"This sheet has more than {ROWS:,} rows.", place=table.shown, hint="Save the list as CSV in UTF-8."
            )
        if row is blank:
            continue  # the rows of a gap are all one object, and a gap may be a million of them
        cells = [_text(value) for value in row]
        if not any(cells):
            blank = row
            continue
        if not width:
            while cells and not cells[-1]:
                cells.pop()
            width = len(cells)
        elif len(cells) > width and not any(cells[width:]):
            cells = cells[:width]
        cells += [""] * (width - len(cells))
        table.read = min(int(number * share), table.size)
        yield Record(line=number, cells=cells)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004 - exact as a double
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ") if value.time() != dt.time() else value.date().isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _unreadable(shown: str) -> ListError:
    return ListError(
        "This workbook cannot be read.", place=shown, hint="Save the list as CSV in UTF-8 and take that file."
    )
