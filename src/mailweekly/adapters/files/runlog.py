"""
The run log: what became of each message, one line each, beside the database.

The lines are written by a thread of their own, many at a time, so that a slow disk slows no send; and a disk that is full or gone costs lines,
never a message. The ledger is the record; this is for reading. A file that has grown large becomes `.1`, and so on; only its owner may read it.

Units: sizes in bytes.
Errors: none; the first trouble is told once.
"""

import contextlib
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from mailweekly.adapters.files.folder import SECRET_MODE

__all__ = ["RunLog", "log_beside"]

LARGE: Final = 10_000_000  # then it is put aside
KEPT: Final = 5  # of those put aside
MOST_WAITING: Final = 200_000  # lines; beyond it a disk has stalled, and memory is worth more
MOST_AT_ONCE: Final = 5_000  # lines a write
GATHER_S: Final = 0.05  # from the first line to its write: waking for each one costs a fast send a third of its speed
CLOSE_S: Final = 5.0
FLAGS: Final = (
    os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
)  # a pipe is told, not waited for

Line = Callable[[], str]  # made in the thread


def log_beside(database: Path) -> Path:
    """Return where the log of this database is: `mailweekly.log` for `mailweekly.db`."""
    return database.with_suffix(".log") if database.suffix != ".log" else database.with_name(f"{database.name}.log")


class RunLog:
    """The log at `path`, from `with` on. `tell` is called, from the thread, with what is wrong with it."""

    def __init__(self, path: Path, *, tell: Callable[[str], None], large: int = LARGE) -> None:
        self._path = path
        self._tell = tell
        self._large = large
        self._lines: queue.SimpleQueue[Line | None] = queue.SimpleQueue()
        self._lost = 0  # lines that are not written, for the disk's sake
        self._is_broken = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="run-log", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits, as far as the disk lets."""
        self._lines.put(None)
        self._closing.set()
        self._thread.join(CLOSE_S)

    def write(self, line: Line) -> None:
        """Have a line written, soon."""
        if self._lines.qsize() < MOST_WAITING:
            self._lines.put(line)
        else:
            self._lost += 1

    def _run(self) -> None:
        is_over = False
        while not is_over:
            lines, is_over = self._waiting()
            text = "".join(f"{line()}\n" for line in lines)
            try:
                self._append(text.encode("utf-8", "backslashreplace"))
                self._is_broken = False
            except OSError as error:
                if not self._is_broken:
                    self._tell(
                        f"the run log cannot be written ({error.strerror or error}); the send goes on without it"
                    )
                self._is_broken = True
                self._lost += len(lines)

    def _waiting(self) -> tuple[list[Line], bool]:
        lines: list[Line] = []
        line = self._lines.get()
        self._closing.wait(GATHER_S)
        while line is not None:
            lines.append(line)
            if len(lines) >= MOST_AT_ONCE:
                return lines, False
            try:
                line = self._lines.get_nowait()
            except queue.Empty:
                return lines, False
        return lines, True

    def _append(self, octets: bytes) -> None:
        if not octets:
            return
        if self._lost and not self._is_broken:
            octets = f"({self._lost} lines are missing here)\n".encode() + octets
        descriptor = os.open(self._path, FLAGS, SECRET_MODE)
        try:
            if os.fstat(descriptor).st_size >= self._large:
                descriptor = self._put_aside(descriptor)
            _write_whole(descriptor, octets)
        finally:
            os.close(descriptor)
        if not self._is_broken:
            self._lost = 0

    def _put_aside(self, descriptor: int) -> int:
        """Make room for a fresh file: .4 becomes .5, the file .1. Returns the fresh one."""
        for number in range(KEPT - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                self._aside(number).replace(self._aside(number + 1))
        self._path.replace(self._aside(1))
        fresh = os.open(self._path, FLAGS, SECRET_MODE)
        os.close(descriptor)
        return fresh

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def _write_whole(descriptor: int, octets: bytes) -> None:
    """Write all of it, or cut the file back to where it was: half a line is no line."""
    size = os.fstat(descriptor).st_size
    try:
        left = memoryview(octets)
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, size)
        raise
