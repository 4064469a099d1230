"""
Rules on dark mode: what stays glaring, what the marks of Outlook.com miss, what is left of a light mail that a program inverts by force.

Whether the author's own dark colours can be read is `a11y.contrast-dark`; a pair that it tells of is not told again.

Units: contrast is WCAG's ratio.
Source: hteumeuleu/email-bugs 64 (marks of Outlook.com), 68 (forced inversion), 162 (images let through); caniemail.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.edition.colour import contrast
from mailweekly.edition.images import cid_of
from mailweekly.edition.page import image_address
from mailweekly.preflight.drawn import DARK, Drawn
from mailweekly.preflight.facts import Facts, clipped, counted
from mailweekly.preflight.images import whence
from mailweekly.preflight.looks import pixels
from mailweekly.preflight.place import Place
from mailweekly.preflight.sight import GROUNDS, least_contrast, lettered
from mailweekly.preflight.sources import in_theme, of_style, shown
from mailweekly.simulate.invert import WAYS, inverted

__all__ = ["DRAWN_RULES"]

NEAR_BLACK: Final = 0x28  # the brightest of the three parts of a colour that passes for black
NEAR_WHITE: Final = 0xF0
WHITE: Final = "#FFFFFF"
DARK_GROUND: Final = 3.0  # contrast with black below which a dark edge is lost
BLACK: Final = "#000000"
MARKS: Final = ("[data-ogsc]", "[data-ogsb]", "[data-ogac]", "[data-ogab]")
COLOURED: Final = ("color", "background", "border", "outline")


def hard_black(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield black text and white boxes that no dark rule changes."""
    told: set[tuple[str, str]] = set()
    for run, look in lettered(drawn):
        dark = drawn.dark[run.element] if drawn.dark else look
        if (dark.front, dark.back) != (look.front, look.back) or not look.back:
            continue
        pair = (
            look.front if _is_black(look.front) and look.front_set >= 0 else "",
            look.back if _is_white(look.back) and look.back_set >= 0 else "",
        )
        if not any(pair) or pair in told:
            continue
        told.add(pair)
        said = " on ".join(part for part in (pair[0], pair[1] or (look.back if pair[0] else "")) if part)
        what = f"{shown(facts, run.text)} stays {said} in dark mode."
        index, names = (look.front_set, ("color",)) if pair[0] else (look.back_set, GROUNDS)
        yield of_style(facts, drawn, index, names, what)


def twins(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield one place when dark colours are not repeated under the marks that Outlook.com sets."""
    marked = {
        (selector[len(mark) :].strip(), one.name.partition("-")[0])
        for ruling in drawn.rulings
        if not ruling.when
        for selector in ruling.rule.selectors
        for mark in MARKS
        if selector.startswith(mark)
        for one in ruling.rule.declarations
    }
    alone = [
        selector
        for ruling in drawn.rulings
        if ruling.when == DARK
        for selector in ruling.rule.selectors
        for one in ruling.rule.declarations
        if one.name.startswith(COLOURED)
        and one.name != "color-scheme"
        and not selector.startswith((":root", *MARKS))
        and (selector, one.name.partition("-")[0]) not in marked
    ]
    if alone:
        what = f"{counted(len(alone), 'dark rule has', 'dark rules have')} no twin under [data-ogsc] or [data-ogsb], first {clipped(alone[0])}."
        yield in_theme(facts, r"@media[^{]*prefers-color-scheme", what)


def after_inversion(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield pairs of colours that cannot be read once a mail program has inverted them."""
    told: set[tuple[str, str]] = set()
    for run, look in lettered(drawn):
        pair, least = (look.front, look.back), least_contrast(look)
        if pair in told or not look.back or contrast(*pair) < least:
            continue
        told.add(pair)
        reached = {way: contrast(*inverted(*pair, way)) for way in WAYS}
        if worst := [way for way in WAYS if reached[way] < least]:
            ways = " and ".join(f"{way} {reached[way]:.2f}" for way in worst)
            what = f"{shown(facts, run.text)} is {pair[0]} on {pair[1]}; inverted by force it keeps a contrast of {ways}, below {least}."
            yield of_style(facts, drawn, max(look.front_set, 0), ("color", *GROUNDS), what)


def card(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield one place when a white card lies on a white page."""
    for element in drawn.page.elements:
        look, values = drawn.light[element.index], drawn.own[element.index]
        if element.for_outlook or element.parent < 0 or look.back_set != element.index or look.back != WHITE:
            continue
        narrow = pixels(values.get("max-width", "") or values.get("width", "") or element.attributes.get("width", ""))
        around = drawn.light[element.parent]
        if narrow and around.back == WHITE and look.is_shown:
            yield of_style(facts, drawn, element.index, GROUNDS, "A card of pure white lies on a page of pure white.")
            return


def logo(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield images that let the ground through beside dark pixels, where the ground turns dark and there is no plate."""
    settings = facts.checked.settings
    known: dict[str, str] = {}
    for src in facts.checked.dark_edged:
        known[image_address(settings.base_url if settings else "", src)] = src
        if src in facts.checked.images:
            known[f"cid:{cid_of(facts.checked.images[src])}"] = src
        known[src] = src
    for element in drawn.page.of("img"):
        src = known.get(element.attributes.get("src", "").strip(), "")
        if not src or not drawn.light[element.index].is_shown:
            continue
        look = drawn.dark[element.index] if drawn.dark else drawn.light[element.index]
        ground = look.back if drawn.dark else inverted(BLACK, look.back, "full")[1] if look.back else ""
        if ground and contrast(BLACK, ground) < DARK_GROUND:
            line, column, file = whence(facts, src)
            what = f"The dark edge of {clipped(src)} is lost on {ground}, its ground in dark mode."
            yield Place(line=line, column=column, file=file, what=what)


DRAWN_RULES: Final[Mapping[str, Callable[[Facts, Drawn], Iterator[Place]]]] = {
    "dark.card": card,
    "dark.hard-black": hard_black,
    "dark.inverted": after_inversion,
    "dark.logo": logo,
    "dark.twins": twins,
}


def _is_black(colour: str) -> bool:
    return max(int(colour[at : at + 2], 16) for at in (1, 3, 5)) < NEAR_BLACK


def _is_white(colour: str) -> bool:
    return min(int(colour[at : at + 2], 16) for at in (1, 3, 5)) >= NEAR_WHITE
