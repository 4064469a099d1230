"""
What is publicly known of which client keeps which feature, and since when that has not been tested again.

The table is the package's own resource, derived from caniemail.com (MIT, (c) 2019 Rémi Parmentier) by tools/client-facts. A verdict is `y` yes, `n`
no, `a` in part, `u` unknown, and never more than that: an unknown is no fault of a mail's.

Units: dates as YYYY-MM-DD, the day of a feature's last test in any client.
Errors: none; a feature or a column there is not is unknown.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

__all__ = ["Fact", "columns", "fact", "slugs", "state"]

UNKNOWN: Final = "u"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """What is known of one feature in one client."""

    support: str = UNKNOWN  # y, n, a, u
    tested: str = ""
    note: str = ""  # in which part, or what helps


@cache
def columns() -> tuple[str, ...]:
    """Return the clients the table knows: "gmail.ios", "outlook.windows" and the like."""
    return tuple(_table()["columns"])


@cache
def slugs() -> tuple[str, ...]:
    """Return every feature."""
    return tuple(_table()["features"])


@cache
def state() -> str:
    """Return the day the whole table is of."""
    return str(_table()["state"])


@cache
def fact(slug: str, column: str) -> Fact:
    """Return what is known of a feature in a column of the table."""
    row, at = _table()["features"].get(slug), _places().get(column)
    if row is None or at is None:
        return Fact()
    notes = row[2] if len(row) > 2 else {}  # noqa: PLR2004 (date, letters, notes)
    return Fact(
        support=row[1][at], tested=row[0], note="; ".join(words for words, places in notes.items() if at in places)
    )


@cache
def _table() -> Mapping[str, Any]:
    read: dict[str, Any] = json.loads(files("mailweekly.simulate").joinpath("clients.json").read_text(encoding="utf-8"))
    return MappingProxyType(read)


@cache
def _places() -> Mapping[str, int]:
    return {column: at for at, column in enumerate(columns())}
