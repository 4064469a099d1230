"""
Data tables as HTML for mail: `tb` the frame that scrolls, `dt` the table, `ds` one whose rows are stacked on a phone, `dl` a stacked cell's label.

A table is stacked when its longest words cannot stand side by side on a phone; the labels are its head's words. A short number never breaks.

Units: CSS pixels, on a phone of 375 with the theme's phone.css.
"""

import re
from collections.abc import Sequence
from typing import Final

from mailweekly.edition import escape, web_markup
from mailweekly.edition.columns import width
from mailweekly.edition.inlines import inline_html
from mailweekly.edition.page import Page
from mailweekly.issue.model import Inline, Table
from mailweekly.issue.words import plain

__all__ = ["table_html"]

PHONE_PX: Final = 320  # what text has on a phone of 360
COLUMN_PX: Final = 8  # a character at 14 px, on the wide side
PADDING_PX: Final = 17  # left and right of a cell
WIDE_WORD: Final = 2  # columns of a script without blanks: it breaks anywhere
NUMBER: Final = re.compile(r"(?=.*\d)(?=.*[ \u00a0/–-])[\d\s.,:%+/$€£¥–-]{2,12}")
BREAKS: Final = re.compile(r"[\s\u2e80-\ua4cf\uf900-\ufaff\uff00-\uffef-]+")


def table_html(block: Table, page: Page) -> str:
    """Return a data table in its frame."""
    stacked = page.medium == "mail" and _is_wide(block)
    labels = [plain(cell).strip() for cell in block.head] if stacked else []
    rows = "".join(f"<tr>{_cells(row, block.aligns, page, labels)}</tr>" for row in block.rows)
    head = f"<thead><tr>{_heads(block, page)}</tr></thead>" if block.head else ""
    frame = '<table role="presentation" class="tf" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td><div class="tb">'
    table = f'<table class="dt{" ds" if stacked else ""}" cellpadding="0" cellspacing="0" border="0">{head}<tbody>{rows}</tbody></table>'
    return web_markup.table(table) if page.medium == "web" else f"{frame}{table}</div></td></tr></table>"


def _is_wide(block: Table) -> bool:
    rows = [*([block.head] if block.head else []), *block.rows]
    count = max((len(row) for row in rows), default=0)
    needed = [max((_longest(row[at]) for row in rows if at < len(row)), default=0) for at in range(count)]
    return sum(needed) * COLUMN_PX + count * PADDING_PX > PHONE_PX


def _longest(cell: Sequence[Inline]) -> int:
    said = plain(cell).strip()
    if NUMBER.fullmatch(said):
        return width(said)
    return max((width(word) for word in BREAKS.split(said)), default=WIDE_WORD)


def _heads(block: Table, page: Page) -> str:
    return "".join(
        f'<th scope="col"{_align(block.aligns, at)}>{inline_html(cell, page)}</th>'
        for at, cell in enumerate(block.head)
    )


def _cells(row: Sequence[Sequence[Inline]], aligns: Sequence[str], page: Page, labels: Sequence[str]) -> str:
    return "".join(
        f"<td{_kind(cell)}{_align(aligns, at)}>{_label(labels, at, cell)}{inline_html(cell, page)}</td>"
        for at, cell in enumerate(row)
    )


def _kind(cell: Sequence[Inline]) -> str:
    return ' class="nw"' if NUMBER.fullmatch(plain(cell).strip()) else ""


def _label(labels: Sequence[str], at: int, cell: Sequence[Inline]) -> str:
    if at >= len(labels) or not labels[at] or not plain(cell).strip():
        return ""
    return f'<b class="dl">{escape.text(labels[at])}</b>'


def _align(aligns: Sequence[str], at: int) -> str:
    return f' align="{aligns[at]}" style="text-align:{aligns[at]}"' if at < len(aligns) and aligns[at] else ""
