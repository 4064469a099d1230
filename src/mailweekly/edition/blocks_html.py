"""
Blocks as HTML for mail: what stands in an entry's blurb, between entries, before and after them.

Classes are the contract with a theme's `email.css`: `im` picture, `cp` caption, `bq` quote, `cd` code cell, `pr` code, `c` code in a line, `tb` the
frame of a table, `dt` table, `hr` rule, `h` the editor's own HTML, `fn` notes. Containers are drawn by the theme's `partials/<name>.mjml.j2`.

Refuses raw HTML but `Html`, which the parser has sanitised; its images get what mail asks of every image.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from html import unescape
from itertools import groupby
from typing import Final

from mailweekly.edition import escape, web_markup
from mailweekly.edition.conditions import CONDITIONAL
from mailweekly.edition.highlight import coloured
from mailweekly.edition.images import shown_size
from mailweekly.edition.inlines import image, inline_html, measures, only_images, unlinked
from mailweekly.edition.page import DEEPEST, Page, flat
from mailweekly.edition.presence import ALWAYS, both, frames, guarded, presence, variants
from mailweekly.edition.sources import source
from mailweekly.edition.streams import are_entries, drawn_entries
from mailweekly.edition.tables import table_html
from mailweekly.issue.model import (
    Block,
    Code,
    Component,
    Entry,
    Footnote,
    Heading,
    Html,
    Image,
    Inline,
    Link,
    ListBlock,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Table,
    Text,
)

__all__ = ["blocks_html", "footnotes_html"]

INDENT_PX: Final = 24  # a list's or quote's indent: pictures inside are that much narrower
NARROWEST_PX: Final = 120
BOXED: Final = frozenset({"note", "quote", "sponsor", "poll"})  # containers that stand in; the others keep the column
GAP_PX: Final = 24  # between two columns
IMG: Final = re.compile(r"<img\b([^<>]*?)/?>")
ATTRIBUTE: Final = re.compile(r'([a-zA-Z-]+)="([^"]*)"')
TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)\b[^<>]*?(/?)>")
BLANKS: Final = re.compile(r">\s*\n\s*<")
VOID: Final = frozenset({"br", "hr", "img", "col", "wbr"})
UNDIVIDED: Final = frozenset({"button", "columns", "poll"})  # drawn once for each answer to the conditions in them


def blocks_html(blocks: Iterable[Block | Entry], page: Page) -> str:
    """Return the markup of blocks and entries in the order written; neighbouring entries are drawn together."""
    drawn = []
    for is_run, run in groupby(frames(tuple(blocks), page.medium), key=lambda pair: are_entries(pair[0])):
        if is_run:
            drawn.append(drawn_entries([block for block, _ in run], page))
        else:
            drawn.extend(
                guarded(_block(block, page), who) for block, who in run if who and not isinstance(block, Entry)
            )
    return "".join(drawn)


def footnotes_html(notes: Sequence[Footnote], page: Page) -> str:
    """Return the notes at the end of an entry or of the issue, numbered as they are referred to."""
    if not notes:
        return ""
    if page.medium == "web":
        return web_markup.notes([(note.number, blocks_html(note.blocks, page)) for note in notes], page)
    rows = "".join(
        guarded(_note(note.number, inner, page), who)
        for note in notes
        for who, inner in variants(note.blocks, page.medium, leading=True)
    )
    return f'<div class="fn">{rows}</div>'


def _note(number: int, blocks: Sequence[Block | Entry], page: Page) -> str:
    match blocks:
        case (Paragraph(children=children), *rest):
            return f"<p>[{number}] {inline_html(children, page)}</p>{blocks_html(rest, page)}"
        case _:
            return f"<p>[{number}]</p>{blocks_html(blocks, page)}"


def _block(block: Block, page: Page) -> str:
    match block:
        case Paragraph():
            return _paragraph(block, page)
        case Heading():
            rank = page.ranks.rank(block.level)
            return f'<h{rank} class="g{rank}">{inline_html(block.children, page)}</h{rank}>'
        case ListBlock():
            return _list(block, page)
        case Quote():
            return f'<blockquote class="bq">{_inside(block.blocks, page, INDENT_PX)}</blockquote>'
        case Code():
            return web_markup.code(block) if page.medium == "web" else _code(block)
        case Table():
            return table_html(block, page)
        case Picture():
            return _picture(block, page)
        case _:
            return _special(block, page)


def _special(block: Rule | Html | Component, page: Page) -> str:
    match block:
        case Rule():
            return '<hr class="hr" />'
        case Html():
            return _html(block, page)
        case Component():
            return _component(block, page)


def _inside(blocks: Iterable[Block | Entry], page: Page, indent_px: int) -> str:
    width, depth = page.column_px, page.depth
    page.column_px, page.depth = max(width - indent_px, NARROWEST_PX), depth + 1
    drawn = blocks_html(flat(blocks) if depth >= DEEPEST else blocks, page)
    page.column_px, page.depth = width, depth
    return drawn


def _paragraph(block: Paragraph, page: Page) -> str:
    if not only_images(block.children):
        return f"<p>{inline_html(block.children, page)}</p>"
    return "".join(_image_block(part, "", "", page) for part in _images(block.children))


def _images(inlines: Sequence[Inline], url: str = "") -> list[tuple[Image, str]]:
    found: list[tuple[Image, str]] = []
    for part in inlines:
        if isinstance(part, Image):
            found.append((part, url))
        elif isinstance(part, Link):
            found.extend(_images(part.children, part.url))
    return found


def _picture(block: Picture, page: Page) -> str:
    return _image_block((block.image, block.url), block.caption, block.url, page)


def _image_block(pair: tuple[Image, str], caption: str, url: str, page: Page) -> str:
    value, link = pair[0], url or pair[1]
    alt = value.alt or (caption or source(link) or link if link else "")
    drawn = image(value, page, room_px=page.column_px, alt=alt, kind="im")
    if page.medium == "web":
        return web_markup.figure(drawn, caption, link)
    if link:
        drawn = f'<a href="{escape.attribute(link)}">{drawn}</a>'
    below = f'<p class="cp">{escape.text(caption)}</p>' if caption else ""
    return f'<p class="fg">{drawn}</p>{below}'


def _list(block: ListBlock, page: Page) -> str:
    tag = "ol" if block.ordered else "ul"
    start = f' start="{block.start}"' if block.ordered and block.start != 1 else ""
    items = "".join(drawn for item in block.items for drawn in _items(item, page))
    return f"<{tag}{start}>{items}</{tag}>"


def _items(item: Sequence[Block], page: Page) -> Iterator[str]:
    """Yield an item, once for each reader's beginning of it; one of which nothing is left is left out."""
    for who, inner in variants(item, page.medium, leading=True):
        whom = both(who, presence(inner, page.medium)) if item else ALWAYS
        if whom:
            yield guarded(f"<li>{_item(inner, page)}</li>", whom)


