"""
What spam filters said of the sample message, where they were asked (`Checked.scores`); nothing here asks.

A filter that has neither the name service nor the sender's reputation gives a lower bound, and says so.

Source: points at which these filters begin to mark mail, measured with issues that arrive; SpamAssassin marks from 5, rspamd adds a header from 6.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.answer import Score
from mailweekly.preflight.facts import Facts, clipped
from mailweekly.preflight.finding import Level
from mailweekly.preflight.place import Place

__all__ = ["ISSUE_RULES"]

SHOWN: Final = 12  # rules named
ROUND: Final = 0.005  # points; below it a rule says nothing


def score(facts: Facts) -> Iterator[Place]:
    """Yield one place for each filter: its points, and which of its rules gave them."""
    for one in facts.checked.scores or ():
        if one.points is None:
            yield Place(
                line=facts.title_line, what=f"{one.filter} was not asked: {clipped(one.note)}.", level=Level.INFO
            )
            continue
        what = f"{one.filter} gives {one.points:.1f} points, and marks mail from {one.fail_at:.0f} on{_rules(one)}."
        yield Place(line=facts.title_line, what=what, level=_level(one, one.points))


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {"spam.score": score}


def _level(one: Score, points: float) -> Level:
    return Level.ERROR if points >= one.fail_at else Level.WARNING if points >= one.warn_at else Level.INFO


def _rules(one: Score) -> str:
    """The rules that count, the dearest first."""
    counting = sorted(((name, points) for name, points in one.rules if abs(points) > ROUND), key=lambda row: -row[1])
    named = [f"{clipped(name)} {points:+.1f}" for name, points in counting[:SHOWN]]
    more = len(counting) - len(named)
    return f": {', '.join(named)}{f' and {more} more' if more else ''}" if named else ""
