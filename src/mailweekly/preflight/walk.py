"""
An Issue laid out flat: every link, every image, every run of text, each with its line.

The rules ask "which links are there?" and not "where may a link stand?"; that knowledge is here alone. Code, inline or in blocks, is never text here.

Units: lines as in the Issue (from 1).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from html import unescape

from mailweekly.issue.model import (
    Block,
    Break,
    CodeSpan,
    Component,
    Entry,
    Footnote,
    Heading,
    Html,
    Image,
    Inline,
    Issue,
    Link,
    ListBlock,
    Paragraph,
    Picture,
    Quote,
    Section,
    Styled,
    Table,
    Text,
)

__all__ = ["ImageUse", "LinkUse", "Spot", "TextRun", "blocks", "label", "uses", "walk"]


HTML_IMAGE = re.compile(r"<img\b[^<>]*>")  # of the parser's own well-formed XHTML
HTML_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"<>]*)"')


class Spot(Enum):
    """Where in the issue a link or a text stands."""

    TITLE = "title"  # an entry's own link, or the issue's headline
    HEADING = "heading"  # a section's or a sub-heading
    PROSE = "prose"
    PICTURE = "picture"  # what a picture links to
    COMPONENT = "component"  # an option of a container
    HTML = "html"  # block HTML


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkUse:
    """One link as the reader meets it."""

    url: str
    text: str  # visible; alt texts of images inside included
    line: int
    spot: Spot


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageUse:
    """One image."""

    image: Image
    caption: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TextRun:
    """A block's visible text, code left out."""

    text: str
    line: int
    spot: Spot


Use = LinkUse | ImageUse | TextRun


def walk(issue: Issue) -> Iterator[Use]:
    """Yield every link, image and text of the issue, in the order written (a block's text before its links)."""
    yield from _blocks(issue.intro)
    for section in issue.sections:
        yield from _section(section)
    yield from _blocks(issue.outro)
    yield from _footnotes(issue.footnotes)


def blocks(issue: Issue) -> Iterator[Block | Entry]:
    """Yield every block and entry of the issue, the inner ones after the one they stand in."""
    yield from _deep(issue.intro)
    for section in issue.sections:
        yield from _deep(section.items)
    yield from _deep(issue.outro)
    for footnote in issue.footnotes:
        yield from _deep(footnote.blocks)


def uses(within: Iterable[Block | Entry]) -> Iterator[Use]:
    """Yield what `walk` yields, of these blocks alone."""
    return _blocks(within)


def label(inlines: Iterable[Inline], *, code: bool = True) -> str:
    """Return the visible text of inlines in one line; without `code`, a code span counts as nothing."""
    return " ".join("".join(_words(inlines, code)).split())


def _words(inlines: Iterable[Inline], code: bool) -> Iterator[str]:
    for inline in inlines:
        match inline:
            case Text():
                yield inline.text
            case CodeSpan() if code:
                yield inline.text
            case Styled() | Link():
                yield from _words(inline.children, code)
            case Image():
                yield inline.alt
            case Break():
                yield " "
            case _:
                pass


def _section(section: Section) -> Iterator[Use]:
    yield TextRun(text=label(section.title, code=False), line=section.line, spot=Spot.HEADING)
    if section.url:
        yield LinkUse(url=section.url, text=label(section.title), line=section.line, spot=Spot.HEADING)
    yield from _inlines(section.title, section.line, Spot.HEADING)
    yield from _blocks(section.items)


def _entry(entry: Entry) -> Iterator[Use]:
    yield TextRun(text=label(entry.title, code=False), line=entry.line, spot=Spot.TITLE)
    if entry.url:
        yield LinkUse(url=entry.url, text=label(entry.title), line=entry.line, spot=Spot.TITLE)
    yield from _inlines(entry.title, entry.line, Spot.TITLE)
    yield from _run(entry.tail, entry.line, Spot.PROSE)
    yield from _blocks(entry.blocks)
    yield from _footnotes(entry.footnotes)


def _footnotes(footnotes: Iterable[Footnote]) -> Iterator[Use]:
    for footnote in footnotes:
        yield from _blocks(footnote.blocks)


def _deep(within: Iterable[Block | Entry]) -> Iterator[Block | Entry]:
    for block in within:
        yield block
        match block:
            case Component() | Quote():
                yield from _deep(block.blocks)
            case Entry():
                yield from _deep(block.blocks)
                yield from (one for footnote in block.footnotes for one in _deep(footnote.blocks))
            case ListBlock():
                yield from (one for item in block.items for one in _deep(item))
            case _:
                pass


def _blocks(within: Iterable[Block | Entry]) -> Iterator[Use]:
    for block in within:
        yield from _block(block)


def _block(block: Block | Entry) -> Iterator[Use]:
    match block:
        case Entry():
            yield from _entry(block)
        case ListBlock():
            for item in block.items:
                yield from _blocks(item)
        case Quote():
            yield from _blocks(block.blocks)
        case Component():
            yield from _component(block)
        case _:
            yield from _leaf(block)


def _leaf(block: Block) -> Iterator[Use]:
    match block:
        case Paragraph():
            yield from _run(block.children, block.line, Spot.PROSE)
        case Heading():
            yield from _run(block.children, block.line, Spot.HEADING)
        case Table():
            for cell in (*block.head, *(cell for row in block.rows for cell in row)):
                yield from _run(cell, block.line, Spot.PROSE)
        case Picture():
            yield from _picture(block)
        case Html():
            yield TextRun(text=block.text, line=block.line, spot=Spot.HTML)
            for url in block.urls:
                yield LinkUse(url=url, text="", line=block.line, spot=Spot.HTML)
            yield from _html_images(block)
        case _:
            pass


def _html_images(block: Html) -> Iterator[ImageUse]:
    for tag in HTML_IMAGE.findall(block.html):
        given = {name: unescape(value) for name, value in HTML_ATTRIBUTE.findall(tag)}
        image = Image(src=given.get("src", ""), alt=given.get("alt", ""), line=block.line)
        yield ImageUse(image=image, caption="", line=block.line)


def _component(block: Component) -> Iterator[Use]:
    url = block.options.get("url", "")
    if url:
        name = block.options.get("name") or block.options.get("label") or ""
        yield LinkUse(url=url, text=name, line=block.line, spot=Spot.COMPONENT)
    yield from _blocks(block.blocks)


def _picture(block: Picture) -> Iterator[Use]:
    yield ImageUse(image=block.image, caption=block.caption, line=block.image.line or block.line)
    if block.caption:
        yield TextRun(text=block.caption, line=block.line, spot=Spot.PROSE)
    if block.url:
        yield LinkUse(url=block.url, text=block.image.alt, line=block.line, spot=Spot.PICTURE)


def _run(inlines: tuple[Inline, ...], line: int, spot: Spot) -> Iterator[Use]:
    text = label(inlines, code=False)
    if text:
        yield TextRun(text=text, line=line, spot=spot)
    yield from _inlines(inlines, line, spot)


def _inlines(inlines: Iterable[Inline], line: int, spot: Spot) -> Iterator[Use]:
    for inline in inlines:
        match inline:
            case Link():
                yield LinkUse(url=inline.url, text=label(inline.children), line=inline.line or line, spot=spot)
                yield from _inlines(inline.children, inline.line or line, spot)
            case Styled():
                yield from _inlines(inline.children, line, spot)
            case Image():
                yield ImageUse(image=inline, caption=inline.title, line=inline.line or line)
            case _:
                pass
