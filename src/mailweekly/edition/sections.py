"""Sections as the plain values a theme's partials are given: heading, markup, count, grouped under second-level headings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mailweekly.edition.bands import marks, number_of, section_readers
from mailweekly.edition.blocks_html import blocks_html
from mailweekly.edition.cards import card_rows
from mailweekly.edition.entries import entry_values
from mailweekly.edition.escape import one_line
from mailweekly.edition.inlines import inline_html
from mailweekly.edition.page import Page
from mailweekly.edition.presence import ALWAYS, either
from mailweekly.edition.ranks import Ranks
from mailweekly.edition.streams import readers_of
from mailweekly.edition.template import markup
from mailweekly.issue.model import Entry, Issue, Section
from mailweekly.issue.words import plain

__all__ = ["Painter", "counts", "grouped", "listed", "outline", "visible"]


@dataclass(kw_only=True, slots=True)
class Painter:
    """Draws runs of entries for the section being drawn."""

    draw: Callable[[str, Mapping[str, Any]], str]  # a partial's name and values -> markup
    gutter_px: int
    page: Page | None = None
    section: Section | None = None
    rank: int = 3
    cards: bool = False  # entries stand in rows of cards

    def entries(self, run: Sequence[Entry], *, first: bool = True) -> str:
        """Return a run of entries as one list or one table; `first`: none stands above it in the same list."""
        page, section = self.page, self.section
        if page is None:
            return ""
        is_list = section is not None and section.link_list
        compact = section is not None and section.layout == "compact"
        if self.cards and not is_list:
            return self.draw("entries", {"rows": card_rows(run, page, rank=self.rank, compact=compact)})
        gutter = 0 if is_list or not any(entry.number for entry in run) else self.gutter_px
        page.column_px -= gutter
        values = [
            entry_values(entry, page, rank=self.rank, compact=compact) | {"first": first and at == 0}
            for at, entry in enumerate(run)
        ]
        for before, after in pairwise(values):
            before["above"], after["below"] = _bordering(before, after)
        page.column_px += gutter
        start, ordered = _numbering(run, ordered=section is None or section.ordered)
        return self.draw(
            "links" if is_list else "entries", {"entries": values, "ordered": ordered, "start": start, "gutter": gutter}
        )


def grouped(issue: Issue, lead: Entry | None, page: Page, painter: Painter) -> list[list[dict[str, Any]]]:
    """Return the sections' values; each group begins with a second-level heading."""
    groups: list[list[dict[str, Any]]] = []
    ranks = Ranks(1)
    for section, who in zip(issue.sections, section_readers(issue, lead, page.medium), strict=True):
        rank = ranks.rank(section.level)
        values = _section(section, rank, lead, page, painter) | marks(who)
        if rank == 2 or not groups:  # noqa: PLR2004 (h2)
            groups.append([])
        groups[-1].append(values)
    return groups


def counts(issue: Issue) -> list[dict[str, Any]]:
    """Return emoji, title (without markup) and number of entries of each section that has entries, and the marks round it."""
    return [
        {"emoji": section.emoji, "title": _said(section), "count": number_of(section, "mail"), **marks(who)}
        for section in issue.sections
        if (who := either(*(who for _, who in readers_of(section.items, "mail"))))
    ]


def listed(issue: Issue) -> list[dict[str, Any]]:
    """Return what a table of contents in the mail names, as `counts` does: every section with a title, those without entries included."""
    return [
        {"emoji": section.emoji, "title": said, "count": number_of(section, "mail"), **marks(who)}
        for section, who in zip(issue.sections, section_readers(issue, None, "mail"), strict=True)
        if (said := _said(section))
    ]


def outline(issue: Issue) -> list[dict[str, Any]]:
    """Return id, emoji, title (without markup) and number of entries, those of deeper sections included, of each part of a web page."""
    ranks, found = Ranks(1), list[dict[str, Any]]()
    for section in issue.sections:
        number = len(visible(section, "web"))
        if ranks.rank(section.level) > 2 and found:  # noqa: PLR2004 (h2)
            found[-1]["count"] += number
        elif said := _said(section):
            found.append({"id": section.id, "emoji": section.emoji, "title": said, "count": number, **marks(ALWAYS)})
    return found


def visible(section: Section, medium: str = "mail") -> list[Entry]:
    """Return the section's entries that this kind of edition shows, conditional ones included."""
    return [entry for entry, who in readers_of(section.items, medium) if who]


def _section(section: Section, rank: int, lead: Entry | None, page: Page, painter: Painter) -> dict[str, Any]:
    painter.section, painter.rank, page.ranks, page.section = section, rank + 1, Ranks(rank), section.id
    items = [item for item in section.items if item is not lead]
    title = inline_html(section.title, page)
    return {
        "id": section.id,
        "title": markup(title or section.emoji),
        "emoji": section.emoji if title else "",
        "url": section.url,
        "rank": rank,
        "tag": f"h{rank}",
        "count": number_of(section, page.medium),
        "body": markup(blocks_html(items, page)),
    }


def _said(section: Section) -> str:
    return one_line(plain(section.title))


def _bordering(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[bool, bool]:
    """Return whether a row stands above a card, and whether one stands below a card."""
    return before["compact"] and not after["compact"], after["compact"] and not before["compact"]


def _numbering(run: Sequence[Entry], *, ordered: bool) -> tuple[int, bool]:
    """Return a list's first number, and whether it is one that counts without a gap."""
    numbers = [int(entry.number) for entry in run if entry.number.isdecimal()]
    if not ordered or len(numbers) != len(run) or not numbers:
        return 1, False
    return numbers[0], numbers == list(range(numbers[0], numbers[0] + len(run)))
