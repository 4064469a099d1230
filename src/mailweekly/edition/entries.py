"""
Entries as the plain values a theme's partials are given, and which of them is the lead.

The lead: `{.lead}`, else what the front matter's `lead` says (none, first, an entry's number or id), else the entry the issue opens with, if
it has a blurb and is not alone in its section. A number is that of the first section that has it. An entry inside a container is never the lead:
what is conditional stays where it is.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mailweekly.edition.blocks_html import blocks_html, footnotes_html
from mailweekly.edition.inlines import inline_html, unlinked
from mailweekly.edition.page import Page
from mailweekly.edition.ranks import Ranks
from mailweekly.edition.sources import source, starless, stars, without_stars
from mailweekly.edition.template import markup
from mailweekly.issue.lead import NO_LEAD
from mailweekly.issue.model import Entry, Inline, Issue, Section, Text

__all__ = ["entry_values", "lead_of"]

MORE: Final = ("time", "kind", "lang")  # of an entry's meta, in the order shown


def entry_values(entry: Entry, page: Page, *, rank: int, compact: bool = False) -> dict[str, Any]:
    """Return an entry as a theme sees it; `rank` is the level of its own heading."""
    outer, page.ranks = page.ranks, Ranks(rank)
    own = page.anchor(f"{page.section}-{entry.number}" if entry.number else page.section)
    scope, page.scope = page.scope, f"{own}-"
    blocks = entry.blocks if entry.stars is None else starless(entry.blocks)
    values = {
        "id": own,
        "number": entry.number,
        "title": markup(inline_html(unlinked(entry.title) if entry.url else entry.title, page)),
        "url": entry.url,
        "tail": markup(inline_html(entry.tail if entry.stars is None else _starless_tail(entry.tail), page)),
        "body": markup(blocks_html(blocks, page)),
        "notes": markup(footnotes_html(entry.footnotes, page)),
        "source": source(entry.url),
        "stars": stars(entry.stars) if entry.stars is not None else "",
        "stars_said": page.words.get("stars", "{count}").replace("{count}", f"{entry.stars or 0:,}"),
        "meta": _meta(entry.meta, page.words),
        "tag": f"h{min(rank, 6)}",
        "compact": compact and not entry.flags & {"pick", "lead"},
        "bare": compact,  # its number stands in a column of bare ones
        "above": False,  # a row above a card: it keeps its distance from the card's rule
        "below": False,  # a row under a card: it needs the rule that cards have between them
        "pick": "pick" in entry.flags,
    }
    page.ranks, page.scope = outer, scope
    return values


def lead_of(issue: Issue) -> Entry | None:
    """Return the entry drawn apart from the others, or None."""
    entries = [(section, item) for section in issue.sections for item in section.items if isinstance(item, Entry)]
    for _, entry in entries:
        if "lead" in entry.flags:
            return entry
    wanted = issue.meta.get("lead", "first").strip().lower()
    if wanted in NO_LEAD:
        return None
    if wanted != "first":
        return _named(wanted, [entry for _, entry in entries])
    return _opening(issue.sections[0]) if issue.sections else None


def _opening(section: Section) -> Entry | None:
    """Return the entry the issue opens with; what stands behind prose or further down is not pulled out of its place."""
    match section.items:
        case (Entry() as entry, *_) if (
            entry.url and entry.blocks and not section.link_list and len(section.entries) > 1
        ):
            return entry
        case _:
            return None


def _named(wanted: str, entries: Sequence[Entry]) -> Entry | None:
    name = wanted.removeprefix("#")
    by_id = next((entry for entry in entries if entry.meta.get("id", "").lower() == name), None)
    return by_id or next((entry for entry in entries if entry.number and entry.number == name), None)


def _meta(meta: Mapping[str, str], words: Mapping[str, str]) -> list[str]:
    shown = [words.get("by", "{name}").replace("{name}", meta["by"])] if meta.get("by") else []
    return shown + [meta[key] for key in MORE if meta.get(key)]


def _starless_tail(tail: Sequence[Inline]) -> Sequence[Inline]:
    match tail:
        case (*before, Text(text=text)):
            return (*before, Text(text=without_stars(text)))
        case _:
            return tail
