"""
The mail as a screen reader meets it, in reading order, and what was found, at its place.

Headings have their levels, links their names, images their alts; lists, tables and other languages are announced. A list of headings, links or images
is a reader's own as well: many go through a mail by these alone.

Errors: none.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markdown import SHAPES, WORDS, aim
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.origin import lines_of
from mailweekly.adapters.web.reading import Block, Group, Piece, Reading, read_mail
from mailweekly.adapters.web.views.view import Scene, View
from mailweekly.preflight.finding import Finding

__all__ = ["VIEW"]

PARTS: Final = {"all": "All", "headings": "Headings", "links": "Links", "images": "Images"}
ONE: Final = {"headings": "heading", "links": "link", "images": "image"}
LIVE: Final = ("https://", "http://", "mailto:")
MOST: Final = 4_000  # rows
ALT_CHARACTERS: Final = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A mail read, and the line of each of its blocks."""

    reading: Reading
    lines: tuple[int, ...]


def _draw(scene: Scene) -> Markup:
    text, mail = scene.picture.rendered.source_text, scene.copy.html
    heard: Heard = scene.once(("outline", mail, text), lambda: _heard(mail, text))
    of = _of(scene)
    rows = list(_all(scene, heard) if of == "all" else _only(of, scene.look, heard))
    shown = element("ol", {"class": "met", "aria-label": PARTS[of]}, *rows[:MOST])
    nothing = element("p", {"class": "quiet"}, f"There is no {ONE.get(of, 'word')} in this mail.")
    return element(
        "div",
        {"class": "sheet outline"},
        element("p", {"class": "quiet"}, _summary(heard.reading)),
        shown if rows else nothing,
    )


def _tools(scene: Scene) -> Markup:
    links = [
        element(
            "a",
            {
                "href": scene.look.at(of="" if of == "all" else of).url,
                "aria-current": "true" if of == _of(scene) else None,
            },
            name,
        )
        for of, name in PARTS.items()
    ]
    return element("nav", {"aria-label": "Show", "class": "segments"}, *links)


def _of(scene: Scene) -> str:
    return scene.look.of if scene.look.of in PARTS else "all"


def _heard(mail: str, text: str) -> Heard:
    reading = read_mail(mail)
    return Heard(reading=reading, lines=lines_of(reading.blocks, text))


def _summary(reading: Reading) -> str:
    kinds = Counter(piece.kind for block in reading.blocks for piece in block.pieces)
    levels = Counter(block.level for block in reading.blocks if block.level)
    headings = ", ".join(f"{count} of level {level}" for level, count in sorted(levels.items()))
    told = [f"Headings: {headings or 'none'}", f"links: {kinds['link']}", f"images: {kinds['image']}"]
    return "; ".join(
        [*told, f"language: {reading.lang or 'not said'}", "right to left" if reading.dir == "rtl" else "left to right"]
    )


def _all(scene: Scene, heard: Heard) -> Iterator[Markup]:
    look, reading = scene.look, heard.reading
    placed, others = _placed(scene.found, scene.picture.rendered.source, heard.lines)
    if others:
        yield element("li", None, *(_note(one, look) for one in others))
    skips = _skips(reading.blocks)
    entered: tuple[int, ...] = ()
    for at, (block, line) in enumerate(zip(reading.blocks, heard.lines, strict=True)):
        for group in block.around:
            if group not in entered:
                yield _entered(reading.groups[group])
        entered = block.around
        yield _row(look, reading, block, line, skip=at in skips, notes=placed.get(at, ()))


def _row(look: Look, reading: Reading, block: Block, line: int, *, skip: bool, notes: Sequence[Finding]) -> Markup:
    role = f"heading {block.level}" if block.level else _role(block)
    said = {"lang": block.lang or None, "dir": block.dir or None}
    marks = [element("span", {"class": "tag"}, word) for word in _different(block, reading)]
    if skip:
        marks.append(element("span", {"class": "tag bad"}, "▲ skips a level"))
    return element(
        "li",
        {"class": "head" if block.level else None},
        element("span", {"class": "role"}, role),
        element("span", {"class": "says", **said}, *(_piece(piece) for piece in _trimmed(block.pieces))),
        *marks,
        _to_line(look, line),
        *(_note(one, look) for one in notes),
    )


def _trimmed(pieces: Sequence[Piece]) -> Sequence[Piece]:
    return [replace(pieces[0], words=pieces[0].words.lstrip()), *pieces[1:]]


def _role(block: Block) -> str:
    if block.is_item:
        return "item"
    kinds = {piece.kind for piece in block.pieces if piece.words.strip() or piece.kind != "text"}
    return kinds.pop() if len(kinds) == 1 else "text"


