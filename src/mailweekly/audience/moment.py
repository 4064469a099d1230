"""
The instants that export files write, as UTC.

Known are ISO 8601 (a day, a time, with or without its zone), the form with a trailing ` UTC`, and Go's `2024-01-02 03:04:05 +0000 UTC`. A time
without its zone is taken as UTC. Days that are written in an order people disagree about are not read.

Errors: none; what cannot be read is None.
Source: ISO 8601; the products' exports.
"""

import re
from datetime import UTC, datetime

__all__ = ["moment"]

_FORM = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9}))? ?(Z|[+-]\d\d:?\d\d)?)?(?: ?UTC)?", re.ASCII
)


def moment(cell: str) -> datetime | None:
    """Return the instant a cell names, or None."""
    found = _FORM.fullmatch(cell.strip())
    if found is None:
        return None
    day, time, fraction, zone = found.groups()
    text = f"{day}T{time or '00:00:00'}"
    if fraction:
        text += f".{fraction[:6]:0<6}"
    try:
        return datetime.fromisoformat(text + ("+00:00" if zone in {None, "Z"} else zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
