"""
The people as a plan would find them, for whoever looks on: those of the ledger and what the list files change, in a database of its own.

It is a rehearsal that lasts: an unnamed file which is gone when the process ends, beside which the ledger is only read. So it can be searched, its
subscribers have the ids that `plan` names, and neither a send nor the ledger is held up. Nobody is kept in memory. Not for two threads at once.

Errors: those of `connection`, of `intake` and of `spool`.
"""

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import apsw

from mailweekly.adapters.store.connection import SCHEMA_VERSION, connect, one_row
from mailweekly.adapters.store.intake import (
    HAS_IT,
    SENDS,
    ListSource,
    People,
    Taken,
    Wanted,
    people_of,
    subscriber_of,
    take_in,
)
from mailweekly.adapters.store.sends import HELD
from mailweekly.audience.model import Subscriber, Suppression
from mailweekly.audience.select import select
from mailweekly.errors import UnreachableError

__all__ = ["Found", "Register", "Standing", "folded", "signature"]

CACHE_KB: Final = 8_000  # the rest is in the file
FIELDS: Final = 200  # custom fields of which the longest value is told
SEGMENTS: Final = 200
OURS: Final = "DROP TABLE deliveries; DROP TABLE sends; DROP TABLE editions"  # then these names mean the ledger's
COPY: Final = """
INSERT INTO main.subscribers SELECT * FROM ledger.subscribers;
INSERT INTO main.memberships SELECT * FROM ledger.memberships;
INSERT INTO main.suppressions SELECT * FROM ledger.suppressions;
DELETE FROM main.sqlite_sequence;
INSERT INTO main.sqlite_sequence SELECT * FROM ledger.sqlite_sequence WHERE name = 'subscribers'
"""
PRIVATE: Final = """
CREATE TABLE words (id INTEGER NOT NULL, name TEXT NOT NULL, address TEXT NOT NULL);
INSERT INTO words SELECT id, folded(name), folded(address) FROM subscribers;
INSERT INTO words SELECT 0, '', key FROM suppressions p WHERE NOT EXISTS (SELECT 1 FROM subscribers s WHERE s.key = p.key)
"""
ONE: Final = """
SELECT s.id, s.key, s.address, s.name, s.status, s.tags, s.data, NULL FROM subscribers s WHERE s.id = ?
"""
COUNTS: Final = """
SELECT (SELECT count(*) FROM subscribers), (SELECT coalesce(max(id), 0) FROM subscribers), (SELECT count(*) FROM memberships),
    (SELECT count(*) FROM suppressions)
"""
LONGEST: Final = """
SELECT field.key, field.value, max(length(field.value)) FROM subscribers, json_each(subscribers.data) AS field GROUP BY field.key LIMIT ?
"""
TAGS: Final = """
SELECT tag.value, count(*) FROM subscribers, json_each(subscribers.tags) AS tag WHERE tags <> '[]' GROUP BY tag.value
ORDER BY count(*) DESC, tag.value LIMIT ?
"""
TAGGED: Final = """
SELECT s.id FROM memberships m JOIN subscribers s ON s.id = m.subscriber_id
WHERE m.list = ? AND s.status = 'active' AND s.tags <> '[]' AND EXISTS (SELECT 1 FROM json_each(s.tags) WHERE folded(value) = ?)
ORDER BY s.id LIMIT 1
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Somebody a search has found; id 0: an address that is only known as one never to be mailed."""

    id: int
    name: str
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A subscriber, and where they stand: `reason` is why an issue does not go to them, empty where it does."""

    subscriber: Subscriber
    reason: str
    suppression: Suppression | None


class Register:
    """The people of the ledger at `path` (which need not exist) after `files` were brought in."""

    def __init__(self, path: Path, files: Iterable[ListSource], tell: Callable[[str], None], folder: Path) -> None:
        self._folder = folder
        self._searchable = False
        self._connection = _opened(path)
        with self._connection:
            self._taken: Taken = take_in(self._connection, files, tell)

    def close(self) -> None:
        """Forget everybody."""
        self._connection.close()

    def people(self, wanted: Wanted) -> People:
        """Return who a list holds, and what its file said."""
        return people_of(self._connection, self._taken, wanted, self._folder)

    def search(self, words: str, *, limit: int, offset: int, names_only: bool = False) -> tuple[int, Sequence[Found]]:
        """Return how many there are in whose name, address or id each of the words is found, and some of them."""
        if not self._searchable:
            with self._connection:
                self._connection.execute(PRIVATE)
            self._searchable = True
        column = "w.name" if names_only else "w.name || ' ' || w.address"
        asked, values = ["id > 0"] if names_only else ["1"], []
        for word in folded(words).split():
            number = word[1:] if word[:1] == "s" else word
            is_number = number.isascii() and number.isdecimal() and len(number) < 19  # noqa: PLR2004  digits of a 64 bit number
            asked.append(f"(instr({column}, ?){' OR w.id = ?' if is_number else ''})")
            values += [word, *([int(number)] if is_number else [])]
        where = f"FROM words w WHERE {' AND '.join(asked)}"
        count = int(one_row(self._connection, f"SELECT count(*) {where}", tuple(values))[0])
        found: list[Any] = self._connection.execute(
            f"SELECT w.id, w.address {where} ORDER BY w.id = 0, w.id LIMIT ? OFFSET ?", (*values, limit, offset)
        ).fetchall()
        return count, [self._found(number, address) for number, address in found]

    def standing(self, number: int, *, list_name: str, held: str) -> Standing | None:
        """Return where a subscriber stands with an issue to a list; None: there is none of that id."""
        row = self._connection.execute(ONE, (number,)).fetchone()
        one = subscriber_of(tuple(row)) if row else None
        if one is None:
            return None
        lists = self._connection.execute(
            "SELECT list FROM memberships WHERE subscriber_id = ? ORDER BY list", (number,)
        )
        one = Subscriber(
            id=one.id,
            address=one.address,
            key=one.key,
            name=one.name,
            status=one.status,
            lists=frozenset(name for (name,) in lists),
            tags=one.tags,
            data=one.data,
        )
        suppression = self._suppression(one.key)
        found = select([one], {one.key: suppression} if suppression else {}, list_name=list_name)
        reason = next(
            (left.reason for left in found.left_out), "" if found.recipients else f"not on the list '{list_name}'"
        )
        return Standing(subscriber=one, reason=reason or self._held(one.key, held), suppression=suppression)

    def number_of(self, key: str) -> int:
        """Return the id of whoever has that address key; 0: nobody has it."""
        row = self._connection.execute("SELECT id FROM subscribers WHERE key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def segments(self) -> Sequence[tuple[str, int]]:
        """Return the segments and how many are in each, the largest first."""
        found: list[Any] = self._connection.execute(TAGS, (SEGMENTS,)).fetchall()
        return [(str(name), int(count)) for name, count in found]

    def first_of(self, segment: str, list_name: str) -> int:
        """Return the first subscriber of a list who is in a segment; 0: nobody is."""
        row = self._connection.execute(TAGGED, (list_name, folded(segment))).fetchone()
        return int(row[0]) if row else 0

    def longest(self) -> Mapping[str, str]:
        """Return the longest value of each custom field."""
        found: list[Any] = self._connection.execute(LONGEST, (FIELDS,)).fetchall()
        return {str(name): str(value) for name, value, _ in found}

    def longest_name(self) -> str:
        """Return the longest name."""
        return str(
            one_row(
                self._connection,
                "SELECT coalesce((SELECT name FROM subscribers ORDER BY length(name) DESC LIMIT 1), '')",
            )[0]
        )

    def _found(self, number: int, address: str) -> Found:
        if not number:
            return Found(id=0, name="", address=address)
        shown, name = one_row(self._connection, "SELECT address, name FROM subscribers WHERE id = ?", (number,))
        return Found(id=number, name=name, address=shown)

    def _suppression(self, key: str) -> Suppression | None:
        row = self._connection.execute(
            "SELECT reason, since, origin FROM suppressions WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        since = None if row[1] is None else datetime.fromtimestamp(row[1], UTC)
        return Suppression(key=key, reason=row[0], since=since, origin=row[2])

    def _held(self, key: str, issue: str) -> str:
        earlier = [number for (number,) in self._connection.execute(SENDS, (issue,))]
        has_it = self._connection.execute(HAS_IT, (json.dumps(earlier), json.dumps([key]))).fetchone()
        return HELD if has_it else ""


def signature(path: Path) -> tuple[int, ...]:
    """Return what changes when somebody comes to or leaves the ledger at `path`; () where there is none."""
    if not path.exists():
        return ()
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(1_000)
            return tuple(one_row(connection, COUNTS))
        finally:
            connection.close()
    except apsw.Error:
        return (-1,)


def folded(text: str) -> str:
    """Return text as it is searched: without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in apart if not unicodedata.combining(one))


