"""
The rows of the files that are brought in, gathered in a database of their own before anything is compared.

It is a file without a name, gone with the process. Reading takes most of the time, and nobody waits for it.

The same person is one row, whichever files name them: the first counts, and the most restrictive standing of all.

Errors: those of `audience.listfile`; UnreachableError when the disk is full.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import apsw

from mailweekly.adapters.store.connection import one_row
from mailweekly.adapters.store.people import array, mapping
from mailweekly.adapters.store.spool import Spool
from mailweekly.audience.listfile import Judged, Reading
from mailweekly.audience.model import ListRow, Reject, Status
from mailweekly.audience.tally import OTHER_REASONS, REASONS, told_reason
from mailweekly.errors import UnreachableError

__all__ = ["CACHE_KB", "PAGE", "Gathered", "Taken", "row_of"]

PAGE: Final = 1_000  # rows compared at a time
CACHE_KB: Final = 32_000  # most of the index of a million addresses stays in memory
MAKE: Final = """
CREATE TABLE intake (seq INTEGER PRIMARY KEY, file INTEGER, line INTEGER, key TEXT NOT NULL UNIQUE, address, name, status, reason, since,
    tags, data, joined_at, confirmed_at, left_at, consent, frequency, lists, origin)
"""
TAKE: Final = """
INSERT INTO intake (
    file, line, key, address, name, status, reason, since, tags, data, joined_at, confirmed_at, left_at, consent, frequency, lists, origin)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET status = excluded.status, reason = excluded.reason, since = excluded.since
"""
KNOWN: Final = "SELECT file, line, key, status, reason, since FROM intake WHERE key IN (SELECT value FROM json_each(?))"


@dataclass(kw_only=True, slots=True)
class Taken:
    """What one table held."""

    shown: str
    lists: tuple[str, ...] = ()  # where its people are brought in to, beside the lists that a row itself names
    records: int = 0
    duplicates: int = 0
    rejected: int = 0


@dataclass(kw_only=True)
class Gathered:
    """All rows that are good, all that are not, and what each table held; `folder` is where the disk is used."""

    folder: Path
    tables: list[Taken] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.rejects: Spool[tuple[int, Reject]] = Spool(self.folder, _packed, _unpacked)  # (table, reject)
        self._connection = apsw.Connection("")  # on a disk, without a name
        self._connection.pragma("journal_mode", "OFF")
        self._connection.pragma("synchronous", "OFF")
        self._connection.pragma("cache_size", -CACHE_KB)
        self._connection.execute(MAKE)

    def take(self, reading: Reading, lists: tuple[str, ...], tell: Callable[[int], None]) -> Taken:
        """Read one table; `tell` hears how many records were read. Errors: ListError, and then nothing of all this may be used."""
        table = Taken(shown=reading.file, lists=lists)
        self.tables.append(table)
        self._connection.execute("BEGIN")
        try:
            for batch in reading.batches():
                self._take(reading, batch, table)
                tell(reading.count)
            self._connection.execute("COMMIT")
        except (apsw.FullError, apsw.IOError, apsw.CantOpenError):
            hint = "Free some space, then run the command again; nothing was changed."
            raise UnreachableError("The disk took no more.", place=str(self.folder), hint=hint) from None
        table.records = reading.count
        return table

    def pages(self) -> Iterator[list[Any]]:
        """Yield the rows, PAGE at a time, in the order in which they came; each as `row_of` takes it."""
        cursor = self._connection.execute("SELECT * FROM intake ORDER BY seq")
        while page := list(islice(cursor, PAGE)):
            yield page

    def __len__(self) -> int:
        """How many good rows there are."""
        return int(one_row(self._connection, "SELECT count(*) FROM intake")[0])

    def close(self) -> None:
        """Let go of the disk."""
        self._connection.close()

    def _take(self, reading: Reading, batch: list[Judged | Reject], table: Taken) -> None:
        keys = [one.row.key for one in batch if isinstance(one, Judged)]
        known: dict[str, ListRow] = {}
        elsewhere: dict[str, str] = {}
        here = len(self.tables) - 1
        for file, line, key, status, reason, since in self._connection.execute(KNOWN, (json.dumps(keys),)):
            known[key] = _brief(line, key, status, reason, since)
            if file != here:
                elsewhere[key] = f"{self.tables[file].shown}:{line}"
        told, rejected = reading.told_apart(batch, known, elsewhere)
        self._connection.executemany(TAKE, [_cells(here, row) for row in told.values()])
        self.rejects.add((here, one) for one in rejected)
        duplicates = sum(one.kind == "duplicate" for one in rejected)
        table.duplicates += duplicates
        table.rejected += len(rejected) - duplicates
        for one in rejected:
            reason = told_reason(one)
            self.reasons[reason if reason in self.reasons or len(self.reasons) < REASONS else OTHER_REASONS] += 1


def row_of(cells: tuple[Any, ...]) -> ListRow:
    """Return a row of a page."""
    (
        _,
        _,
        line,
        key,
        address,
        name,
        status,
        reason,
        since,
        tags,
        data,
        joined,
        confirmed,
        left,
        consent,
        frequency,
        lists,
        origin,
    ) = cells
    return ListRow(
        line=line,
        key=key,
        address=address,
        name=name,
        status=Status(status),
        reason=reason,
        since=_at(since),
        tags=frozenset(json.loads(tags)),
        data=json.loads(data),
        joined_at=_at(joined),
        confirmed_at=_at(confirmed),
        left_at=_at(left),
        consent=json.loads(consent),
        frequency=frequency,
        lists=frozenset(json.loads(lists)),
        origin=origin,
    )


def _cells(file: int, row: ListRow) -> tuple[Any, ...]:
    return (
        file,
        row.line,
        row.key,
        row.address,
        row.name,
        row.status.value,
        row.reason,
        _seconds(row.since),
        array(row.tags),
        mapping(row.data),
        _seconds(row.joined_at),
        _seconds(row.confirmed_at),
        _seconds(row.left_at),
        mapping(row.consent),
        row.frequency,
        array(row.lists),
        row.origin,
    )


def _brief(line: int, key: str, status: str, reason: str, since: float | None) -> ListRow:
    return ListRow(
        line=line,
        key=key,
        address="",
        name="",
        status=Status(status),
        reason=reason,
        tags=frozenset(),
        data={},
        since=_at(since),
    )


def _seconds(at: datetime | None) -> float | None:
    return at.timestamp() if at else None


def _at(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _packed(one: tuple[int, Reject]) -> list[Any]:
    table, reject = one
    return [
        table,
        reject.file,
        reject.line,
        reject.column,
        reject.value,
        reject.why,
        reject.mend,
        reject.kind,
        list(reject.cells),
    ]


def _unpacked(cells: list[Any]) -> tuple[int, Reject]:
    table, file, line, column, value, why, mend, kind, original = cells
    found = Reject(
        file=file, line=line, column=column, value=value, why=why, mend=mend, kind=kind, cells=tuple(original)
    )
    return table, found
