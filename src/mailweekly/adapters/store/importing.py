"""
Gathered people written down: compared in pages with those who are here, in one transaction.

What becomes of each is decided by `audience.merging`; here the pages are fetched and the outcome is written. Who is new and wholly unknown goes from
one database to the other as the bytes that they are. Each function is part of one operation for the writer.

Errors: those of the database; SettingsError where the erased cannot be known.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import apsw

from mailweekly.adapters.store.connection import one_row
from mailweekly.adapters.store.gathering import CACHE_KB, Gathered, row_of
from mailweekly.adapters.store.people import array, mapping, suppress
from mailweekly.audience.erasure import mark
from mailweekly.audience.merging import Kind, Outcome, met
from mailweekly.audience.model import ListRow, Status, Subscriber, Suppression
from mailweekly.audience.sync import Conflict
from mailweekly.audience.tally import Sample
from mailweekly.errors import SettingsError

__all__ = ["Arrived", "Merge", "bring_in"]

HERE: Final = """
SELECT id, key, address, name, status, tags, data, joined_at, confirmed_at, left_at, consent, frequency
FROM subscribers WHERE key IN (SELECT value FROM json_each(?))
"""
OUT: Final = "SELECT key, reason, since, origin FROM suppressions WHERE key IN (SELECT value FROM json_each(?))"
# Who left a list by themselves is as one who is on it: no file brings them to it.
MEMBER: Final = """
SELECT subscriber_id, list FROM memberships
WHERE list IN (SELECT value FROM json_each(?1)) AND subscriber_id IN (SELECT value FROM json_each(?2))
UNION ALL
SELECT subscriber_id, list FROM departures
WHERE list IN (SELECT value FROM json_each(?1)) AND subscriber_id IN (SELECT value FROM json_each(?2))
"""
ERASED: Final = "SELECT mark FROM erased WHERE mark IN (SELECT value FROM json_each(?))"
ADD: Final = """
INSERT INTO subscribers (key, address, name, status, tags, data, joined_at, confirmed_at, left_at, consent, frequency)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""
CHANGE: Final = """
UPDATE subscribers SET name = ?, status = ?, tags = ?, data = ?, joined_at = ?, confirmed_at = ?, consent = ?, frequency = ? WHERE id = ?
"""
LEFT: Final = "unsubscribed"
LEAVE: Final = "UPDATE subscribers SET left_at = coalesce(left_at, ?) WHERE key = ?"
JOIN: Final = "INSERT OR IGNORE INTO memberships VALUES (?, ?, 0)"
FILE, KEY, STATUS, LISTS = 1, 3, 6, 16  # places in a row of a page


@dataclass(frozen=True, kw_only=True, slots=True)
class Merge:
    """How the people are brought in."""

    update: bool = False
    secrets: Sequence[bytes] = ()  # of the marks of the erased: the publication's keys, old ones too
    tell: Callable[[int], None] = lambda _done: None


@dataclass(kw_only=True, slots=True)
class Arrived:
    """What became of the good rows."""

    counts: Counter[Kind] = field(default_factory=Counter)
    suppressed: Sample[Suppression] = field(default_factory=Sample)
    kept_out: Sample[tuple[ListRow, str, str]] = field(default_factory=Sample)  # (row, file, why)
    conflicts: Sample[Conflict] = field(default_factory=Sample)


def bring_in(connection: apsw.Connection, gathered: Gathered, merge: Merge) -> Arrived:
    """Write down what the gathered rows change, and return it."""
    connection.pragma("cache_size", -CACHE_KB)  # the next connection has the usual one again
    arrived, done = Arrived(), 0
    has_erased = bool(connection.execute("SELECT 1 FROM erased LIMIT 1").fetchall())
    if has_erased and not merge.secrets:
        hint = "It stands in .env, as `mailweekly init` wrote it; without it, who was erased would come back."
        raise SettingsError("MAILWEEKLY_KEY is missing, and some people here were erased.", place=".env", hint=hint)
    for page in gathered.pages():
        _page(connection, gathered, merge, page, arrived, has_erased=has_erased)
        done += len(page)
        merge.tell(done)
    return arrived


