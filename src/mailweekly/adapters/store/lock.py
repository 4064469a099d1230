"""
One sender at a time on one publication: a lock the kernel lets go of when its process dies, however it dies.

So whoever holds the lock knows that claims and intents of anybody else on this machine belong to the dead.
"""

import fcntl
import os
from pathlib import Path
from typing import IO

__all__ = ["SenderLock"]


class SenderLock:
    """`take` it before sending; hold it until the process ends."""

    def __init__(self, database: Path) -> None:
        self.path = database.with_name(database.name + ".lock")
        self._file: IO[str] | None = None

    def take(self) -> int | None:
        """Take the lock. None: it is ours; else the process id of whoever has it (0: not known)."""
        file = self.path.open("a+", encoding="ascii")
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
