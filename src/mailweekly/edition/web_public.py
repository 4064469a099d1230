"""
An issue as a visitor of its page sees it: nobody's copy, so nothing in it is personal.

A field becomes its default, `list_name` the newsletter's name, `web_url` the page's own address where it is known. A link that is each reader's own
(unsubscribe, preferences, forward) leaves its words behind; a paragraph or a button that was nothing else goes. A block for a segment, or for readers
with a field, is left out; what is for everybody else is shown. Refuses to guess who visits.

Errors: none.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import unescape
from itertools import count
from typing import Final
from urllib.parse import quote

from mailweekly.edition import escape
from mailweekly.edition.conditions import CONDITIONAL, condition
from mailweekly.edition.model import Publication
from mailweekly.edition.slots import LINK_FIELDS
from mailweekly.issue.model import (
    Block,
    Component,
    Entry,
    Footnote,
    FootnoteRef,
    Heading,
    Html,
    Image,
    Inline,
    Issue,
    Link,
    ListBlock,
    Paragraph,
    Picture,
    Quote,
    Section,
    Styled,
    Table,
    Text,
)

__all__ = ["public", "visitor_value"]

CONTENT: Final = "content"  # the id of the page's main part
ADDRESSES: Final = frozenset({"url", "href", "link", "image", "src"})
HOLE: Final = "\x00"  # where an empty value stood; no issue holds one, controls are dropped
BEFORE_STOP: Final = re.compile(r"[ \t]*\x00(?=[,.!?;:…，。！？；：、،؛؟])")
AT_START: Final = re.compile(r"\A\x00[,;:，；：、،؛]?[ \t]*")
ADDRESS: Final = re.compile(r'(\s(?:href|src)=)"([^"]*)"')


def public(issue: Issue, publication: Publication, *, page_url: str = "") -> Issue:
    """Return the issue without a token, a personal link or a block for some readers only."""
    return _Visitor(issue=issue, publication=publication, page_url=page_url).issue_seen()


def visitor_value(name: str, default: str, publication: Publication, page_url: str) -> str:
    """Return what a field says to somebody unknown."""
    match name:
        case "web_url":
            return page_url
        case "list_name":
            return publication.name or publication.list_name or default
        case _:
            return "" if name in LINK_FIELDS else default


@dataclass(frozen=True, kw_only=True, slots=True)
class _Visitor:
    issue: Issue
    publication: Publication
    page_url: str

    def issue_seen(self) -> Issue:
        issue = self.issue
        return replace(
            issue,
            newsletter=self._said(issue.newsletter),
            title=self._said(issue.title),
            heading=self._said(issue.heading),
            meta={key: self._said(value) for key, value in issue.meta.items()},
            intro=self._blocks(issue.intro),
            sections=tuple(_named(self._section(part) for part in issue.sections if self._has_something(part))),
            outro=self._blocks(issue.outro),
            footnotes=self._notes(issue.footnotes),
            fields=(),
        )

    def _has_something(self, section: Section) -> bool:
        return not section.items or bool(self._items(section.items))

    def _section(self, section: Section) -> Section:
        url = self._address(section.url)
        title = self._inlines(section.title, linked=bool(url))
        return replace(section, title=title, url=url, items=self._items(section.items))

    def _entry(self, entry: Entry) -> Entry | None:
        url = self._address(entry.url)
        if entry.url and not url and not entry.blocks:
            return None
        return replace(
            entry,
            url=url,
            title=self._inlines(entry.title, linked=bool(url)),
            tail=self._inlines(entry.tail),
            blocks=self._blocks(entry.blocks),
            footnotes=self._notes(entry.footnotes),
            meta={key: self._said(value) for key, value in entry.meta.items()},
        )

    def _notes(self, notes: Iterable[Footnote]) -> tuple[Footnote, ...]:
        return tuple(replace(note, blocks=self._blocks(note.blocks)) for note in notes)

    def _items(self, items: Iterable[Block | Entry]) -> tuple[Block | Entry, ...]:
        seen = (self._entry(item) if isinstance(item, Entry) else self._block(item) for item in items)
        return tuple(item for item in seen if item is not None)

    def _blocks(self, blocks: Iterable[Block]) -> tuple[Block, ...]:
        return tuple(seen for block in blocks if (seen := self._block(block)) is not None)

    def _block(self, block: Block) -> Block | None:
        match block:
            case Paragraph():
                return None if self._is_personal(block.children) else self._filled(block)
            case ListBlock():
                return self._list(block)
            case Component():
                return self._component(block)
            case _:
                return self._as_shown(block)

    def _as_shown(self, block: Block) -> Block:
        match block:
            case Heading():
                return replace(block, children=self._inlines(block.children))
            case Quote():
                return replace(block, blocks=self._blocks(block.blocks))
            case Table():
                return replace(block, head=self._cells(block.head), rows=tuple(self._cells(row) for row in block.rows))
            case Picture():
                caption, url = self._said(block.caption), self._address(block.url)
                return replace(block, image=self._image(block.image), caption=caption, url=url)
            case Html():
                return replace(block, html=self._markup(block.html), text=self._said(block.text))
            case _:
                return block

    def _list(self, block: ListBlock) -> ListBlock | None:
        items = [(self._blocks(item), item) for item in block.items]
        kept = tuple(seen for seen, written in items if seen or not written)
        return replace(block, items=kept) if kept else None

    def _filled(self, block: Paragraph) -> Paragraph:
        return replace(block, children=self._inlines(block.children))

    def _component(self, block: Component) -> Component | None:
        options = {key: self._option(key, value) for key, value in block.options.items()}
        if block.name == "button" and block.options.get("url") and not options["url"]:
            return None
        if block.name in CONDITIONAL and (asked := condition(block)):
            if not asked.startswith("!"):
                return None
            return replace(block, name="only", options={}, blocks=self._items(block.blocks))
        return replace(block, options=options, blocks=self._items(block.blocks))

    def _option(self, key: str, value: str) -> str:
        return self._address(value) if key in ADDRESSES else self._said(value)

    def _cells(self, row: Sequence[Sequence[Inline]]) -> tuple[tuple[Inline, ...], ...]:
        return tuple(self._inlines(cell) for cell in row)

    def _inlines(self, parts: Iterable[Inline], *, linked: bool = False) -> tuple[Inline, ...]:
        return tuple(seen for part in parts for seen in self._inline(part, linked=linked))

    def _inline(self, part: Inline, *, linked: bool) -> Sequence[Inline]:
        match part:
            case Text():
                return [replace(part, text=self._said(part.text))]
            case Styled():
                return [replace(part, children=self._inlines(part.children, linked=linked))]
            case Image():
                return [self._image(part)]
            case Link():
                url = self._address(part.url)
                children = self._inlines(part.children, linked=linked or bool(url))
                return [replace(part, url=url, children=children, title=self._said(part.title))] if url else children
            case FootnoteRef() if linked:  # a link cannot stand inside a link
                return [Styled(tag="sup", children=(Text(text=str(part.number)),))]
            case _:
                return [part]

    def _image(self, image: Image) -> Image:
        return replace(image, src=self._address(image.src), alt=self._said(image.alt), title=self._said(image.title))

    def _is_personal(self, parts: Sequence[Inline]) -> bool:
        """Return whether there are personal links, and but for them no word."""
        gone = False
        for part in parts:
            match part:
                case Link() if part.url and not self._address(part.url):
                    gone = True
                case Text() if not re.search(r"\w", part.text):
                    continue
                case Styled() if self._is_personal(part.children):
                    gone = True
                case _:
                    return False
        return gone

    def _values(self) -> Mapping[str, str]:
        return {
            f"MW{self.issue.nonce}x{slot}Z": visitor_value(
                item.name, item.default or "", self.publication, self.page_url
            )
            for slot, item in enumerate(self.issue.fields)
        }

    def _said(self, text: str) -> str:
        if not self._has_token(text):
            return text
        values = self._values()
        held = self._token().sub(lambda found: values.get(found[0], "") or HOLE, text)
        return re.sub(r"\x00[ \t]?", "", BEFORE_STOP.sub("", AT_START.sub("", held)))

    def _address(self, url: str) -> str:
        """Return the address for a visitor, "" for one that is a reader's own."""
        if not self._has_token(url):
            return url
        values = self._values()
        if url in values:
            return values[url]
        return self._token().sub(lambda found: quote(values.get(found[0], ""), safe=""), url)

    def _markup(self, html: str) -> str:
        if not self._has_token(html):
            return html
        values = self._values()

        def attribute(found: re.Match[str]) -> str:
            address = self._address(unescape(found[2]))
            return f'{found[1]}"{escape.attribute(address)}"' if address else ""

        filled = ADDRESS.sub(attribute, html)
        return self._token().sub(lambda found: escape.attribute(values.get(found[0], "")), filled)

    def _has_token(self, text: str) -> bool:
        return f"MW{self.issue.nonce}x" in text

    def _token(self) -> re.Pattern[str]:
        return re.compile(f"MW{self.issue.nonce}x[0-9]+Z")


def _named(sections: Iterable[Section]) -> Iterable[Section]:
    """Yield the sections, each with an id that is one word and nobody else's."""
    taken = {CONTENT}
    for section in sections:
        plain = re.sub(r"[^\w.-]+", "-", section.id).strip("-") or "section"
        name = next(one for at in count(1) if (one := plain if at == 1 else f"{plain}-{at}") not in taken)
        taken.add(name)
        yield section if name == section.id else replace(section, id=name)
