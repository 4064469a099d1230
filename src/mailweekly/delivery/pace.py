"""
The permitted speed: which instant each of the next messages may leave at, and how many a minute, an hour or a day may hold.

A generic cell rate in one row: `Slots.next_at` is when the next message may go. The row lives in the ledger, so the pace holds across processes,
kills and restarts, and there is no burst at a window's edge. Beside it stand caps, which count what left in a span of the calendar. This module only
counts; it never sleeps.

Units: seconds since the epoch (float), because the row is a database's; rate in messages a second. Spans are UTC: a day has 24 hours on every
machine, whatever the publication's time zone does.
Source: GCRA, ITU-T I.371.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

__all__ = [
    "AHEAD_S",
    "SLACK_S",
    "Cap",
    "Limit",
    "Pacing",
    "Slots",
    "WarmUp",
    "gaps",
    "grant",
    "span_end",
    "span_of",
    "start",
    "step",
    "was_set_back",
]

SLACK_S: Final = 5.0  # a clock that steps back by less than this is waited out
AHEAD_S: Final = 1.0  # how far ahead of the clock a slot may be given out
SPANS: Final = {
    "min": ("%Y-%m-%dT%H:%M", 60),
    "h": ("%Y-%m-%dT%H", 3_600),
    "day": ("%Y-%m-%d", 86_400),
}  # form, seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Cap:
    """At most `count` messages in each span: "min", "h" or "day" (UTC)."""

    span: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WarmUp:
    """A new sender's first days: `days[0]` messages on the day `start` and before, `days[1]` on the next …; afterwards no such cap."""

    start: date
    days: tuple[int, ...]

    def cap_on(self, day: date) -> int | None:
        """Return how many may leave on `day`; None: as many as the other limits allow."""
        number = max((day - self.start).days, 0)
        return self.days[number] if number < len(self.days) else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """What the settings allow: messages a second (0: no limit), `batch_pause_s` after each `batch` (0: none), and caps."""

    rate: float = 0.0
    batch: int = 0
    batch_pause_s: float = 0.0
    caps: tuple[Cap, ...] = ()
    warm_up: WarmUp | None = None

    @property
    def interval_s(self) -> float:
        """Seconds between two messages."""
        return 1.0 / self.rate if self.rate else 0.0

    def caps_at(self, now: float) -> tuple[Cap, ...]:
        """Return the caps that hold at `now`, the day of a warm-up among them."""
        if self.warm_up is None:
            return self.caps
        count = self.warm_up.cap_on(datetime.fromtimestamp(now, UTC).date())
        return self.caps if count is None else (*self.caps, Cap(span="day", count=count))


@dataclass(frozen=True, kw_only=True, slots=True)
class Pacing:
    """All limits of a send: over all relays, per relay by its name, per group of recipient domains (messages a second)."""

    total: Limit = field(default_factory=Limit)
    relays: Mapping[str, Limit] = field(default_factory=dict)
    domains: Mapping[str, float] = field(default_factory=dict)
    scale: float = 1.0  # shortens the rests a receiver asks for; tests use it


@dataclass(frozen=True, kw_only=True, slots=True)
class Slots:
    """The row: when the next message may leave, how many of the batch are used, and how far ahead the last grant reached."""

    next_at: float = 0.0
    in_batch: int = 0
    granted_at: float = 0.0


def was_set_back(slots: Slots, now: float) -> bool:
    """Return whether the clock says less than at the last grant: what was granted then says nothing about now."""
    return now < slots.granted_at - SLACK_S


def start(slots: Slots, now: float) -> float:
    """Return when the next message may leave."""
    return now if was_set_back(slots, now) else max(slots.next_at, now)


def step(slots: Slots, limit: Limit, *, at: float, now: float, interval_s: float | None = None) -> Slots:
    """Return the row after one message was granted the instant `at`; `interval_s` is the present interval, where that is not the limit's."""
    after = at + (limit.interval_s if interval_s is None else interval_s)
    in_batch = slots.in_batch + 1
    if limit.batch and in_batch >= limit.batch:
        after += limit.batch_pause_s
        in_batch = 0
    return Slots(next_at=after, in_batch=in_batch, granted_at=now)


def grant(slots: Slots, limit: Limit, *, count: int, now: float) -> tuple[Slots, tuple[float, ...]]:
    """Return the row after granting `count` slots from `now` on, and their instants. The gap behind each is the way to the next, or to the row's."""
    slots = replace(slots, next_at=start(slots, now), granted_at=now)
    granted = []
    for _ in range(count):
        granted.append(slots.next_at)
        slots = step(slots, limit, at=slots.next_at, now=now)
    return slots, tuple(granted)


def gaps(slots: Slots, granted: Sequence[float]) -> tuple[float, ...]:
    """Return the seconds that follow each of the `granted` slots, `slots` being the row after them: a message that leaves late keeps its distance."""
    return tuple(after - at for at, after in itertools.pairwise((*granted, slots.next_at)))


def span_of(kind: str, now: float) -> str:
    """Return the name of the span `now` lies in: "2026-12-01", "2026-12-01T09", "2026-12-01T09:15"."""
    return datetime.fromtimestamp(now, UTC).strftime(SPANS[kind][0])


def span_end(kind: str, now: float) -> float:
    """Return when that span ends."""
    seconds = SPANS[kind][1]
    return (datetime.fromtimestamp(now // seconds * seconds, UTC) + timedelta(seconds=seconds)).timestamp()
