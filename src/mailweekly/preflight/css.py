"""
Rules on style sheets and declarations: what some mail programs drop, and what they drop a whole sheet for.

Sheets are parsed, never searched. Each fault is told once, however often the mail repeats it, at the place of the theme that says it.

Source: hteumeuleu/email-bugs 21; caniemail (properties, selectors, media features); Google's list of what Gmail takes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from typing import Final

from mailweekly.edition.styles import colour_uses
from mailweekly.errors import ThemeError
from mailweekly.preflight.drawn import Drawn, scheme_of
from mailweekly.preflight.facts import Facts, clipped
from mailweekly.preflight.place import Place
from mailweekly.preflight.rulesets import style_rules
from mailweekly.preflight.sources import in_theme, of_style
from mailweekly.simulate.sheets import Declaration, declarations

__all__ = ["DRAWN_RULES"]

NOTATION: Final = re.compile(
    r"(?<![\w-])(?:(?:hsla?|hwb|lab|lch|oklab|oklch|color|color-mix|light-dark|var)\(|rgba?\(\s*[\d.]+%?\s+[\d.]|rgba?\([^()]*/)"
    r"|#(?:[0-9a-f]{8}|[0-9a-f]{3,4})(?![0-9a-f\w-])",
    re.IGNORECASE,
)
URL: Final = re.compile(r"url\([^)]*\)", re.IGNORECASE)
COLOURED: Final = re.compile(r"color|background|border|outline|fill|stroke|shadow|^font$")
FEATURE: Final = re.compile(r"\(([^()]*)\)")
WORD: Final = re.compile(r"-?[a-z][a-z-]*(?![a-z0-9(-])")
KNOWN_FEATURE: Final = re.compile(
    r"(?:min-|max-)?(?:device-)?width|orientation|(?:min-|max-)?resolution|-(?:webkit|moz|ms|o)-.*|prefers-color-scheme|prefers-reduced-motion"
)
FLOWS: Final = frozenset({"flex", "inline-flex", "grid", "inline-grid"})
PLACED: Final = frozenset({"absolute", "fixed", "sticky"})
FLOATING: Final = frozenset({"left", "right"})
MAY_FLOAT: Final = frozenset({"table", "img"})
# What mail programs themselves put in, and selectors by which one of them is met.
MARKS: Final = re.compile(
    r"\[data-og[sa][cb]\]|a\[x-apple-data-detectors[^\]]*\]|:root\b|\[class[~^*|]?=\"?x_[^\]]*\]", re.IGNORECASE
)
MET: Final = re.compile(r"^\s*(?:u|\*)\s*[+~]\s*\.?[\w-]+|^\s*(?:\.|#)[\w-]+\s*[+~]\s*\*", re.IGNORECASE)
PLAIN_PSEUDO: Final = re.compile(r":(?:hover|link|visited|active|focus)\b", re.IGNORECASE)
BY_PLACE: Final = re.compile(r":(?:first|last|nth|nth-last|only)-child(?:\([^)]*\))?", re.IGNORECASE)
UNUSUAL: Final = re.compile(r"\[[^\]]*\]?|::?[a-z-]+|[+~&]", re.IGNORECASE)
NOT_INLINED: Final = re.compile(r":(?:is|where|not|has|matches)\(|&", re.IGNORECASE)
MJ_STYLE: Final = re.compile(r"<mj-style\b[^>]*>(.*?)</mj-style>", re.DOTALL)
CLASS: Final = re.compile(r"\.([a-zA-Z_][\w-]*)")
OUTLOOK_MARK: Final = re.compile(r"^\s*\[data-og[^\]]*\]\s*")


def colours(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield each colour in a notation that not every mail program reads."""
    met: dict[str, None] = {}
    for one in _declared(drawn):
        if COLOURED.search(one.name) or "var(" in one.value:
            found = NOTATION.search(URL.sub("", one.value))
            if found:
                met[found[0]] = None
    for notation in met:
        what = f"A colour is written as {clipped(notation, 30)}{'…)' if '(' in notation else ''}, which not every mail program reads."
        yield in_theme(facts, re.escape(notation), what)


