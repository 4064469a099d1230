"""
List files brought in, however long: rows go through a temporary table, are compared in pages with the people who are there, and written down.

What a file changes is decided by `audience.sync`, who is mailed by `audience.select`; here the pages are fetched, and the outcome is written. Nobody
is touched before the whole file was read: a fault at its end refuses all of it. Each function is part of one operation for the writer.

Errors: those of `audience.listfile`, and of `spool`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import apsw

from mailweekly.adapters.store import corrections, people
from mailweekly.adapters.store.marks import erased_among
from mailweekly.adapters.store.segments import condition
from mailweekly.adapters.store.seldom import MONTHLY, Month
from mailweekly.adapters.store.sends import HELD, HOLDS
from mailweekly.adapters.store.spool import Spool
from mailweekly.audience.listfile import Judged, ListFile, Reading
from mailweekly.audience.model import Audience, LeftOut, ListRow, Status, Subscriber, Suppression
from mailweekly.audience.segment import EVERYBODY, Segment
from mailweekly.audience.select import Digest, corrected, select
from mailweekly.audience.sync import sync
from mailweekly.audience.tally import Rejected, Tally

__all__ = [
    "HAS_IT",
    "SENDS",
    "ListSource",
    "People",
    "Taken",
    "Wanted",
    "bring_in",
    "people_of",
    "subscriber_of",
    "take_in",
]

NO_TAGS: Final = "[]"
ERASED: Final = "erased"  # why a row of a file stays out
PAGE: Final = 1_000  # rows compared at a time
TELL_EVERY: Final = 100_000  # rows

MAKE: Final = """
CREATE TEMP TABLE intake (line INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, address, name, status, reason, since, tags, data)
"""
TAKE: Final = """
INSERT INTO temp.intake VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET status = excluded.status, reason = excluded.reason, since = excluded.since
"""
KNOWN: Final = "SELECT line, key, status, reason, since FROM temp.intake WHERE key IN (SELECT value FROM json_each(?))"
SIDE_BY_SIDE: Final = """
SELECT i.line, i.key, i.address, i.name, i.status, i.reason, i.since, i.tags, i.data,
    s.id, s.key, s.address, s.name, s.status, s.tags, s.data, m.list, p.key, p.reason, p.since, p.origin
FROM temp.intake i LEFT JOIN subscribers s ON s.key = i.key LEFT JOIN suppressions p ON p.key = i.key
    LEFT JOIN memberships m ON m.list = ? AND m.subscriber_id = s.id
WHERE i.line > ? ORDER BY i.line LIMIT ?
"""
# Only those leave with the file who came by it.
GONE: Final = """
FROM memberships WHERE list = ? AND by_file AND NOT EXISTS (
    SELECT 1 FROM subscribers s JOIN temp.intake i ON i.key = s.key WHERE s.id = memberships.subscriber_id)
"""
WHO_IS_GONE: Final = f"SELECT id, key, address FROM subscribers WHERE id IN (SELECT subscriber_id {GONE}) ORDER BY id"
ONLY_SUPPRESSED: Final = """
SELECT reason, count(*) FROM temp.intake i WHERE status = 'suppressed' AND NOT EXISTS (
    SELECT 1 FROM subscribers s JOIN memberships m ON m.subscriber_id = s.id WHERE m.list = ? AND s.key = i.key)
GROUP BY reason ORDER BY min(line)
"""
MEMBERS: Final = """
SELECT s.id, s.key, s.address, s.name, s.status, s.tags, s.data, m.list, p.key, p.reason, p.since, p.origin
FROM memberships m JOIN subscribers s ON s.id = m.subscriber_id LEFT JOIN suppressions p ON p.key = s.key
WHERE m.list = ? ORDER BY m.subscriber_id
"""
# Of a segment: whoever is in it and on the list, or on any.
PARTS: Final = """
SELECT subscribers.id, subscribers.key, address, name, status, tags, data, :name, p.key, p.reason, p.since, p.origin
FROM subscribers LEFT JOIN suppressions p ON p.key = subscribers.key
WHERE subscribers.id IN (SELECT subscriber_id FROM memberships WHERE list = :within OR :within = '') AND {condition} ORDER BY subscribers.id
"""
SENDS: Final = "SELECT id FROM sends WHERE issue = ? AND kind = 'issue'"
HAS_IT: Final = f"""
SELECT key FROM deliveries WHERE send_id IN (SELECT value FROM json_each(?)) AND key IN (SELECT value FROM json_each(?))
    AND state IN ({",".join(f"'{state}'" for state in HOLDS)})
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ListSource:
    """A list file: its list, its name as shown (`subscribers/readers.csv`), and its bytes, which are gone through once."""

    list_name: str
    shown: str
    pieces: Iterable[bytes]
    secrets: Callable[[], Sequence[bytes]] = tuple  # of the marks of the erased: asked for where anybody was erased


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """
    Whose audience is wanted, and who hears how far it is.

    `list_name` is the audience's: with a `segment` it is the segment's, of the list `within` ("": of any). `held`: whoever a send of that issue has
    already is left out. `corrects`: the send (its id) whose readers are wanted, and nobody else. `month_from`: when this month began, in
    seconds since the epoch, for readers who want one issue a month; 0: they want them all.
    """

    list_name: str
    segment: Segment | None = None
    within: str = ""
    held: str = ""
    corrects: int = 0
    month_from: float = 0.0
    tell: Callable[[str], None] = lambda _said: None


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """Who a list holds after the list files were brought in, what they said, and what they changed."""

    audience: Audience
    changes: tuple[Tally, ...]
    rejects: Rejected
    warnings: tuple[str, ...]
    fields: frozenset[str]  # every custom field some reader has, or some file names
    only_suppressed: Mapping[str, int]  # rows of the list's file that name somebody who was never more than suppressed


