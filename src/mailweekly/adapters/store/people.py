"""
The people: subscribers, which lists they are on, and who must never be mailed.

Each function is one operation for the writer. What a list file changes was decided by `audience.sync`; here it is only written down, whole or not at
all.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import apsw

from mailweekly.adapters.store.connection import one_row
from mailweekly.audience.model import ListRow, Status, Subscriber, Suppression
from mailweekly.audience.sync import Changes

__all__ = ["apply", "by_file", "subscriber_count", "subscribers", "suppress", "suppressions"]

INSERT = "INSERT INTO subscribers (key, address, name, status, tags, data) VALUES (?, ?, ?, ?, ?, ?)"
UPDATE = "UPDATE subscribers SET name = ?, tags = ?, data = ? WHERE id = ?"
JOIN = "INSERT OR IGNORE INTO memberships VALUES (?, ?, 1)"
LEAVE = "DELETE FROM memberships WHERE list = ? AND subscriber_id = ?"
SUPPRESS = "INSERT OR REPLACE INTO suppressions VALUES (?, ?, ?, ?)"


def subscribers(connection: apsw.Connection) -> dict[str, Subscriber]:
    """Return everybody, by key."""
    lists: dict[int, set[str]] = {}
    for name, subscriber_id in connection.execute("SELECT list, subscriber_id FROM memberships"):
        lists.setdefault(subscriber_id, set()).add(name)
    found = connection.execute("SELECT id, key, address, name, status, tags, data FROM subscribers ORDER BY id")
    return {
        key: Subscriber(
            id=sid,
            key=key,
            address=address,
            name=name,
            status=Status(status),
            lists=frozenset(lists.get(sid, ())),
            tags=frozenset(json.loads(tags)),
            data=json.loads(data),
        )
        for sid, key, address, name, status, tags, data in found
    }


def suppressions(connection: apsw.Connection) -> dict[str, Suppression]:
    """Return every suppression, by key."""
    found = connection.execute("SELECT key, reason, since, origin FROM suppressions")
    return {
        key: Suppression(key=key, reason=reason, since=_instant(since), origin=origin)
        for key, reason, since, origin in found
    }


def by_file(connection: apsw.Connection, list_name: str) -> frozenset[str]:
    """Return the keys of the list's members who came by its file."""
    found = connection.execute(
        "SELECT s.key FROM memberships m JOIN subscribers s ON s.id = m.subscriber_id WHERE m.list = ? AND m.by_file",
        (list_name,),
    )
    return frozenset(key for (key,) in found)


def subscriber_count(connection: apsw.Connection) -> int:
    """Return how many subscribers there are, whatever their status."""
    return int(one_row(connection, "SELECT count(*) FROM subscribers")[0])


def apply(connection: apsw.Connection, changes: Changes) -> None:
    """Write what a list file changes."""
    connection.executemany(INSERT, [_values(row) for row in changes.added])
    joined = [_id(connection, row.key) for row in changes.added] + [one.id for one in changes.joined]
    connection.executemany(JOIN, [(changes.list_name, one) for one in joined])
    connection.executemany(UPDATE, [(one.name, _array(one.tags), _object(one.data), one.id) for one in changes.updated])
    connection.executemany(LEAVE, [(changes.list_name, one.id) for one in changes.left])
    for suppression in changes.suppressed:
        suppress(connection, suppression)


def suppress(connection: apsw.Connection, suppression: Suppression) -> None:
    """Write a suppression, and set the status of whoever has that address. It counts from the next message on."""
    since = suppression.since.timestamp() if suppression.since else None
    connection.execute(SUPPRESS, (suppression.key, suppression.reason, since, suppression.origin))
    connection.execute("UPDATE subscribers SET status = 'suppressed' WHERE key = ?", (suppression.key,))


def _values(row: ListRow) -> tuple[str, ...]:
    return (row.key, row.address, row.name, row.status.value, _array(row.tags), _object(row.data))


def _id(connection: apsw.Connection, key: str) -> int:
    return int(one_row(connection, "SELECT id FROM subscribers WHERE key = ?", (key,))[0])


def _array(values: Iterable[str]) -> str:
    return json.dumps(sorted(values), ensure_ascii=False)


def _object(values: Mapping[str, str]) -> str:
    return json.dumps(dict(values), ensure_ascii=False)


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
