"""
One sender at a time on one publication: a lock the kernel lets go of when its process dies, however it dies.

So whoever holds the lock knows that claims and intents of anybody else on this machine belong to the dead.
"""

import fcntl
import os
import time
from pathlib import Path
from typing import IO, Final

from mailweekly.errors import UnreachableError

__all__ = ["SenderLock"]

TRIES: Final = 4
PAUSE_S: Final = 0.05


class SenderLock:
    """`take` it before sending; hold it until the process ends."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file: IO[str] | None = None

    def take(self) -> int | None:
        """Take the lock. None: it is ours; else the process id of whoever has it (0: not known)."""
        holder = self._try()
        for _ in range(TRIES - 1):  # whoever only looks (`is_held`) has it for an instant
            if holder is None:
                break
            time.sleep(PAUSE_S)
            holder = self._try()
        return holder

    def is_held(self) -> bool:
        """Whether somebody is sending now."""
        if not self.path.exists() or self._try() is not None:
            return self.path.exists()
        self.drop()
        return False

    def _try(self) -> int | None:
        try:
            file = self.path.open("a+", encoding="ascii")
        except OSError as error:
            hint = "Look at MAILWEEKLY_DB, and at the folder's rights."
            raise UnreachableError(
                f"The database's folder cannot be used: {error.strerror}.", place=str(self.path), hint=hint
            ) from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read(20).strip()
            file.close()
            return int(holder) if holder.isdecimal() else 0
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        self._file = file
        return None

    def drop(self) -> None:
        """Let go of the lock."""
        if self._file is not None:
            self._file.close()
            self._file = None
