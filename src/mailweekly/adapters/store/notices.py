"""
The mails that came in, as the command line knows them: taken in, some at a time, in one transaction; looked through; put aside.

Errors: those of the writer.
"""

import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import apsw

from mailweekly.adapters.store import returns
from mailweekly.adapters.store.returns import Taken
from mailweekly.adapters.store.writer import Writer
from mailweekly.delivery.returned import Returned

__all__ = ["Notice", "Notices"]

MOST_LISTED: Final = 1_000
LISTED: Final = "SELECT id, at, kind, verdict, review, subject, what FROM notices"
FOR_REVIEW: Final = f"{LISTED} WHERE review = 1 ORDER BY id DESC LIMIT {MOST_LISTED}"
ONE: Final = f"{LISTED} WHERE id = ?"
COUNT: Final = "SELECT count(*) FROM notices WHERE review = 1"
DONE: Final = "UPDATE notices SET review = 0 WHERE review = 1 AND id = ?"
ALL_DONE: Final = "UPDATE notices SET review = 0 WHERE review = 1"
THERE: Final = "SELECT 1 FROM notices WHERE ref = ? AND ref <> ''"  # the index holds no empty one
LETTERS: Final = "SELECT count(*) FROM letters WHERE state = 'waiting' AND kind = 'leave'"


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A mail that came in, and what followed."""

    id: int
    at: float
    kind: str
    verdict: str
    review: bool
    subject: str
    what: str
    raw: bytes | None = None  # None: not asked for, or gone after 90 days


class Notices:
    """The mails of the database at `path`."""

    def __init__(self, path: Path) -> None:
        self._writer = Writer(path)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._writer.close()

    def take(self, mails: Iterable[tuple[Returned, str]]) -> list[Taken]:
        """Take mails in, each with the mailbox's name for it: all, with what follows from them, or none."""
        together = list(mails)
        now = time.time()
        return self._writer.now(lambda connection: [returns.take(connection, one, ref, now) for one, ref in together])

    def has(self, ref: str) -> bool:
        """Return whether the mailbox's mail of that name is here."""
        return self._writer.now(lambda connection: connection.execute(THERE, (ref,)).fetchone() is not None)

    def for_review(self) -> tuple[int, list[Notice]]:
        """Return how many wait for a look, and the newest of them."""

        def operation(connection: apsw.Connection) -> tuple[int, list[Notice]]:
            rows: list[Any] = connection.execute(FOR_REVIEW).fetchall()
            (count,) = next(iter(connection.execute(COUNT)))
            return int(count), [_notice(row) for row in rows]

        return self._writer.now(operation)

    def one(self, number: int) -> Notice | None:
        """Return one with the mail itself."""

        def operation(connection: apsw.Connection) -> Notice | None:
            row: Any = connection.execute(ONE, (number,)).fetchone()
            if row is None:
                return None
            (raw,) = next(iter(connection.execute("SELECT raw FROM notices WHERE id = ?", (number,))))
            return _notice(row, None if raw is None else zlib.decompress(raw))

        return self._writer.now(operation)

    def done(self, number: int = 0) -> int:
        """Put one, or all (0), aside; how many."""

        def operation(connection: apsw.Connection) -> int:
            connection.execute(*((DONE, (number,)) if number else (ALL_DONE,)))
            return connection.changes()

        return self._writer.now(operation)

    def tidy(self) -> None:
        """Let go of mails older than 90 days."""
        self._writer.now(lambda connection: returns.forget_raw(connection, time.time()))

    def letters_waiting(self) -> int:
        """Return how many questions wait to be sent."""
        return self._writer.now(lambda connection: int(next(iter(connection.execute(LETTERS)))[0]))


def _notice(row: Any, raw: bytes | None = None) -> Notice:
    return Notice(
        id=row[0],
        at=row[1],
        kind=row[2],
        verdict=row[3],
        review=bool(row[4]),
        subject=row[5],
        what=row[6],
        raw=raw,
    )
