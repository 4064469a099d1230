"""
Whom a notice is about, and where the ledger's events leave them.

A person is found by a delivery's number (from a token), by a Message-ID of ours, or by an address that was mailed lately. Where they stand is asked
of `bounce.policy`, with every event the ledger has: what was accepted and refused in the dialogue, and what came back. A notice is counted to the
time its issue may bounce, whenever it was read: a mailbox that nobody looked into for a month says the same as one read every minute.

Units: instants in seconds since the epoch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import apsw

from mailweekly.bounce import Weight, weight_of
from mailweekly.bounce.policy import QUIET, Decision, Event, Happened, decide

__all__ = ["Person", "counts", "of_address", "of_delivery", "of_message", "of_reader", "settled", "suppress"]

LOOK_BACK_S: Final = 400 * 86_400.0  # sends that may still matter to a row of issues
A_MOMENT_S: Final = 1.0
ID_START: Final = 40  # characters of a Message-ID in which its issue ends
BY_NUMBER: Final = """
SELECT d.id, d.subscriber_id, d.key, s.issue FROM deliveries d JOIN sends s ON s.id = d.send_id WHERE d.id = ?
"""
BY_ADDRESS: Final = """
SELECT d.id, d.subscriber_id, d.key, s.issue, d.message_id FROM sends s CROSS JOIN deliveries d ON d.send_id = s.id AND d.key = ?
WHERE d.state IN ('accepted', 'unknown') AND d.outcome_at > ? ORDER BY d.outcome_at DESC LIMIT 50
"""
BY_MESSAGE: Final = """
SELECT d.id, d.subscriber_id, d.key, s.issue FROM sends s CROSS JOIN deliveries d ON d.send_id = s.id
WHERE s.issue = ? AND d.message_id = ? LIMIT 1
"""
BY_READER: Final = "SELECT 0, id, key, '' FROM subscribers WHERE id = ?"
DIALOGUE: Final = """
SELECT d.id, d.state, d.outcome_at, d.cause, s.issue FROM sends s CROSS JOIN deliveries d ON d.send_id = s.id AND d.key = ?
WHERE s.created_at > ? AND d.outcome_at IS NOT NULL AND d.void = 0 AND d.state IN ('accepted', 'rejected', 'expired')
"""
CAME_BACK: Final = "SELECT delivery_id, at, issue, reason, proven FROM bounces WHERE key = ? AND at > ?"
UNDONE: Final = "SELECT max(at) FROM story WHERE key = ? AND what = 'suppressed'"
OUT: Final = "SELECT reason FROM suppressions WHERE key = ?"
PUT: Final = "INSERT OR REPLACE INTO suppressions VALUES (?, ?, ?, ?)"
STATUS: Final = "UPDATE subscribers SET status = 'suppressed' WHERE key = ?"
REASONS: Final = {Decision.DEAD: "dead", Decision.UNREACHABLE: "unreachable"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Who a notice is about, by which delivery; `is_proven`: a token or a Message-ID of ours says so."""

    id: int
    key: str
    delivery_id: int
    issue: str
    is_proven: bool


def of_delivery(connection: apsw.Connection, number: int) -> Person | None:
    """Return whom delivery `number` went to."""
    row: Any = connection.execute(BY_NUMBER, (number,)).fetchone() if number < 2**63 else None
    return None if row is None else _person(row, is_proven=True)


def of_address(connection: apsw.Connection, key: str, message_id: str, since: float) -> Person | None:
    """Return who was mailed at that address since then: by the delivery of that Message-ID, else by the last one, unproven."""
    rows: list[Any] = connection.execute(BY_ADDRESS, (key, since)).fetchall()
    for row in rows:
        if message_id and row[4] == message_id:
            return _person(row, is_proven=True)
    return _person(rows[0], is_proven=False) if rows else None


def of_message(connection: apsw.Connection, message_id: str) -> Person | None:
    """Return whom the message of that id went to. It goes through one issue's deliveries: for complaints that hide the address."""
    issue = message_id[1:ID_START].partition(".")[0]
    row: Any = connection.execute(BY_MESSAGE, (issue, message_id)).fetchone()
    return None if row is None else _person(row, is_proven=True)


def of_reader(connection: apsw.Connection, number: int) -> Person | None:
    """Return the subscriber of that id, whom a token of ours names."""
    row: Any = connection.execute(BY_READER, (number,)).fetchone() if number < 2**63 else None
    return None if row is None else _person(row, is_proven=True)


def settled(connection: apsw.Connection, person: Person, now: float) -> str:
    """Return why nobody mails them any more by all that is known; empty: go on."""
    since = now - LOOK_BACK_S
    (undone,) = next(iter(connection.execute(UNDONE, (person.key,))))
    events = list(_events(connection, person.key, since, now))
    if undone is not None and connection.execute(OUT, (person.key,)).fetchone() is None:
        events.append(
            Event(happened=Happened.UNDONE, at=_instant(undone))
        )  # suppressed once, and not now: by an editor's word
    return REASONS.get(decide(events, _instant(now)).decision, "")


def suppress(connection: apsw.Connection, person: Person, reason: str, origin: str, now: float) -> bool:
    """Keep somebody out from the next message on; False: an earlier reason stands. A complaint beats every other."""
    row: Any = connection.execute(OUT, (person.key,)).fetchone()
    if row is not None and (reason != "complaint" or row[0] == "complaint"):
        return False
    connection.execute(PUT, (person.key, reason, now, origin))
    connection.execute(STATUS, (person.key,))
    return True


def counts(reason: str) -> bool:
    """Return whether a reason weighs on the reader at all."""
    return weight_of(reason) in {Weight.HARD, Weight.SOFT}


def _events(connection: apsw.Connection, key: str, since: float, now: float) -> Iterator[Event]:
    taken: dict[int, float] = {}
    rows: list[Any] = connection.execute(DIALOGUE, (key, since)).fetchall()
    for number, state, at, cause, issue in rows:
        if state == "accepted":
            taken[number] = at
            yield Event(happened=Happened.ACCEPTED, at=_instant(min(at, now)), issue=issue)
        else:
            reason = cause or ("no-answer" if state == "expired" else "")
            yield Event(happened=Happened.BOUNCED, at=_instant(min(at, now)), issue=issue, reason=reason)
    back: list[Any] = connection.execute(CAME_BACK, (key, since)).fetchall()
    for number, at, issue, reason, is_proven in back:
        sent = taken.get(number, at)
        counted = min(at, sent + QUIET.total_seconds() - A_MOMENT_S, now)
        yield Event(happened=Happened.BOUNCED, at=_instant(counted), issue=issue, reason=reason, proven=bool(is_proven))


def _person(row: Any, *, is_proven: bool) -> Person:
    return Person(delivery_id=row[0], id=row[1], key=row[2], issue=row[3], is_proven=is_proven)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
