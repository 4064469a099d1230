"""
An entry while it is being gathered, and the entry it becomes.

Attributes (`{.pick by="X"}`) may stand behind the link, at the end of the first line or at the end of the blurb; stars
are read from the words and stay in them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from mailweekly.issue import blocks, inlines
from mailweekly.issue.footnotes import Footnotes
from mailweekly.issue.heads import Head, lines_of, numbered_words, without_attributes
from mailweekly.issue.inline_rules import read_attributes
from mailweekly.issue.model import Block, Entry, Inline, Paragraph, Styled, Text
from mailweekly.issue.reading import Reading, nearest
from mailweekly.issue.tree import Node
from mailweekly.issue.words import plain

__all__ = ["Draft", "item_words", "paragraph_of"]

_FLAGS = frozenset({"lead", "pick"})
_STARS = re.compile(r"[(（]\s*(\d[\d.,]*)\s*([KkMm千万]?)\+?\s*(?:stars?|★|⭐️?|个?\s*星)\s*[)）]\s*$", re.IGNORECASE)
_SCALES = {"": 1, "k": 1_000, "千": 1_000, "万": 10_000, "m": 1_000_000}
_MAX_STARS = 10_000_000  # nothing has more; a larger number is a slip


@dataclass(slots=True)
class Draft:
    """The first line of an entry and the nodes of its blurb so far."""

    head: Head
    line: int
    nodes: list[Node] = field(default_factory=list)
    _flags: set[str] = field(default_factory=set)
    _meta: dict[str, str] = field(default_factory=dict)

    def entry(self, reading: Reading, footnotes: Footnotes) -> Entry:
        """Return the entry, its notes numbered from 1."""
        if reading.is_outline:
            return Entry(number=self.head.number, title=(), url="", line=self.line)
        with footnotes.scope():
            title = self._title(reading)
            url = reading.link(self.head.href, self.line) if self.head.href is not None else None
            if self.head.href is None:
                what = f"Entry {self.head.number} has no link."
                reading.note("issue.no-link", self.line, what, "Write [title](https://…) behind its number.")
            tail = self._tail(reading)
            self._attributes(self.head.attributes, reading, self.line)
            content = blocks.build(self._blurb(reading), reading)
            return Entry(
                number=self.head.number,
                title=title,
                url=url or "",
                line=self.line,
                tail=tail,
                blocks=content,
                footnotes=footnotes.collected(self.line),
                stars=self._stars(content, tail),
                flags=frozenset(self._flags),
                meta=self._meta,
            )

    def _title(self, reading: Reading) -> tuple[Inline, ...]:
        title = inlines.build(self.head.title, reading, self.line)
        if self.head.href is None and len(title) == 1 and isinstance(title[0], Styled) and title[0].tag == "strong":
            title = title[0].children
        if self.head.label.strip():
            title = _labelled(self.head.label.strip(), title)
        return title

    def _tail(self, reading: Reading) -> tuple[Inline, ...]:
        tokens, written = without_attributes(self.head.tail)
        self._attributes(written, reading, self.line)
        return inlines.build(tokens, reading, self.line)

    def _blurb(self, reading: Reading) -> list[Node]:
        """Return the nodes without the attributes at the end of a paragraph: they are the entry's."""
        found: list[Node] = []
        for node in self.nodes:
            tokens, written = without_attributes(node.tokens) if node.kind == "paragraph" else ([], "")
            self._attributes(written, reading, node.line)
            rest = paragraph_of([tokens], node.line) if written else node
            if rest is not None:
                found.append(rest)
        return found

    def _attributes(self, written: str, reading: Reading, line: int) -> None:
        if not written:
            return
        name, classes, values = read_attributes(written)
        if name:
            self._meta["id"] = name
        for flag in classes:
            if flag in _FLAGS:
                self._flags.add(flag)
            else:
                near = nearest(flag, _FLAGS)
                reading.note(
                    "issue.directive",
                    line,
                    f"An entry cannot be `.{flag}`.",
                    f"Did you mean `.{near}`?" if near else "",
                )
        self._meta.update({key.lower(): reading.fill_plain(value, line) for key, value in values.items()})

    def _stars(self, content: Sequence[Block], tail: Sequence[Inline]) -> int | None:
        written = self._meta.pop("stars", "")
        if written:
            return _count(re.fullmatch(r"(\d[\d.,]*)([KkMm千万]?)\+?", written))
        for block in reversed(content):
            if isinstance(block, Paragraph) and (match := _STARS.search(plain(block.children)[-60:])):
                return _count(match)
        return _count(_STARS.search(plain(tail)[-60:]))


def paragraph_of(lines: Sequence[Sequence[Token]], line: int) -> Node | None:
    """Return a paragraph of some lines of another one; None if nothing is left of it."""
    tokens: list[Token] = []
    for row in lines:
        tokens += [Token("softbreak", "br", 0), *row]
    tokens = tokens[1:]
    if not any(
        token.type not in {"softbreak", "hardbreak"} and (token.type != "text" or token.content.strip())
        for token in tokens
    ):
        return None
    inline = Node(kind="inline", token=Token("inline", "", 0, children=tokens), line=line)
    return Node(kind="paragraph", token=Token("paragraph_open", "p", 1), line=line, children=[inline])


def item_words(item: Node) -> Head | None:
    """Return the head of a list's item that has a number but no link."""
    if not item.token.info or not item.children or item.children[0].kind != "paragraph":
        return None
    first = lines_of(item.children[0].tokens)[0]
    return numbered_words([Token("text", "", 0, content=f"{item.token.info}. "), *first])


def _labelled(label: str, title: tuple[Inline, ...]) -> tuple[Inline, ...]:
    if title and isinstance(first := title[0], Text):
        return (Text(text=f"{label} {first.text}"), *title[1:])
    return (Text(text=f"{label} "), *title)


def _count(match: re.Match[str] | None) -> int | None:
    if match is None:
        return None
    digits, scale = match[1].rstrip(".,"), _SCALES[match[2].lower()]
    plain_digits = digits.replace(",", "") if scale == 1 or "." in digits else digits.replace(",", ".")
    try:
        stars = round(float(plain_digits) * scale)
    except ValueError:
        return None
    return stars if stars <= _MAX_STARS else None
