"""
The entries of a section: which lines begin one, and what belongs to it.

A section has one kind of entry, the first that occurs: numbered links (`1、`, `1.`, `①`, as lines or as an ordered
list), headings that are one link each, or bullets that are one link each. Everything else stays what it is, in its
place.

Source: the spellings were counted in 1,900 real issues.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from markdown_it.token import Token

from mailweekly.issue import blocks, drafts
from mailweekly.issue.containers import CONDITIONAL, IN_ENTRY, WITHOUT_ENTRIES
from mailweekly.issue.drafts import Draft
from mailweekly.issue.footnotes import Footnotes
from mailweekly.issue.heads import Head, lines_of, numbered_words, read_head
from mailweekly.issue.model import Block, Component, Entry
from mailweekly.issue.reading import Reading
from mailweekly.issue.tree import Node

__all__ = ["has_entries", "holds_entries", "items", "linked_headings"]

_ENTRY_LEVEL = "h3"


def items(nodes: Sequence[Node], reading: Reading, footnotes: Footnotes) -> tuple[Entry | Block, ...]:
    """Return what a section holds, in the order written."""
    kind = _kind(nodes)
    if not kind:
        return _plain(nodes, reading, footnotes)
    return _Harvest(nodes, kind, reading, footnotes).gathered()


def has_entries(nodes: Sequence[Node]) -> bool:
    """Return whether a section of these nodes would have entries."""
    return bool(_kind(nodes))


def holds_entries(node: Node) -> bool:
    """Return whether a container is one that may hold entries, and does."""
    return node.opening is not None and node.opening.name not in WITHOUT_ENTRIES and has_entries(node.children)


def linked_headings(nodes: Sequence[Node]) -> bool:
    """Return whether the h3 among `nodes` are one link each (and there are any)."""
    headings = [node for node in nodes if node.kind == "heading" and node.token.tag == _ENTRY_LEVEL]
    return bool(headings) and all(read_head(node.tokens) is not None for node in headings)


def _plain(nodes: Sequence[Node], reading: Reading, footnotes: Footnotes) -> tuple[Entry | Block, ...]:
    found: list[Entry | Block] = []
    for run in _runs(nodes):
        if run[0].kind == "container" and any(holds_entries(node) for node in run):
            found.extend(_component(node, reading, footnotes) for node in run)
        else:
            found.extend(blocks.build(run, reading))
    return tuple(found)


def _runs(nodes: Sequence[Node]) -> Iterator[Sequence[Node]]:
    """Yield containers one by one, and what stands between them together."""
    start = 0
    for place, node in enumerate(nodes):
        if node.kind == "container":
            if start < place:
                yield nodes[start:place]
            yield nodes[place : place + 1]
            start = place + 1
    if start < len(nodes):
        yield nodes[start:]


def _component(node: Node, reading: Reading, footnotes: Footnotes) -> Component:
    assert node.opening is not None
    inside = items(node.children, reading, footnotes)
    return Component(name=node.opening.name, options=node.opening.options, blocks=inside, line=node.line)


def _kind(nodes: Sequence[Node]) -> str:
    """Return the kind of entry that occurs first: number, heading, bullet, or none."""
    headings = linked_headings(nodes)
    bullets = False
    numbered_before = False  # a numbered line without a link, worth something only if others have one
    for node in nodes:
        if node.kind == "heading" and headings and node.token.tag == _ENTRY_LEVEL and not bullets:
            return "heading"
        if _holds_numbers(node):
            return "bullet" if bullets and not numbered_before else "number"
        if node.kind == "bullet_list" and not bullets and _all_heads(node):
            bullets = True
        if node.kind == "paragraph" and not bullets and any(numbered_words(line) for line in lines_of(node.tokens)):
            numbered_before = True
    return "bullet" if bullets else ""


def _holds_numbers(node: Node) -> bool:
    match node.kind:
        case "paragraph":
            return any(_numbered(line) for line in lines_of(node.tokens))
        case "ordered_list":
            return any(_item_head(item) for item in node.children)
        case "bullet_list":
            return _all_heads(node, numbered=True)
    return False


def _numbered(line: Sequence[Token]) -> bool:
    head = read_head(line)
    return head is not None and bool(head.number)


def _item_head(item: Node) -> Head | None:
    if not item.children or item.children[0].kind != "paragraph":
        return None
    return read_head(lines_of(item.children[0].tokens)[0], item.token.info)


def _all_heads(node: Node, *, numbered: bool = False) -> bool:
    heads = [_item_head(item) for item in node.children]
    return all(head is not None and (bool(head.number) or not numbered) for head in heads)


@dataclass(slots=True)
class _Unlinked:
    """Numbered lines without a link between two linked ones: entries too if their numbers close the gap."""

    last: int = 0  # the number before them; 0: none
    waiting: list[tuple[int, int]] = field(default_factory=list)  # (number, id of the line)


class _Harvest:
    """Walks the nodes of one section once, opening and closing entries."""

    def __init__(self, nodes: Sequence[Node], kind: str, reading: Reading, footnotes: Footnotes) -> None:
        self._nodes = nodes
        self._kind = kind
        self._reading = reading
        self._footnotes = footnotes
        self._found: list[Entry | Block] = []
        self._loose: list[Node] = []
        self._draft: Draft | None = None
        self._lines = (
            {id(node): lines_of(node.tokens) for node in nodes if node.kind == "paragraph"} if kind == "number" else {}
        )
        self._unlinked = self._gap_closers() if kind == "number" else frozenset()
        self._chained = _chained(nodes) if kind == "bullet" else frozenset()

    def gathered(self) -> tuple[Entry | Block, ...]:
        for node in self._nodes:
            if not self._begins(node):
                self._go_on(node)
        self._end()
        return tuple(self._found)

    def _begins(self, node: Node) -> bool:
        match node.kind:
            case "heading" if self._kind == "heading" and node.token.tag == _ENTRY_LEVEL:
                head = read_head(node.tokens)
                assert head is not None
                self._start(head, node.line)
                return True
            case "paragraph" if self._kind == "number":
                return self._begin_lines(node)
            case "ordered_list" if self._kind == "number" and any(_item_head(item) for item in node.children):
                return self._begin_items(node)
            case "bullet_list" if self._kind == "bullet" and _all_heads(node):
                return self._begin_items(node)
            case "bullet_list" if self._kind == "number" and _all_heads(node, numbered=True):
                return self._begin_items(node)
        return False

    def _begin_lines(self, node: Node) -> bool:
        lines = self._lines[id(node)]
        heads = [self._line_head(line) for line in lines]
        if not any(heads):
            return False
        rest: list[list[Token]] = []
        for place, (line, head) in enumerate(zip(lines, heads, strict=True)):
            if head is None:
                rest.append(line)
                continue
            self._rest(rest, node.line + place - len(rest))
            rest = []
            self._start(head, node.line + place)
        self._rest(rest, node.line + len(lines) - len(rest))
        return True

    def _line_head(self, line: Sequence[Token]) -> Head | None:
        head = read_head(line)
        if head is not None and head.number:
            return head
        return numbered_words(line) if id(line) in self._unlinked else None

    def _rest(self, lines: Sequence[Sequence[Token]], line: int) -> None:
        node = drafts.paragraph_of(lines, line)
        if node is not None:
            self._go_on(node)

    def _begin_items(self, node: Node) -> bool:
        for item in node.children:
            head = _item_head(item) or drafts.item_words(item)
            if head is None:
                self._go_on(Node(kind=node.kind, token=node.token, line=item.line, children=[item]))
                continue
            self._start(head, item.line)
            first, *others = item.children
            self._rest(lines_of(first.tokens)[1:], first.line + 1)
            for child in others:
                self._go_on(child, indented=True)
        if self._kind == "bullet" and id(node) not in self._chained:
            self._end()
        return True

    def _start(self, head: Head, line: int) -> None:
        self._end()
        self._draft = Draft(head=head, line=line)

    def _go_on(self, node: Node, *, indented: bool = False) -> None:
        """Add a node to the open entry, or close it and keep the node in the section; a condition written in the entry's own margin is part of it."""
        ends = node.kind in {"heading", "hr"} or (
            node.kind == "container"
            and node.opening is not None
            and node.opening.name not in (IN_ENTRY | CONDITIONAL if indented and not holds_entries(node) else IN_ENTRY)
        )
        if ends:
            self._end()
        if self._draft is not None:
            self._draft.nodes.append(node)
        else:
            self._loose.append(node)

    def _end(self) -> None:
        self._found.extend(_plain(self._loose, self._reading, self._footnotes))
        self._loose = []
        if self._draft is not None:
            self._found.append(self._draft.entry(self._reading, self._footnotes))
            self._draft = None

    def _gap_closers(self) -> frozenset[int]:
        """Return the lines without a link that are entries all the same: their numbers fill the gap between linked neighbours."""
        state = _Unlinked()
        found: set[int] = set()
        for number, line in self._numbers():
            if line:
                state.waiting.append((number, line))
                continue
            found.update(_filling(state, number))
            state = _Unlinked(last=number)
        found.update(_filling(state, 0))
        return frozenset(found)

    def _numbers(self) -> Iterator[tuple[int, int]]:
        """Yield the number of each numbered line, with the line's id where it has no link (else 0)."""
        for node in self._nodes:
            for line in self._lines.get(id(node), ()):
                head = read_head(line)
                if head is not None and head.number:
                    yield int(head.number), 0
                elif (words := numbered_words(line)) is not None:
                    yield int(words.number), id(line)
            if node.kind == "ordered_list":
                yield from (
                    (int(head.number), 0)
                    for item in node.children
                    if (head := _item_head(item)) is not None and head.number
                )


def _chained(nodes: Sequence[Node]) -> frozenset[int]:
    """Return the lists of one bullet each whose blurbs stand, unindented, between them."""
    found: set[int] = set()
    last: Node | None = None
    between = 0
    for node in nodes:
        if node.kind == "bullet_list" and len(node.children) == 1:
            if last is not None and between:
                found.update((id(last), id(node)))
            last, between = node, 0
        elif node.kind in {"heading", "hr", "bullet_list"}:
            last = None
        else:
            between += 1
    return frozenset(found)


def _filling(state: _Unlinked, following: int) -> Iterator[int]:
    numbers = [number for number, _ in state.waiting]
    if not numbers or any(second != first + 1 for first, second in pairwise(numbers)):
        return
    fits_before = numbers[0] == state.last + 1 if state.last else bool(following)
    fits_after = numbers[-1] == following - 1 if following else bool(state.last)
    if fits_before and fits_after:
        yield from (line for _, line in state.waiting)
