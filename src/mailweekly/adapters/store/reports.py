"""
What became of a send, read for its report: counts alone, never an address.

It reads on a connection of its own, all of a report at one instant. What can be is counted out of the indexes `done`, `waiting`, `held` and
`bounced`; rows are read of those refused, deferred, skipped or bounced only.

An unsubscribe counts for the last issue that its list got before it, and only of a reader who was mailed it; a complaint for the message it names,
where it names one, else in the same way.

Units: instants are seconds since the epoch. Errors: those of `connection`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import apsw

from mailweekly.adapters.store import sends, tallies
from mailweekly.adapters.store.connection import connect, one_row
from mailweekly.adapters.store.corrections import ISSUE
from mailweekly.adapters.store.tallies import DONE, HELD, WAITING, Timing
from mailweekly.delivery.outcomes import COMPLAINT, Bar, Cause, Domain, Outcome, domains_of, span_of, timeline
from mailweekly.delivery.states import State

__all__ = ["Past", "Report", "Reports"]

PAST: Final = 8  # sends before this one
MOST_DOMAINS: Final = 12
CELLS: Final = (
    f"SELECT domain, state, count(*) FROM deliveries WHERE {DONE} AND NOT (state = 'skipped' AND outcome_at IS NULL) GROUP BY 1, 2",
    f"SELECT domain, state, count(*) FROM deliveries WHERE {WAITING} GROUP BY 1, 2",
    f"SELECT domain, state, count(*) FROM deliveries WHERE {HELD} GROUP BY 1, 2",
)
LEFT_OUT: Final = f"SELECT count(*) FROM deliveries WHERE {DONE} AND state = 'skipped' AND outcome_at IS NULL"
SKIPPED: Final = f"""
SELECT reason, count(*) FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE {DONE} AND state = 'skipped') GROUP BY 1 ORDER BY 2 DESC, 1
"""
REFUSED: Final = f"""
SELECT state, cause, count(*) FROM deliveries
WHERE id IN (SELECT id FROM deliveries WHERE {DONE} AND (state = 'rejected' OR state = 'expired')) GROUP BY 1, 2
"""
DEFERRED: Final = f"""
SELECT state, cause, count(*) FROM deliveries
WHERE id IN (SELECT id FROM deliveries WHERE {WAITING} AND state = 'deferred') GROUP BY 1, 2
"""
RETURNED: Final = "SELECT bounce, count(*) FROM deliveries WHERE send_id = :send AND bounce <> '' GROUP BY 1"
RETURNED_FROM: Final = """
SELECT domain, count(*) FROM deliveries WHERE send_id = :send AND bounce <> '' AND bounce <> 'complaint' AND state = 'accepted' GROUP BY 1
"""
EDGES: Final = f"SELECT min(outcome_at), max(outcome_at) FROM deliveries WHERE {DONE} AND state = 'accepted'"
BY_TIME: Final = f"""
SELECT CAST(floor(outcome_at / :span) AS INTEGER), count(*) FROM deliveries WHERE {DONE} AND state = 'accepted' AND outcome_at IS NOT NULL GROUP BY 1
"""
MAILED: Final = """
EXISTS (SELECT 1 FROM deliveries WHERE send_id = :send AND deliveries.key = suppressions.key AND state IN ('accepted', 'unknown'))
"""
LEFT: Final = f"SELECT count(*) FROM suppressions WHERE reason = 'unsubscribed' AND since >= :since AND since < :until AND {MAILED}"
LEFT_LIST: Final = """
SELECT count(*) FROM departures JOIN subscribers ON subscribers.id = departures.subscriber_id
WHERE list = (SELECT iif(within = '', audience, within) FROM sends WHERE id = :send) AND at >= :since AND at < :until
AND EXISTS (SELECT 1 FROM deliveries WHERE send_id = :send AND deliveries.key = subscribers.key AND state IN ('accepted', 'unknown'))
AND NOT EXISTS
  (SELECT 1 FROM suppressions WHERE suppressions.key = subscribers.key AND reason = 'unsubscribed' AND since >= :since AND since < :until)
