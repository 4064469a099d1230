"""
The members of an archive: which may be read, and their bytes as a stream. Nothing is unpacked to a disk, and no member's name is ever a path.

Refused whole: a password, an archive within the archive, too many members, too much in them, a compression that no list has.

Units: sizes in bytes.
Errors: ListError.
"""

import zipfile
import zlib
from collections.abc import Iterator
from typing import Final

from mailweekly.adapters.files.table import PIECE_BYTES
from mailweekly.errors import ListError

__all__ = ["BROKEN", "UNPACKED_BYTES", "broken", "checked_members", "last_of", "member_pieces"]

UNPACKED_BYTES: Final = 1_000_000_000
RATIO: Final = 200  # unpacked to packed; a list file comes to about 10
RATIO_FROM_BYTES: Final = 1_000_000  # a small one may be as empty as it likes
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


def checked_members(archive: zipfile.ZipFile, shown: str) -> list[zipfile.ZipInfo]:
    """Return the members of an archive that may be read. Errors: ListError."""
    members = archive.infolist()
    why = ""
    if len(members) > MEMBERS:
        why = f"it has more than {MEMBERS:,} members"
    elif any(one.flag_bits & ENCRYPTED for one in members):
        why = "it has a password"
    elif any(last_of(one).lower().endswith(ARCHIVES) for one in members):
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
        raise broken(shown) from None


def last_of(member: zipfile.ZipInfo) -> str:
    """Return the last part of a member's name."""
    return member.filename.replace("\\", "/").rstrip("/").rpartition("/")[2]


def broken(shown: str) -> ListError:
    """Return the error of an archive that cannot be read."""
    return ListError(
        "This archive is damaged, or packed in a way that is not read.", place=shown, hint="Fetch it again."
    )


def _is_too_dense(unpacked_size: int, packed_size: int) -> bool:
    return unpacked_size > RATIO_FROM_BYTES and unpacked_size > RATIO * max(packed_size, 1)
