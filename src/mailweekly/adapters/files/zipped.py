"""
The list files in a ZIP, as streams. A workbook is a ZIP as well and goes to `workbook`.

Errors: ListError.
"""

import zipfile
from collections.abc import Iterator
from typing import IO, Final

from mailweekly.adapters.files.members import BROKEN, broken, checked_members, last_of, member_pieces
from mailweekly.adapters.files.table import Table
from mailweekly.adapters.files.workbook import first_sheet
from mailweekly.audience.visible import visible
from mailweekly.errors import ListError

__all__ = ["unpacked"]

LISTS: Final = 100  # members that are list files


def unpacked(file: IO[bytes], shown: str) -> Iterator[Table]:
    """Return the tables of an archive. Errors: ListError."""
    try:
        archive = zipfile.ZipFile(file)
    except BROKEN:
        raise broken(shown) from None
    members = checked_members(archive, shown)
    names = {one.filename for one in members}
    if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
        return iter((first_sheet(archive, members, file, shown),))
    if "mimetype" in names and "content.xml" in names:
        raise ListError(
            "This is an OpenDocument file.", place=shown, hint="Save the list as CSV in UTF-8 and take that file."
        )
    lists = [
        one for one in members if not one.is_dir() and last_of(one).lower().endswith(".csv") and not _is_hidden(one)
    ]
    if not lists:
        raise ListError("No list file (.csv) is in this archive.", place=shown, hint="Is it the export of the people?")
    if len(lists) > LISTS:
        raise ListError(
            f"There are more than {LISTS} list files in this archive.",
            place=shown,
            hint="Unpack it, and take some at a time.",
        )
    return (_table(archive, one, shown) for one in lists)


def _table(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str) -> Table:
    place = f"{shown}/{visible(last_of(member), 100)}"
    table = Table(shown=place, size=member.file_size, is_member=True)
    table.pieces = _counted(member_pieces(archive, member, place), table)
    return table


def _counted(pieces: Iterator[bytes], table: Table) -> Iterator[bytes]:
    for piece in pieces:
        table.read += len(piece)
        yield piece


def _is_hidden(member: zipfile.ZipInfo) -> bool:
    """The shadow files a Mac puts beside each."""
    return member.filename.startswith("__MACOSX/") or last_of(member).startswith(".")
