"""
The days a segment names: a date, a word, or so long ago.

Errors: none; what is no day is None.
Source: the proleptic Gregorian calendar; a month ago is the same day of that month, or its last.
"""

import calendar
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

__all__ = ["FIRST", "LAST", "day_of", "iso_day"]

FIRST: Final = date(1, 1, 2)  # so that midnight there is an instant in every time zone
LAST: Final = date(9999, 12, 30)
MOST: Final = 100_000  # of a unit
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_COUNT: Final = re.compile(r"\d{1,6}", re.ASCII)
_MONTHS: Final = {"month": 1, "months": 1, "year": 12, "years": 12}
_DAYS: Final = {"day": 1, "days": 1, "week": 7, "weeks": 7}


def iso_day(text: str) -> date | None:
    """Return the day that is written as 2025-01-31, and in no other way."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def day_of(words: Sequence[str], today: date) -> tuple[date | None, int]:
    """Return the day that the first words name, and how many of them that takes."""
    first, *rest = [one.casefold() for one in words]
    near = {"yesterday": -1, "today": 0, "tomorrow": 1}.get(first)
    if near is not None:
        return today + timedelta(days=near), 1
    if len(rest) > 1 and _COUNT.fullmatch(first) and int(first) <= MOST and rest[1] in {"ago", "ahead"}:
        return _away(int(first) * (-1 if rest[1] == "ago" else 1), rest[0], today), 3
    day = iso_day(first)
    return (day if day and FIRST <= day <= LAST else None), 1


def _away(count: int, unit: str, today: date) -> date | None:
    try:
        if unit in _DAYS:
            day = today + timedelta(days=count * _DAYS[unit])
        elif unit in _MONTHS:
            months = today.year * 12 + today.month - 1 + count * _MONTHS[unit]
            year, month = months // 12, months % 12 + 1
            day = date(year, month, min(today.day, calendar.monthrange(year, month)[1]))
        else:
            return None
    except (ValueError, OverflowError, calendar.IllegalMonthError):
        return None
    return day if FIRST <= day <= LAST else None
