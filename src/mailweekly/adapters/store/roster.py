"""
The people as the editor's commands know them: one object, each method one transaction.

Whoever opens it closes it. The contract that every store of people keeps: a method is whole or not at all, and answers after the commit.

Errors: those of `persons`, of `connection` and of `writer`.
"""

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import apsw

from mailweekly.adapters.store import counting, erasing, facts, persons
from mailweekly.adapters.store.counting import Listed, Sums
from mailweekly.adapters.store.erasing import Held
from mailweekly.adapters.store.intake import ListSource, take_in
from mailweekly.adapters.store.lock import SenderLock
from mailweekly.adapters.store.persons import Became, Joining
from mailweekly.adapters.store.writer import Writer
from mailweekly.audience.segment import Segment
from mailweekly.audience.tally import Tally
from mailweekly.errors import UnfinishedError

__all__ = ["Became", "Held", "Joining", "Listed", "Roster", "Sums"]

T = TypeVar("T")
WAIT_S: Final = 60.0  # for the relay's answer to a message that is under way
LOOK_S: Final = 0.2


class _SeenError(Exception):
    """Carries what was seen out of a transaction that is undone."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class Roster:
    """
    The people in the database at `path`.

    What only looks sees the people of the list files (`files`) too, as the next send will; nothing of it stays.
    """

    def __init__(self, path: Path, files: Callable[[], Iterable[ListSource]] = tuple) -> None:
        self._path = path
        self._files = files
        self._writer = Writer(path)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._writer.close()

    def add(self, who: Joining, now: float) -> tuple[Became, int]:
        """Add somebody, or add to what is known of them. Errors: RefusedError for somebody who left or was erased."""
        return self._writer.now(lambda connection: persons.add(connection, who, now))

    def remove(self, key: str, list_name: str, why: str, now: float) -> bool:
        """Let somebody go, from one list or ("") from everything; whether anything changed. Errors: MissingFileError."""
        return self._writer.now(lambda connection: persons.remove(connection, key, list_name, why, now))

    def bring_in(self) -> tuple[Tally, ...]:
        """Bring the list files in for good; what they changed. Errors: ListError."""
        return tuple(self._writer.now(lambda connection: take_in(connection, self._files(), _quiet)).changes)

    def report(self, key: str, number: int = 0) -> dict[str, Any] | None:
        """
        Return all that is kept of whoever has this key, or this id; None: nobody has.

        Of an address that is only known as one never to be mailed: the address, the status and the suppression.
        """

        def operation(connection: apsw.Connection) -> dict[str, Any] | None:
            found = persons.find(connection, key, number)
            return facts.facts_of(connection, found) if found else persons.kept_out(connection, key)

        return self._seen(operation)

    def count(self, segment: Segment) -> int:
        """Return how many people are in a segment."""
        return self._seen(lambda connection: counting.counted(connection, segment))

    def list(self, segment: Segment, limit: int) -> tuple[int, tuple[Listed, ...]]:
        """Return how many people are in a segment, and the first of them."""
        return self._seen(lambda connection: counting.listed(connection, segment, limit))

    def sums(self, list_name: str = "") -> Sums:
        """Return the numbers of everybody, or of a list."""
        return self._seen(lambda connection: counting.sums(connection, list_name))

    def held(self, key: str) -> Held:
        """Return what there is of a person, and could be erased."""
        return self._writer.now(lambda connection: erasing.held(connection, key))

    def messages(self, key: str) -> tuple[str, ...]:
        """Return the Message-IDs of what went to a person."""
        return self._writer.now(lambda connection: erasing.message_names(connection, key))

    def erase(self, key: str, secret: bytes, now: float, *, wait_s: float = WAIT_S) -> None:
        """Erase a person. Errors: UnfinishedError while a message to them is under way."""
        until = time.monotonic() + wait_s
        while not self._erased(key, secret, now):
            if time.monotonic() >= until:
                hint = "Do it again when the relay has answered; mailweekly status shows it."
                raise UnfinishedError("A message to this reader is on its way.", place=key, hint=hint)
            time.sleep(LOOK_S)

    def tidy(self, *words: str) -> bool:
        """Take what is left of erased words out of the database's files; whether nothing of them is there."""
        return erasing.tidy(self._path, words)

    def _seen(self, look: Callable[[apsw.Connection], T]) -> T:
        """What is seen once the list files are brought in; where there is any, that is undone."""

        def operation(connection: apsw.Connection) -> T:
            files = tuple(self._files())
            take_in(connection, files, _quiet)
            result = look(connection)
            if files:
                raise _SeenError(result)
            return result

        try:
            return self._writer.now(operation)
        except _SeenError as seen:
            found: T = seen.result
            return found

    def _erased(self, key: str, secret: bytes, now: float) -> bool:
        lock = SenderLock(self._path)
        nobody_sends = lock.take() is None
        try:
            return self._writer.now(
                lambda connection: erasing.erase(connection, key, secret, now, nobody_sends=nobody_sends)
            )
        finally:
            if nobody_sends:
                lock.drop()


def _quiet(_said: str) -> None:
    """Who waits for a bar has none here: list files are short, or imported."""
