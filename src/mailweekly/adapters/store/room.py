"""
Whether the disk has room for a send, asked before anything of it is written down.

Units: bytes.
Errors: RefusedError with the figures.
Source: measured, 400 to 700 bytes a delivery with its index, written once to the log and once to the file.
"""

import shutil
from pathlib import Path
from typing import Final

from mailweekly.errors import RefusedError

__all__ = ["check_room"]

DELIVERY_BYTES: Final = 1_500
RESERVE_BYTES: Final = 4_000_000  # the log grows to this between two checkpoints
MEGA: Final = 1_000_000


def check_room(path: Path, *, readers: int, edition_bytes: int) -> None:
    """Return if the disk of the database at `path` has room for so many readers."""
    needed = RESERVE_BYTES + 2 * edition_bytes + DELIVERY_BYTES * readers
    free = shutil.disk_usage(path.parent).free
    if free < needed:
        what = f"The disk has {free / MEGA:,.1f} MB left; a send to {readers:,} needs {needed / MEGA:,.1f} MB."
        raise RefusedError(what, place=str(path.parent), hint="Free some space; nobody was mailed.")