def _different(block: Block, reading: Reading) -> list[str]:
    told = [block.lang] if block.lang and block.lang != reading.lang else []
    if block.dir in {"ltr", "rtl"} and block.dir != (reading.dir or "ltr"):
        told.append("right to left" if block.dir == "rtl" else "left to right")
    return told


def _piece(piece: Piece) -> Markup:
    lang = {"lang": piece.lang} if piece.lang else None
    if piece.kind == "image":
        if not piece.has_name:
            return element("span", {"class": "tag bad"}, "▲ image without an alt")
        words = piece.words[:ALT_CHARACTERS]
        return (
            element("span", {"class": "alt"}, f"image “{words}” ")
            if words
            else element("span", {"class": "alt quiet"}, "decorative image ")
        )
    if piece.kind == "link":
        if not piece.has_name:
            return element("span", {"class": "tag bad"}, "▲ link without a name")
        return _link(piece.url, piece.words) if piece.words.strip() else joined()
    return element("span", lang, piece.words) if lang else joined(piece.words)


def _link(url: str, words: str) -> Markup:
    if not url.lower().startswith(LIVE):
        return element("u", None, words)
    return element("a", {"href": url, "target": "_blank", "rel": "noopener noreferrer"}, words)


def _entered(group: Group) -> Markup:
    told = group.kind
    if group.kind.endswith("list"):
        told += f", {group.rows} {'item' if group.rows == 1 else 'items'}"
    elif group.kind == "table":
        told += f", {group.rows} {'row' if group.rows == 1 else 'rows'} of {group.columns}"
    name = element("span", {"class": "says"}, group.name) if group.name else joined()
    return element("li", None, element("span", {"class": "role"}, told), name)


def _only(of: str, look: Look, heard: Heard) -> Iterator[Markup]:
    """Yield the headings, the links or the images alone."""
    skips = _skips(heard.reading.blocks)
    for at, (block, line) in enumerate(zip(heard.reading.blocks, heard.lines, strict=True)):
        if of == "headings":
            if block.level:
                yield _row(look, heard.reading, block, line, skip=at in skips, notes=())
            continue
        for piece in block.pieces:
            if piece.kind == ONE[of] and (piece.words.strip() or not piece.has_name or of == "images"):
                yield element(
                    "li",
                    None,
                    element("span", {"class": "role"}, "link" if of == "links" else "image"),
                    element(
                        "span",
                        {"class": "says", "lang": piece.lang or block.lang or None},
                        _piece(piece),
                        element("small", {"class": "quiet"}, _whereto(piece.url)),
                    ),
                    _to_line(look, line),
                )


def _whereto(url: str) -> str:
    try:
        split = urlsplit(url)
    except ValueError:
        return url
    return f"{split.hostname}{split.path}".removesuffix("/") if split.hostname else url[:ALT_CHARACTERS]


def _skips(blocks: Sequence[Block]) -> set[int]:
    headings = [(at, block.level) for at, block in enumerate(blocks) if block.level]
    return {at for (_, before), (at, level) in pairwise(headings) if level > before + 1}


def _to_line(look: Look, line: int) -> Markup:
    if not line:
        return element("span", {"class": "line quiet", "title": "From the theme, not from the Markdown"}, "theme")
    return element("a", {"class": "line", "href": f"{look.at(finding=f'line:{line}').url}#L{line}"}, f"Line {line}")


def _placed(
    found: Sequence[Finding], source: str, lines: Sequence[int]
) -> tuple[dict[int, list[Finding]], list[Finding]]:
    """Put each finding to the block of its line, or the nearest before it; those above the first, and of other files, are about the whole."""
    placed: dict[int, list[Finding]] = defaultdict(list)
    others: list[Finding] = []
    known = sorted({line: at for at, line in reversed(list(enumerate(lines))) if line}.items())
    first = min((line for line in lines[2:] if line), default=0)
    for finding in sorted(found, key=lambda one: (one.level.rank, one.line)):
        near = [at for line, at in known if line <= finding.line]
        if finding.file == source and near and finding.line >= first:
            placed[near[-1]].append(finding)
        else:
            others.append(finding)
    return placed, others


def _note(finding: Finding, look: Look) -> Markup:
    sign = element("b", {"class": "shape"}, f"{SHAPES[finding.level]} {WORDS[finding.level]}")
    link = element("a", {"href": f"{look.at(finding=aim(finding)).url}#F{finding.line}"}, finding.what)
    return element("p", {"class": f"hint {finding.level.value}"}, sign, " ", link)


VIEW: Final = View(
    name="outline",
    title="Outline",
    key="9",
    about="reading order, headings, links, alts, with findings at their place",
    draw=_draw,
    tools=_tools,
    group="parts",
    late=True,
)