def important_lost(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield one place when a rule that the template marks `!important` reaches the mail without the mark, or not at all."""
    source = unescape("".join(MJ_STYLE.findall(drawn.page.edition.mjml)))
    if "!important" not in source:
        return
    held = {
        (ruling.when, selector, one.name): one.important
        for ruling in drawn.rulings
        for selector in ruling.rule.selectors
        for one in ruling.rule.declarations
    }
    classes = {name for element in drawn.page.elements for name in element.classes}
    lost: list[str] = []
    for rule in style_rules(source):
        for selector in rule.selectors:
            for one in rule.declarations:
                kept = held.get((scheme_of(rule.within), selector, one.name))
                if one.important and not kept and (kept is False or _is_needed(selector, classes, drawn)):
                    lost.append(selector)
    if lost:
        yield in_theme(
            facts, re.escape(lost[0]), f"{len(lost)} times !important was lost, first of {clipped(lost[0])}."
        )


def layout(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield each way of placing boxes that Outlook and Gmail do not know, where it holds on every screen."""
    met: dict[tuple[str, str], int] = {}
    for element in drawn.page.elements:
        if element.for_outlook or not drawn.light[element.index].is_shown:
            continue
        values = drawn.own[element.index]
        for name, unknown in (("display", FLOWS), ("position", PLACED), ("float", FLOATING)):
            value = values.get(name, "").lower()
            if value in unknown and not (name == "float" and element.tag in MAY_FLOAT):
                met.setdefault((name, value), element.index)
    for (name, value), index in met.items():
        yield of_style(
            facts, drawn, index, (name,), f"Boxes are placed by {name}: {value}, on <{drawn.page.elements[index].tag}>."
        )


def media(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield each feature of a media query for which Gmail or Yahoo drop the rules."""
    asked = [path[-1] for path in drawn.at_rules if path[-1].startswith("@media")]
    asked += [f"@media {one.media}" for one in drawn.page.sheets if one.media and not one.for_outlook]
    met: dict[str, None] = {}
    for query in asked:
        for group in FEATURE.findall(query.lower()):
            found = WORD.match(group.strip()) or WORD.search(group.partition(":")[0])
            if found and not KNOWN_FEATURE.fullmatch(found[0]):
                met[found[0]] = None
    for feature in met:
        yield in_theme(facts, rf"@media[^{{]*{re.escape(feature)}", f"A media query asks for {feature}.")


def nested(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield each at-rule that stands inside another: Gmail deletes the whole sheet."""
    for inner in dict.fromkeys(path[-1].split(" ")[0] for path in drawn.at_rules if len(path) > 1):
        yield in_theme(facts, rf"{re.escape(inner)}\b", f"{inner} stands inside another at-rule.")


def selectors(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield each selector that Gmail does not know."""
    met: dict[str, None] = {}
    for ruling in drawn.rulings:
        for selector in ruling.rule.selectors:
            left = PLAIN_PSEUDO.sub("", MET.sub("", MARKS.sub("", selector)))
            left = BY_PLACE.sub("", left) if ruling.when or "[data-og" in selector else left
            if UNUSUAL.search(left):
                met[selector] = None
    for selector in met:
        yield in_theme(
            facts, re.escape(selector), f"The selector {clipped(selector)} is not known to every mail program."
        )


def web_font(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield one place when a font is brought along."""
    if any(path[-1].startswith("@font-face") for path in drawn.at_rules):
        yield in_theme(facts, "@font-face", "A font is brought along by @font-face.")


def not_inlinable(facts: Facts, _drawn: Drawn) -> Iterator[Place]:
    """Yield the selectors of the theme's `email.css` that the inliner passes over without a word."""
    theme = facts.checked.theme
    if theme is None:
        return
    try:
        uses = list(colour_uses(theme, "email.css"))
    except ThemeError:
        return
    for use in uses:
        fault = use.selector if NOT_INLINED.search(use.selector) else ""
        if NOTATION.match(use.fixed) and "(" in use.fixed and use.fixed.startswith("rgb"):
            fault = use.fixed
        file, _, rest = use.place.rpartition(".css:")
        line, _, column = rest.partition(":")
        if fault and line.isdecimal() and column.isdecimal():
            what = f"{clipped(fault)} cannot be written into elements: Gmail's readers without style sheets miss it."
            yield Place(file=f"{file}.css", line=int(line), column=int(column), what=what)


DRAWN_RULES: Final[Mapping[str, Callable[[Facts, Drawn], Iterator[Place]]]] = {
    "css.color": colours,
    "css.important-lost": important_lost,
    "css.layout": layout,
    "css.media": media,
    "css.nested-at-rule": nested,
    "css.not-inlinable": not_inlinable,
    "css.selector": selectors,
    "css.web-font": web_font,
}


def _declared(drawn: Drawn) -> Iterator[Declaration]:
    """Every declaration that a mail program other than Outlook reads."""
    for ruling in drawn.rulings:
        yield from ruling.rule.declarations
    styles = dict.fromkeys(
        element.attributes.get("style", "") for element in drawn.page.elements if not element.for_outlook
    )
    for style in styles:
        yield from declarations(style)


def _is_needed(selector: str, classes: set[str], drawn: Drawn) -> bool:
    """Whether something of the mail wants the rule; one for Outlook.com's marks is `dark.twins`'s to miss."""
    if OUTLOOK_MARK.match(selector) or not classes.issuperset(CLASS.findall(selector)):
        return False
    return bool(drawn.selected(selector))
