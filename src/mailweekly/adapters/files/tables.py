"""
The tables in a file somebody brings: a list file, each list file of a ZIP, the first sheet of a workbook.

The file may lie anywhere; only a regular one is read, and standard input up to the same size. What it is, its first bytes say, never its name. A file
that changes while it is read is refused.

Units: sizes in bytes.
Errors: MissingFileError, DataError, ListError.
"""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from mailweekly.adapters.files.folder import told
from mailweekly.adapters.files.lists import LIST_BYTES
from mailweekly.adapters.files.table import PIECE_BYTES, Table
from mailweekly.adapters.files.zipped import unpacked
from mailweekly.audience.visible import visible
from mailweekly.errors import DataError, ListError

__all__ = ["STDIN", "tables"]

STDIN: Final = "-"
ZIP_MARKS: Final = (b"PK\x03\x04", b"PK\x05\x06")


def tables(path: str, stack: ExitStack) -> Iterator[Table]:
    """Return the tables of the file at `path` (`-`: standard input), which stays open until `stack` is closed. Errors: as above."""
    shown = "standard input" if path == STDIN else visible(path.rpartition("/")[2], 200)
    file = stack.enter_context(_spooled(shown) if path == STDIN else _opened(path, shown))
    size = os.fstat(file.fileno()).st_size
    if size > LIST_BYTES:
        raise DataError(f"The file is larger than {LIST_BYTES:,} bytes.", place=shown, hint="Is it the right file?")
    with told(Path(path), shown):
        head = file.read(4)
        file.seek(0)
    if head in ZIP_MARKS:
        return unpacked(file, shown)
    table = Table(shown=shown, size=size)
    table.pieces = _pieces(file, table)
    return iter((table,))


def _opened(path: str, shown: str) -> IO[bytes]:
    with told(Path(path), shown):
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise DataError(
        "This is no regular file.", place=shown, hint="Name a file that can be read; or send it to standard input: -"
    )


def _spooled(shown: str) -> IO[bytes]:
    """Standard input as a file without a name."""
    if sys.stdin.isatty():
        raise DataError("Nothing comes on standard input.", place=shown, hint="mailweekly subscribers import - < FILE")
    read = 0
    with told(Path(shown), shown):
        file = TemporaryFile()  # noqa: SIM115 - whoever asked closes it
        while piece := sys.stdin.buffer.read(PIECE_BYTES):
            read += len(piece)
            if read > LIST_BYTES:
                file.close()
                raise DataError(f"More than {LIST_BYTES:,} bytes came.", place=shown, hint="Is it the right file?")
            file.write(piece)
        file.flush()
        file.seek(0)
    return file


def _pieces(file: IO[bytes], table: Table) -> Iterator[bytes]:
    with told(Path(table.shown), table.shown):
        while piece := file.read(min(PIECE_BYTES, table.size - table.read)):
            table.read += len(piece)
            yield piece
        if table.read != table.size or os.fstat(file.fileno()).st_size != table.size:
            raise ListError("The file changes while it is read.", place=table.shown, hint="Copy it, and take the copy.")
