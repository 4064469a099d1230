"""
What an archive knows of one published issue beside its page: names, days, topics, what stands in it, and its words for the search.

Everything in it is what a visitor of the page sees; a block for some readers only leaves no word here.

Units: days as `YYYY-MM-DD`; "" where none is known.
"""

import contextlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from mailweekly.edition.escape import one_line
from mailweekly.issue.days import is_day

__all__ = ["Drawn", "Story", "day_of", "main_of", "tags_of"]

MOST_TAGS: Final = 20
TAG_CHARACTERS: Final = 60
DAY: Final = re.compile(r"\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
MAIN: Final = re.compile(r"<main\b[^>]*>(.*)</main>", re.DOTALL)
BETWEEN: Final = re.compile(r"[,，、;；]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """One issue of an archive."""

    number: int | None
    name: str  # the newsletter's
    title: str
    lang: str
    dir: str
    day: str  # of its front matter or file name
    updated: str  # the day its author says it was last changed
    dated: str  # as shown
    author: str
    summary: str
    image: str = ""  # address of its first picture
    tags: tuple[str, ...] = ()
    sections: tuple[tuple[str, ...], ...] = ()  # anchor, title
    entries: tuple[str, ...] = ()  # titles
    head_words: str = ""  # of its titles, for the search; by blanks
    words: str = field(default="", repr=False)  # all the others


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """An issue's page, and its story."""

    page: str
    story: Story


def main_of(page: str) -> str:
    """Return the markup of a page's main part, without its frame."""
    found = MAIN.search(page)
    return found[1] if found else ""


def day_of(written: str) -> str:
    """Return the day of a date written in digits; "" for anything else."""
    found = DAY.match(written)
    if not found or not is_day(*found.groups()):
        return ""
    year, month, day = found.groups()
    return f"{year}-{int(month):02}-{int(day):02}"


def tags_of(written: str) -> tuple[str, ...]:
    """Return the topics that a front matter names: a list, or words with commas between."""
    names: Iterable[object] = BETWEEN.split(written)
    if written.startswith("["):
        with contextlib.suppress(ValueError, RecursionError):
            names = json.loads(written)
    said = (one_line(one)[:TAG_CHARACTERS].strip() for one in names if isinstance(one, str))
    return tuple(dict.fromkeys(one for one in said if one and any(letter.isalnum() for letter in one)))[:MOST_TAGS]
