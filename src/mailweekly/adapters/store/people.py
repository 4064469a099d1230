"""
The people: subscribers, which lists they are on, and who must never be mailed.

Each function is one operation for the writer. What a list file changes was decided by `audience.sync`; here it is only written down, whole or not at
all.
"""

import json
from collections.abc import Collection, Mapping

import apsw

from mailweekly.audience.model import ListRow, Suppression
from mailweekly.audience.sync import Changes

__all__ = ["apply", "array", "fields", "mapping", "suppress"]

INSERT = """
INSERT INTO subscribers (key, address, name, status, tags, data, joined_at) VALUES (?, ?, ?, ?, ?, ?, unixepoch('subsec')) RETURNING id
"""
UPDATE = "UPDATE subscribers SET name = ?, tags = ?, data = ? WHERE id = ?"
FIELDS = "SELECT DISTINCT field.key FROM subscribers, json_each(subscribers.data) AS field"
_ENCODED = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
JOIN = "INSERT OR IGNORE INTO memberships VALUES (?, ?, 1)"
LEAVE = "DELETE FROM memberships WHERE list = ? AND subscriber_id = ?"
SUPPRESS = "INSERT OR REPLACE INTO suppressions VALUES (?, ?, ?, ?)"


def fields(connection: apsw.Connection) -> frozenset[str]:
    """Return the name of every custom field that some subscriber has."""
    return frozenset(name for (name,) in connection.execute(FIELDS))


def apply(connection: apsw.Connection, changes: Changes) -> None:
    """Write what a list file changes."""
    added = connection.executemany(INSERT, [_values(row) for row in changes.added])
    joined = [number for (number,) in added] + [one.id for one in changes.joined]
    connection.executemany(JOIN, [(changes.list_name, one) for one in joined])
    connection.executemany(UPDATE, [(one.name, array(one.tags), mapping(one.data), one.id) for one in changes.updated])
    connection.executemany(LEAVE, [(changes.list_name, one.id) for one in changes.left])
    for suppression in changes.suppressed:
        suppress(connection, suppression)


def suppress(connection: apsw.Connection, suppression: Suppression) -> None:
    """Write a suppression, and set the status of whoever has that address. It counts from the next message on."""
    since = suppression.since.timestamp() if suppression.since else None
    connection.execute(SUPPRESS, (suppression.key, suppression.reason, since, suppression.origin))
    connection.execute("UPDATE subscribers SET status = 'suppressed' WHERE key = ?", (suppression.key,))


def array(values: Collection[str]) -> str:
    """Return texts as a JSON array, in order."""
    return json.dumps(sorted(values), ensure_ascii=False) if values else "[]"


def mapping(values: Mapping[str, str]) -> str:
    """Return texts by name as a JSON object."""
    return _ENCODED(dict(values))


def _values(row: ListRow) -> tuple[str, ...]:
    return (row.key, row.address, row.name, row.status.value, array(row.tags), mapping(row.data))
