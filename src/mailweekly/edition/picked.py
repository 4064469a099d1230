"""
Which elements of a page a selector picks: what lxml's own selectors give, without walking the whole page for each.

A theme has more than a hundred selectors, of which a mail needs half; XPath walks every element for every one of them. Here the page is walked once,
and selectors made of tags, classes, descendants and children are answered from that. Refuses to know more of CSS: any other selector is left to
lxml, unless it asks for a class or a tag that the page does not have.

Units: positions of elements in the order of the document.
Errors: those of `lxml.cssselect.CSSSelector`.
Source: measured on an issue of 380 elements and a theme of 130 selectors: 21 ms of 31 for a whole rendering went into XPath, against 1 ms here.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

__all__ = ["Page", "forget", "picker"]

SELECTORS_KEPT: Final = 4096
BLANK: Final = re.compile(r"[ \t\r\n]+")  # of XPath's normalize-space, which knows fewer than Python
Picker = Callable[[Any], Sequence[Any]]  # the root element of a page -> elements


@dataclass(frozen=True, kw_only=True, slots=True)
class _Step:
    """What one element must be: joined to the step before it by `how`, " " below it or ">" its child."""

    how: str
    tag: str | None
    classes: frozenset[str]


class Page:
    """The elements below (and with) `root`, by tag and class. Holds until the page changes."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.elements = list(root.iter("*"))
        places = {element: at for at, element in enumerate(self.elements)}
        self._parents = [-1, *(places[element.getparent()] for element in self.elements[1:])]
        self._classes: list[frozenset[str]] = []
        self._by: dict[tuple[str, str], list[int]] = {}
        for at, element in enumerate(self.elements):
            self._by.setdefault(("tag", element.tag), []).append(at)
            names = frozenset(filter(None, BLANK.split(element.get("class") or "")))
            self._classes.append(names)
            for name in names:
                self._by.setdefault(("class", name), []).append(at)

    def has(self, needs: Iterable[tuple[str, str]]) -> bool:
        """Whether every one of these tags and classes stands on the page."""
        return all(need in self._by for need in needs)

    def picked(self, steps: Sequence[_Step]) -> list[Any]:
        """Return the elements that the last of the steps leads to."""
        reached: set[int] = set()
        for step in steps:
            reached = {at for at in self._like(step) if not step.how or self._joined(at, step.how, reached)}
            if not reached:
                return []
        return [self.elements[at] for at in sorted(reached)]

    def _like(self, step: _Step) -> Iterator[int]:
        rows = [self._by.get(("class", name), []) for name in step.classes]
        if step.tag:
            rows.append(self._by.get(("tag", step.tag), []))
        for at in min(rows, key=len, default=range(len(self.elements))):
            if step.classes <= self._classes[at] and step.tag in {None, self.elements[at].tag}:
                yield at

    def _joined(self, at: int, how: str, reached: set[int]) -> bool:
        above = self._parents[at]
        while above >= 0:
            if above in reached:
                return True
            if how == ">":
                return False
            above = self._parents[above]
        return False


_last: list[Page] = []  # the page that is being worked on: a transformation asks for one after another of its selectors


def forget() -> None:
    """Let go of the page that was worked on last."""
    _last.clear()


@lru_cache(maxsize=SELECTORS_KEPT)
def picker(selector: str) -> Picker:
    """Return the function that picks what the selector selects. Errors: those of the module."""
    from cssselect import parse
    from lxml.cssselect import CSSSelector

    by_path = CSSSelector(selector)
    parsed = parse(selector)
    if len(parsed) != 1 or parsed[0].pseudo_element:
        return by_path  # type: ignore[no-any-return]
    steps = tuple(_steps(parsed[0].parsed_tree, ""))
    needs = frozenset(_needs(parsed[0].parsed_tree))

    def pick(root: Any) -> Sequence[Any]:
        page = _page(root)
        if not page.has(needs):
            return []
        return by_path(root) if None in steps else page.picked(steps)  # type: ignore[arg-type]

    return pick


def _page(root: Any) -> Page:
    last = _last[0] if _last else None
    if last is None or last.root is not root:
        last = Page(root)
        _last[:] = [last]
    return last


def _steps(tree: Any, how: str) -> Iterator[_Step | None]:
    """Yield a selector's steps, leftmost first; None for each that is more than tag and classes."""
    if type(tree).__name__ == "CombinedSelector":
        yield from _steps(tree.selector, how)
        yield from _steps(tree.subselector, tree.combinator) if tree.combinator in {" ", ">"} else (None,)
        return
    classes = set()
    while type(tree).__name__ == "Class":
        classes.add(tree.class_name)
        tree = tree.selector
    plain = type(tree).__name__ == "Element" and tree.namespace is None and not any(map(BLANK.search, classes))
    yield _Step(how=how, tag=tree.element, classes=frozenset(classes)) if plain else None


def _needs(tree: Any) -> Iterator[tuple[str, str]]:
    """Yield the tags and classes without which nothing is selected."""
    match type(tree).__name__:
        case "CombinedSelector":
            yield from _needs(tree.selector)
            yield from _needs(tree.subselector)
        case "Class":
            if not BLANK.search(tree.class_name):
                yield "class", tree.class_name
            yield from _needs(tree.selector)
        case "Element":
            if tree.element and tree.namespace is None:
                yield "tag", tree.element
        case "Attrib" | "Pseudo" | "Function" | "Hash" | "Negation":
            yield from _needs(tree.selector)
