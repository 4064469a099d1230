"""Days of the calendar: whether year, month and day, written in digits, name one. Refuses nothing; it answers."""

from datetime import date

__all__ = ["is_day"]


def is_day(year: str, month: str, day: str) -> bool:
    """Return whether the calendar has this day; each part is decimal digits."""
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True
