"""
Blocks and inlines as plain text, in lines of 72 columns by display width; an address is never broken.

A link is `text <address>`; an image its alt text; code stands as written, four columns in. Conditional blocks stand between the same marks as in the
HTML, each on a line of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailweekly.edition import escape
from mailweekly.edition.columns import WIDTH, pad, width, wrapped
from mailweekly.edition.conditions import CONDITIONAL, unmarked
from mailweekly.edition.page import DEEPEST, flat
from mailweekly.edition.presence import ALWAYS, When, both, frames, presence, variants
from mailweekly.edition.sponsor import sponsored
from mailweekly.edition.stacks import marked, stacked
from mailweekly.issue.model import (
    Block,
    Break,
    Code,
    CodeSpan,
    Component,
    Entry,
    Footnote,
    FootnoteRef,
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
    Styled,
    Table,
    Text,
)
from mailweekly.issue.words import plain

__all__ = ["Sheet", "blocks_text", "footnotes_text", "inline_text"]

NARROWEST: Final = 24  # columns left to text, however deep it stands
CODE_INDENT: Final = "    "


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """Words of the theme, what fills components, and how entries are written."""

    words: Mapping[str, str]
    address: Callable[[str], str]  # an image's source -> its address; empty: it has none
    entry: Callable[[Entry, "Sheet", int], list[str]]  # an entry, this sheet and columns -> lines
    filling: Callable[[str], list[str]]  # a component the issue or publication fills (previous, toc) -> lines
    meta: Mapping[str, str] = field(default_factory=dict)  # the issue's front matter: it names the sponsor


def blocks_text(blocks: Iterable[Block | Entry], sheet: Sheet, *, columns: int = WIDTH, depth: int = 0) -> list[str]:
    """Return the lines of blocks, an empty line between two of them."""
    framed = frames(tuple(flat(blocks) if depth > DEEPEST else blocks), "text")
    return stacked((who, _drawn(block, sheet, columns, depth) if who else []) for block, who in framed)


def footnotes_text(notes: Iterable[Footnote], sheet: Sheet, *, columns: int = WIDTH) -> list[str]:
    """Return the notes of an entry or of the issue."""
    lines: list[str] = []
    for note in notes:
        for who, inner in variants(note.blocks, "text", leading=True):
            lines += marked(_hung(f"[{note.number}] ", blocks_text(inner, sheet, columns=columns - 4)), who)
    return lines


def inline_text(inlines: Sequence[Inline], depth: int = 0) -> str:
    """Return what a row of inlines says, addresses included."""
    return "".join(_inline(part, depth) for part in inlines)


def _inline(part: Inline, depth: int) -> str:
    match part:
        case Text() | CodeSpan():
            return unmarked(escape.clean(part.text))
        case Break():
            return "\n" if part.hard else " "
        case FootnoteRef():
            return f"[{part.number}]"
        case Image():
            return f"[{part.alt}]" if part.alt else ""
        case Link():
            return _link(part, depth)
        case Styled():
            return plain(part.children) if depth > 4 * DEEPEST else inline_text(part.children, depth + 1)


def _link(part: Link, depth: int) -> str:
    said = (plain(part.children) if depth > 4 * DEEPEST else inline_text(part.children, depth + 1)).strip()
    shown = part.url.removeprefix("mailto:")
    if said.rstrip("/") in {part.url.rstrip("/"), shown, part.url.split("://", 1)[-1].rstrip("/")}:
        return shown if said == shown else part.url
    return f"{said} <{shown}>" if said else f"<{shown}>"


def _drawn(block: Block | Entry, sheet: Sheet, columns: int, depth: int) -> list[str]:
    if isinstance(block, Entry):
        return sheet.entry(block, sheet, columns)
    return _block(block, sheet, max(columns, NARROWEST), depth)


def _block(block: Block, sheet: Sheet, columns: int, depth: int) -> list[str]:
    match block:
        case Paragraph() | Heading():
            return _filled(inline_text(block.children), columns)
        case ListBlock():
            return _list(block, sheet, columns, depth)
        case Quote():
            return [
                f"> {line}".rstrip() for line in blocks_text(block.blocks, sheet, columns=columns - 2, depth=depth + 1)
            ]
        case Code():
            return [
                f"{CODE_INDENT}{line}".rstrip() for line in unmarked(escape.clean(block.text)).rstrip("\n").split("\n")
            ]
        case Table():
            return _table(block, columns)
        case Picture():
            return _picture(block, sheet, columns)
        case Rule():
            return ["* * *"]
        case _:
            return _html(block, columns) if isinstance(block, Html) else _component(block, sheet, columns, depth)


def _filled(text: str, columns: int) -> list[str]:
    return wrapped(text, columns=columns) if text.strip() else []


def _list(block: ListBlock, sheet: Sheet, columns: int, depth: int) -> list[str]:
    marks = [f"{block.start + at}. " if block.ordered else "- " for at in range(len(block.items))]
    indent = " " * max((len(mark) for mark in marks), default=0)
    items: list[tuple[When, list[str]]] = []
    for mark, item in zip(marks, block.items, strict=True):
        for who, parts in variants(item, "text", leading=True):
            whom = both(who, presence(parts, "text")) if item else ALWAYS
            inner = blocks_text(parts, sheet, columns=columns - len(indent), depth=depth + 1) if whom else []
            if block.tight:
                inner = [line for line in inner if line]
            items.append((whom, _hung(mark.ljust(len(indent)), inner, indent)))
    return [line for who, lines in items for line in marked(lines, who)] if block.tight else stacked(items)


def _hung(mark: str, lines: Sequence[str], indent: str | None = None) -> list[str]:
    inside = " " * len(mark) if indent is None else indent
    return [(f"{inside}{line}" if at else f"{mark}{line}").rstrip() for at, line in enumerate(lines or [""])]


def _table(block: Table, columns: int) -> list[str]:
    rows = [
        [" ".join(inline_text(cell).split()) for cell in row]
        for row in (*([block.head] if block.head else []), *block.rows)
    ]
    count = max((len(row) for row in rows), default=0)
    filled = [row + [""] * (count - len(row)) for row in rows]
    widths = [max(width(row[at]) for row in filled) for at in range(count)]
    if sum(widths) + 2 * (count - 1) > columns:
        return _records(filled, columns, named=bool(block.head))
    aligns = [block.aligns[at] if at < len(block.aligns) else "" for at in range(count)]
    drawn = ["  ".join(pad(cell, widths[at], aligns[at]) for at, cell in enumerate(row)).rstrip() for row in filled]
    return [drawn[0], "  ".join("-" * size for size in widths), *drawn[1:]] if block.head else drawn


def _records(rows: Sequence[Sequence[str]], columns: int, *, named: bool) -> list[str]:
    """Return a table too wide for the page as one small list a row."""
    lines: list[str] = []
    names = rows[0] if named else [""] * len(rows[0])
    for row in rows[1:] if named else rows:
        lines += [""] if lines else []
        for name, cell in zip(names, row, strict=True):
            lines += (
                wrapped(f"{name}: {cell}" if name and cell else cell or name, rest="  ", columns=columns)
                if cell
                else []
            )
    return lines


def _picture(block: Picture, sheet: Sheet, columns: int) -> list[str]:
    said = block.image.alt or block.caption
    where = block.url.removeprefix("mailto:") or sheet.address(block.image.src)
    parts = [f"[{said}]" if said else "", f"<{where}>" if where else ""]
    lines = wrapped(" ".join(part for part in parts if part), columns=columns) if said or where else []
    return lines + (wrapped(block.caption, columns=columns) if block.caption and block.caption != said else [])


def _html(block: Html, columns: int) -> list[str]:
    lines = [
        line
        for part in unmarked(escape.clean(block.text)).strip().split("\n")
        for line in wrapped(" ".join(part.split()), columns=columns)
    ]
    said = "\n".join(lines)
    return lines + [f"<{url.removeprefix('mailto:')}>" for url in dict.fromkeys(block.urls) if url not in said]


def _component(block: Component, sheet: Sheet, columns: int, depth: int) -> list[str]:
    if block.name in CONDITIONAL:
        return blocks_text(block.blocks, sheet, columns=columns, depth=depth + 1)
    if block.name == "button":
        return [
            line
            for who, inner in variants(block.blocks, "text")
            for line in marked(_container(block, blocks_text(inner, sheet, columns=columns), sheet, columns), who)
        ]
    inside = [part for part in block.blocks if not (block.name == "columns" and isinstance(part, Rule))]
    body = blocks_text(inside, sheet, columns=columns, depth=depth + 1)
    return _container(block, body, sheet, columns)


def _container(block: Component, body: list[str], sheet: Sheet, columns: int) -> list[str]:
    options = sponsored(block.options, sheet.meta) if block.name == "sponsor" else block.options
    url = options.get("url", "").removeprefix("mailto:")
    match block.name:
        case "sponsor":
            label = options.get("label") or sheet.words.get("sponsor", "Sponsor")
            head = f"--- {label}: {options['name']} ---" if options.get("name") else f"--- {label} ---"
            return [*wrapped(head, columns=columns), *([f"<{url}>"] if url else []), *body, "---"]
        case "button":
            label = " ".join(body) or options.get("label", "") or sheet.words.get("read", "")
            return wrapped(f"{label} <{url}>" if url else label, columns=columns)
        case "note" | "poll":
            title = options.get("question") or options.get("title", "")
            return [*(wrapped(title, columns=columns) if title else []), *body]
        case "quote":
            by = options.get("by", "")
            said = [f"> {line}".rstrip() for line in body]
            return [*said, *wrapped(f"— {by} <{url}>" if url else f"— {by}", columns=columns)] if by else said
        case "figure":
            return [*body, *(wrapped(options["caption"], columns=columns) if options.get("caption") else [])]
        case _:
            return [*body, *sheet.filling(block.name)]
