"""
Rules on what is seen: contrast in the author's light and dark schemes, sizes, links that look like links, buttons that a thumb meets.

A text is measured on the ground it truly stands on, wherever that was set. What is hidden, and signs that carry no letter, are not measured. A
fault of the theme is told once, with the first text that shows it.

Units: CSS pixels; contrast is WCAG's ratio.
Source: WCAG 2.2, 1.4.3 (contrast), 1.4.1 (links), 2.5.5 and 2.5.8 (targets).
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Final

from mailweekly.edition.colour import contrast
from mailweekly.preflight.drawn import Drawn
from mailweekly.preflight.facts import TOKEN, Facts, width
from mailweekly.preflight.looks import Look, pixels, sides
from mailweekly.preflight.markup import Element, Run
from mailweekly.preflight.place import Place
from mailweekly.preflight.sources import of_style, shown

__all__ = ["DRAWN_RULES", "GROUNDS", "least_contrast", "lettered"]

ENOUGH: Final = 4.5
ENOUGH_LARGE: Final = 3.0
LARGE: Final = 24.0
LARGE_BOLD: Final = 19.0  # 14 pt, rounded up
BODY: Final = 16.0
NOTES: Final = 13.0
LINES: Final = 1.4
SENTENCE: Final = 40  # letters of a text that is no label
RUNS_ON: Final = 400  # letters of one size, from which on it is that of the mail
LONG: Final = 80  # letters of a text that runs over several lines
BUTTON: Final = 44.0
APART: Final = 8.0
BLANK: Final = 0.25  # of the type's size: what a space takes
FEW_WORDS: Final = 3  # beside a link, from which on it stands in running text
GROUNDS: Final = ("background-color", "background")
RUNNING: Final = frozenset({"p", "li", "dd", "blockquote", "td", "div"})
OWN_SIZE: Final = frozenset({"sup", "sub"})
BLOCKS: Final = frozenset(
    {"p", "li", "dd", "dt", "td", "th", "div", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "body"}
)


def least_contrast(look: Look) -> float:
    """Return the contrast that a text of this look needs."""
    return ENOUGH_LARGE if look.size >= LARGE or (look.is_bold and look.size >= LARGE_BOLD) else ENOUGH


def lettered(drawn: Drawn) -> Iterator[tuple[Run, Look]]:
    """Yield each shown text that has a letter or a figure."""
    for run, look in drawn.seen():
        if any(map(str.isalnum, run.text)) and look.size:
            yield run, look


def in_light(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield each pair of colours that text cannot be read in."""
    yield from _poor(facts, drawn, drawn.light, "")


