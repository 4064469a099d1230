"""
The roll: everybody there is, in the order of their addresses, read once and never held.

It is one reading of the database, so that no send and no sign-up meanwhile shows half. Where list files are given, they are rehearsed first, for
whoever stands in them belongs to the audience, and undone at the end: the roll changes nothing.

Errors: those of `connection` and, with list files, of `intake`.
"""

import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import apsw

from mailweekly.adapters.store import intake, people
from mailweekly.adapters.store.connection import connect, one_row
from mailweekly.adapters.store.intake import ListSource
from mailweekly.audience.export import Person
from mailweekly.audience.model import Status, Subscriber, Suppression

__all__ = ["Roll"]

PAGE: Final = 1_000  # subscribers whose lists are looked up at a time
LISTS: Final = "SELECT DISTINCT list FROM memberships ORDER BY list"
SUBSCRIBERS: Final = """
SELECT s.id, s.key, s.address, s.name, s.status, s.tags, s.data, s.joined_at, s.confirmed_at, s.left_at, s.consent, s.frequency,
    p.reason, p.since, p.origin
FROM subscribers s LEFT JOIN suppressions p ON p.key = s.key
"""
MEMBER: Final = "WHERE EXISTS (SELECT 1 FROM memberships m WHERE m.list = ? AND m.subscriber_id = s.id)"
MEMBERSHIPS: Final = """
SELECT m.subscriber_id, m.list FROM json_each(?) AS l CROSS JOIN json_each(?) AS i CROSS JOIN memberships m
WHERE m.list = l.value AND m.subscriber_id = i.value
"""
COUNT: Final = """
SELECT (SELECT count(*) FROM subscribers) + (SELECT count(*) FROM suppressions p WHERE NOT EXISTS (SELECT 1 FROM subscribers s WHERE s.key = p.key))
"""
COUNT_OF_LIST: Final = "SELECT count(*) FROM memberships WHERE list = ?"
BARE: Final = """
SELECT key, reason, since, origin FROM suppressions p WHERE NOT EXISTS (SELECT 1 FROM subscribers s WHERE s.key = p.key) ORDER BY key
"""


class Roll:
    """The people of the database at `path`; `list_name`: only that list's members."""

    def __init__(
        self,
        path: Path,
        *,
        list_name: str = "",
        files: Iterable[ListSource] = (),
        tell: Callable[[str], None] = lambda _said: None,
    ) -> None:
        self._connection = connect(path)
        self._list = list_name
        sources = list(files)
        self._connection.execute("BEGIN IMMEDIATE" if sources else "BEGIN")
        try:
            if sources:
                intake.take_in(self._connection, sources, tell)
            self.lists = tuple(str(name) for (name,) in self._connection.execute(LISTS))
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Undo the rehearsal, and close the file."""
        self._close()

    @property
    def keys(self) -> tuple[str, ...]:
        """Every data field that somebody has, in order."""
        return tuple(sorted(people.fields(self._connection)))

    def __len__(self) -> int:
        """How many there are."""
        found = one_row(self._connection, COUNT_OF_LIST if self._list else COUNT, (self._list,) if self._list else ())
        return int(found[0])

    @property
    def erased(self) -> int:
        """How many are kept out by a mark alone; nobody can say who they are."""
        return int(one_row(self._connection, "SELECT count(*) FROM erased")[0])

    def __iter__(self) -> Iterator[Person]:
        """Go through them, in the order of their keys; without a list also those who are only suppressed."""
        if self._list:
            return self._subscribers(MEMBER, (self._list,))
        return heapq.merge(self._subscribers("", ()), self._bare(), key=lambda one: one.subscriber.key)

    def _subscribers(self, where: str, values: tuple[str, ...]) -> Iterator[Person]:
        found = self._connection.execute(f"{SUBSCRIBERS} {where} ORDER BY s.key", values)
        while page := list(islice(found, PAGE)):
            lists = self._lists_of([row[0] for row in page])
            for row in page:
                yield _person(row, lists.get(row[0], frozenset()))

    def _lists_of(self, numbers: list[int]) -> dict[int, frozenset[str]]:
        found: dict[int, list[str]] = {}
        values = (json.dumps(self.lists), json.dumps(numbers))
        for number, name in self._connection.execute(MEMBERSHIPS, values):
            found.setdefault(number, []).append(name)
        return {number: frozenset(names) for number, names in found.items()}

    def _bare(self) -> Iterator[Person]:
        for key, reason, since, origin in self._connection.execute(BARE):
            why = Suppression(key=key, reason=reason, since=_instant(since), origin=origin)
            yield Person(subscriber=Subscriber(id=0, address=key, key=key, status=Status.SUPPRESSED), suppression=why)

    def _close(self) -> None:
        with suppress(apsw.Error):
            self._connection.execute("ROLLBACK")
        self._connection.close()


def _person(row: Any, lists: frozenset[str]) -> Person:
    (
        number,
        key,
        address,
        name,
        status,
        tags,
        data,
        joined,
        confirmed,
        left,
        consent,
        frequency,
        reason,
        since,
        origin,
    ) = row
    return Person(
        subscriber=Subscriber(
            id=number,
            key=key,
            address=address,
            name=name,
            status=Status(status),
            lists=lists,
            tags=frozenset(json.loads(tags)) if tags != intake.NO_TAGS else frozenset(),
            data=json.loads(data),
            joined_at=_instant(joined),
            confirmed_at=_instant(confirmed),
            left_at=_instant(left),
            consent=json.loads(consent),
            frequency=frequency,
        ),
        suppression=None
        if reason is None
        else Suppression(key=key, reason=reason, since=_instant(since), origin=origin),
    )


def _instant(seconds: float | None) -> datetime | None:
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None  # beyond the years there are dates for: no evidence of anything
