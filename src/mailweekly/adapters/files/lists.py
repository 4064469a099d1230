"""
The list files of a publication: `subscribers/*.csv`, each the list of its own name.

Refuses pipes, devices and links that leave the publication; reads no other folder. What the bytes say is the business of `audience.listfile`.

Units: sizes in bytes.
Errors: DataError, RefusedError.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from mailweekly.adapters.files.folder import read_pieces, resolve_inside, shown_path
from mailweekly.errors import DataError

__all__ = ["FOLDER", "LIST_BYTES", "ListSource", "list_files", "list_names"]

FOLDER: Final = "subscribers"
LIST_BYTES: Final = 256_000_000  # 1,000,000 readers take about 60 MB; four times that, and room for data

_SUFFIX: Final = ".csv"


class ListSource(NamedTuple):
    """A list file: its name as shown (`subscribers/readers.csv`), and its bytes, piece by piece, once."""

    shown: str
    pieces: Iterator[bytes]


def list_names(root: Path) -> tuple[str, ...]:
    """Return the names of the lists that have a file, in order."""
    folder = root / FOLDER
    if not folder.is_dir():
        return ()
    found = (path for path in folder.iterdir() if path.suffix == _SUFFIX and not path.name.startswith((".", "~")))
    return tuple(sorted(path.stem for path in found))


def list_files(root: Path) -> tuple[ListSource, ...]:
    """Return every list file, in the order of the names. What is no regular file is refused at once."""
    return tuple(_read(root, name) for name in list_names(root))


def _read(root: Path, name: str) -> ListSource:
    path = root / FOLDER / f"{name}{_SUFFIX}"
    shown = shown_path(root, path)
    if not name.isprintable():
        raise DataError("The list's name holds a character that cannot be shown.", place=shown, hint="Rename the file.")
    return ListSource(shown, read_pieces(resolve_inside(root, path), limit=LIST_BYTES, shown=shown))
