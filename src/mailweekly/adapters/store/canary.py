"""
The canary in the ledger: who goes first, the hold, and whether the others may follow.

Its deliveries are those with the lowest ids of the send, so that one number names them. The hold begins when each of them has had an answer (a
deferral is one) and is counted from the last, whenever somebody next looks: a kill neither shortens nor lengthens it.

Each function is one operation for the writer, as in `sends`. Units: instants are seconds since the epoch.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import apsw

from mailweekly.adapters.store.connection import one_row
from mailweekly.delivery import canary as rules
from mailweekly.delivery.ports import EVERYBODY, Route
from mailweekly.delivery.states import State

__all__ = ["BY_HAND", "Watch", "appoint", "look", "next_due", "watched"]

BY_HAND: Final = 0.0  # `held_until` of a canary that stopped the send: whoever resumes it has decided
UNANSWERED: Final = frozenset({State.QUEUED, State.CLAIMED, State.SENDING})
COUNT_QUEUED: Final = "SELECT count(*) FROM deliveries WHERE send_id = ? AND state = 'queued'"
COUNT_SEEDS: Final = COUNT_QUEUED + " AND key IN (SELECT value FROM json_each(?))"
LAST_ONE: Final = "SELECT id FROM deliveries WHERE send_id = ? AND state = 'queued' ORDER BY id LIMIT 1 OFFSET ?"
# `+send_id` keeps SQLite on the ids: the canary is few rows in a row, the send may be a million.
BEFORE_IT: Final = "SELECT id FROM deliveries WHERE id <= ? AND +send_id <> ? ORDER BY id DESC LIMIT 1"
COUNTS: Final = """
SELECT state, count(*), max(outcome_at) FROM deliveries WHERE id > ? AND id <= ? AND +send_id = ? AND (state <> 'skipped' OR fence > 0)
GROUP BY state
"""
# Nearly all that wait are due at 0, and stand in the index by id; the others are few.
IS_DUE: Final = """
SELECT EXISTS (SELECT 1 FROM deliveries WHERE send_id = :send AND state IN ('queued', 'deferred') AND due_at = 0 AND id <= :last)
    OR EXISTS (SELECT 1 FROM deliveries WHERE send_id = :send AND state IN ('queued', 'deferred') AND due_at > 0 AND due_at <= :now
               AND id <= :last)
"""
NEXT_DUE: Final = """
SELECT min(iif(id > :last, max(due_at, :until), due_at)) FROM deliveries WHERE send_id = :send AND state IN ('queued', 'deferred')
"""
NEXT: Final = "SELECT min(due_at) FROM deliveries WHERE send_id = :send AND state IN ('queued', 'deferred')"
# Of several relays; without routes the plain ones above read a single row.
ROUTED: Final = """
 AND (:own = '[]' OR domain IN (SELECT value FROM json_each(:own))) AND domain NOT IN (SELECT value FROM json_each(:others))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """A canary as it stands: its readers, how many of them had an answer, and until when the others wait (None: not known yet)."""

    size: int
    answered: int
    refused: int
    hold_s: float
    held_until: float | None

    def holds(self, now: float) -> bool:
        """Whether the others must wait."""
        return self.held_until is None or self.held_until > now


def appoint(connection: apsw.Connection, send_id: int, wanted: rules.Canary, seeds: Collection[str]) -> int:
    """Choose the canary of a send just frozen: its seeds, which stand first, and so many behind them; how many. 0: they would be all."""
    (queued,) = one_row(connection, COUNT_QUEUED, (send_id,))
    (chosen,) = one_row(connection, COUNT_SEEDS, (send_id, json.dumps(sorted(seeds))))
    size = int(chosen) + wanted.size(queued - chosen)
    if size >= queued:
        return 0
    (last,) = one_row(connection, LAST_ONE, (send_id, size - 1))
    connection.execute(
        "UPDATE sends SET canary_id = ?, canary_hold_s = ? WHERE id = ?", (last, wanted.hold.total_seconds(), send_id)
    )
    return size


def look(connection: apsw.Connection, send_id: int, now: float) -> bool:
    """Judge the canary, begin its hold where it is time, and return whether there is nobody to be claimed on its account."""
    last, hold_s, until = _held(connection, send_id)
    if last is None or (until is not None and until <= now):
        return False
    counts, answered_at = _counts(connection, send_id, last)
    against = rules.verdict(counts)
    if against:
        connection.execute(
            "UPDATE sends SET state = 'paused', reason = ?, held_until = ?, paused_at = ? WHERE id = ? AND state = 'running'",
            (against, BY_HAND, now, send_id),
        )
        _note(connection, now, send_id, f"paused: {against}")
        return True
    if until is None and not any(counts.get(state) for state in UNANSWERED):
        until = (now if answered_at is None else answered_at) + hold_s
        connection.execute("UPDATE sends SET held_until = ? WHERE id = ?", (until, send_id))
        _note(connection, now, send_id, f"canary: {sum(counts.values())} sent, the others from {_shown(until)} on")
        if until <= now:
            return False
    return not one_row(connection, IS_DUE, _values(send_id, last, now=now))[0]


def next_due(connection: apsw.Connection, send_id: int, route: Route = EVERYBODY) -> float | None:
    """Return when the earliest waiting delivery of the route is due; those behind a canary not before its hold is over."""
    last, _, until = _held(connection, send_id)
    is_plain = last is None or until is None
    query = NEXT if is_plain else NEXT_DUE
    values: dict[str, Any] = _values(send_id, last or 0, until=until or 0.0)
    if route.domains or route.others:
        query += ROUTED
        values |= {"own": json.dumps(sorted(route.domains)), "others": json.dumps(sorted(route.others))}
    return _instant(one_row(connection, query, values)[0])


def watched(connection: apsw.Connection, send_id: int) -> Watch | None:
    """Return the send's canary; None: it has none."""
    last, hold_s, until = _held(connection, send_id)
    if last is None:
        return None
    counts, _ = _counts(connection, send_id, last)
    return Watch(
        size=sum(counts.values()),
        answered=sum(count for state, count in counts.items() if state not in UNANSWERED),
        refused=counts.get(State.REJECTED, 0),
        hold_s=hold_s,
        held_until=until,
    )


def _held(connection: apsw.Connection, send_id: int) -> tuple[int | None, float, float | None]:
    row = one_row(connection, "SELECT canary_id, canary_hold_s, held_until FROM sends WHERE id = ?", (send_id,))
    return row[0], row[1], row[2]


def _counts(connection: apsw.Connection, send_id: int, last: int) -> tuple[dict[State, int], float | None]:
    """Where the canary's deliveries stand, and when the last of them was answered. Whoever was left out at the freeze is none of them."""
    before = connection.execute(BEFORE_IT, (last, send_id)).fetchone()
    found: list[Any] = connection.execute(COUNTS, (before[0] if before else 0, last, send_id)).fetchall()
    instants = [at for _, _, at in found if at is not None]
    return {State(state): count for state, count, _ in found}, max(instants, default=None)


def _values(send_id: int, last: int, *, now: float = 0.0, until: float = 0.0) -> dict[str, float]:
    return {"send": send_id, "last": last, "now": now, "until": until}


def _instant(found: object) -> float | None:
    return float(found) if isinstance(found, int | float) else None


def _shown(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _note(connection: apsw.Connection, now: float, send_id: int, what: str) -> None:
    connection.execute("INSERT INTO events (at, send_id, what) VALUES (?, ?, ?)", (now, send_id, what))
