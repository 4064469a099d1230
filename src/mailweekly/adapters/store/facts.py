"""
All that is kept of one person, read for `audience.person`'s report.

An operation for the writer, or for any connection: it only reads.

Errors: those of the connection.
"""

import json
from datetime import UTC, datetime
from typing import Any

import apsw

from mailweekly.adapters.store.signups import lists_of
from mailweekly.audience.model import Status, Subscriber, Suppression
from mailweekly.audience.person import Copy, Event, report_of

__all__ = ["facts_of"]

ONE = """
SELECT key, address, name, status, tags, data, joined_at, confirmed_at, left_at, consent, frequency FROM subscribers WHERE id = ?
"""
KEPT = "SELECT reason, since, origin FROM suppressions WHERE key = ?"
TOLD = "SELECT at, what, why FROM story WHERE key = ? ORDER BY id"
GOT = """
SELECT sends.issue, sends.audience, deliveries.state, sends.kind, deliveries.address, deliveries.name, deliveries.first_try_at,
  deliveries.outcome_at, deliveries.reply
FROM sends JOIN deliveries ON deliveries.send_id = sends.id WHERE deliveries.key = ? ORDER BY deliveries.id
"""


def facts_of(connection: apsw.Connection, subscriber_id: int) -> dict[str, Any] | None:
    """Return the report of one person; None: there is none of that id."""
    found: Any = connection.execute(ONE, (subscriber_id,)).fetchone()
    if found is None:
        return None
    key, address, name, status, tags, data, joined, confirmed, left, consent, frequency = found
    reader = Subscriber(
        id=subscriber_id,
        address=address,
        key=key,
        name=name,
        status=Status(status),
        lists=frozenset(lists_of(connection, subscriber_id)),
        tags=frozenset(json.loads(tags)),
        data=json.loads(data),
        joined_at=_instant(joined),
        confirmed_at=_instant(confirmed),
        left_at=_instant(left),
        consent=json.loads(consent),
        frequency=frequency,
    )
    kept: Any = connection.execute(KEPT, (key,)).fetchone()
    suppression = kept and Suppression(key=key, reason=kept[0], since=_instant(kept[1]), origin=kept[2])
    told: list[Any] = connection.execute(TOLD, (key,)).fetchall()
    got: list[Any] = connection.execute(GOT, (key,)).fetchall()
    story = [Event(at=datetime.fromtimestamp(at, UTC), what=what, why=why) for at, what, why in told]
    return report_of(reader, suppression or None, story, [_copy(row) for row in got])


def _copy(row: tuple[Any, ...]) -> Copy:
    issue, list_name, state, kind, address, name, first, outcome, reply = row
    return Copy(
        issue=issue,
        list_name=list_name,
        state=state,
        kind=kind,
        address=address,
        name=name,
        first_try_at=_instant(first),
        outcome_at=_instant(outcome),
        reply=reply,
    )


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
