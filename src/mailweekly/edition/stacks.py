"""
Lines of the text part, one part below the other, though some parts are for some readers only.

A mark stands on a line of its own. An empty line stands between two parts that a reader gets, and nowhere else: where it depends on who reads, it is
marked too, so that what is cut leaves the text as if it had never been written.
"""

from collections.abc import Iterable

from mailweekly.edition.conditions import CLOSE, opening
from mailweekly.edition.presence import ALWAYS, NEVER, When, either, written

__all__ = ["marked", "stacked"]


def marked(lines: list[str], who: When) -> list[str]:
    """Return the lines between marks, for those who are to see them."""
    if not lines or not who:
        return []
    return lines if who == ALWAYS else [opening(written(who)), *lines, CLOSE]


def stacked(parts: Iterable[tuple[When, list[str]]]) -> list[str]:
    """Return the parts' lines with an empty line between those that one reader sees."""
    found: list[str] = []
    before = NEVER
    for who, lines in parts:
        if not lines or not who:
            continue
        gap = marked([""], ALWAYS if before and either(who, before) == before else before)
        found += marked([*gap, *lines], who)
        before = either(before, who)
    return found
