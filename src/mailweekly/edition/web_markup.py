"""
Markup that a page can have and a mail cannot: figures, code without a table round it, columns by grid, notes with links both ways.

Takes what is drawn already, or strings it escapes; the classes are the mail's where the thing is the same, so that one `web.css` dresses both.

Errors: none.
"""

import re
from collections.abc import Sequence
from typing import Final

from mailweekly.edition import escape
from mailweekly.edition.highlight import coloured
from mailweekly.edition.page import Page
from mailweekly.issue.model import Code, Image

__all__ = ["code", "columns", "figure", "image", "notes", "paid", "reference", "table"]

LINK: Final = re.compile(r"<a\b([^<>]*)>")
REL: Final = re.compile(r'\srel="([^"]*)"')


def image(value: Image, page: Page, *, alt: str, kind: str, size: tuple[int, int | None]) -> str:
    """Return an `<img>`; a width of 0 leaves its size to the picture, once it is there."""
    width, height = size
    given = [f'class="{kind}"', f'src="{escape.attribute(page.address(value.src))}"', f'alt="{escape.attribute(alt)}"']
    if value.title and kind != "im":
        given.append(f'title="{escape.attribute(value.title)}"')
    if width:
        given.append(f'width="{width}"')
    if height:
        given.append(f'height="{height}"')
    return f'<img {" ".join(given)} loading="lazy" decoding="async">'


def figure(drawn: str, caption: str, link: str) -> str:
    """Return a picture that is a paragraph of its own, with its caption."""
    inner = f'<a class="fa" href="{escape.attribute(link)}">{drawn}</a>' if link else drawn
    if not caption:
        return f'<p class="fg">{inner}</p>'
    return f'<figure class="fg">{inner}<figcaption class="cp">{escape.text(caption)}</figcaption></figure>'


def code(block: Code) -> str:
    """Return a code block; it scrolls by itself, also by keyboard."""
    said = escape.attribute(block.lang.strip())
    label = f' data-lang="{said}"' if said else ""
    return f'<pre class="pr" dir="ltr" tabindex="0"{label}><code>{coloured(block.text, block.lang)}</code></pre>'


def table(drawn: str) -> str:
    """Return a data table in a frame that scrolls by itself."""
    return f'<div class="tb" tabindex="0">{drawn}</div>'


def columns(cells: Sequence[str]) -> str:
    """Return columns that stand side by side where there is room."""
    return f'<div class="cl">{"".join(f"<div>{cell}</div>" for cell in cells)}</div>'


def reference(number: int, page: Page) -> str:
    """Return a note's number in the text; the first of its kind is what the note leads back to."""
    first = _back(number, page)
    own = "" if first in page.taken else f' id="{page.anchor(first)}"'
    return f'<sup class="fr"><a{own} href="#{_note(number, page)}" role="doc-noteref">{number}</a></sup>'


def notes(bodies: Sequence[tuple[int, str]], page: Page) -> str:
    """Return the notes, each with its way back to where it was referred to."""
    rows = "".join(_row(number, body, page) for number, body in bodies)
    return f'<ol class="fn" role="doc-endnotes">{rows}</ol>'


def paid(drawn: str) -> str:
    """Return markup with every link in it marked as paid for, as search engines ask."""
    return LINK.sub(_marked, drawn)


def _row(number: int, body: str, page: Page) -> str:
    back = _back(number, page)
    own = page.anchor(_note(number, page))
    if back in page.taken:
        label = escape.attribute(page.words.get("back", "Back to the text"))
        way = f' <a class="fb" href="#{back}" role="doc-backlink" aria-label="{label}">↩\ufe0e</a>'
        head, end, tail = body.rpartition("</p>")
        body = f"{head}{way}{end}{tail}" if end and not tail else f"{body}{way}"
    return f'<li id="{own}" value="{number}">{body}</li>'


def _note(number: int, page: Page) -> str:
    return f"{page.scope}note-{number}"


def _back(number: int, page: Page) -> str:
    return f"{page.scope}ref-{number}"


def _marked(found: re.Match[str]) -> str:
    given = REL.search(found[1])
    if given is None:
        return f'<a rel="sponsored"{found[1]}>'
    if "sponsored" in given[1].split():
        return found[0]
    return f'<a{REL.sub("", found[1])} rel="{given[1]} sponsored">'
