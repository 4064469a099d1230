"""
A page with its styles resolved: what each element looks like in the author's light scheme, and in the author's dark one where there is one.

The cascade of CSS over what a mail is made of: the browser's defaults, `bgcolor` and its like, style sheets, style attributes, `!important`. Parsed
once for all rules. Refuses to lay anything out: no box has a place here, and what depends on the width of a screen is left out.

Units: lengths in CSS pixels; a line height is a factor of its type's size, 0 where the client decides; colours are `#RRGGBB`.
Errors: none; a value that is no value is passed over.
Source: CSS Cascade 5, 6 (order); HTML, 15.3 (defaults); CSS Color Adjustment 1, 2.1 (what a dark canvas looks like).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailweekly.preflight.looks import Look, look_of, root_look
from mailweekly.preflight.markup import Element, Page, Run
from mailweekly.preflight.rulesets import StyleRule, style_rules
from mailweekly.preflight.rulesets import at_rules as at_rules_of
from mailweekly.preflight.selectors import compiled, matches
from mailweekly.simulate.sheets import Declaration, declarations

__all__ = ["DARK", "Drawn", "Ruling", "draw", "scheme_of", "unstyled"]

DARK: Final = "dark"
ALWAYS: Final = frozenset({"@media", "@media screen", "@media all", "@media only screen", "@media only all"})
HINTS: Final[Mapping[str, str]] = {"bgcolor": "background-color", "color": "color", "width": "", "text": "color"}

Weighed = tuple[bool, tuple[int, int, int], int, Declaration]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """A rule of a style sheet, and when it holds: "" always, "dark" in the dark scheme, else the at-rules around it."""

    rule: StyleRule
    when: str
    order: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """A page and its looks; `light`, `dark` and `own` are indexed as the page's elements are."""

    page: Page
    rulings: tuple[Ruling, ...]  # of sheets that every client reads, in order
    at_rules: tuple[tuple[str, ...], ...]
    light: tuple[Look, ...]
    dark: tuple[Look, ...]  # empty: the author made no dark scheme
    own: tuple[Mapping[str, str], ...]  # what is set on each element in light, sheets and style attribute
    kin: Mapping[int, Sequence[int]]  # index: those of its children

    def children(self, index: int) -> Sequence[int]:
        """Return the indexes of an element's children, what only Outlook reads left out."""
        return self.kin.get(index, ())

    def above(self, index: int) -> Iterator[Element]:
        """Yield an element and those around it, the innermost first."""
        while index >= 0:
            element = self.page.elements[index]
            yield element
            index = element.parent

    def seen(self) -> Iterator[tuple[Run, Look]]:
        """Yield each piece of text that is shown and not blank, with its look in light."""
        for run in self.page.runs:
            if run.element >= 0 and not run.for_outlook and run.text.strip():
                look = self.light[run.element]
                if look.is_shown:
                    yield run, look

    def selected(self, text: str) -> tuple[int, ...]:
        """Return the indexes of the elements that a selector selects."""
        selector = compiled(text)
        if selector is None:
            return ()
        return tuple(
            element.index
            for element in self.page.elements
            if not element.for_outlook and matches(selector, element, self.page, self.children)
        )


def draw(page: Page) -> Drawn:
    """Return the page with its looks."""
    rulings, at_rules = _rulings(page)
    kin: dict[int, list[int]] = {}
    for element in page.elements:
        if not element.for_outlook:
            kin.setdefault(element.parent, []).append(element.index)
    finder = _Finder(page, kin)
    always = finder.found(ruling for ruling in rulings if not ruling.when)
    in_dark = finder.found(ruling for ruling in rulings if ruling.when == DARK)
    own = tuple(_cascade(element, always.get(element.index, [])) for element in page.elements)
    dark: tuple[Look, ...] = ()
    if any(ruling.when == DARK for ruling in rulings):
        changed = {
            index: _cascade(page.elements[index], [*always.get(index, []), *found]) for index, found in in_dark.items()
        }
        dark = _looks(page, [changed.get(index, values) for index, values in enumerate(own)], dark=True)
    return Drawn(
        page=page,
        rulings=rulings,
        at_rules=at_rules,
        light=_looks(page, own, dark=False),
        dark=dark,
        own=own,
        kin=kin,
    )


