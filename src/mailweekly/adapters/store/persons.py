"""
One person added, taken out or looked at by the editor's word, and many of them counted.

Each function is one operation for the writer: whole or not at all. Who left, or was erased, comes back only where the editor says so with a note of
the new consent, which is kept with the person.

Units: instants in seconds since the epoch.
Errors: RefusedError for somebody who may not come back like that, MissingFileError for nobody.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

import apsw

from mailweekly.adapters.store import signups
from mailweekly.adapters.store.connection import one_row
from mailweekly.adapters.store.marks import erased_among, unmark
from mailweekly.adapters.store.people import array, mapping
from mailweekly.errors import MissingFileError, RefusedError

__all__ = ["Became", "Joining", "add", "find", "kept_out", "remove"]

BY_HAND: Final = "subscribers add"
HERE: Final = "SELECT id, name, status, tags, data, joined_at FROM subscribers WHERE key = ?"
OUT: Final = "SELECT reason, since FROM suppressions WHERE key = ?"
ADD: Final = """
INSERT INTO subscribers (key, address, name, status, tags, data, joined_at, consent) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""
CHANGE: Final = "UPDATE subscribers SET name = ?, status = ?, tags = ?, data = ? WHERE id = ?"
RETURN: Final = (
    "UPDATE subscribers SET left_at = NULL, confirmed_at = ?, joined_at = coalesce(joined_at, ?) WHERE id = ?"
)
AGREE: Final = "UPDATE subscribers SET consent = json_patch(consent, ?) WHERE id = ?"
JOIN: Final = "INSERT OR IGNORE INTO memberships VALUES (?, ?, 0)"
AWAY: Final = "SELECT list FROM departures WHERE subscriber_id = ?"


class Became(Enum):
    """What became of somebody who was added."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    RETURNED = "returned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Joining:
    """Somebody to be added."""

    key: str
    address: str
    name: str = ""
    lists: Sequence[str] = ()
    tags: frozenset[str] = frozenset()
    data: Mapping[str, str] = field(default_factory=dict)
    is_pending: bool = False
    again: bool = False  # though they left, or were erased
    note: str = ""  # of their consent
    secrets: Sequence[bytes] = ()  # of the marks of the erased


def add(connection: apsw.Connection, who: Joining, now: float) -> tuple[Became, int]:
    """Add somebody, or add to what is known of them; what became of it, and their id."""
    why = _kept_out(connection, who)
    if why and not who.again:
        hint = f'Where they have asked for it anew: mailweekly subscribers add {who.address} --again --note "how, and when".'
        raise RefusedError(f"This reader {why}.", place=who.address, hint=hint)
    row: Any = connection.execute(HERE, (who.key,)).fetchone()
    if row is None:
        became, number = Became.ADDED, _added(connection, who, now)
    else:
        became, number = _changed(connection, who, row)
    if why:
        _brought_back(connection, who, number, now)
        became = Became.RETURNED
    for name in who.lists:
        connection.execute(JOIN, (name, number))
        if connection.changes() and became is Became.UNCHANGED:
            became = Became.CHANGED
    if who.note:
        connection.execute(AGREE, (mapping({"note": who.note, "source": BY_HAND}), number))
    if became is not Became.UNCHANGED:
        what = "joined" if became is Became.ADDED else became.value
        signups.tell(connection, number, who.key, now, what, "by the editor")
    return became, number


def find(connection: apsw.Connection, key: str, number: int = 0) -> int:
    """Return the id of whoever has this key, or this id; 0: nobody."""
    row = connection.execute("SELECT id FROM subscribers WHERE key = ? OR id = ?", (key, number)).fetchone()
    return int(row[0]) if row else 0


def kept_out(connection: apsw.Connection, key: str) -> dict[str, Any] | None:
    """Return what is known of an address that is kept out and never was anybody here; None: nothing."""
    row: Any = connection.execute("SELECT reason, since, origin FROM suppressions WHERE key = ?", (key,)).fetchone()
    if row is None:
        return None
    since = datetime.fromtimestamp(row[1], UTC).isoformat() if row[1] is not None else None
    return {"address": key, "status": "suppressed", "suppression": {"reason": row[0], "since": since, "origin": row[2]}}


def remove(connection: apsw.Connection, key: str, list_name: str, why: str, now: float) -> bool:
    """Let somebody go, from one list or from everything (""); whether anything changed. Errors: MissingFileError for nobody."""
    number = find(connection, key)
    if not number:
        if connection.execute(OUT, (key,)).fetchone():
            return False
        hint = "Look at the address: mailweekly subscribers list finds people."
        raise MissingFileError("Nobody has this address.", place=key, hint=hint)
    before = connection.total_changes()
    if list_name:
        if list_name in signups.lists_of(connection, number):
            signups.drop(connection, number, key, list_name, why, now)
    else:
        signups.leave_everything(connection, number, why, now)
    return connection.total_changes() != before


def _kept_out(connection: apsw.Connection, who: Joining) -> str:
    """Why somebody may not be added just so; empty: they may."""
    out: Any = connection.execute(OUT, (who.key,)).fetchone()
    if out:
        return f"is kept out ({out[0]})"
    if erased_among(connection, [who.key], lambda: who.secrets):
        return "was erased"
    row: Any = connection.execute(HERE, (who.key,)).fetchone()
    if row is None:
        return ""
    if row[2] == "suppressed":
        return "is kept out"
    if row[2] == "pending" and who.again:
        return "has not confirmed"
    away = {name for (name,) in connection.execute(AWAY, (row[0],))} & set(who.lists)
    return f"has left the list {min(away)}" if away else ""


def _added(connection: apsw.Connection, who: Joining, now: float) -> int:
    status = "pending" if who.is_pending else "active"
    values = (who.key, who.address, who.name, status, array(who.tags), mapping(who.data), now, "{}")
    return int(one_row(connection, ADD, values)[0])


def _changed(connection: apsw.Connection, who: Joining, row: tuple[Any, ...]) -> tuple[Became, int]:
    number, name, status, tags, data, _ = row
    before = (name, status, frozenset(json.loads(tags)), json.loads(data))
    after = (who.name or name, status, before[2] | who.tags, {**before[3], **who.data})
    if before == after:
        return Became.UNCHANGED, number
    connection.execute(CHANGE, (after[0], status, array(after[2]), mapping(after[3]), number))
    return Became.CHANGED, number


def _brought_back(connection: apsw.Connection, who: Joining, number: int, now: float) -> None:
    """Make a reader again of who had left: of the lists that are named, and of no other they were on when they left everything."""
    had_left_all = bool(connection.execute(OUT, (who.key,)).fetchone())
    connection.execute("DELETE FROM suppressions WHERE key = ?", (who.key,))
    unmark(connection, who.key, who.secrets)
    connection.execute(
        "UPDATE subscribers SET status = ? WHERE id = ?", ("pending" if who.is_pending else "active", number)
    )
    connection.execute(RETURN, (None if who.is_pending else now, now, number))
    for name in signups.lists_of(connection, number) if had_left_all else ():
        if name not in who.lists:
            connection.execute("DELETE FROM memberships WHERE list = ? AND subscriber_id = ?", (name, number))
            connection.execute("INSERT OR IGNORE INTO departures VALUES (?, ?, ?)", (name, number, now))
    for name in who.lists:
        connection.execute("DELETE FROM departures WHERE list = ? AND subscriber_id = ?", (name, number))
