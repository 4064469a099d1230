"""
A line's parts as HTML for mail.

Refuses raw markup: every string is escaped here, and nothing but the tags of this module comes out.
"""

from collections.abc import Sequence
from typing import Final

from mailweekly.edition import escape, web_markup
from mailweekly.edition.images import shown_size
from mailweekly.edition.page import DEEPEST, Page
from mailweekly.edition.sources import source
from mailweekly.issue.model import Break, CodeSpan, FootnoteRef, Image, Inline, Link, Styled, Text

__all__ = ["image", "inline_html", "is_wide", "measures", "only_images", "unlinked"]

TAGS: Final = frozenset(
    {"em", "strong", "s", "del", "ins", "u", "small", "sub", "sup", "kbd", "mark", "b", "i", "span"}
)
FIRST_WIDE: Final = "\u2e80"  # from here on scripts are written without blanks between words
HANGUL: Final = ("\uac00", "\ud7a3")  # Korean puts blanks between words
INLINE_IMAGE_PX: Final = 120  # an image among words whose width nobody gave: about a badge


def inline_html(inlines: Sequence[Inline], page: Page, depth: int = 0) -> str:
    """Return the markup of a row of inlines."""
    return "".join(_one(inlines, index, page, depth) for index in range(len(inlines)))


def image(value: Image, page: Page, *, room_px: int, alt: str, kind: str) -> str:
    """Return an `<img>` of at most `room_px` with its width, as attribute and as style, its height where it is known, and its alt, be it empty."""
    file = page.images.get(value.src)
    if page.medium == "web":
        own = shown_size(file, value.src, authored=value.width, room=room_px) if file else (value.width or 0, None)
        return web_markup.image(value, page, alt=alt, kind=kind, size=own)
    size = shown_size(file, value.src, authored=value.width, room=room_px)
    title = f' title="{escape.attribute(value.title)}"' if value.title and kind != "im" else ""
    src = escape.attribute(page.address(value.src))
    return f'<img class="{kind}" src="{src}" alt="{escape.attribute(alt)}"{title} {measures(*size)} />'


def measures(width: int, height: int | None) -> str:
    """Return the attributes of an image's size: its place is kept while it loads, and it shrinks in proportion."""
    if height is None:
        return f'width="{width}" style="max-width:{width}px"'
    return f'width="{width}" height="{height}" style="max-width:{width}px;height:auto"'


def only_images(inlines: Sequence[Inline]) -> bool:
    """Return whether there is nothing but images, linked ones and blanks included."""
    seen = False
    for part in inlines:
        if isinstance(part, Link):
            if not only_images(part.children):
                return False
            seen = True
        elif isinstance(part, Image):
            seen = True
        elif not isinstance(part, Break) and not (isinstance(part, Text) and not part.text.strip()):
            return False
    return seen


def is_wide(character: str) -> bool:
    """Return whether the character belongs to a script without blanks between words."""
    return character >= FIRST_WIDE and not HANGUL[0] <= character <= HANGUL[1]


def unlinked(inlines: Sequence[Inline]) -> tuple[Inline, ...]:
    """Return the inlines without links of its own: a link cannot stand inside a link."""
    found: list[Inline] = []
    for part in inlines:
        match part:
            case Link():
                found.extend(unlinked(part.children))
            case Styled():
                found.append(Styled(tag=part.tag, children=unlinked(part.children)))
            case _:
                found.append(part)
    return tuple(found)


def _one(inlines: Sequence[Inline], index: int, page: Page, depth: int) -> str:
    part = inlines[index]
    match part:
        case Text():
            return escape.text(part.text).replace("\n", " ")
        case CodeSpan():
            return f'<code class="c" dir="ltr">{escape.text(part.text)}</code>'
        case Break():
            return "<br />" if part.hard else _soft(inlines, index)
        case FootnoteRef():
            return web_markup.reference(part.number, page) if page.medium == "web" else f"<sup>[{part.number}]</sup>"
        case Image():
            return image(part, page, room_px=_room(part, page), alt=part.alt, kind="ii")
        case Link():
            return _link(part, page, depth)
        case Styled():
            return _styled(part, page, depth)


def _room(part: Image, page: Page) -> int:
    return min(part.width or INLINE_IMAGE_PX, page.column_px)


def _link(part: Link, page: Page, depth: int) -> str:
    if len(part.children) == 1 and isinstance(part.children[0], Image):
        only = part.children[0]
        alt = only.alt or source(part.url) or part.url
        inner = image(only, page, room_px=_room(only, page), alt=alt, kind="ii")
    else:
        inner = inline_html(part.children, page, depth + 1) or escape.text(part.url)
    title = f' title="{escape.attribute(part.title)}"' if part.title else ""
    return f'<a href="{escape.attribute(part.url)}"{title}>{inner}</a>'


def _styled(part: Styled, page: Page, depth: int) -> str:
    inner = inline_html(part.children, page, depth + 1)
    if depth >= DEEPEST or part.tag not in TAGS or part.tag == "span":
        return inner
    return f"<{part.tag}>{inner}</{part.tag}>"


def _soft(inlines: Sequence[Inline], index: int) -> str:
    """Return the blank a line end stands for: none between two wide characters."""
    before = _edge(inlines[index - 1], last=True) if index else ""
    after = _edge(inlines[index + 1], last=False) if index + 1 < len(inlines) else ""
    return "" if before and after and is_wide(before) and is_wide(after) else " "


def _edge(part: Inline, *, last: bool) -> str:
    match part:
        case Text() | CodeSpan():
            return part.text[-1:] if last else part.text[:1]
        case Link() | Styled():
            return _edge(part.children[-1 if last else 0], last=last) if part.children else ""
        case _:
            return ""
