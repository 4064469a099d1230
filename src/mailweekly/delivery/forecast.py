"""
How long a send will take under its limits.

It reckons with what the settings allow, not with what a relay will do: the least time, never the likely one.

Units: instants are seconds since the epoch; durations in seconds; rates in messages a second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mailweekly.delivery.pace import Limit, Pacing, span_end, span_of

__all__ = ["Forecast", "how_long"]

STRETCHES: Final = 5_000  # spans looked at one by one; beyond, it goes on as it went so far
NOBODY: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """So many seconds at the least; `held_by` is the limit that decides: "rate", "day", "h", "min", a domain group, or empty."""

    seconds: float
    held_by: str = ""


def how_long(
    count: int,
    pacing: Pacing,
    *,
    now: float,
    taken: Mapping[str, int] = NOBODY,
    receivers: Mapping[str, int] = NOBODY,
) -> Forecast:
    """
    Return how long `count` waiting messages take from `now` on.

    `taken`: span ("2026-12-01") -> how many left in it already. `receivers`: domain group -> how many of the messages are for it.
    """
    longest = _alone(count, pacing.total, now, taken)
    for name, rate in pacing.domains.items():
        seconds = max(receivers.get(name, 0) - 1, 0) / rate
        if seconds > longest.seconds:
            longest = Forecast(seconds=seconds, held_by=name)
    return longest


def _alone(count: int, limit: Limit, now: float, taken: Mapping[str, int]) -> Forecast:
    at, left, used, held_by = now, count, dict(taken), "rate" if limit.interval_s or limit.batch else ""
    for _ in range(STRETCHES):
        caps = limit.caps_at(at)
        if left <= 0 or not caps:
            break
        rooms = [(cap.count - used.get(span_of(cap.span, at), 0), cap.span) for cap in caps]
        full = [span for room, span in rooms if room <= 0]
        if full:
            held_by = max(full, key=lambda span: span_end(span, at))
            at = span_end(held_by, at)
            continue
        end = min(span_end(cap.span, at) for cap in caps)
        going = min(left, min(rooms)[0], _fitting(limit, end - at))
        for name in {span_of(cap.span, at) for cap in caps}:
            used[name] = used.get(name, 0) + going
        left -= going
        at = at + _time(limit, going + 1) if left <= 0 or going == min(rooms)[0] else end
    else:
        return Forecast(seconds=(at - now) * count / max(count - left, 1), held_by=held_by)
    if left > 0:  # no cap holds any more
        return Forecast(seconds=at - now + _time(limit, left), held_by=held_by)
    return Forecast(seconds=max(at - now - limit.interval_s, 0.0), held_by=held_by)


def _time(limit: Limit, count: int) -> float:
    """From the first to the last of `count` messages, without caps."""
    pauses = max(count - 1, 0) // limit.batch * limit.batch_pause_s if limit.batch else 0.0
    return max(count - 1, 0) * limit.interval_s + pauses


def _fitting(limit: Limit, seconds: float) -> int:
    """How many messages fit into so much time: at least one, for the first leaves at once."""
    each = limit.interval_s + (limit.batch_pause_s / limit.batch if limit.batch else 0.0)
    return max(int(seconds / each), 1) if each else 10**9
