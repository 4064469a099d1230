"""
The edition's HTML as the rules need it: its elements in order with their attributes, what hides them, the style sheets, the visible text.

A reading for rules, not a browser: the standard library's tokeniser, a stack, and no error for any input. What stands in an Outlook conditional
comment (`<!--[if mso]>…`) is read as well and marked.

Units: `offset` counts characters of the HTML from 0.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from mailweekly.edition.model import Edition

__all__ = ["Element", "Page", "Run", "Sheet", "declarations", "read", "visible"]

VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
COLLECTED: Final = frozenset(
    {"a", "title", "h1", "h2", "h3", "h4", "h5", "h6", "th"}
)  # elements whose own text a rule asks for
UNSEEN: Final = frozenset({"head", "script", "style", "title", "template"})
CONDITION = re.compile(r"\[if [^\]]*\]>(.*)<!\[endif\]\s*", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """One start tag."""

    tag: str
    attributes: Mapping[str, str]
    offset: int
    path: tuple[str, ...]  # tags of the open elements around it, outermost first
    is_hidden: bool  # it or an element around it is display:none or aria-hidden
    for_outlook: bool  # stands in a conditional comment
    text: str  # of a, title, headings and th; elsewhere empty
    index: int = -1  # among the page's elements
    parent: int = -1  # index of the element around it; -1: none
    classes: frozenset[str] = frozenset()

    @property
    def style(self) -> Mapping[str, str]:
        """Its inline declarations."""
        return declarations(self.attributes.get("style", ""))


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One `<style>`."""

    text: str
    in_head: bool
    for_outlook: bool
    media: str = ""  # its media attribute


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A piece of text that is no style sheet, script or title."""

    text: str
    element: int  # index of the element it stands in; -1: none
    offset: int
    for_outlook: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """An edition and its HTML, read."""

    edition: Edition
    elements: tuple[Element, ...]
    sheets: tuple[Sheet, ...]
    words: str  # visible text, blocks apart
    runs: tuple[Run, ...] = ()  # all text in order, hidden or not, blanks too

    def of(self, *tags: str) -> tuple[Element, ...]:
        """Return the elements of these tags outside conditional comments, in order."""
        return tuple(element for element in self.elements if element.tag in tags and not element.for_outlook)


def read(edition: Edition) -> Page:
    """Return the page of an edition."""
    reader = _Reader(for_outlook=False)
    reader.take(edition.html)
    drafts = sorted(reader.drafts, key=lambda draft: draft.offset)
    for index, draft in enumerate(drafts):
        draft.index = index
    runs = sorted(reader.runs, key=lambda run: run[2])
    return Page(
        edition=edition,
        elements=tuple(draft.done() for draft in drafts),
        sheets=tuple(reader.sheets),
        words=" ".join("".join(reader.words).split()),
        runs=tuple(
            Run(text=text, element=draft.index if draft else -1, offset=offset, for_outlook=for_outlook)
            for draft, text, offset, for_outlook in runs
        ),
    )


def visible(html: str) -> str:
    """Return the visible words of any HTML."""
    reader = _Reader(for_outlook=False)
    reader.take(html)
    return " ".join("".join(reader.words).split())


def declarations(style: str) -> dict[str, str]:
    """Return CSS declarations of a style attribute by lower-case name, without `!important`; the last one wins."""
    found: dict[str, str] = {}
    for piece in style.split(";"):
        name, colon, value = piece.partition(":")
        if colon:
            found[name.strip().lower()] = value.replace("!important", "").strip().lower()
    return found


@dataclass(kw_only=True, slots=True)
class _Draft:
    tag: str
    attributes: Mapping[str, str]
    offset: int
    path: tuple[str, ...]
    is_hidden: bool
    for_outlook: bool
    around: "_Draft | None" = None
    index: int = -1
    text: list[str] = field(default_factory=list)

    def done(self) -> Element:
        return Element(
            tag=self.tag,
            attributes=self.attributes,
            offset=self.offset,
            path=self.path,
            is_hidden=self.is_hidden,
            for_outlook=self.for_outlook,
            text=" ".join("".join(self.text).split()),
            index=self.index,
            parent=self.around.index if self.around else -1,
            classes=frozenset(self.attributes.get("class", "").split()),
        )


class _Reader(HTMLParser):
    def __init__(
        self, *, for_outlook: bool, start: int = 0, path: tuple[str, ...] = (), around: _Draft | None = None
    ) -> None:
        super().__init__(convert_charrefs=True)
        self.for_outlook, self.start, self.outer, self.around = for_outlook, start, path, around
        self.drafts: list[_Draft] = []
        self.sheets: list[Sheet] = []
        self.words: list[str] = []
        self.runs: list[tuple[_Draft | None, str, int, bool]] = []
        self.open: list[_Draft] = []
        self.breaks: list[int] = [0]

    def take(self, html: str) -> None:
        self.breaks = [0, *(found.end() for found in re.finditer("\n", html))]
        try:
            self.feed(html)
            self.close()
        except AssertionError:  # the tokeniser's answer to "<![x[": what follows is not markup
            pass

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        attributes = {name: value or "" for name, value in reversed(attrs)}  # the first of a name counts
        hidden = (
            declarations(attributes.get("style", "")).get("display") == "none"
            or attributes.get("aria-hidden") == "true"
        )
        draft = _Draft(
            tag=tag,
            attributes=attributes,
            offset=self.start + self.breaks[line - 1] + column,
            path=self.outer + tuple(draft.tag for draft in self.open),
            is_hidden=hidden or (bool(self.open) and self.open[-1].is_hidden),
            for_outlook=self.for_outlook,
            around=self.open[-1] if self.open else self.around,
        )
        self.drafts.append(draft)
        if tag not in VOID:
            self.open.append(draft)
        self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        for index in range(len(self.open) - 1, -1, -1):
            if self.open[index].tag == tag:
                del self.open[index:]
                break
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1].tag == "style":
            in_head = any(draft.tag == "head" for draft in self.open) or "head" in self.outer
            media = self.open[-1].attributes.get("media", "")
            self.sheets.append(Sheet(text=data, in_head=in_head, for_outlook=self.for_outlook, media=media))
            return
        for draft in self.open:
            if draft.tag in COLLECTED:
                draft.text.append(data)
        is_text = not any(draft.tag in UNSEEN for draft in self.open)
        is_seen = is_text and not self.for_outlook
        if is_text:
            line, column = self.getpos()
            around = self.open[-1] if self.open else self.around
            self.runs.append((around, data, self.start + self.breaks[line - 1] + column, self.for_outlook))
        if is_seen and not (self.open and self.open[-1].is_hidden):
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        found = CONDITION.fullmatch(data)
        if not found:
            return
        line, column = self.getpos()
        start = self.start + self.breaks[line - 1] + column + len("<!--") + found.start(1)
        path = self.outer + tuple(draft.tag for draft in self.open)
        inner = _Reader(for_outlook=True, start=start, path=path, around=self.open[-1] if self.open else self.around)
        inner.take(found[1])
        self.drafts += inner.drafts
        self.sheets += inner.sheets
        self.runs += inner.runs
