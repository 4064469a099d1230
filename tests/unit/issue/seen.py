"""What a reader of an Issue meets: every word and every address in it, gathered without the code under test."""

from collections.abc import Iterable, Iterator
from typing import Any

from mailweekly.issue import model as m

__all__ = ["addresses", "said", "words_seen"]


def said(issue: m.Issue) -> list[str]:
    """Return every string a reader sees, in order."""
    return [text for kind, text in _all(issue) if kind == "word"]


def words_seen(issue: m.Issue) -> str:
    """Return what a reader sees as one text."""
    return "\n".join(said(issue))


def addresses(issue: m.Issue) -> list[str]:
    """Return every link and image address."""
    return [text for kind, text in _all(issue) if kind == "address"]


def _all(issue: m.Issue) -> Iterator[tuple[str, str]]:
    yield "word", issue.heading or issue.title
    yield from _blocks(issue.intro)
    for section in issue.sections:
        yield "word", section.emoji
        yield "address", section.url
        yield from _line(section.title)
        yield from _blocks(section.items)
    yield from _blocks(issue.outro)
    yield from _blocks(issue.footnotes)


def _blocks(blocks: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        match block:
            case m.Paragraph() | m.Heading():
                yield from _line(block.children)
            case m.ListBlock():
                for place, item in enumerate(block.items):
                    if block.ordered:
                        yield "word", str(block.start + place)
                    yield from _blocks(item)
            case m.Quote() | m.Component() | m.Footnote():
                yield from _blocks(block.blocks)
            case m.Code():
                yield "word", f"{block.lang} {block.text}"
            case m.Table():
                for row in (block.head, *block.rows):
                    for cell in row:
                        yield from _line(cell)
            case m.Picture():
                yield "address", block.url
                yield from _line((block.image,))
            case m.Html():
                yield "word", block.text
                yield from (("address", url) for url in block.urls)
            case m.Entry():
                yield "word", block.number
                yield "address", block.url
                yield from _line(block.title)
                yield from _line(block.tail)
                yield from _blocks(block.blocks)
                yield from _blocks(block.footnotes)


def _line(inlines: Iterable[Any]) -> Iterator[tuple[str, str]]:
    yield "word", "".join(_joined(inlines))
    yield from (("address", url) for url in _inline_addresses(inlines))


def _joined(inlines: Iterable[Any]) -> Iterator[str]:
    for inline in inlines:
        match inline:
            case m.Text() | m.CodeSpan():
                yield inline.text
            case m.Styled() | m.Link():
                yield from _joined(inline.children)
            case m.Image():
                yield inline.alt
            case m.Break():
                yield " "


def _inline_addresses(inlines: Iterable[Any]) -> Iterator[str]:
    for inline in inlines:
        match inline:
            case m.Link():
                yield inline.url
                yield from _inline_addresses(inline.children)
            case m.Styled():
                yield from _inline_addresses(inline.children)
            case m.Image():
                yield inline.src