@dataclass(kw_only=True, slots=True)
class Taken:
    """What the files said and changed so far."""

    changes: list[Tally] = field(default_factory=list)
    rejects: Rejected = field(default_factory=Rejected)
    warnings: list[str] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    only_suppressed: dict[str, Mapping[str, int]] = field(default_factory=dict)  # by list


def bring_in(connection: apsw.Connection, files: Iterable[ListSource], wanted: Wanted, folder: Path) -> People:
    """Bring list files in and return who the wanted list holds then; `folder` is where the audience is spooled."""
    return people_of(connection, take_in(connection, files, wanted.tell), wanted, folder)


def take_in(connection: apsw.Connection, files: Iterable[ListSource], tell: Callable[[str], None]) -> Taken:
    """Bring list files in, and return what they said and changed."""
    said = Taken()
    for source in files:
        connection.execute(MAKE)
        _read(connection, source, said, tell)
        said.changes.append(_compared(connection, source, tell))
        found: list[Any] = connection.execute(ONLY_SUPPRESSED, (source.list_name,)).fetchall()
        said.only_suppressed[source.list_name] = dict(found)
        connection.execute("DROP TABLE temp.intake")
    return said


def people_of(connection: apsw.Connection, said: Taken, wanted: Wanted, folder: Path) -> People:
    """Return who the wanted list holds now, with what the files said."""
    return People(
        audience=_audience(connection, wanted, folder),
        changes=tuple(said.changes),
        rejects=said.rejects,
        warnings=tuple(said.warnings),
        fields=people.fields(connection) | said.fields,
        only_suppressed={}
        if wanted.corrects
        else said.only_suppressed.get(wanted.list_name, {}),  # of those, none got the issue
    )


def _read(connection: apsw.Connection, source: ListSource, said: Taken, tell: Callable[[str], None]) -> None:
    reading = Reading(source.pieces, file=source.shown)
    for batch in reading.batches():
        keys = [one.row.key for one in batch if isinstance(one, Judged)]
        known = {row.key: row for row in map(_brief, connection.execute(KNOWN, (json.dumps(keys),)))}
        told, rejected = reading.told_apart(batch, known)
        connection.executemany(TAKE, [_cells(row) for row in told.values()])
        said.rejects.add(rejected)
        _tell_step(tell, f"{source.shown}: {reading.count:,} rows read", reading.count, len(batch))
    said.warnings.extend(f"{source.shown}: {warning}" for warning in reading.warnings())
    said.fields.update(reading.columns.fields)


def _compared(connection: apsw.Connection, source: ListSource, tell: Callable[[str], None]) -> Tally:
    """Write down what the rows in the temporary table change, and return it."""
    name, after, count = source.list_name, -1, 0
    tally = Tally(list_name=name)
    while page := _page(connection, name, after):
        here = {one.key: one for row in page if (one := subscriber_of(row[9:17]))}
        kept_out = _suppressions(row[17:] for row in page)
        erased = erased_among(connection, [row[1] for row in page], source.secrets)
        kept_out.update({key: Suppression(key=key, reason=ERASED) for key in erased})
        part = _part(source.shown, [row for row in page if row[1] not in erased or row[5] == ""])
        changes = sync(here, kept_out, name, part, from_file=())  # who is gone, shows at the end
        people.apply(connection, changes)
        tally.add(changes)
        after, count = page[-1][0], count + len(page)
        _tell_step(tell, f"{source.shown}: {count:,} rows compared", count, len(page))
    gone = (Subscriber(id=number, key=key, address=address) for number, key, address in _gone(connection, name))
    while some := list(islice(gone, PAGE)):
        tally.left.add(some)
    if tally.left:
        connection.execute(f"DELETE {GONE}", (name,))
    return tally


def _page(connection: apsw.Connection, name: str, after: int) -> list[Any]:
    return connection.execute(SIDE_BY_SIDE, (name, after, PAGE)).fetchall()


def _part(shown: str, page: list[Any]) -> ListFile:
    rows = tuple(_row(row[:9]) for row in page)
    return ListFile(file=shown, rows=rows, rejects=(), warnings=(), fields=(), records=len(rows))