def _folded(*values: Any) -> str:
    return folded(str(values[0]))


def _opened(path: Path) -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection("", flags=flags)  # no name: a private file, gone when it is closed
    for pragma, value in (
        ("journal_mode", "OFF"),
        ("synchronous", "OFF"),
        ("cache_size", -CACHE_KB),
        ("temp_store", "FILE"),
    ):
        connection.pragma(pragma, value)
    connection.create_scalar_function("folded", _folded, 1, deterministic=True)
    connection.execute(resources.files(__package__).joinpath("schema.sql").read_text("utf-8"))
    if path.exists():
        _beside(connection, path)
    return connection


def _beside(connection: apsw.Connection, path: Path) -> None:
    """Copy the people of the ledger, and let the rest be read in it."""
    try:
        connection.set_busy_timeout(5_000)
        connection.execute("ATTACH ? AS ledger", (f"file:{quote(str(path.resolve()))}?mode=ro",))
        if connection.pragma("user_version", schema="ledger") != SCHEMA_VERSION:
            connection.execute("DETACH ledger")
            connect(path).close()  # brings it to this release, or refuses
            connection.execute("ATTACH ? AS ledger", (f"file:{quote(str(path.resolve()))}?mode=ro",))
        connection.execute(OURS)
        with connection:
            connection.execute(COPY)
    except apsw.Error as error:
        hint = "See what is wrong with it: mailweekly doctor"
        raise UnreachableError(f"The database cannot be read: {error}.", place=str(path), hint=hint) from None
