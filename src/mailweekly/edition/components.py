"""
What is wrong with a piece of MJML, said before mrml sees it: mrml copies what it does not know into the mail and drops attributes silently.

Checks tags, their attributes and what these say, their nesting and their closing; the content of components that hold HTML is checked for closed tags
and quoted values only. Refuses nothing itself: it yields faults with their offsets, `compiler` finds the template's line and column.

Source: components.toml, names and types of MJML's own component definitions.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from importlib.resources import files
from typing import Final

from mailweekly.edition.armour import TAG, VOID
from mailweekly.edition.attributes import type_fault

__all__ = ["Fault", "faults"]

ATTRIBUTE: Final = re.compile(r"""([^\s=/"'<>]+)\s*(=\s*(?:"([^"]*)"|'([^']*)'|\S+))?""")
BEGUN: Final = re.compile(r"<([A-Za-z][\w:.-]*)\s")
EVERYWHERE: Final = frozenset({"css-class", "mj-class"})
NAME: Final = re.compile(r"[A-Za-z_:][\w:.-]*")  # of an attribute, as mrml reads one
UNWISE: Final = {
    "mj-preview": "write the preheader as the theme `base` does: this one costs points with spam filters",
    "mj-font": "use fonts that readers have: nothing is fetched from elsewhere, so this one never shows",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One mistake in MJML, at an offset of it."""

    offset: int
    what: str
    hint: str = ""
    is_warning: bool = False  # the mail can be built all the same


@dataclass(frozen=True, kw_only=True, slots=True)
class _Component:
    attributes: Mapping[str, str]  # name: type
    children: frozenset[str]
    holds_html: bool


def faults(mjml: str) -> Iterator[Fault]:
    """Yield what is wrong, in order of place."""
    yield from sorted(_met(mjml), key=lambda fault: fault.offset)


def _met(mjml: str) -> Iterator[Fault]:
    """Yield what is wrong as it is met; what was never closed is met where something around it ends."""
    known, refused = _table()
    opened: list[tuple[str, int]] = []
    html = 0  # depth of `opened` at the component that holds HTML; 0: not inside one
    end = 0
    for found in TAG.finditer(mjml):
        yield from _stray(mjml, end, found.start())
        name, end = found[2], found.end()
        if name is None:
            continue
        if found[1]:
            yield from _closed(name, found.start(), opened)
            html = html if len(opened) >= html else 0
            continue
        if found[3] and "<" in found[3]:
            yield _unquoted(name, found.start())
            return  # from here on tags and text cannot be told apart
        if html:
            yield from _misplaced(name, found.start(), opened[html - 1][0], known)
            yield from _unreadable(found, name)
            leaf = found[4] or name.lower() in VOID
        else:
            yield from _component(found, opened[-1][0] if opened else "", known, refused)
            leaf = found[4]
            if not leaf and name in known and known[name].holds_html:
                html = len(opened) + 1
        if not leaf:
            opened.append((name, found.start()))
    yield from _stray(mjml, end, len(mjml))
    for name, offset in opened:
        yield _unclosed(name, offset)


def _stray(mjml: str, start: int, end: int) -> Iterator[Fault]:
    at = mjml.find("<", start, end)
    if at >= 0 and (begun := BEGUN.match(mjml, at)):
        yield _unquoted(begun[1], at)
    elif at >= 0:
        yield Fault(
            offset=at,
            what=f"not a tag: {mjml[at : at + 20]!r}",
            hint="write &lt; for <, and quote every attribute's value",
        )


def _closed(name: str, offset: int, opened: list[tuple[str, int]]) -> Iterator[Fault]:
    if name.lower() in VOID:
        return
    at = next((at for at in range(len(opened) - 1, -1, -1) if opened[at][0] == name), -1)
    if at >= 0:
        yield from (_unclosed(*inner) for inner in opened[at + 1 :])
        del opened[at:]
        return
    expected = f"</{opened[-1][0]}> was expected" if opened else "nothing is left to close"
    yield Fault(
        offset=offset,
        what=f"</{name}> closes what was never opened; {expected}",
        hint="close the tags in the order they were opened",
    )


def _unclosed(name: str, offset: int) -> Fault:
    return Fault(offset=offset, what=f"<{name}> is never closed", hint=f"add </{name}> before what surrounds it ends")


def _unquoted(name: str, offset: int) -> Fault:
    hint = 'write name="value"; inside a value, &quot; for a quotation mark and &lt; for <'
    return Fault(offset=offset, what=f"a quotation mark or the final > is missing in <{name}>", hint=hint)


def _misplaced(name: str, offset: int, inside: str, known: Mapping[str, _Component]) -> Iterator[Fault]:
    if name in known:
        what = f"<{name}> cannot stand inside <{inside}>, which holds HTML"
        yield Fault(offset=offset, what=what, hint=f"close <{inside}> before it, or write HTML")


def _unreadable(found: re.Match[str], name: str) -> Iterator[Fault]:
    for attribute in ATTRIBUTE.finditer(found[3] or ""):
        offset, written = found.start(3) + attribute.start(), attribute[1]
        if not NAME.fullmatch(written):
            yield Fault(offset=offset, what=f"{written!r} on <{name}> is no attribute's name", hint="remove it")
        elif attribute[2] and attribute[3] is None and attribute[4] is None:
            hint = f'write {written}="…"'
            yield Fault(offset=offset, what=f"the attribute {written!r} has a value without quotes", hint=hint)


def _component(
    found: re.Match[str], parent: str, known: Mapping[str, _Component], refused: frozenset[str]
) -> Iterator[Fault]:
    name, offset = found[2], found.start()
    if name in refused:
        hint = 'write {% include "partials/….mjml.j2" %}' if name == "mj-include" else "write the attribute itself"
        yield Fault(offset=offset, what=f"<{name}> cannot be drawn", hint=hint)
        return
    if name not in known:
        hint = "HTML stands inside <mj-text> or <mj-raw>" if not name.startswith("mj") else _nearest(name, known)
        yield Fault(offset=offset, what=f"<{name}> is no MJML component", hint=hint)
        return
    if parent in known and name not in known[parent].children:
        allowed = ", ".join(sorted(known[parent].children)) or "text"
        yield Fault(
            offset=offset, what=f"<{name}> cannot stand inside <{parent}>", hint=f"inside <{parent}>: {allowed}"
        )
    if name in UNWISE:
        yield Fault(offset=offset, what=f"<{name}> does no good in a mail", hint=UNWISE[name], is_warning=True)
    if parent != "mj-attributes" or name not in {"mj-all", "mj-class"}:
        yield from _attributes(found, known[name], name)


def _attributes(found: re.Match[str], component: _Component, name: str) -> Iterator[Fault]:
    for attribute in ATTRIBUTE.finditer(found[3]):
        offset, written = found.start(3) + attribute.start(), attribute[1]
        value = attribute[3] if attribute[3] is not None else attribute[4]
        if written not in component.attributes and written not in EVERYWHERE:
            hint = _nearest(written, [*component.attributes, *EVERYWHERE])
            yield Fault(offset=offset, what=f"<{name}> has no attribute {written!r}", hint=hint)
        elif value is None:
            lacks = "has no value" if attribute[2] is None else "has a value without quotes"
            yield Fault(offset=offset, what=f"the attribute {written!r} {lacks}", hint=f'write {written}="…"')
        elif said := type_fault(component.attributes.get(written, ""), unescape(value)):
            yield Fault(offset=offset, what=f'{written}="{value:.60}" on <{name}>: {said[0]}', hint=said[1])


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""


@lru_cache(maxsize=1)
def _table() -> tuple[Mapping[str, _Component], frozenset[str]]:
    document = tomllib.loads(files("mailweekly.edition").joinpath("components.toml").read_text("utf-8"))
    types = document["types"]
    known = {
        name: _Component(
            attributes={one: facts.get("types", {}).get(one) or types.get(one, "") for one in facts["attributes"]},
            children=frozenset(facts.get("children", ())),
            holds_html=facts.get("holds_html", False),
        )
        for name, facts in document["component"].items()
    }
    return known, frozenset(document["refused"])
