"""
Many people looked at: who is in a segment, how many there are of each kind, and how many came and went on each day.

Each function is one operation for the writer, or for any connection: they only read.

Units: days count from 1970-01-01, UTC.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import apsw

from mailweekly.adapters.store.connection import one_row
from mailweekly.adapters.store.segments import condition
from mailweekly.audience.segment import All, Facet, Has, Segment

__all__ = ["Listed", "Sums", "counted", "listed", "sums"]

MOST_SHOWN: Final = 20  # domains, tags
COLUMNS: Final = """
subscribers.id, address, name, status, tags, data, joined_at, (SELECT reason FROM suppressions WHERE suppressions.key = subscribers.key)
"""
OF_STATUS: Final = "SELECT status, count(*) FROM subscribers WHERE {condition} GROUP BY status"
OF_REASON: Final = """
SELECT reason, count(*) FROM suppressions JOIN subscribers USING (key) WHERE {condition} GROUP BY reason ORDER BY 2 DESC, 1
"""
OF_DOMAIN: Final = """
SELECT substr(key, instr(key, '@') + 1), count(*) FROM subscribers WHERE status = 'active' AND {condition} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}
"""
OF_TAG: Final = """
SELECT value, count(*) FROM subscribers, json_each(subscribers.tags) WHERE tags <> '[]' AND status = 'active' AND {condition}
GROUP BY value ORDER BY 2 DESC, 1 LIMIT {most}
"""
OF_LIST: Final = """
SELECT memberships.list, count(*), sum(subscribers.status = 'active') FROM memberships JOIN subscribers ON subscribers.id = memberships.subscriber_id
GROUP BY memberships.list ORDER BY memberships.list
"""
BARE: Final = "SELECT count(*) FROM suppressions WHERE NOT EXISTS (SELECT 1 FROM subscribers WHERE subscribers.key = suppressions.key)"
JOINED: Final = """
SELECT CAST(floor(joined_at / 86400) AS INTEGER), count(*) FROM subscribers WHERE joined_at IS NOT NULL AND status <> 'pending' AND {condition}
GROUP BY 1
"""
LEFT: Final = """
SELECT CAST(floor(since / 86400) AS INTEGER), count(*) FROM suppressions JOIN subscribers USING (key) WHERE since IS NOT NULL AND {condition}
GROUP BY 1
"""
AWAY: Final = "SELECT CAST(floor(at / 86400) AS INTEGER), count(*) FROM departures WHERE list = ? GROUP BY 1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """Somebody in a list of people."""

    id: int
    address: str
    name: str
    status: str
    reason: str
    tags: tuple[str, ...]
    data: Mapping[str, str]
    joined_at: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """The people of the publication, or of one list, in numbers."""

    statuses: Mapping[str, int]
    reasons: Mapping[str, int]  # of those kept out, who are here
    lists: Mapping[str, tuple[int, int]]  # members, and how many of them are active
    domains: Mapping[str, int]  # of the active ones, the most frequent
    tags: Mapping[str, int]  # the same
    joined: Mapping[int, int]  # by day
    left: Mapping[int, int]
    strangers: int = 0  # addresses kept out that were never subscribed here
    erased: int = 0
    undated: int = field(default=0)  # people of whom it is not known when they joined


def counted(connection: apsw.Connection, segment: Segment) -> int:
    """Return how many people are in a segment."""
    asked, values = condition(segment)
    return int(one_row(connection, f"SELECT count(*) FROM subscribers WHERE {asked}", values)[0])


def listed(connection: apsw.Connection, segment: Segment, limit: int) -> tuple[int, tuple[Listed, ...]]:
    """Return how many people are in a segment, and the first of them by id; a limit of 0 is none."""
    asked, values = condition(segment)
    sql = f"SELECT {COLUMNS} FROM subscribers WHERE {asked} ORDER BY subscribers.id LIMIT :limit"
    found: list[Any] = connection.execute(sql, {**values, "limit": limit or -1}).fetchall()
    count = len(found) if not limit or len(found) < limit else counted(connection, segment)
    return count, tuple(map(_listed, found))


def sums(connection: apsw.Connection, list_name: str = "") -> Sums:
    """Return the numbers of everybody, or of a list."""
    of = All(parts=(Has(facet=Facet.LIST, word=list_name),) if list_name else ())
    asked, values = condition(of)

    def table(sql: str) -> dict[Any, int]:
        found: list[Any] = connection.execute(sql.format(condition=asked, most=MOST_SHOWN), values).fetchall()
        return dict(found)

    lists: list[Any] = connection.execute(OF_LIST).fetchall()
    left = table(LEFT)
    for day, count in connection.execute(AWAY, (list_name,)) if list_name else ():
        left[day] = left.get(day, 0) + count
    return Sums(
        statuses=table(OF_STATUS),
        reasons=table(OF_REASON),
        lists={name: (count, active) for name, count, active in lists if list_name in {"", name}},
        domains=table(OF_DOMAIN),
        tags=table(OF_TAG),
        joined=table(JOINED),
        left=left,
        strangers=0 if list_name else int(one_row(connection, BARE)[0]),
        erased=0 if list_name else int(one_row(connection, "SELECT count(*) FROM erased")[0]),
        undated=int(
            one_row(connection, f"SELECT count(*) FROM subscribers WHERE joined_at IS NULL AND {asked}", values)[0]
        ),
    )


def _listed(row: tuple[Any, ...]) -> Listed:
    number, address, name, status, tags, data, joined, reason = row
    return Listed(
        id=number,
        address=address,
        name=name,
        status=status,
        reason=reason or "",
        tags=tuple(json.loads(tags)),
        data=json.loads(data),
        joined_at=joined,
    )
