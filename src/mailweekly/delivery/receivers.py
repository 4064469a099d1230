"""
Receivers that asked for patience: a group of recipient domains (or a whole relay) that goes slower for a while, rests, or is paused.

Trouble halves its pace, at most once in ten seconds, since the messages under way all meet the same trouble; from then on the pace rises again by a
quarter each minute. A configured pace is never exceeded. It only counts; `adapters.store` keeps the rows.

Units: seconds since the epoch; intervals in seconds between two messages.
Source: the figures are the project's own; large providers lift a throttle in minutes to hours.
"""

from dataclasses import dataclass, replace
from typing import Final

from mailweekly.delivery.pace import SLACK_S

__all__ = ["NEVER", "PARK_S", "REST_S", "Receiver", "granted", "paused", "present", "rested", "slowed", "turn"]

REST_S: Final = 600.0  # a domain group that named a rate
RELAY_REST_S: Final = 60.0
PARK_S: Final = 600.0  # a waiting row is looked at again after this, at the latest
LATE_S: Final = 0.05  # a turn missed by so little is made up for: no second holds more than 1.05 of the pace, and one
DAMP_S: Final = 10.0
MINUTE_S: Final = 60.0
RISE: Final = 0.8  # of the interval, each minute
SLOWEST_S: Final = 60.0
UNLIMITED_S: Final = 1 / 20  # what half of an unlimited pace is reckoned from
NEVER: Final = 253_402_300_799.0  # the end of the year 9999: paused until somebody says otherwise


@dataclass(frozen=True, kw_only=True, slots=True)
class Receiver:
    """
    A row of the ledger. `least_s` is the configured interval (0: none), which is not stored.

    `interval_s` held at `slowed_at` and shrinks since; nothing goes before `until`; `next_at` is the next message's instant; rows up to `parked_to`
    have been told when to ask again.
    """

    name: str
    interval_s: float = 0.0
    until: float = 0.0
    next_at: float = 0.0
    slowed_at: float = 0.0
    parked_to: float = 0.0
    reason: str = ""  # of a paused one
    least_s: float = 0.0

    def interval_at(self, now: float) -> float:
        """Return the seconds between two messages at `now`; 0: no limit of its own."""
        rising = self.interval_s * RISE ** (max(now - self.slowed_at, 0.0) / MINUTE_S)
        return max(rising if rising > UNLIMITED_S else 0.0, self.least_s)

    def is_over(self, now: float) -> bool:
        """Return whether nothing of it is left to know."""
        return self.until <= now and not self.interval_at(now)


def present(receiver: Receiver, now: float) -> Receiver:
    """Return the row as it is to be read at `now`: one from a clock that was ahead starts afresh."""
    if now >= receiver.slowed_at - SLACK_S and receiver.next_at <= now + SLOWEST_S + SLACK_S:
        return receiver
    until = receiver.until if receiver.until in {0.0, NEVER} else min(receiver.until, now + REST_S)
    return replace(receiver, until=until, next_at=now, parked_to=now, slowed_at=min(receiver.slowed_at, now))


def slowed(receiver: Receiver, now: float, *, base_s: float = 0.0) -> Receiver:
    """Return the row at half the pace; `base_s` is the interval it goes at without one of its own (0: as fast as can be)."""
    if receiver.interval_s and now - receiver.slowed_at < DAMP_S:
        return receiver
    before = receiver.interval_at(now) or max(base_s, UNLIMITED_S)
    return replace(receiver, interval_s=min(2 * before, SLOWEST_S), slowed_at=now)


def rested(receiver: Receiver, now: float, *, rest_s: float) -> Receiver:
    """Return the row with a rest from `now` on."""
    return replace(receiver, until=max(receiver.until, now + rest_s), parked_to=0.0)


def paused(receiver: Receiver, reason: str) -> Receiver:
    """Return the row paused until somebody says otherwise."""
    return replace(receiver, until=NEVER, reason=reason)


def turn(receiver: Receiver, now: float) -> float:
    """Return when the next message may leave."""
    return max(receiver.next_at if receiver.interval_at(now) else 0.0, receiver.until, now)


def granted(receiver: Receiver, at: float, now: float) -> Receiver:
    """Return the row after a message was granted the instant `at`."""
    return replace(receiver, next_at=max(receiver.next_at, at - LATE_S) + receiver.interval_at(now))


def parked(receiver: Receiver, now: float) -> tuple[Receiver, float]:
    """Return the row, and when a waiting delivery that may not go yet is to be looked at again: in its turn, or after ten minutes."""
    if receiver.until > now + PARK_S or not receiver.interval_at(now):
        return receiver, receiver.until
    at = min(max(receiver.parked_to, turn(receiver, now)), now + PARK_S)
    return replace(receiver, parked_to=at + receiver.interval_at(now)), at
