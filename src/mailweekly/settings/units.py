"""
How settings write durations and rates.

Units: durations as timedelta, written "30s", "10m", "2h"; a rate as "14/s", "600/min", "5000/h", "50000/day", in messages a second.
Errors: ValueError saying how it is written; never the text itself.
"""

import re
from datetime import timedelta
from typing import Final

__all__ = ["DOMAIN", "duration", "per_span", "rate"]

DOMAIN: Final = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")  # as it stands in an address on the wire
UNIT_S: Final = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "day": 86400}
SLOWEST: Final = 1 / 86_400  # messages a second: one a day
FASTEST: Final = 100_000.0
LONGEST_S: Final = 365 * 86_400


def rate(text: str) -> float:
    """Return messages a second of "14/s", "600/min", "5000/h", "50000/day" or "0". Errors: ValueError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:/\s*(s|m|min|h|d|day))?\s*", text)
    if not found:
        message = "a rate is written 14/s, 600/min, 5000/h or 50000/day"
        raise ValueError(message)
    a_second = float(found[1]) / UNIT_S[found[2] or "s"]
    if a_second and not SLOWEST <= a_second <= FASTEST:
        message = "a rate lies between 1/day and 100000/s, or is 0"
        raise ValueError(message)
    return a_second


def per_span(text: str) -> tuple[float, str]:
    """Return how many and the span ("s", "min", "h", "day") of "14/s" or "50000/day". Errors: ValueError."""
    if not rate(text):
        message = "a rate of 0 stands alone"
        raise ValueError(message)
    count, _, unit = text.replace(" ", "").partition("/")
    return float(count), {"": "s", "m": "min", "d": "day"}.get(unit, unit)


def duration(text: str) -> timedelta:
    """Return the duration of "30s", "10m", "2h", "1d", "250ms" or "0". Errors: ValueError."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d|day)?\s*", text)
    if not found or (not found[2] and float(found[1])):
        message = "a duration is written 30s, 10m, 2h or 1d"
        raise ValueError(message)
    seconds = float(found[1]) * UNIT_S[found[2] or "s"]
    if seconds > LONGEST_S:
        message = "a duration is at most 365 days"
        raise ValueError(message)
    return timedelta(seconds=seconds)
