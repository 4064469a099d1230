"""
The parts of a mail that a theme frames (intro, groups of sections, outro), and who sees each frame.

A section whose every entry is conditional goes with its entries: heading, band and place in the contents. The line above a part stays away from
those for whom that part is the first.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, Final

from mailweekly.edition.conditions import CLOSE, condition, opening
from mailweekly.edition.presence import (
    ALWAYS,
    MOST_ASKED,
    NEVER,
    When,
    both,
    either,
    guarded,
    negated,
    presence,
    written,
)
from mailweekly.edition.ranks import Ranks
from mailweekly.edition.streams import readers_of
from mailweekly.edition.template import markup
from mailweekly.issue.model import Component, Entry, Issue, Section

__all__ = ["bands", "marks", "number_of", "numbers", "section_readers"]

Marks = dict[str, str]
NO_MARKS: Final[Marks] = {"when": "", "end": ""}


def marks(who: When) -> Marks:
    """Return the marks before and after what only these readers see, as a template prints them."""
    if who in {ALWAYS, NEVER}:
        return dict(NO_MARKS)
    return {"when": markup(opening(written(who))), "end": markup(CLOSE)}


def section_readers(issue: Issue, lead: Entry | None, medium: str) -> list[When]:
    """Return who sees each section's heading: whoever sees something of it or of the deeper sections below it."""
    ranks = Ranks(1)
    levels = [ranks.rank(section.level) for section in issue.sections]
    own = [_own(section, lead, medium) for section in issue.sections]
    found: list[When] = []
    for at, level in enumerate(levels):
        below = next((end for end in range(at + 1, len(levels)) if levels[end] <= level), len(levels))
        said = either(*own[at:below])
        found.append(said or ALWAYS)
    return found


def bands(
    issue: Issue, lead: Entry | None, medium: str, groups: Sequence[Sequence[object]]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """
    Return the frame of the intro, and that of each group and of the outro.

    `before` and `after` are MJML round the part; `ruled` says whether a line stands above it, `rule` is the mark before that line where only some see
    it.
    """
    intro = presence(issue.intro, medium) or ALWAYS
    outro = ALWAYS if issue.footnotes else presence(issue.outro, medium) or ALWAYS
    whole = iter(section_readers(issue, lead, medium))
    readers = [either(*(next(whole) for _ in group)) for group in groups]
    before = intro if issue.intro and lead is None else NEVER
    found = []
    for who in (*readers, outro):
        found.append(_band(who, before))
        before = either(before, who)
    return _band(intro, NEVER), found


def number_of(section: Section, medium: str) -> int | str:
    """Return how many entries the section shows; where that differs between readers, each reader's number."""
    found = numbers(section, medium)
    return (
        found[0][1]
        if len(found) == 1
        else markup("".join(guarded(str(number), who) for who, number in found if number))
    )


def numbers(section: Section, medium: str) -> list[tuple[When, int]]:
    """Return how many entries each kind of reader sees; where too many kinds would have to be told apart, the number that all see."""
    readers = [who for _, who in readers_of(section.items, medium) if who]
    asked = list(dict.fromkeys(who for who in readers if who != ALWAYS))
    if len(asked) > MOST_ASKED:
        return [(ALWAYS, readers.count(ALWAYS))]
    return list(_numbers(readers, asked))


def _own(section: Section, lead: Entry | None, medium: str) -> When:
    items = [item for item in section.items if item is not lead]
    named = (condition(item) for item in items if isinstance(item, Component) and not item.blocks)
    return either(presence(items, medium), *(frozenset({frozenset({asked})}) for asked in named if asked))


def _band(who: When, before: When) -> dict[str, Any]:
    partly = before not in {ALWAYS, NEVER}
    around = {"before": "", "after": ""}
    if who not in {ALWAYS, NEVER}:
        around = {
            name: markup(f"<mj-raw>{mark}</mj-raw>") for name, mark in zip(around, marks(who).values(), strict=True)
        }
    return {**around, "ruled": before == ALWAYS, "rule": marks(before)["when"] if partly else ""}


def _numbers(readers: Sequence[When], asked: Sequence[When]) -> Iterator[tuple[When, int]]:
    always = readers.count(ALWAYS)
    for answers in product((True, False), repeat=len(asked)):
        who = ALWAYS
        for when, is_true in zip(asked, answers, strict=True):
            who = both(who, when if is_true else negated(when))
        number = always + sum(readers.count(when) for when, is_true in zip(asked, answers, strict=True) if is_true)
        if who:
            yield who, number
