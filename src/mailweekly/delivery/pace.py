"""
The permitted speed: which instant each of the next messages may leave at.

A generic cell rate in one row: `Slots.next_at` is when the next message may go. The row lives in the ledger, so the pace holds across processes,
kills and restarts, and there is no burst at a window's edge. This module only counts; it never sleeps.

Units: seconds since the epoch (float), because the row is a database's; rate in messages a second.
Source: GCRA, ITU-T I.371.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["Limit", "Slots", "gaps", "grant"]

SLACK_S: Final = 5.0  # a clock that steps back by less than this is waited out


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """What the settings allow: messages a second (0: no limit), and pauses of `batch_pause_s` after each `batch` (0: none)."""

    rate: float = 0.0
    batch: int = 0
    batch_pause_s: float = 0.0

    @property
    def interval_s(self) -> float:
        """Seconds between two messages."""
        return 1.0 / self.rate if self.rate else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Slots:
    """The row: when the next message may leave, how many of the batch are used, and how far ahead the last grant reached."""

    next_at: float = 0.0
    in_batch: int = 0
    granted_at: float = 0.0


def grant(slots: Slots, limit: Limit, *, count: int, now: float) -> tuple[Slots, tuple[float, ...]]:
    """Return the row after granting `count` slots from `now` on, and their instants. The gap behind each is the way to the next, or to the row's."""
    at = max(slots.next_at, now)
    if now < slots.granted_at - SLACK_S:
        at = now  # the clock was set back: what was granted then says nothing about now
    in_batch = slots.in_batch
    granted = []
    for _ in range(count):
        granted.append(at)
        at += limit.interval_s
        in_batch += 1
        if limit.batch and in_batch >= limit.batch:
            at += limit.batch_pause_s
            in_batch = 0
    return Slots(next_at=at, in_batch=in_batch, granted_at=now), tuple(granted)


def gaps(slots: Slots, granted: Sequence[float]) -> tuple[float, ...]:
    """Return the seconds that follow each of the `granted` slots, `slots` being the row after them: a message that leaves late keeps its distance."""
    return tuple(after - at for at, after in itertools.pairwise((*granted, slots.next_at)))
