"""
How far the sends are, for whoever looks on: counts, speed, domains, relays.

It reads on a connection of its own and takes no lock that a sender would wait for, so that it may look every second.

Units: instants are seconds since the epoch; speeds in messages a second.
Errors: those of `connection`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from mailweekly.adapters.store import sends
from mailweekly.adapters.store.canary import Watch, watched
from mailweekly.adapters.store.connection import connect, one_row
from mailweekly.adapters.store.lease import Worker, workers
from mailweekly.delivery.states import WAITING, State

__all__ = ["RECENT_S", "DomainTally", "Event", "Gauge", "Reading", "RelayTally", "Speed"]

RECENT_S: Final = 10.0
MOST_DOMAINS: Final = 50  # shown; the worst ones
MOST_EVENTS: Final = 20
SPEED: Final = """
SELECT coalesce(sum(outcome_at > :since), 0), count(*), min(coalesce(intent_at, outcome_at)), max(outcome_at)
FROM deliveries WHERE send_id = :send AND outcome_at IS NOT NULL AND fence > 0 AND state IN ('accepted', 'rejected', 'unknown', 'expired')
"""
DOMAINS: Final = """
SELECT domain, count(*), sum(state = 'accepted'), sum(state = 'rejected'), sum(state = 'deferred'),
    sum(state IN ('queued', 'claimed', 'deferred')), count(*) OVER ()
FROM deliveries WHERE send_id = ? AND NOT (state = 'skipped' AND fence = 0) GROUP BY domain
ORDER BY sum(state IN ('rejected', 'expired', 'unknown')) DESC, sum(state = 'deferred') DESC, count(*) DESC, domain LIMIT ?
"""
LAST_REFUSAL: Final = """
SELECT code, reply FROM deliveries WHERE send_id = ? AND domain = ? AND code >= 400 AND state IN ('rejected', 'deferred', 'expired')
ORDER BY outcome_at DESC LIMIT 1
"""
RELAYS: Final = """
SELECT relay, state, count(*) FROM deliveries WHERE send_id = ? AND relay <> '' GROUP BY relay, state ORDER BY relay
"""
EVENTS: Final = "SELECT at, send_id, what FROM events WHERE send_id = ? ORDER BY id DESC LIMIT ?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Speed:
    """Answers a second: over the last ten seconds, and from the first to the last; `left_s`: what the waiting ones take (None: not known)."""

    recent: float = 0.0
    overall: float = 0.0
    left_s: float | None = None


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
    counts: Mapping[State, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that was decided."""

    at: float
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A send, and how far it is."""

    send: sends.Send
    counts: Mapping[State, int]
    speed: Speed
    canary: Watch | None
    domains: tuple[DomainTally, ...]  # the worst first
    domains_more: int  # those not shown
    relays: tuple[RelayTally, ...]
    events: tuple[Event, ...]  # the newest last
    people: tuple[sends.Line, ...] | None = None  # those asked for; None: nobody asked


class Gauge:
    """Looks into the database at `path`, which must be there."""

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

    def read(
        self, issue: str = "", *, now: float, state: State | None = None, domains: int = MOST_DOMAINS
    ) -> list[Reading]:
        """Return every send (of `issue`, where named), oldest first, as they all stood at one instant; with the people in `state`."""
        self._connection.execute("BEGIN")
        try:
            there = sends.history(self._connection, issue)
            return [self._reading(one, now, state, domains) for one in there]
        finally:
            self._connection.execute("COMMIT")

    def history(self, issue: str = "") -> tuple[sends.Send, ...]:
        """Return every send (of `issue`, where named), oldest first, and nothing of its course."""
        return sends.history(self._connection, issue)

    def program(self, send: sends.Send) -> bytes:
        """Return the frozen program of the send's edition."""
        return sends.program(self._connection, send)

    def counts(self, send: sends.Send) -> Mapping[State, int]:
        """Return how many of a send's readers stand where."""
        return sends.counts(self._connection, send.id)

    def workers(self, now: float) -> tuple[Worker, ...]:
        """Return whoever works on the ledger."""
        return workers(self._connection, now)

    def _reading(self, send: sends.Send, now: float, state: State | None, domains: int) -> Reading:
        counts = sends.counts(self._connection, send.id)
        worst, more = self._domains(send.id, domains)
        events: list[Any] = self._connection.execute(EVENTS, (send.id, MOST_EVENTS)).fetchall()
        return Reading(
            send=send,
            counts=counts,
            speed=self._speed(send.id, counts, now),
            canary=watched(self._connection, send.id),
            domains=worst,
            domains_more=more,
            relays=self._relays(send.id),
            events=tuple(Event(at=at, what=what) for at, _, what in reversed(events)),
            people=sends.lines(self._connection, send.id, state) if state else None,
        )

    def _speed(self, send_id: int, counts: Mapping[State, int], now: float) -> Speed:
        values = {"send": send_id, "since": now - RECENT_S}
        recent, done, first_at, last_at = one_row(self._connection, SPEED, values)
        if not done:
            return Speed()
        lasted = max(last_at - first_at, 0.001)
        overall = done / lasted if done > 1 else 0.0
        speed = recent / min(RECENT_S, max(now - first_at, 1.0)) if recent else 0.0
        waiting = sum(counts.get(one, 0) for one in WAITING)
        return Speed(recent=speed, overall=overall, left_s=waiting / speed if speed else None)

    def _domains(self, send_id: int, most: int) -> tuple[tuple[DomainTally, ...], int]:
        found: list[Any] = self._connection.execute(DOMAINS, (send_id, most)).fetchall()
        worst = tuple(
            DomainTally(
                name=name,
                total=total,
                accepted=accepted,
                rejected=rejected,
                deferred=deferred,
                waiting=waiting,
                last_refusal=self._refusal(send_id, name) if rejected or deferred else "",
            )
            for name, total, accepted, rejected, deferred, waiting, _ in found
        )
        return worst, (found[0][-1] if found else 0) - len(worst)

    def _refusal(self, send_id: int, domain: str) -> str:
        row = self._connection.execute(LAST_REFUSAL, (send_id, domain)).fetchone()
        return f"{row[0]} {row[1]}".strip() if row else ""

    def _relays(self, send_id: int) -> tuple[RelayTally, ...]:
        found: dict[str, dict[State, int]] = {}
        for relay, state, count in self._connection.execute(RELAYS, (send_id,)):
            found.setdefault(relay, {})[State(state)] = count
        return tuple(RelayTally(name=name, counts=counts) for name, counts in found.items())
