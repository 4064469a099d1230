"""
Whether the database is still the file that was opened: not deleted, not replaced, not cut short.

A process holds on to a deleted file and writes into nothing; the next one would begin with an empty ledger. Looked at before and after every commit
(two calls of stat, 2 µs). Once it has failed it fails for good: a file that was cut grows again by what is written into it.

Errors: UnreachableError.
"""

from pathlib import Path

from mailweekly.errors import UnreachableError

__all__ = ["FileGuard"]


class FileGuard:
    """Watches the database at `path`, which has just been opened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        found = path.stat()
        self._file = (found.st_dev, found.st_ino)
        self._size = found.st_size

    def check(self) -> None:
        """Return if all is well."""
        try:
            found = self._path.stat()
        except OSError as error:
            raise self._error(f"is gone ({error.strerror})") from None
        if (found.st_dev, found.st_ino) != self._file:
            raise self._error("was replaced by another file")
        if found.st_size < self._size:
            raise self._error(f"was cut short, from {self._size:,} to {found.st_size:,} bytes")
        self._size = found.st_size

    def _error(self, what: str) -> UnreachableError:
        hint = "Stopped, for nothing can be written down any more. Put the same file back, with its -wal; never begin with an empty one."
        return UnreachableError(f"The database {what} while it was in use.", place=str(self._path), hint=hint)
