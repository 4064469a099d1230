"""
Selectors of CSS, matched against the elements of a page.

Knows what style sheets of mail are made of: elements, classes, ids, attributes, first and last children, and the four combinators. Whatever else a
selector holds (`:hover`, `:not()`, `::before`) makes it match nothing, for a mail at rest shows nothing of it.

Errors: none.
Source: Selectors Level 4.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mailweekly.preflight.markup import Element, Page

__all__ = ["Selector", "compiled", "matches"]

PART: Final = re.compile(
    r"\s*(?P<bond>[>+~])\s*|(?P<blank>\s+)|(?P<tag>\*|[a-zA-Z][\w-]*)|#(?P<id>[\w-]+)|\.(?P<cls>[\w-]+)"
    r"|\[\s*(?P<name>[\w-]+)\s*(?:(?P<op>[~|^$*]?=)\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\s\]]*)\s*[iIsS]?\s*)?\]"
    r"|(?P<pseudo>::?[a-zA-Z-]+(?:\([^()]*\))?)"
)
LONGEST: Final = 400  # characters of a selector that is looked at
MOST: Final = 8  # compounds in one; to match more could take for ever
KNOWN: Final = frozenset({":first-child", ":last-child", ":root", ":link", ":any-link"})
TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "=": lambda held, asked: held == asked,
    "~=": lambda held, asked: asked in held.split(),
    "|=": lambda held, asked: held == asked or held.startswith(f"{asked}-"),
    "^=": lambda held, asked: bool(asked) and held.startswith(asked),
    "$=": lambda held, asked: bool(asked) and held.endswith(asked),
    "*=": lambda held, asked: bool(asked) and asked in held,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Compound:
    tag: str = ""
    ids: tuple[str, ...] = ()
    classes: frozenset[str] = frozenset()
    attributes: tuple[tuple[str, str, str], ...] = ()
    pseudos: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Selector:
    """One selector: its compounds from right to left, each with the bond to the one before it."""

    parts: tuple[tuple[str, _Compound], ...]
    specificity: tuple[int, int, int]

    @property
    def key(self) -> str:
        """What an element must have to be looked at: "#id", ".class", a tag, or "*"."""
        last = self.parts[0][1]
        if last.ids:
            return f"#{last.ids[0]}"
        return f".{min(last.classes)}" if last.classes else last.tag or "*"


@lru_cache(maxsize=4096)
def compiled(text: str) -> Selector | None:
    """Return a selector, or None for one that matches nothing here."""
    compounds: list[tuple[str, _Compound]] = []
    bond, now, at, counts = "", _Compound(), 0, [0, 0, 0]
    text = text.strip()
    while at < len(text) <= LONGEST:
        found = PART.match(text, at)
        if not found or not found[0]:
            return None
        at = found.end()
        if found["bond"] or found["blank"]:
            compounds.append((bond, now))
            bond, now = found["bond"] or " ", _Compound()
        elif (grown := _grown(now, found, counts)) is None:
            return None
        else:
            now = grown
    compounds.append((bond, now))
    if len(compounds) > MOST or any(compound == _Compound() for _, compound in compounds):
        return None
    # Each compound is kept with the bond to its left neighbour, the rightmost first.
    return Selector(parts=tuple(reversed(compounds)), specificity=(counts[0], counts[1], counts[2]))


def matches(selector: Selector, element: Element, page: Page, children: Callable[[int], Sequence[int]]) -> bool:
    """Return whether an element is selected; `children` gives the indexes of an element's children."""
    return _from(selector.parts, 0, element, page, children)


def _grown(now: _Compound, found: re.Match[str], counts: list[int]) -> _Compound | None:
    tag, ids, classes, attributes, pseudos = now.tag, now.ids, now.classes, now.attributes, now.pseudos
    if found["tag"]:
        tag = found["tag"].lower()
        counts[2] += tag != "*"
    elif found["id"]:
        ids = (*ids, found["id"])
        counts[0] += 1
    elif found["cls"]:
        classes = classes | {found["cls"]}
        counts[1] += 1
    elif found["name"]:
        attributes = (*attributes, (found["name"].lower(), found["op"] or "", (found["value"] or "").strip("\"'")))
        counts[1] += 1
    elif found["pseudo"].lower() in KNOWN:
        pseudos = (*pseudos, found["pseudo"].lower())
        counts[1] += 1
    else:
        return None
    return _Compound(tag=tag, ids=ids, classes=classes, attributes=attributes, pseudos=pseudos)


def _from(
    parts: Sequence[tuple[str, _Compound]],
    at: int,
    element: Element,
    page: Page,
    children: Callable[[int], Sequence[int]],
) -> bool:
    bond, compound = parts[at]
    if not _is(compound, element, children):
        return False
    if at == len(parts) - 1:
        return True
    if bond == ">":
        return element.parent >= 0 and _from(parts, at + 1, page.elements[element.parent], page, children)
    if bond == " ":
        above = element.parent
        while above >= 0:
            if _from(parts, at + 1, page.elements[above], page, children):
                return True
            above = page.elements[above].parent
        return False
    siblings = list(children(element.parent))
    before = siblings[: siblings.index(element.index)]
    near = before[-1:] if bond == "+" else before
    return any(_from(parts, at + 1, page.elements[one], page, children) for one in near)


def _is(compound: _Compound, element: Element, children: Callable[[int], Sequence[int]]) -> bool:
    if compound.tag not in {"", "*", element.tag}:
        return False
    if compound.ids and any(one != element.attributes.get("id") for one in compound.ids):
        return False
    if not compound.classes <= element.classes:
        return False
    for name, test, value in compound.attributes:
        if name not in element.attributes or (test and not TESTS[test](element.attributes[name], value)):
            return False
    return all(_is_now(pseudo, element, children) for pseudo in compound.pseudos)


def _is_now(pseudo: str, element: Element, children: Callable[[int], Sequence[int]]) -> bool:
    match pseudo:
        case ":root":
            return element.tag == "html"
        case ":first-child":
            return children(element.parent)[:1] == [element.index]
        case ":last-child":
            return children(element.parent)[-1:] == [element.index]
        case _:
            return element.tag == "a" and "href" in element.attributes
