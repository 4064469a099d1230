"""
What is wrong with a piece of MJML, said before mrml sees it: mrml copies what it does not know into the mail and drops attributes silently.

Checks tags, their attributes, their nesting and their closing; the content of components that hold HTML is checked for closed tags only. Refuses
nothing itself: it yields faults with their offsets, `compiler` finds the template's line.

Source: components.toml, names of MJML's own component definitions.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from mailweekly.edition.armour import TAG, VOID

__all__ = ["Fault", "faults"]

ATTRIBUTE: Final = re.compile(r"""([^\s=/"'<>]+)\s*(=\s*(?:"[^"]*"|'[^']*'|\S+))?""")
EVERYWHERE: Final = frozenset({"css-class", "mj-class"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One mistake in MJML, at an offset of it."""

    offset: int
    what: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Component:
    attributes: frozenset[str]
    children: frozenset[str]
    holds_html: bool


def faults(mjml: str) -> Iterator[Fault]:
    """Yield what is wrong, in order of place."""
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
        if html:
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
        yield Fault(offset=offset, what=f"<{name}> is never closed", hint=f"add </{name}>")


def _stray(mjml: str, start: int, end: int) -> Iterator[Fault]:
    at = mjml.find("<", start, end)
    if at >= 0:
        yield Fault(
            offset=at,
            what=f"not a tag: {mjml[at : at + 20]!r}",
            hint="write &lt; for <, and quote every attribute's value",
        )


def _closed(name: str, offset: int, opened: list[tuple[str, int]]) -> Iterator[Fault]:
    if opened and opened[-1][0] == name:
        opened.pop()
        return
    if name.lower() in VOID:
        return
    expected = f"</{opened[-1][0]}>" if opened else "nothing left to close"
    yield Fault(
        offset=offset,
        what=f"</{name}> where {expected} was expected",
        hint="close the tags in the order they were opened",
    )
    for at in range(len(opened) - 1, -1, -1):
        if opened[at][0] == name:
            del opened[at:]
            break


def _component(
    found: re.Match[str], parent: str, known: Mapping[str, _Component], refused: frozenset[str]
) -> Iterator[Fault]:
    name, offset = found[2], found.start()
    if name in refused:
        yield Fault(
            offset=offset, what=f"<{name}> cannot be drawn", hint="use Jinja's include, or write the attribute itself"
        )
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
    if parent != "mj-attributes":
        yield from _attributes(found, known[name], name)


def _attributes(found: re.Match[str], component: _Component, name: str) -> Iterator[Fault]:
    for attribute in ATTRIBUTE.finditer(found[3]):
        if attribute[1] not in component.attributes | EVERYWHERE:
            yield Fault(
                offset=found.start(),
                what=f"<{name}> has no attribute {attribute[1]!r}",
                hint=_nearest(attribute[1], component.attributes | EVERYWHERE),
            )
        elif attribute[2] is None:
            yield Fault(
                offset=found.start(), what=f"the attribute {attribute[1]!r} has no value", hint='write name="value"'
            )


def _nearest(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean {close[0]!r}?" if close else ""


@lru_cache(maxsize=1)
def _table() -> tuple[Mapping[str, _Component], frozenset[str]]:
    document = tomllib.loads(files("mailweekly.edition").joinpath("components.toml").read_text("utf-8"))
    known = {
        name: _Component(
            attributes=frozenset(facts["attributes"]),
            children=frozenset(facts.get("children", ())),
            holds_html=facts.get("holds_html", False),
        )
        for name, facts in document["component"].items()
    }
    return known, frozenset(document["refused"])
