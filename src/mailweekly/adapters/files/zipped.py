"""
The list files in a ZIP, read as streams: nothing is unpacked to a disk, and no member's name is ever a path.

A workbook is a ZIP as well and goes to `workbook`. Refused whole: a password, an archive within the archive, too many members, too much in them, a
compression that no list has.

Units: sizes in bytes.
Errors: ListError.
"""

import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final

from mailweekly.adapters.files.tables import PIECE_BYTES, Table
from mailweekly.audience.visible import visible
from mailweekly.errors import ListError

__all__ = ["UNPACKED_BYTES", "checked_members", "member_pieces", "unpacked"]

UNPACKED_BYTES: Final = 1_000_000_000
RATIO: Final = 200  # unpacked to packed; a list file comes to about 10
RATIO_FROM_BYTES: Final = 1_000_000  # a small one may be as empty as it likes
LISTS: Final = 100  # members that are list files
MEMBERS: Final = 10_000  # an export of posts has a file for each
ENCRYPTED: Final = 0x1
ARCHIVES: Final = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar")
BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    KeyError,
    UnicodeError,
)


def unpacked(file: IO[bytes], shown: str) -> Iterator[Table]:
    """Return the tables of an archive. Errors: ListError."""
    try:
        archive = zipfile.ZipFile(file)
    except BROKEN:
        raise _broken(shown) from None
    members = checked_members(archive, shown)
    names = {one.filename for one in members}
    if "xl/workbook.xml" in names or "[Content_Types].xml" in names:
        from mailweekly.adapters.files.workbook import first_sheet

        return iter((first_sheet(archive, members, file, shown),))
    if "mimetype" in names and "content.xml" in names:
        raise ListError(
            "This is an OpenDocument file.", place=shown, hint="Save the list as CSV in UTF-8 and take that file."
        )
    lists = [one for one in members if not one.is_dir() and _last(one).lower().endswith(".csv") and not _is_hidden(one)]
    if not lists:
        raise ListError("No list file (.csv) is in this archive.", place=shown, hint="Is it the export of the people?")
    if len(lists) > LISTS:
        raise ListError(
            f"There are more than {LISTS} list files in this archive.",
            place=shown,
            hint="Unpack it, and take some at a time.",
        )
    return (_table(archive, one, shown) for one in lists)


def checked_members(archive: zipfile.ZipFile, shown: str) -> list[zipfile.ZipInfo]:
    """Return the members of an archive that may be read. Errors: ListError."""
    members = archive.infolist()
    why = ""
    if len(members) > MEMBERS:
        why = f"it has more than {MEMBERS:,} members"
    elif any(one.flag_bits & ENCRYPTED for one in members):
        why = "it has a password"
    elif any(_last(one).lower().endswith(ARCHIVES) for one in members):
        why = "it holds another archive"
    elif sum(one.file_size for one in members) > UNPACKED_BYTES:
        why = f"unpacked it is larger than {UNPACKED_BYTES:,} bytes"
    elif any(_is_too_dense(one.file_size, one.compress_size) for one in members):
        why = f"a member unpacks to more than {RATIO} times its size"
    if why:
        raise ListError(
            f"This archive is not read: {why}.", place=shown, hint="Unpack it yourself, and take the list file."
        )
    return members


def member_pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str) -> Iterator[bytes]:
    """Yield a member's bytes, up to what it says it has. Errors: ListError."""
    left = member.file_size
    try:
        with archive.open(member) as file:
            while piece := file.read(PIECE_BYTES):
                left -= len(piece)
                if left < 0:
                    raise zipfile.BadZipFile
                yield piece
    except BROKEN:
        raise _broken(shown) from None


def _table(archive: zipfile.ZipFile, member: zipfile.ZipInfo, shown: str) -> Table:
    place = f"{shown}/{visible(_last(member), 100)}"
    table = Table(shown=place, size=member.file_size, is_member=True)
    table.pieces = _counted(member_pieces(archive, member, place), table)
    return table


def _counted(pieces: Iterator[bytes], table: Table) -> Iterator[bytes]:
    for piece in pieces:
        table.read += len(piece)
        yield piece


def _last(member: zipfile.ZipInfo) -> str:
    return member.filename.replace("\\", "/").rstrip("/").rpartition("/")[2]


def _is_hidden(member: zipfile.ZipInfo) -> bool:
    """The shadow files a Mac puts beside each."""
    return member.filename.startswith("__MACOSX/") or _last(member).startswith(".")


def _is_too_dense(unpacked_size: int, packed_size: int) -> bool:
    return unpacked_size > RATIO_FROM_BYTES and unpacked_size > RATIO * max(packed_size, 1)


def _broken(shown: str) -> ListError:
    return ListError(
        "This archive is damaged, or packed in a way that is not read.", place=shown, hint="Fetch it again."
    )