def _page(
    connection: apsw.Connection,
    gathered: Gathered,
    merge: Merge,
    page: list[Any],
    arrived: Arrived,
    *,
    has_erased: bool,
) -> None:
    keys = json.dumps([row[KEY] for row in page])
    goals = [frozenset(table.lists) for table in gathered.tables]
    named = {name for row in page if row[LISTS] != "[]" for name in json.loads(row[LISTS])}
    here = _here(connection, keys, named.union(*goals))
    out = {key: (reason, since, origin) for key, reason, since, origin in connection.execute(OUT, (keys,))}
    erased = _erased(connection, page, merge.secrets) if has_erased else frozenset()
    fresh: list[Any] = []
    others: list[tuple[ListRow, Outcome]] = []
    for cells in page:
        key = cells[KEY]
        if cells[STATUS] != "suppressed" and key not in here and key not in out and key not in erased:
            fresh.append(cells)
            continue
        row, file = row_of(cells), gathered.tables[cells[FILE]].shown
        known = _suppression(key, *out[key]) if key in out else None
        found = met(
            row,
            here.get(key),
            known,
            file=file,
            lists=row.lists | goals[cells[FILE]],
            update=merge.update,
            is_erased=key in erased,
        )
        _note(found, row, file, arrived)
        others.append((row, found))
    arrived.counts[Kind.NEW] += len(fresh)
    _add(connection, fresh, goals)
    _write(connection, others)


def _note(found: Outcome, row: ListRow, file: str, arrived: Arrived) -> None:
    arrived.counts[found.kind] += 1
    if found.suppression:
        arrived.suppressed.add([found.suppression])
    if found.kind is Kind.KEPT_OUT:
        arrived.kept_out.add([(row, file, found.why)])
    arrived.conflicts.add(found.conflicts)


def _add(connection: apsw.Connection, fresh: list[Any], goals: Sequence[Collection[str]]) -> None:
    """Write those whom nobody knew; what they are stands in the page as it is to stand here."""
    values = [(*row[3:7], row[9], row[10], *row[11:16]) for row in fresh]
    numbers = [number for (number,) in connection.executemany(ADD, values)]
    joins: list[tuple[str, int]] = []
    for row, number in zip(fresh, numbers, strict=True):
        joins += [(name, number) for name in goals[row[FILE]]]
        if row[LISTS] != "[]":
            joins += [(name, number) for name in json.loads(row[LISTS])]
    connection.executemany(JOIN, joins)


def _write(connection: apsw.Connection, found: list[tuple[ListRow, Outcome]]) -> None:
    joins: list[tuple[str, int]] = []
    for row, outcome in found:
        if outcome.suppression:
            suppress(connection, outcome.suppression)
            if outcome.suppression.reason == LEFT:
                connection.execute(LEAVE, (_seconds(row.since), row.key))
        one = outcome.subscriber
        if one:
            connection.execute(CHANGE, (*_changed(one), one.id))
        if outcome.adds:
            connection.execute(ADD, _added(row)).fetchall()
        if outcome.joins:
            number = int(one_row(connection, "SELECT id FROM subscribers WHERE key = ?", (row.key,))[0])
            joins += [(name, number) for name in outcome.joins]
    connection.executemany(JOIN, joins)


def _here(connection: apsw.Connection, keys: str, lists: Collection[str]) -> dict[str, Subscriber]:
    rows: list[Any] = connection.execute(HERE, (keys,)).fetchall()
    member: dict[int, set[str]] = {}
    if rows:
        numbers = json.dumps([row[0] for row in rows])
        found: list[Any] = connection.execute(MEMBER, (json.dumps(sorted(lists)), numbers)).fetchall()
        for number, name in found:
            member.setdefault(number, set()).add(name)
    return {row[1]: _subscriber(row, member.get(row[0], set())) for row in rows}


def _subscriber(cells: tuple[Any, ...], lists: Collection[str]) -> Subscriber:
    number, key, address, name, status, tags, data, joined, confirmed, left, consent, frequency = cells
    return Subscriber(
        id=number,
        key=key,
        address=address,
        name=name,
        status=Status(status),
        lists=frozenset(lists),  # only those that play a part
        tags=frozenset(json.loads(tags)),
        data=json.loads(data),
        joined_at=_at(joined),
        confirmed_at=_at(confirmed),
        left_at=_at(left),
        consent=json.loads(consent),
        frequency=frequency,
    )


def _erased(connection: apsw.Connection, page: list[Any], secrets: Sequence[bytes]) -> frozenset[str]:
    marks = {mark(row[KEY], secret): row[KEY] for row in page for secret in secrets}
    return frozenset(marks[found] for (found,) in connection.execute(ERASED, (json.dumps(list(marks)),)))


def _suppression(key: str, reason: str, since: float | None, origin: str) -> Suppression:
    return Suppression(key=key, reason=reason, since=_at(since), origin=origin)


def _added(row: ListRow) -> tuple[Any, ...]:
    times = (_seconds(row.joined_at), _seconds(row.confirmed_at), _seconds(row.left_at))
    known = (row.key, row.address, row.name, row.status.value, array(row.tags), mapping(row.data))
    return (*known, *times, mapping(row.consent), row.frequency)


def _changed(one: Subscriber) -> tuple[Any, ...]:
    times = (_seconds(one.joined_at), _seconds(one.confirmed_at))
    return (one.name, one.status.value, array(one.tags), mapping(one.data), *times, mapping(one.consent), one.frequency)


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _at(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
