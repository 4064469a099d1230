"""
The words that list files use for their columns and for where a reader stands; the table is `vocabulary.toml`.

Only exact words count, whatever their case and separators; a word that is not there is never guessed at.

Source: export files of newsletter services and their documentation; the address column's name as spreadsheets and address books write it.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from mailweekly.audience.model import Status

__all__ = ["COLUMNS", "LEAVING", "OWN_FORMAT", "STATUS", "SUPPRESSIONS", "Leaving", "folded"]

_SEPARATORS = re.compile(r"[\s_\-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaving:
    """A column that says by itself whether somebody may be mailed."""

    reason: str
    says_stay: bool = False  # True: a "no" keeps them out; False: whatever is there and is no "no" does


def folded(word: str) -> str:
    """Return a word as it is compared: without marks, outer quotes, blanks, hyphens, underscores and case."""
    plain = unicodedata.normalize("NFKC", word).replace("\ufeff", "").strip().strip("\"'").casefold()
    return _SEPARATORS.sub("", plain)


def _all_folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(map(folded, words))


def _standings(table: dict[str, Any]) -> dict[str, tuple[Status, str]]:
    found = {folded(word): (Status(status), "") for status, words in table["status"].items() for word in words}
    found.update(
        {folded(word): (Status.SUPPRESSED, reason) for reason, words in table["suppressed"].items() for word in words}
    )
    return found


def _leavings(table: dict[str, Any]) -> dict[str, Leaving]:
    return {
        folded(name): Leaving(reason=reason, says_stay=says_stay)
        for section, says_stay in (("leaving", False), ("staying", True))
        for reason, names in table[section].items()
        for name in names
    }


_TABLE = tomllib.loads(files("mailweekly.audience").joinpath("vocabulary.toml").read_text("utf-8"))

COLUMNS = {role: _all_folded(names) for role, names in _TABLE["columns"].items()}  # role of a column -> its names
OWN_FORMAT = _all_folded(_TABLE["own"]["columns"])
STATUS = _standings(_TABLE)  # word -> status, and the reason of a suppressed one
SUPPRESSIONS = frozenset(_TABLE["suppressed"])
LEAVING = _leavings(_TABLE)  # column -> what it says
