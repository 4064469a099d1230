"""
The text part, made from the Issue and never from the HTML.

72 columns by display width, every address whole, an entry's address on a line of its own, `-- ` before the foot. Refuses markup; a reader's value
takes a field's place here as plain text.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from mailweekly.edition.bands import numbers, section_readers
from mailweekly.edition.blocks_text import Sheet, blocks_text, footnotes_text, inline_text
from mailweekly.edition.columns import WIDTH, width, wrapped
from mailweekly.edition.escape import clean
from mailweekly.edition.model import Publication
from mailweekly.edition.presence import ALWAYS, When, both, frames, presence
from mailweekly.edition.sources import starless, stars
from mailweekly.edition.stacks import marked, stacked
from mailweekly.edition.streams import are_entries
from mailweekly.edition.wording import kicker, renamed, title
from mailweekly.issue.model import Block, Component, Entry, Issue, Section

__all__ = ["plain_text"]

SIGNATURE: Final = "-- "  # RFC 3676, 4.3: what follows is the foot
MARGIN: Final = 4  # columns before an entry's text, the room of "12. "


def plain_text(
    issue: Issue,
    publication: Publication,
    words: Mapping[str, str],
    *,
    field: Callable[[str], str],
    address: Callable[[str], str] = str,
    reason: str = "",
) -> str:
    """
    Return the whole text part, lines ended by LF.

    `field` gives the token of a merge field, `address` an image's URL, `reason` the sentence that says why the reader gets this.
    """
    filling = partial(_filling, issue, publication, words)
    sheet = Sheet(words=words, address=address, entry=_entry, filling=filling, meta=issue.meta)
    seen = section_readers(issue, None, "text")
    parts = [(ALWAYS, _masthead(issue, publication, words)), _shown(issue.intro, sheet)]
    parts += [(who, _section(section, sheet)) for section, who in zip(issue.sections, seen, strict=True)]
    parts += [_shown(issue.outro, sheet), (ALWAYS, footnotes_text(issue.footnotes, sheet))]
    body = "\n".join(stacked(parts))
    foot = _foot(publication, words, field, reason, renamed(publication.sender_name, publication, issue))
    return clean(f"{body}\n\n{foot}\n")


def _shown(blocks: Sequence[Block], sheet: Sheet) -> tuple[When, list[str]]:
    return presence(blocks, "text"), blocks_text(blocks, sheet)


def _masthead(issue: Issue, publication: Publication, words: Mapping[str, str]) -> list[str]:
    above = kicker(issue, publication, words)
    head = wrapped(title(issue, publication, words))
    line = "=" * min(max((width(part) for part in head), default=0), WIDTH)
    return [*(wrapped(" · ".join(above)) if above else []), *head, line] if line else []


def _section(section: Section, sheet: Sheet) -> list[str]:
    name = " ".join(part for part in (section.emoji, inline_text(section.title).strip()) if part)
    head = wrapped(name) if name else []
    under = ["-" * min(max(width(line) for line in head), WIDTH)] if head else []
    link = [f"<{section.url}>"] if section.url else []
    body = _items(section, sheet)
    return ["", *head, *under, *link, *([""] if body else []), *body]


def _items(section: Section, sheet: Sheet) -> list[str]:
    return _rows(section.items, sheet) if section.link_list else blocks_text(section.items, sheet)


def _rows(items: Sequence[Entry | Block], sheet: Sheet) -> list[str]:
    """Return a list of links, without an empty line between two of them."""
    lines: list[str] = []
    for item, who in frames(items, "text"):
        if isinstance(item, Component) and are_entries(item):
            lines += marked(_rows(item.blocks, sheet), who)
        else:
            one = blocks_text([item], sheet)
            lines += one if isinstance(item, Entry) or not lines else ["", *one]
    return lines


def _entry(entry: Entry, sheet: Sheet, columns: int) -> list[str]:
    mark = f"{entry.number}. ".ljust(MARGIN) if entry.number else "- "
    margin = " " * len(mark)
    name = " ".join(part for part in (inline_text(entry.title).strip(), inline_text(entry.tail).strip()) if part)
    lines = wrapped(name, first=mark, rest=margin, columns=columns)
    lines += [f"{margin}{entry.url.removeprefix('mailto:')}"] if entry.url else []
    lines += [f"{margin}{more}" for more in _more(entry, sheet.words)]
    inner = blocks_text(entry.blocks, sheet, columns=columns - len(mark))
    notes = footnotes_text(entry.footnotes, sheet, columns=columns - len(mark))
    for block, who in ((inner, presence(entry.blocks, "text")), (notes, ALWAYS)):
        lines += marked(["", *(f"{margin}{line}".rstrip() for line in block)] if block else [], who)
    return lines


def _more(entry: Entry, words: Mapping[str, str]) -> list[str]:
    parts = [words.get("by", "{name}").replace("{name}", entry.meta["by"])] if entry.meta.get("by") else []
    parts += [entry.meta[key] for key in ("time", "kind", "lang") if entry.meta.get(key)]
    parts += (
        [words.get("stars", "{count}").replace("{count}", stars(entry.stars))]
        if entry.stars is not None and starless(entry.blocks) == entry.blocks
        else []
    )
    return [" · ".join(parts)] if parts else []


def _filling(issue: Issue, publication: Publication, words: Mapping[str, str], name: str) -> list[str]:
    if name == "previous" and publication.previous_url:
        said = publication.previous_title or words.get("previous", "")
        return wrapped(f"{_label('previous', words)}{said} <{publication.previous_url}>")
    if name == "toc":
        listed = _contents(issue)
        return [*wrapped(words.get("contents", "")), *listed] if listed else []
    return []


def _contents(issue: Issue) -> list[str]:
    lines: list[str] = []
    for section, who in zip(issue.sections, section_readers(issue, None, "text"), strict=True):
        said = inline_text(section.title).strip()
        for whom, count in numbers(section, "text") if said else ():
            lines += marked([f"- {said} ({count})" if count else f"- {said}"], both(who, whom))
    return lines


def _foot(
    publication: Publication, words: Mapping[str, str], field: Callable[[str], str], reason: str, sender: str
) -> str:
    lines = [SIGNATURE, *wrapped(reason)]
    lines += [f"{_label('unsubscribe', words)}{field('unsubscribe_url')}"]
    if publication.base_url:
        lines += [
            f"{_label('preferences', words)}{field('preferences_url')}",
            f"{_label('web', words)}{field('web_url')}",
        ]
    if publication.previous_url:
        lines += [f"{_label('previous', words)}{publication.previous_url}"]
    address = [line.strip() for line in publication.postal_address.splitlines() if line.strip()]
    return "\n".join([*lines, *([""] if sender or address else []), sender, *address]).rstrip()


def _label(key: str, words: Mapping[str, str]) -> str:
    """Return a word of the theme and the colon of its language."""
    return words.get(key, key.title()) + words.get("colon", ": ")
