"""
What the text of a custom field says, by the field's kind; what is not of its kind says nothing.

A number has digits and at most one point, up to 15 of them: so many every machine holds exactly, and so Python and SQLite agree about each.

Errors: none; None is "not of this kind".
Source: IEEE 754 (15 decimal digits survive a double); the words for yes and no as spreadsheets and services write them.
"""

import re
import string
from typing import Final

from mailweekly.audience.segment import FieldKind
from mailweekly.audience.segment_days import iso_day

__all__ = ["DIGITS", "NO", "YES", "is_of", "number_of", "plain_lower", "yes_or_no"]

DIGITS: Final = 15
YES: Final = ("yes", "y", "true", "t", "on", "1")
NO: Final = ("no", "n", "false", "f", "off", "0")
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_NUMBER: Final = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)


def plain_lower(text: str) -> str:
    """Return a text with A to Z as small letters, and nothing else changed: as SQLite has it, too."""
    return text.translate(_LOWER)


def number_of(text: str) -> float | None:
    """Return the number a text is."""
    if not _NUMBER.fullmatch(text) or sum(one.isdigit() for one in text) > DIGITS:
        return None
    return float(text)


def yes_or_no(text: str) -> bool | None:
    """Return what a text says: yes, or no."""
    word = text.lower() if text.isascii() else ""
    return True if word in YES else False if word in NO else None


def is_of(kind: FieldKind, text: str) -> bool:
    """Whether a text is of the kind; an empty one is of every kind."""
    match kind:
        case FieldKind.NUMBER:
            return not text or number_of(text) is not None
        case FieldKind.DATE:
            return not text or iso_day(text) is not None
        case FieldKind.YES_NO:
            return not text or yes_or_no(text) is not None
        case FieldKind.TEXT:
            return True