def _item(item: Sequence[Block | Entry], page: Page) -> str:
    """Return an item; its first paragraph goes without `<p>`, which mail clients space each in their own way."""
    match item:
        case (Paragraph(children=children), *rest) if not only_images(children):
            return inline_html(children, page) + _inside(rest, page, INDENT_PX)
        case _:
            return _inside(item, page, INDENT_PX)


def _code(block: Code) -> str:
    return (
        '<table role="presentation" class="cb" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>'
        f'<td class="cd" dir="ltr"><pre class="pr">{coloured(block.text, block.lang)}</pre></td></tr></table>'
    )


def _html(block: Html, page: Page) -> str:
    if _depth(block.html) > DEEPEST:
        return f"<p>{escape.text(block.text)}</p>"
    body = BLANKS.sub("> <", block.html)
    return f'<div class="h">{IMG.sub(lambda found: _own_image(found[1], page), body)}</div>'


def _own_image(attributes: str, page: Page) -> str:
    """Return an image of the editor's own HTML with alt and width. Values are escaped already: they are passed on as they are."""
    given = dict(ATTRIBUTE.findall(attributes))
    digits = re.match(r"\d{1,4}$", given.get("width", ""))
    src, alt = unescape(given.get("src", "")), given.get("alt", "")
    authored = max(int(digits[0]), 1) if digits else None
    size = shown_size(page.images.get(src), src, authored=authored, room=page.column_px)
    return f'<img class="im" src="{escape.attribute(page.address(src))}" alt="{alt}" {measures(*size)} />'