def unstyled(drawn: Drawn) -> tuple[Look, ...]:
    """Return the looks in light where every style sheet is dropped, as Gmail does with mail of other providers."""
    page = drawn.page
    return _looks(page, [_cascade(element, []) for element in page.elements], dark=False)


def scheme_of(within: Sequence[str]) -> str:
    """Return when a rule within these at-rules holds, as a Ruling says it."""
    left = [one for one in within if one.lower() not in ALWAYS]
    if not left:
        return ""
    plain = [one.lower().replace(" ", "").replace("onlyscreenand", "").replace("screenand", "") for one in left]
    return DARK if set(plain) == {"@media(prefers-color-scheme:dark)"} else " ".join(left)


class _Finder:
    """Elements by what selectors ask of them first."""

    def __init__(self, page: Page, kin: Mapping[int, Sequence[int]]) -> None:
        self.page, self.kin = page, kin
        self.by_key: dict[str, list[Element]] = {}
        for element in page.elements:
            if not element.for_outlook:
                for key in self._keys(element):
                    self.by_key.setdefault(key, []).append(element)

    def found(self, rulings: Iterable[Ruling]) -> dict[int, list[Weighed]]:
        """Return what the rules say of each element, by its index."""
        said: dict[int, list[Weighed]] = {}
        for ruling in rulings:
            for text in ruling.rule.selectors:
                selector = compiled(text)
                for element in self.by_key.get(selector.key, ()) if selector else ():
                    if selector and matches(selector, element, self.page, lambda index: self.kin.get(index, ())):
                        said.setdefault(element.index, []).extend(
                            (one.important, selector.specificity, ruling.order, one) for one in ruling.rule.declarations
                        )
        return said

    def _keys(self, element: Element) -> Iterator[str]:
        yield from ("*", element.tag)
        yield from (f".{name}" for name in element.classes)
        if "id" in element.attributes:
            yield f"#{element.attributes['id']}"


def _rulings(page: Page) -> tuple[tuple[Ruling, ...], tuple[tuple[str, ...], ...]]:
    rulings: list[Ruling] = []
    at_rules: list[tuple[str, ...]] = []
    for one in page.sheets:
        if one.for_outlook:
            continue
        around = (f"@media {one.media}",) if one.media else ()
        at_rules += at_rules_of(one.text)
        for rule in style_rules(one.text):
            when = scheme_of((*around, *rule.within))
            rulings.append(Ruling(rule=rule, when=when, order=len(rulings)))
    return tuple(rulings), tuple(at_rules)


def _cascade(element: Element, found: list[Weighed]) -> dict[str, str]:
    values: dict[str, str] = {}
    if element.for_outlook:
        return values
    for attribute, name in HINTS.items():
        if name and attribute in element.attributes and element.tag not in {"meta", "link"}:
            values[name] = element.attributes[attribute].lower()
    found = sorted(found, key=lambda one: (one[0], one[1], one[2]))
    written = declarations(element.attributes.get("style", ""))
    for one in (
        *(one for important, _, _, one in found if not important),
        *(one for one in written if not one.important),
        *(one for important, _, _, one in found if important),
        *(one for one in written if one.important),
    ):
        values[one.name] = one.value
        if one.name == "background":
            values["background-color"] = one.value
    return values


def _looks(page: Page, values: Sequence[Mapping[str, str]], *, dark: bool) -> tuple[Look, ...]:
    looks: list[Look] = []
    root = root_look(dark=dark)
    for element in page.elements:
        around = looks[element.parent] if 0 <= element.parent < len(looks) else root
        looks.append(around if element.for_outlook else look_of(element, values[element.index], around, dark=dark))
    return tuple(looks)
