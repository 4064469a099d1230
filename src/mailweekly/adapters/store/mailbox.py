"""
The index of a folder of messages: in what order they lie, by which issue, and what stands on the outside of each.

An unnamed database of its own, so that a hundred thousand messages are paged and searched and none is held in memory. What stands on the outside is
noted as it becomes known; who reads the messages is somebody else. Not for two threads at once.

Units: bytes; instants are seconds since the epoch.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import apsw

from mailweekly.adapters.store.connection import one_row
from mailweekly.adapters.store.register import folded

__all__ = ["Label", "Mailbox", "Slip", "pick_of"]

CACHE_KB: Final = 4_000
APART: Final = "\x1f"  # before the address among a message's words
PICK_DIGITS: Final = 16  # of a SHA-256 in hex: two of a million names are one with a chance of 1 in 37 million
TABLES: Final = """
CREATE TABLE lying (
    pick TEXT PRIMARY KEY, name TEXT NOT NULL, label TEXT NOT NULL, at REAL NOT NULL, size INTEGER NOT NULL, seen INTEGER NOT NULL,
    sender TEXT, subject TEXT, preheader TEXT, to_name TEXT, to_address TEXT, words TEXT
) WITHOUT ROWID;
CREATE INDEX in_order ON lying (label, at, pick);
CREATE INDEX unread ON lying (pick) WHERE words IS NULL;
CREATE TABLE labels (label TEXT PRIMARY KEY, count INTEGER NOT NULL, newest REAL NOT NULL, rank INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID
"""
NOTE: Final = """
INSERT INTO lying (pick, name, label, at, size, seen) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    seen = excluded.seen, at = excluded.at, size = excluded.size,
    words = iif(at = excluded.at AND size = excluded.size, words, NULL), preheader = iif(at = excluded.at AND size = excluded.size, preheader, NULL)
"""
GROUPS: Final = """
DELETE FROM labels;
INSERT INTO labels (label, count, newest) SELECT label, count(*), max(at) FROM lying GROUP BY label;
UPDATE labels SET rank = (SELECT count(*) FROM labels o WHERE o.newest > labels.newest OR (o.newest = labels.newest AND o.label < labels.label))
"""
READ: Final = "UPDATE lying SET sender = ?, subject = ?, preheader = coalesce(?, preheader), to_name = ?, to_address = ?, words = ? WHERE pick = ?"
SLIP: Final = "SELECT l.pick, l.name, l.label, l.at, l.size, l.sender, l.subject, l.preheader, l.to_name, l.to_address, l.words FROM lying l"


@dataclass(frozen=True, kw_only=True, slots=True)
class Slip:
    """A message, and what stands on its outside; `is_read`: whether that is known yet, `preheader` None: it is not."""

    pick: str
    name: str
    label: str
    at: float
    size_bytes: int
    sender: str
    subject: str
    preheader: str | None
    to_name: str
    to_address: str
    is_read: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """An issue, and how many messages are of it."""

    label: str
    count: int


class Mailbox:
    """The index, empty at first."""

    def __init__(self) -> None:
        self._round = 0
        self._connection = apsw.Connection("")
        for pragma, value in (("journal_mode", "OFF"), ("synchronous", "OFF"), ("cache_size", -CACHE_KB)):
            self._connection.pragma(pragma, value)
        self._connection.execute(TABLES)

    def note(self, there: Iterable[tuple[str, str, float, int]]) -> None:
        """Take the folder in as it is now: name, label, time and size of each message."""
        self._round += 1
        rows = ((pick_of(name), name, label, at, size, self._round) for name, label, at, size in there)
        with self._connection:
            self._connection.executemany(NOTE, rows)
            self._connection.execute("DELETE FROM lying WHERE seen <> ?", (self._round,))
            self._connection.execute(GROUPS)

    def labels(self) -> Sequence[Label]:
        """Return the issues, the one with the newest message first."""
        found = self._connection.execute("SELECT label, count FROM labels ORDER BY rank")
        return [Label(label=label, count=count) for label, count in found]

    def unread(self, limit: int) -> Sequence[Slip]:
        """Return some messages of which the outside is not known yet."""
        found = self._connection.execute(f"{SLIP} WHERE l.words IS NULL ORDER BY l.pick LIMIT ?", (limit,))
        return [_slip(tuple(row)) for row in found]

    def count_unread(self) -> int:
        """Return how many those are."""
        return int(one_row(self._connection, "SELECT count(*) FROM lying WHERE words IS NULL")[0])

    def read(self, slips: Iterable[Slip]) -> None:
        """Note what stands on the outside of messages."""
        rows = [
            (
                one.sender,
                one.subject,
                one.preheader,
                one.to_name,
                one.to_address,
                f"{folded(f'{one.to_name} {one.subject} {one.sender}')}{APART}{folded(one.to_address)}",
                one.pick,
            )
            for one in slips
        ]
        with self._connection:
            self._connection.executemany(READ, rows)

    def page(
        self, *, label: str | None, words: str, limit: int, offset: int, names_only: bool = False
    ) -> tuple[int, Sequence[Slip]]:
        """Return how many messages there are, of an issue (None: of all) and with these words outside, and some of them, the newest issue first."""
        if not words.split():
            return self._plain_page(label, limit, offset)
        where, values = _asked(label, words, names_only=names_only)
        count = int(one_row(self._connection, f"SELECT count(*) FROM lying l WHERE {where}", values)[0])
        order = "g.rank, l.at DESC, l.pick DESC"
        query = f"{SLIP} JOIN labels g ON g.label = l.label WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
        found = self._connection.execute(query, (*values, limit, offset))
        return count, [_slip(tuple(row)) for row in found]

    def _plain_page(self, label: str | None, limit: int, offset: int) -> tuple[int, Sequence[Slip]]:
        """A page without a search: issue by issue, as the index has them."""
        groups = [one for one in self.labels() if label in {None, one.label}]
        found: list[Slip] = []
        skip = offset
        for group in groups:
            if skip < group.count and len(found) < limit:
                query = f"{SLIP} WHERE l.label = ? ORDER BY l.at DESC, l.pick DESC LIMIT ? OFFSET ?"
                rows = self._connection.execute(query, (group.label, limit - len(found), skip))
                found += [_slip(tuple(row)) for row in rows]
            skip = max(skip - group.count, 0)
        return sum(group.count for group in groups), found

    def one(self, pick: str) -> Slip | None:
        """Return a message; None: there is none of that name."""
        row = self._connection.execute(f"{SLIP} WHERE l.pick = ?", (pick,)).fetchone()
        return _slip(tuple(row)) if row else None

    def beside(self, one: Slip) -> tuple[str, str]:
        """Return the messages of the same issue before and after one, newest first; "" where there is none."""
        values = (one.label, one.at, one.pick)
        newer: Any = self._connection.execute(
            "SELECT pick FROM lying WHERE label = ? AND (at, pick) > (?, ?) ORDER BY at, pick LIMIT 1", values
        ).fetchone()
        older: Any = self._connection.execute(
            "SELECT pick FROM lying WHERE label = ? AND (at, pick) < (?, ?) ORDER BY at DESC, pick DESC LIMIT 1", values
        ).fetchone()
        return (newer[0] if newer else "", older[0] if older else "")


def pick_of(name: str) -> str:
    """Return what a page calls the file of that name: it never names a path."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:PICK_DIGITS]


def _asked(label: str | None, words: str, *, names_only: bool) -> tuple[str, tuple[str, ...]]:
    asked, values = ["1"], []
    if label is not None:
        asked.append("l.label = ?")
        values.append(label)
    for word in folded(words).split():
        asked.append("instr(substr(l.words, 1, instr(l.words, char(31))), ?)" if names_only else "instr(l.words, ?)")
        values.append(word)
    return " AND ".join(asked), tuple(values)


def _slip(row: tuple[Any, ...]) -> Slip:
    pick, name, label, at, size, sender, subject, preheader, to_name, to_address, words = row
    return Slip(
        pick=pick,
        name=name,
        label=label,
        at=at,
        size_bytes=size,
        sender=sender or "",
        subject=subject or "",
        preheader=preheader,
        to_name=to_name or "",
        to_address=to_address or "",
        is_read=words is not None,
    )