def _gone(connection: apsw.Connection, name: str) -> Iterator[Any]:
    return iter(connection.execute(WHO_IS_GONE, (name,)))


def _audience(connection: apsw.Connection, wanted: Wanted, folder: Path) -> Audience:
    digest = Digest()
    recipients = Spool[Subscriber](folder, _packed, _unpacked)
    left_out = Spool[LeftOut](folder, _packed_out, _unpacked_out)
    earlier = json.dumps([number for (number,) in connection.execute(SENDS, (wanted.held,))] if wanted.held else [])
    members = _members(connection, wanted)
    month = Month(connection, wanted.held, 0.0 if wanted.corrects else wanted.month_from)
    while page := list(islice(members, PAGE)):
        kept_out = _suppressions(row[8:] for row in page)
        there = [one for row in page if (one := subscriber_of(row[:8]))]
        part = select(there, kept_out, list_name=wanted.list_name)
        if wanted.corrects:
            part = corrected(part, corrections.who_got(connection, wanted.corrects, [one.key for one in there]))
        keys = [one.key for one in part.recipients]
        digest.add(keys)
        has_it = {key for (key,) in connection.execute(HAS_IT, (earlier, json.dumps(keys)))} if earlier != "[]" else ()
        enough = month.had([key for key in keys if key not in has_it])
        recipients.add(one for one in part.recipients if one.key not in has_it and one.key not in enough)
        left_out.add(part.left_out)
        left_out.add(LeftOut(subscriber=one, reason=MONTHLY) for one in part.recipients if one.key in enough)
        left_out.add(LeftOut(subscriber=one, reason=HELD) for one in part.recipients if one.key in has_it)
    if wanted.corrects:
        within = wanted.list_name if wanted.segment is None else wanted.within
        left_out.add(corrections.others(connection, wanted.corrects, within))
    return Audience(name=wanted.list_name, recipients=recipients, left_out=left_out, digest=digest.text)


def _members(connection: apsw.Connection, wanted: Wanted) -> apsw.Cursor:
    if wanted.segment is None:
        return connection.execute(MEMBERS, (wanted.list_name,))
    asked, values = condition(EVERYBODY if wanted.corrects else wanted.segment)  # who got it may be in it no more
    values.update(name=wanted.list_name, within=wanted.within)
    return connection.execute(PARTS.format(condition=asked), values)


def _tell_step(tell: Callable[[str], None], said: str, count: int, just_now: int) -> None:
    if count // TELL_EVERY > (count - just_now) // TELL_EVERY:
        tell(said)


def _cells(row: ListRow) -> tuple[Any, ...]:
    since = row.since.timestamp() if row.since else None
    tags, data = people.array(row.tags), people.mapping(row.data)
    return (row.line, row.key, row.address, row.name, row.status.value, row.reason, since, tags, data)


def _brief(cells: tuple[Any, ...]) -> ListRow:
    line, key, status, reason, since = cells
    return _row((line, key, "", "", status, reason, since, "[]", "{}"))


def _row(cells: tuple[Any, ...]) -> ListRow:
    line, key, address, name, status, reason, since, tags, data = cells
    return ListRow(
        line=line,
        key=key,
        address=address,
        name=name,
        status=Status(status),
        reason=reason,
        since=_instant(since),
        tags=frozenset(json.loads(tags)) if tags != NO_TAGS else frozenset(),
        data=json.loads(data),
    )


def subscriber_of(cells: tuple[Any, ...]) -> Subscriber | None:
    """Return the subscriber of a row `id, key, address, name, status, tags, data, list`; None: the row has none."""
    number, key, address, name, status, tags, data, member_of = cells
    if number is None:
        return None
    return Subscriber(
        id=number,
        key=key,
        address=address,
        name=name,
        status=Status(status),
        lists=frozenset([member_of] if member_of is not None else []),  # the other lists play no part
        tags=frozenset(json.loads(tags)) if tags != NO_TAGS else frozenset(),
        data=json.loads(data),
    )


def _suppressions(rows: Iterable[tuple[Any, ...]]) -> dict[str, Suppression]:
    return {
        key: Suppression(key=key, reason=reason, since=_instant(since), origin=origin)
        for key, reason, since, origin in rows
        if key is not None
    }


def _packed(one: Subscriber) -> list[Any]:
    return [
        one.id,
        one.key,
        one.address,
        one.name,
        one.status.value,
        list(one.tags),
        one.data,
        next(iter(one.lists), ""),
    ]


def _unpacked(cells: list[Any]) -> Subscriber:
    number, key, address, name, status, tags, data, member_of = cells
    return Subscriber(
        id=number,
        key=key,
        address=address,
        name=name,
        status=Status(status),
        lists=frozenset([member_of]),
        tags=frozenset(tags),
        data=data,
    )


def _packed_out(one: LeftOut) -> list[Any]:
    return [_packed(one.subscriber), one.reason]


def _unpacked_out(cells: list[Any]) -> LeftOut:
    return LeftOut(subscriber=_unpacked(cells[0]), reason=cells[1])


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
