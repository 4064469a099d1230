"""
What a look over the finished issue shows: numbers that jump, entries without a word, Markdown that shows.

Source: thresholds ("most of its section") are the project's own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from mailweekly.issue.model import (
    Block,
    CodeSpan,
    Component,
    Entry,
    Footnote,
    Heading,
    Inline,
    Issue,
    Link,
    ListBlock,
    Paragraph,
    Quote,
    Section,
    Styled,
    Table,
    Text,
)
from mailweekly.issue.reading import Reading
from mailweekly.issue.words import plain

__all__ = ["look_over"]

_LEAK = re.compile(r"\*\*|\]\(|\[\[")
_CONTINUES = re.compile(r"\s*[:：,，;；–—-]\s*\S")  # a tail that is a blurb on the same line


def look_over(issue: Issue, reading: Reading) -> None:
    """Add the notes on `issue` to `reading`."""
    for section in issue.sections:
        _numbering(section, reading)
        _emptiness(section, reading)
    for line, inlines in _texts(issue):
        if leak := _leak(inlines):
            mend = "Set blanks round the emphasis, or put the characters in backticks."
            reading.note("issue.markup-leak", line, f"Readers see `{leak}`.", mend)


def _numbering(section: Section, reading: Reading) -> None:
    last = 0
    for item in _flat(section.items):
        if isinstance(item, Heading):
            last = 0
        if not isinstance(item, Entry) or not item.number.isdecimal():
            continue
        number = int(item.number)
        if last and number != last + 1:
            what = f"Entry {number} follows entry {last}."
            reading.note("issue.numbering", item.line, what, f"Number it {last + 1}.")
        last = number


def _emptiness(section: Section, reading: Reading) -> None:
    if not section.items:
        reading.note(
            "issue.empty-entry",
            section.line,
            f"Nothing stands under “{plain(section.title)[:60]}”.",
            "Write it, or remove the heading.",
        )
    entries = section.entries
    full = sum(bool(entry.blocks) for entry in entries)
    if full * 2 <= len(entries):
        return
    for entry in entries:
        if not entry.blocks and not _CONTINUES.match(plain(entry.tail)):
            what = f"“{plain(entry.title)[:60]}” has no blurb; most of its section have one."
            reading.note("issue.empty-entry", entry.line, what, "Write one, or remove the entry.")


def _flat(items: Iterable[Entry | Block]) -> Iterator[Entry | Block]:
    for item in items:
        if isinstance(item, Component):
            yield from _flat(item.blocks)
        else:
            yield item


def _texts(issue: Issue) -> Iterator[tuple[int, Sequence[Inline]]]:
    yield from _of_blocks(issue.intro)
    for section in issue.sections:
        yield section.line, section.title
        yield from _of_blocks(section.items)
    yield from _of_blocks(issue.outro)
    yield from _of_footnotes(issue.footnotes)


def _of_footnotes(footnotes: Iterable[Footnote]) -> Iterator[tuple[int, Sequence[Inline]]]:
    for footnote in footnotes:
        yield from _of_blocks(footnote.blocks)


def _of_blocks(blocks: Iterable[Entry | Block]) -> Iterator[tuple[int, Sequence[Inline]]]:
    for block in blocks:
        match block:
            case Paragraph(children=children) | Heading(children=children):
                yield block.line, children
            case Quote(blocks=inner) | Component(blocks=inner):
                yield from _of_blocks(inner)
            case ListBlock(items=items):
                for item in items:
                    yield from _of_blocks(item)
            case Table(head=head, rows=rows):
                for row in (head, *rows):
                    yield from ((block.line, cell) for cell in row)
            case Entry(title=title, tail=tail, blocks=inner, footnotes=footnotes):
                yield block.line, title
                yield block.line, tail
                yield from _of_blocks(inner)
                yield from _of_footnotes(footnotes)


def _leak(inlines: Iterable[Inline]) -> str:
    for inline in inlines:
        match inline:
            case Text(text=text) if found := _LEAK.search(text):
                return found[0]
            case Styled(children=children) | Link(children=children) if found_inside := _leak(children):
                return found_inside
            case CodeSpan() | _:
                continue
    return ""
