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

from mailweekly.adapters.store import sends, tallies
from mailweekly.adapters.store.canary import Watch, watched
from mailweekly.adapters.store.connection import connect
from mailweekly.adapters.store.lease import Worker, workers
from mailweekly.adapters.store.tallies import DomainTally, RelayTally, Tables
from mailweekly.delivery.states import WAITING, State

__all__ = ["MOST_DOMAINS", "RECENT_S", "Event", "Gauge", "Reading", "Speed"]

RECENT_S: Final = 10.0
MOST_DOMAINS: Final = 50  # shown; the worst ones
MOST_EVENTS: Final = 20
ANSWERED: Final = (State.ACCEPTED, State.REJECTED, State.UNKNOWN, State.EXPIRED)
NO_TABLES: Final = Tables(domains=(), domains_more=0, relays=())
EVENTS: Final = "SELECT at, send_id, what FROM events WHERE send_id = ? ORDER BY id DESC LIMIT ?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Speed:
    """Answers a second: over the last ten seconds, and from the first to the last; `left_s`: what the waiting ones take (None: not known)."""

    recent: float = 0.0
    overall: float = 0.0
    left_s: float | None = None


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
        """
        Return every send (of `issue`, where named), oldest first, as they all stood at one instant; with the people in `state`.

        `domains`: so many of the worst, and the relays; 0 spares the time they take.
        """
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
        return tallies.counts(self._connection, send.id)

    def workers(self, now: float) -> tuple[Worker, ...]:
        """Return whoever works on the ledger."""
        return workers(self._connection, now)

    def _reading(self, send: sends.Send, now: float, state: State | None, domains: int) -> Reading:
        counts = tallies.counts(self._connection, send.id)
        found = tallies.tables(self._connection, send.id, most=domains) if domains else NO_TABLES
        events: list[Any] = self._connection.execute(EVENTS, (send.id, MOST_EVENTS)).fetchall()
        return Reading(
            send=send,
            counts=counts,
            speed=self._speed(send.id, counts, now),
            canary=watched(self._connection, send.id),
            domains=found.domains,
            domains_more=found.domains_more,
            relays=found.relays,
            events=tuple(Event(at=at, what=what) for at, _, what in reversed(events)),
            people=sends.lines(self._connection, send.id, state) if state else None,
        )

    def _speed(self, send_id: int, counts: Mapping[State, int], now: float) -> Speed:
        found = tallies.timing(self._connection, send_id, since=now - RECENT_S)
        if found.first_at is None or found.last_at is None:
            return Speed()
        done = sum(counts.get(state, 0) for state in ANSWERED)
        overall = done / max(found.last_at - found.first_at, 0.001) if done > 1 else 0.0
        speed = found.recent / min(RECENT_S, max(now - found.first_at, 1.0)) if found.recent else 0.0
        waiting = sum(counts.get(one, 0) for one in WAITING)
        return Speed(recent=speed, overall=overall, left_s=waiting / speed if speed else None)
