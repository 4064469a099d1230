"""
The outbox read again: which messages lie in it, and the bytes of one; and emptied.

Refuses what is no regular file, links among them, and what is larger than a message may be; nothing here is written, and only messages are deleted.

Units: bytes; instants are seconds since the epoch.
Errors: MissingFileError for a message that is gone, DataError for one that is too large or cannot be deleted; a folder that cannot be
read is an empty one.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailweekly.errors import DataError, MissingFileError

__all__ = ["MESSAGE_BYTES", "Lying", "emptied", "lying", "message_bytes", "stamp"]

MESSAGE_BYTES: Final = 25_000_000  # the largest that relays take
SUFFIX: Final = ".eml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lying:
    """A message in the folder: its file's name, when it was written, and its size."""

    name: str
    at: float
    size_bytes: int


def stamp(folder: Path) -> int:
    """Return what changes when a message comes or goes; 0 where there is no folder."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def lying(folder: Path) -> Iterator[Lying]:
    """Yield the messages that lie there, in no order."""
    try:
        with os.scandir(folder) as found:
            for one in found:
                if one.name.startswith(".") or not one.name.endswith(SUFFIX) or not one.is_file(follow_symlinks=False):
                    continue
                there = one.stat(follow_symlinks=False)
                yield Lying(name=one.name, at=there.st_mtime, size_bytes=there.st_size)
    except OSError:
        return


def emptied(folder: Path) -> int:
    """Delete the messages that lie there; return how many. Errors: DataError where some cannot be deleted."""
    names = [one.name for one in lying(folder)]
    left, reason = [], ""
    for name in names:
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            left.append(name)
            reason = error.strerror or str(error)
    if left:
        raise DataError(
            f"{len(left):,} of {len(names):,} messages cannot be deleted: {reason}",
            place=left[0],
            hint="Whose are the folder and its files?",
        )
    return len(names)


def message_bytes(folder: Path, name: str) -> bytes:
    """Return a message, as it lies there."""
    hint = "Look at the list again."
    try:
        file = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        raise MissingFileError("This message is gone from the outbox.", place=name, hint=hint) from None
    with os.fdopen(file, "rb") as opened:
        there = os.fstat(opened.fileno())
        if not stat.S_ISREG(there.st_mode):
            raise MissingFileError("This is no message.", place=name, hint=hint)
        if there.st_size > MESSAGE_BYTES:
            raise DataError(
                f"This message has {there.st_size:,} bytes; at most {MESSAGE_BYTES:,} are shown.",
                place=name,
                hint="Open the file in a mail client.",
            )
        return opened.read(MESSAGE_BYTES)
