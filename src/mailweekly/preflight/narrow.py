"""
Rules on mails that lose their style sheets, and on screens that are narrower than a mail.

Nothing is laid out: a box is too wide where it says so itself, by a width in pixels that nothing lets shrink, or by text that may not break.

Units: CSS pixels.
Source: caniemail (Gmail with accounts of other providers drops every `<style>`); MJML's own width; the narrowest phones in use show 320.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.drawn import Drawn, unstyled
from mailweekly.preflight.facts import Facts
from mailweekly.preflight.looks import pixels
from mailweekly.preflight.markup import Element
from mailweekly.preflight.place import Place
from mailweekly.preflight.sources import of_style, of_text, shown

__all__ = ["DRAWN_RULES"]

WIDEST: Final = 600.0  # of a mail
NARROWEST: Final = 320.0  # of a screen
COLUMNS: Final = 48  # characters of 14 px that a screen of 320 px holds without a margin
BOXES: Final = frozenset(
    {"table", "div", "img", "p", "a", "h1", "h2", "h3", "section", "main", "center", "span", "pre"}
)
SET: Final = frozenset({"color", "background", "background-color", "font", "font-size", "display", "visibility"})
KEPT_WHOLE: Final = frozenset({"nowrap", "pre"})
BREAKS: Final = ("word-break", "overflow-wrap", "word-wrap")
LONG_WORD: Final = re.compile(r"[^\s\u00ad\u200b\u2e80-\uffef-]{60,}")
FITTED: Final = re.compile(r"max-(?:device-)?width", re.IGNORECASE)


def needs_style(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield what changes for the worse when every `<style>` is dropped: text, its colours and sizes, boxes that no longer fit a phone."""
    yield from _of_text(facts, drawn)
    for element, width in _wide(drawn):
        if _is_fitted(drawn, element):
            what = f"<{element.tag}> is {width:,.0f} px wide where no style sheet is read: too wide for a phone."
            yield of_style(facts, drawn, element.index, ("width", "min-width"), what)
            return


def width(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield what is wider than a mail, or than a phone, whatever styles are read."""
    told: set[str] = set()
    for element, wide in _wide(drawn):
        if wide > WIDEST or not _is_fitted(drawn, element):
            limit = f"{WIDEST:.0f}" if wide > WIDEST else f"a phone's {NARROWEST:.0f}"
            what = f"<{element.tag}> is {wide:,.0f} px wide, more than {limit}."
            if what not in told:
                told.add(what)
                yield of_style(facts, drawn, element.index, ("width", "min-width", "max-width"), what)
    for element in drawn.page.elements:
        most = pixels(drawn.own[element.index].get("max-width", "")) or 0.0
        what = f"<{element.tag}> may become {most:,.0f} px wide, more than {WIDEST:.0f}."
        if most > WIDEST and element.tag != "img" and what not in told:
            told.add(what)
            yield of_style(facts, drawn, element.index, ("max-width",), what)
    yield from _unbroken(facts, drawn)


DRAWN_RULES: Final[Mapping[str, Callable[[Facts, Drawn], Iterator[Place]]]] = {
    "css.needs-style": needs_style,
    "layout.width": width,
}


def _of_text(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    if not any(one.name in SET for ruling in drawn.rulings if not ruling.when for one in ruling.rule.declarations):
        return
    bare = unstyled(drawn)
    told: set[str] = set()
    for run in drawn.page.runs:
        if run.element < 0 or run.for_outlook or not any(map(str.isalnum, run.text)):
            continue
        styled, plain = drawn.light[run.element], bare[run.element]
        names = {
            ("color",): styled.front != plain.front,
            ("background-color", "background"): styled.back != plain.back,
            ("font-size", "font"): styled.size != plain.size,
        }
        changed = [name for name, differs in names.items() if differs and styled.is_shown]
        if styled.is_shown != plain.is_shown:
            changed = [("display",)]
        for name in changed:
            if name[0] not in told:
                told.add(name[0])
                what = f"Only a style sheet sets the {name[0]} of {shown(facts, run.text)}."
                yield of_style(facts, drawn, run.element, name, what)


def _wide(drawn: Drawn) -> Iterator[tuple[Element, float]]:
    """Boxes that ask for more pixels than a phone has, and their widths."""
    for element in drawn.page.elements:
        if element.for_outlook or element.tag not in BOXES or not drawn.light[element.index].is_shown:
            continue
        values = drawn.own[element.index]
        written = values.get("width", "") or element.attributes.get("width", "")
        most = values.get("max-width", "")
        asked = 0.0 if most.endswith("%") or written == "auto" else pixels(written) or 0.0
        asked = min(asked, pixels(most) or asked)
        least = pixels(values.get("min-width", "")) or 0.0
        if max(asked, least) > NARROWEST and not _scrolls(drawn, element.parent):
            yield element, max(asked, least)


def _is_fitted(drawn: Drawn, element: Element) -> bool:
    """Whether a rule for narrow screens takes the width back."""
    return any(
        element.index in drawn.selected(selector)
        for ruling in drawn.rulings
        if FITTED.search(ruling.when) and any(one.name in {"width", "max-width"} for one in ruling.rule.declarations)
        for selector in ruling.rule.selectors
    )


def _scrolls(drawn: Drawn, index: int) -> bool:
    for element in drawn.above(index):
        values = drawn.own[element.index]
        if {values.get("overflow-x", ""), values.get("overflow", "")} & {"auto", "scroll", "hidden"}:
            return True
    return False


def _unbroken(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    for run, _ in drawn.seen():
        longest = max(map(len, run.text.splitlines()), default=0)
        if longest > COLUMNS and _white_space(drawn, run.element) in KEPT_WHOLE and not _scrolls(drawn, run.element):
            yield of_text(facts, run.text, f"A line of {longest} characters may not break: {shown(facts, run.text)}.")
            return
        if (found := LONG_WORD.search(run.text)) and not _may_break(drawn, run.element):
            yield of_text(
                facts, run.text, f"A word of {len(found[0])} characters cannot break: {shown(facts, found[0])}."
            )
            return


def _white_space(drawn: Drawn, index: int) -> str:
    for element in drawn.above(index):
        if value := drawn.own[element.index].get("white-space", ""):
            return value
        if element.tag == "pre":
            return "pre"
    return ""


def _may_break(drawn: Drawn, index: int) -> bool:
    asked = (drawn.own[element.index].get(name, "normal") for element in drawn.above(index) for name in BREAKS)
    return any(value not in {"normal", "keep-all"} for value in asked) or _scrolls(drawn, index)
