"""
Blocks as HTML for mail: what stands in an entry's blurb, between entries, before and after them.

Classes are the contract with a theme's `email.css`: `im` picture, `cp` caption, `bq` quote, `cd` code cell, `pr` code, `c` code in a line, `tb` the
frame of a table, `dt` table, `hr` rule, `h` the editor's own HTML, `fn` notes. Containers are drawn by the theme's `partials/<name>.mjml.j2`.

Refuses raw HTML but `Html`, which the parser has sanitised; its images get what mail asks of every image.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from mailweekly.edition import escape
from mailweekly.edition.conditions import CLOSE, condition, is_in, opening
from mailweekly.edition.highlight import coloured
from mailweekly.edition.inlines import image, inline_html, only_images, unlinked
from mailweekly.edition.page import DEEPEST, Page, flat
from mailweekly.edition.sources import source
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
GAP_PX: Final = 24  # between two columns
IMG: Final = re.compile(r"<img\b([^<>]*?)/?>")
ATTRIBUTE: Final = re.compile(r'([a-zA-Z-]+)="([^"]*)"')
TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)\b[^<>]*?(/?)>")
BLANKS: Final = re.compile(r">\s*\n\s*<")
VOID: Final = frozenset({"br", "hr", "img", "col", "wbr"})


def blocks_html(blocks: Iterable[Block | Entry], page: Page) -> str:
    """Return the markup of blocks and entries in the order written; neighbouring entries are drawn together."""
    drawn = []
    for are_entries, run in groupby(blocks, key=lambda block: isinstance(block, Entry)):
        if are_entries:
            drawn.append(page.draw_entries([entry for entry in run if isinstance(entry, Entry)]))
        else:
            drawn.extend(_block(block, page) for block in run if not isinstance(block, Entry))
    return "".join(drawn)


def footnotes_html(notes: Sequence[Footnote], page: Page) -> str:
    """Return the notes at the end of an entry or of the issue, numbered as they are referred to."""
    if not notes:
        return ""
    rows = "".join(_note(note, page) for note in notes)
    return f'<div class="fn">{rows}</div>'


def _note(note: Footnote, page: Page) -> str:
    match note.blocks:
        case (Paragraph(children=children), *rest):
            return f"<p>[{note.number}] {inline_html(children, page)}</p>{blocks_html(rest, page)}"
        case _:
            return f"<p>[{note.number}]</p>{blocks_html(note.blocks, page)}"


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
            return _code(block)
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
    width = min(value.width or page.column_px, page.column_px)
    drawn = image(value, page, width_px=width, alt=alt, kind="im")
    if link:
        drawn = f'<a href="{escape.attribute(link)}">{drawn}</a>'
    below = f'<p class="cp">{escape.text(caption)}</p>' if caption else ""
    return f'<p class="fg">{drawn}</p>{below}'


def _list(block: ListBlock, page: Page) -> str:
    tag = "ol" if block.ordered else "ul"
    start = f' start="{block.start}"' if block.ordered and block.start != 1 else ""
    items = "".join(f"<li>{_item(item, page)}</li>" for item in block.items)
    return f"<{tag}{start}>{items}</{tag}>"


def _item(item: Sequence[Block], page: Page) -> str:
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
    width = max(min(int(digits[0]) if digits else page.column_px, page.column_px), 1)
    src, alt = page.address(given.get("src", "")), given.get("alt", "")
    return f'<img class="im" src="{src}" alt="{alt}" width="{width}" style="max-width:{width}px" />'


def _depth(markup: str) -> int:
    depth = deepest = 0
    for found in TAG.finditer(markup):
        if found[2].lower() in VOID or found[3]:
            continue
        depth += -1 if found[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _component(block: Component, page: Page) -> str:
    if not is_in(block, page.medium):
        return ""
    if block.name in {"only", "unless"}:
        body = blocks_html(block.blocks, page)
        asked = condition(block)
        if not asked:
            return body
        page.conditions.append(asked)
        return f"{opening(asked)}{body}{CLOSE}"
    body = _body(block, page)
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
            return _inside(block.blocks, page, INDENT_PX)


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