def _depth(markup: str) -> int:
    depth = deepest = 0
    for found in TAG.finditer(markup):
        if found[2].lower() in VOID or found[3]:
            continue
        depth += -1 if found[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _component(block: Component, page: Page) -> str:
    if block.name in CONDITIONAL:
        return blocks_html(block.blocks, page)
    if block.name not in UNDIVIDED:
        return _container(block, page)
    drawn, ranks = [], page.ranks
    for who, inner in variants(block.blocks, page.medium):
        page.ranks = deepcopy(ranks)
        if block.name == "button" or presence(inner, page.medium) or not block.blocks:
            drawn.append(guarded(_container(replace(block, blocks=inner), page), who))
    return "".join(drawn)


def _container(block: Component, page: Page) -> str:
    body = _body(block, page)
    if block.name == "sponsor" and page.medium == "web":
        body = web_markup.paid(body)
    drawn = page.draw_component(block.name, block.options, body)
    return body if drawn is None else drawn


def _body(block: Component, page: Page) -> str:
    match block.name:
        case "button":
            return _label(block, page)
        case "columns":
            return _columns(block.blocks, page)
        case "poll":
            return "".join(_answers(part, page) or _inside([part], page, INDENT_PX) for part in block.blocks)
        case _:
            return _inside(block.blocks, page, INDENT_PX if block.name in BOXED else 0)


def _columns(blocks: Sequence[Block | Entry], page: Page) -> str:
    """Return what stands between rules side by side, two a row; without a rule there is one column."""
    parts: list[list[Block | Entry]] = [[]]
    for block in blocks:
        if isinstance(block, Rule):
            parts.append([])
        else:
            parts[-1].append(block)
    parts = [part for part in parts if part]
    if len(parts) < 2 or page.depth >= DEEPEST:  # noqa: PLR2004 (a row needs two)
        return _inside([block for part in parts for block in part], page, 0)
    cells = [_inside(part, page, (page.column_px + GAP_PX) // 2) for part in parts]
    if page.medium == "web":
        return web_markup.columns(cells)
    rows = "".join(f"<tr>{_row(cells[at : at + 2])}</tr>" for at in range(0, len(cells), 2))
    return (
        f'<table role="presentation" class="cl" width="100%" cellpadding="0" cellspacing="0" border="0">{rows}</table>'
    )


def _row(cells: Sequence[str]) -> str:
    if len(cells) == 1:
        return f'<td class="cm" colspan="2">{cells[0]}</td>'
    return f'<td class="cm cf" width="50%">{cells[0]}</td><td class="cm cn" width="50%">{cells[1]}</td>'


def _answers(block: Block | Entry, page: Page) -> str:
    """Return a list of nothing but links as a row of them; anything else is "", a list as any other."""
    if not isinstance(block, ListBlock):
        return ""
    links = [_only_link(item) for item in block.items]
    if not links or not all(links):
        return ""
    drawn = [
        f'<a class="pl" href="{escape.attribute(one.url)}">{inline_html(one.children, page)}</a>'
        for one in links
        if one
    ]
    return f'<p class="po">{" ".join(drawn)}</p>'


def _only_link(item: Sequence[Block]) -> Link | None:
    match item:
        case (Paragraph(children=children),):
            said = [part for part in children if not (isinstance(part, Text) and not part.text.strip())]
            return said[0] if len(said) == 1 and isinstance(said[0], Link) else None
        case _:
            return None


def _label(block: Component, page: Page) -> str:
    """Return a button's words: a link cannot hold paragraphs, nor another link."""
    lines = [inline_html(unlinked(part.children), page) for part in block.blocks if isinstance(part, Paragraph)]
    return " ".join(line for line in lines if line.strip())
