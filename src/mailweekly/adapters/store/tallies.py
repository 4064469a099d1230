"""
How many deliveries of a send stand where: counted out of the indexes `done`, `waiting` and `held` alone, never out of the rows.

Nothing is kept that could drift: an index is as durable as its rows. Between them the three hold each delivery once, but for the unknown ones, which
are counted with what is done. Each statement repeats the words of its index, or SQLite would look through every row.

Each function reads at one instant if the caller's transaction does. Units: instants are seconds since the epoch.
"""

from collections import Counter
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any, Final

import apsw

from mailweekly.adapters.store.connection import one_row
from mailweekly.delivery.states import State

__all__ = ["DomainTally", "RelayTally", "Tables", "Timing", "counts", "tables", "timing", "within"]

DONE: Final = "send_id = :send AND state IN ('accepted', 'rejected', 'expired', 'unknown', 'skipped')"
WAITING: Final = "send_id = :send AND state IN ('queued', 'deferred')"
HELD: Final = "send_id = :send AND state IN ('claimed', 'sending', 'unknown') AND state <> 'unknown'"
PARTS: Final = (
    (DONE, (State.ACCEPTED, State.REJECTED, State.EXPIRED, State.UNKNOWN, State.SKIPPED)),
    (WAITING, (State.QUEUED, State.DEFERRED)),
    (HELD, (State.CLAIMED, State.SENDING)),
)
COUNTS: Final = tuple(
    (f"SELECT {', '.join(f'sum(state = {one.value!r})' for one in states)} FROM deliveries WHERE {part}", states)
    for part, states in PARTS
)
# Whoever was left out at the freeze was never tried or called off: `outcome_at` is not set.
TABLES: Final = (
    f"SELECT domain, state, relay FROM deliveries WHERE {DONE} AND NOT (state = 'skipped' AND outcome_at IS NULL)",
    f"SELECT domain, state, relay FROM deliveries WHERE {WAITING}",
    f"SELECT domain, state, relay FROM deliveries WHERE {HELD}",
)
LAST_REFUSED: Final = (
    f"SELECT domain, id FROM deliveries WHERE {DONE} AND (state = 'rejected' OR state = 'expired') ORDER BY outcome_at"
)
LAST_DEFERRED: Final = f"SELECT domain, id FROM deliveries WHERE {WAITING} AND state = 'deferred' ORDER BY outcome_at"
WORDS: Final = "SELECT code, reply FROM deliveries WHERE id IN (?, ?) AND code >= 400 ORDER BY outcome_at DESC LIMIT 1"
ANSWERED: Final = f"{DONE} AND state <> 'skipped' AND outcome_at > "
RECENT: Final = f"SELECT count(*) FROM deliveries WHERE {ANSWERED} :since"
FIRST: Final = f"SELECT id FROM deliveries WHERE {ANSWERED} 0 ORDER BY outcome_at LIMIT 1"
FIRST_AT: Final = f"SELECT coalesce(intent_at, outcome_at) FROM deliveries WHERE id = ({FIRST})"
LAST_AT: Final = f"SELECT outcome_at FROM deliveries WHERE {ANSWERED} 0 ORDER BY outcome_at DESC LIMIT 1"
NOBODY: Final = -1
Cells = Counter[tuple[str, State]]


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainTally:
    """A domain of readers: how many of them stand where, and the last refusal's words."""

    name: str
    total: int
    accepted: int
    rejected: int
    deferred: int
    waiting: int
    last_refusal: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RelayTally:
    """A relay, and what its answers came to."""

    name: str
    counts: dict[State, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """A send by domain, the worst first, and by relay."""

    domains: tuple[DomainTally, ...]
    domains_more: int  # those beyond the most that were asked for
    relays: tuple[RelayTally, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """Answers since an instant; when the first message was begun and the last one answered (None: none was)."""

    recent: int
    first_at: float | None
    last_at: float | None


def counts(connection: apsw.Connection, send_id: int) -> dict[State, int]:
    """Return how many deliveries of the send stand where; a state that nobody is in is left out."""
    found: dict[State, int] = {}
    for sql, states in COUNTS:
        found |= dict(zip(states, one_row(connection, sql, {"send": send_id}), strict=True))
    return {state: found[state] for state in State if found[state]}


def within(state: State) -> str:
    """Return the condition (of `:send`) under which a state's deliveries are found without a look at the others."""
    part = next(part for part, states in PARTS if state in states)
    return f"id IN (SELECT id FROM deliveries WHERE {part} AND state = '{state.value}')"


def timing(connection: apsw.Connection, send_id: int, *, since: float) -> Timing:
    """Return when the send's answers came."""
    values = {"send": send_id, "since": since}
    first, last = (connection.execute(sql, {"send": send_id}).fetchone() for sql in (FIRST_AT, LAST_AT))
    return Timing(
        recent=one_row(connection, RECENT, values)[0],
        first_at=first[0] if first else None,
        last_at=last[0] if last else None,
    )


def tables(connection: apsw.Connection, send_id: int, *, most: int) -> Tables:
    """Return the send by domain, at `most` so many of them, and by relay."""
    by_domain: Cells = Counter()
    by_relay: Cells = Counter()
    for sql in TABLES:
        rows: Counter[Any] = Counter(connection.execute(sql, {"send": send_id}))
        for (domain, state, relay), count in rows.items():
            by_domain[domain, State(state)] += count
            by_relay[relay, State(state)] += count
    domains: dict[str, dict[State, int]] = {}
    for (name, state), count in by_domain.items():
        domains.setdefault(name, {})[state] = count
    worst = nsmallest(most, domains, key=lambda name: _rank(name, domains[name]))
    refused, deferred = (_ids(connection, send_id, sql) for sql in (LAST_REFUSED, LAST_DEFERRED))
    return Tables(
        domains=tuple(
            _tally(name, domains[name], _words(connection, refused.get(name, NOBODY), deferred.get(name, NOBODY)))
            for name in worst
        ),
        domains_more=len(domains) - len(worst),
        relays=_relays(by_relay),
    )


def _rank(name: str, found: dict[State, int]) -> tuple[int, int, int, str]:
    bad = sum(found.get(state, 0) for state in (State.REJECTED, State.EXPIRED, State.UNKNOWN))
    return -bad, -found.get(State.DEFERRED, 0), -sum(found.values()), name


def _tally(name: str, found: dict[State, int], words: str) -> DomainTally:
    return DomainTally(
        name=name,
        total=sum(found.values()),
        accepted=found.get(State.ACCEPTED, 0),
        rejected=found.get(State.REJECTED, 0),
        deferred=found.get(State.DEFERRED, 0),
        waiting=sum(found.get(state, 0) for state in (State.QUEUED, State.CLAIMED, State.DEFERRED)),
        last_refusal=words,
    )


def _relays(found: Cells) -> tuple[RelayTally, ...]:
    by_name: dict[str, dict[State, int]] = {}
    for (name, state), count in sorted(found.items(), key=lambda item: (item[0][0], list(State).index(item[0][1]))):
        if name:  # none has answered yet
            by_name.setdefault(name, {})[state] = count
    return tuple(RelayTally(name=name, counts=counts) for name, counts in by_name.items())


def _ids(connection: apsw.Connection, send_id: int, sql: str) -> dict[str, int]:
    found: Any = connection.execute(sql, {"send": send_id})
    return dict(found)  # of several of one domain the last one stays


def _words(connection: apsw.Connection, refused: int, deferred: int) -> str:
    row = connection.execute(WORDS, (refused, deferred)).fetchone()
    return f"{row[0]} {row[1]}".strip() if row else ""