"""
COMPLAINED: Final = f"""
SELECT count(*) FROM suppressions WHERE reason = 'complaint' AND since >= :since AND since < :until
AND key NOT IN (SELECT key FROM deliveries WHERE bounce <> '' AND bounce = 'complaint') AND {MAILED}
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """A send before this one, to the same audience."""

    send: sends.Send
    outcome: Outcome


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A send, and what became of it."""

    send: sends.Send
    outcome: Outcome
    timing: Timing
    span_s: int  # what a bar of `bars` stands for
    bars: tuple[Bar, ...]
    domains: tuple[Domain, ...]  # the largest first
    domains_rest: Domain | None
    causes: tuple[Cause, ...]  # the most frequent first
    past: tuple[Past, ...]  # the newest last; of a correction none


class Reports:
    """Reads the database at `path`, which must be there."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._connection.close()

    def read(self, issue: str, audience: str, now: float) -> list[Report]:
        """Return the sends of the issue (to the audience, where named), the oldest first, all at one instant."""
        self._connection.execute("BEGIN")
        try:
            history = sends.history(self._connection)
            wanted = [one for one in history if one.issue == issue and audience in {"", one.audience}]
            return [_report(self._connection, one, history, now) for one in wanted]
        finally:
            self._connection.execute("COMMIT")


def _report(connection: apsw.Connection, send: sends.Send, history: tuple[sends.Send, ...], now: float) -> Report:
    values = {"send": send.id}
    first, last = one_row(connection, EDGES, values)
    span = span_of(first, last) if first is not None else 1
    by_time: Any = connection.execute(BY_TIME, {**values, "span": span}) if first is not None else ()
    cells: Counter[tuple[str, State]] = Counter()
    for sql in CELLS:
        for domain, state, count in connection.execute(sql, values):
            cells[str(domain), State(state)] += count
    domains, rest = domains_of(cells, _pairs(connection, RETURNED_FROM, values), most=MOST_DOMAINS)
    before = [
        one
        for one in history
        if one.audience == send.audience and one.kind == send.kind == ISSUE and one.created_at < send.created_at
    ]
    return Report(
        send=send,
        outcome=_outcome(connection, send, history, now),
        timing=tallies.timing(connection, send.id, since=now),
        span_s=span,
        bars=timeline(dict(by_time), span),
        domains=domains,
        domains_rest=rest,
        causes=_causes(connection, values),
        past=tuple(Past(send=one, outcome=_outcome(connection, one, history, now)) for one in before[-PAST:]),
    )


def _outcome(connection: apsw.Connection, send: sends.Send, history: tuple[sends.Send, ...], now: float) -> Outcome:
    later = [one.created_at for one in history if one.audience == send.audience and one.created_at > send.created_at]
    until = min(later, default=now)
    window = {"send": send.id, "since": send.created_at, "until": until}
    came_back = _pairs(connection, RETURNED, {"send": send.id})
    return Outcome(
        states=tallies.counts(connection, send.id),
        left_out=one_row(connection, LEFT_OUT, {"send": send.id})[0],
        skipped=_pairs(connection, SKIPPED, {"send": send.id}),
        returned=sum(count for word, count in came_back.items() if word != COMPLAINT),
        complaints=came_back.get(COMPLAINT, 0) + one_row(connection, COMPLAINED, window)[0],
        unsubscribed=one_row(connection, LEFT, window)[0] + one_row(connection, LEFT_LIST, window)[0],
        until=until,
    )


def _causes(connection: apsw.Connection, values: Mapping[str, Any]) -> tuple[Cause, ...]:
    found = [
        Cause(kind=str(state), cause=str(cause), readers=count)
        for sql in (REFUSED, DEFERRED)
        for state, cause, count in connection.execute(sql, values)
    ]
    found += [
        Cause(kind="returned", cause=word, readers=count)
        for word, count in _pairs(connection, RETURNED, values).items()
        if word != COMPLAINT
    ]
    return tuple(sorted(found, key=lambda one: (-one.readers, one.kind, one.cause)))


def _pairs(connection: apsw.Connection, sql: str, values: Mapping[str, Any]) -> dict[str, int]:
    found: Any = connection.execute(sql, values)
    return dict(found)
