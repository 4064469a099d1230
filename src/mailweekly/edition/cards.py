"""
Cards: which entries stand side by side, which take the whole width, and the picture on top of each.

Neighbours pair up in the order written. A whole row is for what the editor picked, for what a narrow column cannot hold (code, tables, containers,
long text), and for one that is left without a neighbour. Compact entries stay together as one list.

The picture is the first of the blurb, and no longer in it. Mail can neither crop nor cut to a ratio: a picture keeps its own shape, and those of one
row stand on plates of one height, the lowest picture's, so that the titles below are level. Refuses to guess the size of a file nobody has read: such
a picture fills its card.

Units: CSS pixels; `share` is a percentage of the card's inner width; text by display width, in columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from mailweekly.edition.columns import width
from mailweekly.edition.entries import entry_values
from mailweekly.edition.images import shown_size
from mailweekly.edition.inlines import only_images
from mailweekly.edition.page import Page
from mailweekly.edition.sources import source
from mailweekly.issue.model import Block, Entry, Image, Inline, Link, ListBlock, Paragraph, Picture, Quote
from mailweekly.issue.words import plain

__all__ = ["Row", "Shown", "card", "card_rows", "level", "rows", "top_picture"]

GAP_PX: Final = 16  # between two cards, and below them
PADDING_PX: Final = 16  # inside a card
LONGEST: Final = 460  # columns of blurb in half a row: about fourteen lines
LOWEST: Final = 0.5  # height of a row's plates to their width: a banner does not squeeze its neighbour
TALLEST: Final = 0.75  # 4:3; what is taller stands on its plate with room at both sides
SMALLEST_PX: Final = 96  # a picture said to be narrower is a sign among the words, and stays there
PLAIN: Final = (Paragraph, ListBlock, Quote, Picture)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """`kind` is list (compact entries), pair, or wide (one entry)."""

    kind: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A picture on top of a card, and the blurb without it."""

    values: dict[str, Any]
    blocks: tuple[Block, ...]
    height: int  # as drawn; 0: not known


def card_rows(run: Sequence[Entry], page: Page, *, rank: int, compact: bool) -> list[dict[str, Any]]:
    """Return rows as a theme sees them: `kind`, the `width` of a card, the `gap` between two, and `entries`, each with its `picture` or None."""
    return [_row(row, page, rank) for row in rows(run, compact=compact)]


def card(entry: Entry, page: Page, *, rank: int) -> dict[str, Any]:
    """Return one entry that takes the whole width."""
    values: dict[str, Any] = _row(Row(kind="wide", entries=(entry,)), page, rank)["entries"][0]
    return values


def rows(run: Sequence[Entry], *, compact: bool) -> list[Row]:
    """Return the entries in rows, in their order."""
    found: list[Row] = []
    for entry in run:
        kind = _kind(entry, compact=compact)
        last = found[-1] if found and found[-1].kind == kind else None
        if last and (kind == "list" or (kind == "pair" and len(last.entries) == 1)):
            found[-1] = Row(kind=kind, entries=(*last.entries, entry))
        else:
            found.append(Row(kind=kind, entries=(entry,)))
    return [replace(row, kind="wide") if row.kind == "pair" and len(row.entries) == 1 else row for row in found]


def top_picture(entry: Entry, page: Page) -> Shown | None:
    """
    Return the first picture of the entry's blurb as a theme sees it, or None: address, alt, caption, link, size, and share of the page's column.

    An empty alt stays empty unless the picture would be a link without a name.
    """
    for at, block in enumerate(entry.blocks):
        image, link, rest = _first(block)
        if image and not (image.width and image.width < SMALLEST_PX):
            blocks = (*entry.blocks[:at], *rest, *entry.blocks[at + 1 :])
            caption = block.caption if isinstance(block, Picture) else ""
            url = link or ("" if image.decorative else entry.url)
            return _shown(image, url, caption, blocks, page)
    return None


def level(shown: Sequence[Shown | None], column_px: int) -> None:
    """Give each picture of a row the width, the share and the padding by which all their plates are of one height."""
    heights = [one.height for one in shown if one and one.height]
    if not heights:
        return
    lowest = column_px * LOWEST if len(shown) > 1 else 0.0
    plate = min(max(min(heights), lowest), column_px * TALLEST)
    for one in shown:
        if one and one.height:
            scale = min(plate / one.height, 1.0)
            drawn, height = max(round(one.values["width"] * scale), 1), max(round(one.height * scale), 1)
            free = max(round(plate) - height, 0)
            one.values.update(width=drawn, height=height, share=round(100 * drawn / column_px))
            one.values.update(above=free // 2, below=free - free // 2)


def _row(row: Row, page: Page, rank: int) -> dict[str, Any]:
    outer, beside = page.column_px, row.kind == "pair"
    card_px = (outer - GAP_PX) // 2 if beside else outer
    page.column_px = card_px - 2 * PADDING_PX
    shown = [None if row.kind == "list" else top_picture(entry, page) for entry in row.entries]
    level(shown, page.column_px)
    entries = [
        entry_values(replace(entry, blocks=one.blocks) if one else entry, page, rank=rank, compact=row.kind == "list")
        | {"first": at == 0, "picture": one.values if one else None}
        for at, (entry, one) in enumerate(zip(row.entries, shown, strict=True))
    ]
    page.column_px = outer
    return {"kind": row.kind, "width": card_px, "gap": GAP_PX, "entries": entries}


def _kind(entry: Entry, *, compact: bool) -> str:
    if entry.flags & {"pick", "lead"}:
        return "wide"
    if compact:
        return "list"
    return "pair" if all(isinstance(block, PLAIN) for block in entry.blocks) and _length(entry) <= LONGEST else "wide"


def _length(entry: Entry) -> int:
    return sum(_columns(block) for block in entry.blocks)


def _columns(block: Block) -> int:
    match block:
        case Paragraph(children=children):
            return width(plain(children))
        case ListBlock(items=items):
            return sum(_columns(inner) for item in items for inner in item)
        case Quote(blocks=blocks):
            return sum(_columns(inner) for inner in blocks)
        case Picture():
            return 0
        case _:
            return LONGEST + 1


def _first(block: Block) -> tuple[Image | None, str, tuple[Block, ...]]:
    """Return a block's first picture, what it links to, and what is left of the block."""
    match block:
        case Picture(image=image, url=url):
            return image, url, ()
        case Paragraph(children=children) if only_images(children):
            for at, part in enumerate(children):
                found, link = _inner(part)
                if found is not None:
                    rest = (*children[:at], *children[at + 1 :])
                    return found, link, (replace(block, children=rest),) if only_images(rest) else ()
    return None, "", ()


def _inner(part: Inline) -> tuple[Image | None, str]:
    match part:
        case Image():
            return part, ""
        case Link(children=(Image() as image,), url=url):
            return image, url
        case _:
            return None, ""


def _shown(image: Image, url: str, caption: str, blocks: tuple[Block, ...], page: Page) -> Shown:
    file = page.images.get(image.src)
    drawn, height = shown_size(file, image.src, authored=image.width, room=page.column_px)
    values = {
        "src": page.address(image.src),
        "alt": image.alt or (caption or source(url) or url if url else ""),
        "url": url,
        "caption": caption,
        "width": drawn,
        "height": height or "",
        "share": round(100 * drawn / page.column_px),
        "opaque": file is not None and not file.transparent,
        "above": 0,
        "below": 0,
    }
    return Shown(values=values, blocks=blocks, height=height or 0)