def in_dark(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield each pair of colours that text cannot be read in where the author's dark scheme holds."""
    if drawn.dark:
        yield from _poor(facts, drawn, drawn.dark, "In dark mode ")


def link_look(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield one place when links in running text differ from it by colour alone."""
    for element in drawn.page.of("a"):
        if "href" not in element.attributes or not _is_plain(drawn, element):
            continue
        block = next((one for one in drawn.above(element.parent) if one.tag in BLOCKS), None)
        if block is None or block.tag not in RUNNING:
            continue
        beside = " ".join(run.text for run in _texts(drawn, block) if not _is_in_link(drawn, run.element))
        if len(beside.split()) >= FEW_WORDS and element.text:
            what = f"The link {shown(facts, element.text)} is told from the words around it by colour alone."
            yield of_style(facts, drawn, element.index, ("text-decoration",), what)
            return


def text_size(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield type that is small on a phone: running text, notes, and lines that stand too close."""
    sizes: Counter[float] = Counter()
    first: dict[float, tuple[Run, Look]] = {}
    small, close = None, None
    for run, look in lettered(drawn):
        letters = width("".join(TOKEN.sub("", run.text).split()))
        element = drawn.page.elements[run.element]
        if _block(drawn, run.element) in RUNNING and letters >= SENTENCE:
            sizes[round(look.size, 1)] += letters
            first.setdefault(round(look.size, 1), (run, look))
            if letters >= LONG and look.line < LINES and close is None:
                close = (run, look)
        if look.size < NOTES and small is None and element.tag not in OWN_SIZE and letters > 1:
            small = (run, look)
    usual, most = sizes.most_common(1)[0] if sizes else (BODY, 0)
    usual = usual if most >= RUNS_ON else BODY  # a foot alone is no running text
    if usual < BODY:
        run, look = first[usual]
        what = f"Running text has {look.size:.0f} px: {shown(facts, run.text)}."
        yield of_style(facts, drawn, run.element, ("font-size", "font"), what)
    if small and round(small[1].size, 1) != usual:
        what = f"{shown(facts, small[0].text)} has {small[1].size:.1f} px, less than {NOTES:.0f}."
        yield of_style(facts, drawn, small[0].element, ("font-size", "font"), what)
    if close:
        said = f"{close[1].line:.2f}" if close[1].line else "whatever the mail program takes"
        what = f"The line height of {shown(facts, close[0].text)} is {said}, less than {LINES}."
        yield of_style(facts, drawn, close[0].element, ("line-height", "font"), what)


def target(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield buttons that are low, and links of the theme that stand closer than a thumb is fine."""
    told: set[str] = set()
    for element in drawn.page.of("a"):
        name = " ".join(sorted(element.classes))
        if not element.text or not drawn.light[element.index].is_shown or name in told:
            continue
        height = _height(drawn, element)
        if height is not None and height < BUTTON:
            told.add(name)
            what = f"The button {shown(facts, element.text)} is {height:.0f} px high, less than {BUTTON:.0f}."
            yield of_style(facts, drawn, element.index, ("padding", "line-height"), what)
    yield from _crowded(facts, drawn)


DRAWN_RULES: Final[Mapping[str, Callable[[Facts, Drawn], Iterator[Place]]]] = {
    "a11y.contrast": in_light,
    "a11y.contrast-dark": in_dark,
    "a11y.link-look": link_look,
    "a11y.target": target,
    "a11y.text-size": text_size,
}


def _poor(facts: Facts, drawn: Drawn, looks: tuple[Look, ...], scheme: str) -> Iterator[Place]:
    told: set[tuple[str, str]] = set()
    for run, light in lettered(drawn):
        look = looks[run.element]
        pair = (look.front, look.back)
        if pair in told or not look.back:
            continue
        reached = contrast(*pair)
        if reached < least_contrast(light):
            told.add(pair)
            lead = f"{scheme}{shown(facts, run.text)}"
            what = f"{lead} is {look.front} on {look.back}: a contrast of {reached:.2f}, below {least_contrast(light)}."
            index = look.front_set if look.front_set >= 0 else run.element
            yield of_style(facts, drawn, index, ("color", *GROUNDS), what)


def _is_plain(drawn: Drawn, element: Element) -> bool:
    """Whether a link has neither underline, frame, ground, weight nor picture of its own."""
    around = drawn.light[element.parent] if element.parent >= 0 else None
    look, values = drawn.light[element.index], drawn.own[element.index]
    inside = [one for one in _within(drawn, element) if one.index != element.index]
    marked = any(drawn.light[one.index].is_underlined or one.tag == "img" for one in inside)
    framed = any(values.get(name, "0")[:1] not in {"0", "n"} for name in ("border-bottom", "border"))
    bolder = look.is_bold and around is not None and not around.is_bold
    bolder = bolder or (any(drawn.light[one.index].is_bold for one in inside) and not (around and around.is_bold))
    grounded = look.back_set == element.index
    return look.is_shown and not (look.is_underlined or marked or framed or bolder or grounded)


def _block(drawn: Drawn, index: int) -> str:
    return next((one.tag for one in drawn.above(index) if one.tag in BLOCKS), "")


def _within(drawn: Drawn, element: Element) -> Iterator[Element]:
    yield element
    for index in drawn.children(element.index):
        yield from _within(drawn, drawn.page.elements[index])


def _texts(drawn: Drawn, block: Element) -> Iterator[Run]:
    """What a block says itself, blocks inside it left out."""
    for run, _ in drawn.seen():
        nearest = next((one for one in drawn.above(run.element) if one.tag in BLOCKS), None)
        if nearest is block:
            yield run


def _is_in_link(drawn: Drawn, index: int) -> bool:
    return any(one.tag == "a" and "href" in one.attributes for one in drawn.above(index))


def _height(drawn: Drawn, element: Element) -> float | None:
    """The height of a link that is drawn as a button; None for any other, and where it cannot be told."""
    values, look = drawn.own[element.index], drawn.light[element.index]
    cell = drawn.page.elements[element.parent] if element.parent >= 0 else element
    alone = cell.tag == "td" and len(drawn.children(cell.index)) == 1
    framed = values.get("border", "0")[:1] not in {"0", "n"}
    is_box = look.back_set == element.index or framed or (alone and look.back_set == cell.index)
    if not is_box or not look.line or values.get("display", "") not in {"inline-block", "block"}:
        return None
    top, _, bottom, _ = sides(values, "padding", look.size)
    height = look.size * look.line + top + bottom
    if framed:
        height += 2 * (pixels(values["border"].split()[0]) or 0.0)
    if alone and look.back_set == cell.index:
        upper, _, lower, _ = sides(drawn.own[cell.index], "padding", look.size)
        height += upper + lower
    return max(height, pixels(values.get("height", "")) or 0.0)


def _crowded(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Neighbouring links with nothing but a blank between them; those of the issue stand in its sentences."""
    written = {link.url for link in facts.links}
    links = [one for one in drawn.page.of("a") if "href" in one.attributes and drawn.light[one.index].is_shown]
    for one, other in pairwise(links):
        if one.parent != other.parent or not one.text or not other.text or other.attributes["href"] in written:
            continue
        between = [
            run.text for run in drawn.page.runs if one.offset < run.offset < other.offset and run.element == one.parent
        ]
        breaks = [two for two in drawn.page.elements[one.index + 1 : other.index] if two.parent == one.parent]
        if "".join(between).strip() or breaks:
            continue
        size = drawn.light[one.index].size
        near = [sides(drawn.own[link.index], name, size) for link in (one, other) for name in ("margin", "padding")]
        gap = BLANK * size * bool(between) + near[0][1] + near[1][1] + near[2][3] + near[3][3]
        if gap < APART:
            what = f"{shown(facts, one.text)} and {shown(facts, other.text)} are links {gap:.0f} px apart."
            yield of_style(facts, drawn, one.index, ("margin", "padding"), what)
            return
