"""
A long row of values that is gone through again and again and never held in memory: an unnamed file beside the database.

Whoever the audience is, they are written here once; a rehearsal that is undone leaves them readable. The file has no name, so that nothing of it is
left when the process ends, however it ends.

Errors: UnreachableError when the disk is full.
"""

import json
import os
import tempfile
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from mailweekly.errors import UnreachableError

__all__ = ["Spool"]

T = TypeVar("T")
BLOCK: Final = 500  # values written and read at a time
READ_BYTES: Final = 1 << 18


class Spool(Collection[T], Generic[T]):
    """Values in the order in which they came; `pack` makes JSON of one, `unpack` the value again."""

    def __init__(self, folder: Path, pack: Callable[[T], Any], unpack: Callable[[Any], T]) -> None:
        self._pack = pack
        self._unpack = unpack
        self._place = str(folder)
        self._count = 0
        self._waiting: list[Any] = []
        with _told(self._place), tempfile.TemporaryFile(dir=folder) as file:
            self._file = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._file)

    def add(self, values: Iterable[T]) -> None:
        """Put values at the end."""
        for value in values:
            self._waiting.append(self._pack(value))
            self._count += 1
            if len(self._waiting) == BLOCK:
                self._write()

    def __len__(self) -> int:
        """How many there are."""
        return self._count

    def __iter__(self) -> Iterator[T]:
        """Go through them, from the first on."""
        for line in self._lines():
            yield from map(self._unpack, json.loads(line))
        yield from map(self._unpack, list(self._waiting))

    def __contains__(self, value: object) -> bool:
        """Whether it is one of them; all of them are looked at."""
        return any(one == value for one in self)

    def _write(self) -> None:
        rest = memoryview(json.dumps(self._waiting, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")
        with _told(self._place):
            while rest:
                rest = rest[os.write(self._file, rest) :]
        self._waiting = []

    def _lines(self) -> Iterator[bytes]:
        at, begun = 0, b""
        while piece := os.pread(self._file, READ_BYTES, at):
            at += len(piece)
            *lines, begun = (begun + piece).split(b"\n")
            yield from lines


class _told:  # noqa: N801 - a context manager
    """Turn a failure of the disk into one the operator can read."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Tell it."""
        if isinstance(error, OSError):
            hint = "Free some space, then run the command again; nobody was mailed."
            raise UnreachableError(f"The disk took no more: {error.strerror}.", place=self._place, hint=hint) from None
