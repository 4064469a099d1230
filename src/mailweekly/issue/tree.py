"""
The flat block tokens as a tree, its containers paired.

A container that is unknown, never closed or a draft does not reach the next step: the first two are dissolved (their
content stays where it stands) and noted, a draft is left out and noted. Footnote definitions are set apart. What is
nested too deeply is refused, for later steps walk this tree.

Errors: IssueError for nesting deeper than `MAX_DEPTH`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from mailweekly.errors import IssueError
from mailweekly.issue.containers import CONTAINERS, Opening
from mailweekly.issue.markdown import MAX_DEPTH
from mailweekly.issue.reading import Reading, nearest

__all__ = ["Node", "Tree", "grown"]


@dataclass(slots=True)
class Node:
    """A block: its kind (the token's type without `_open`), its token, what it holds, its line."""

    kind: str
    token: Token
    line: int
    children: list["Node"] = field(default_factory=list)
    opening: Opening | None = None  # of a container

    @property
    def inline(self) -> Token | None:
        """The inline token of a paragraph, heading or cell."""
        return self.children[0].token if self.children and self.children[0].kind == "inline" else None

    @property
    def tokens(self) -> Sequence[Token]:
        """The inline tokens of a paragraph, heading or cell; empty where there are none."""
        inline = self.inline
        return (inline.children or ()) if inline is not None else ()


@dataclass(slots=True)
class Tree:
    """The blocks of a document and its footnote definitions by key (`footnote_key`), in the order written."""

    nodes: list[Node]
    footnotes: dict[str, Node]


def grown(tokens: Iterable[Token], reading: Reading, known: frozenset[str] = CONTAINERS) -> Tree:
    """Return the tree of `tokens`; `known` are the names a container may have."""
    return _Gardener(reading, known).grown(tokens)


class _Gardener:
    def __init__(self, reading: Reading, known: frozenset[str]) -> None:
        self._reading = reading
        self._known = known
        self._footnotes: dict[str, Node] = {}

    def grown(self, tokens: Iterable[Token]) -> Tree:
        root = Node(kind="root", token=Token("root", "", 0), line=1)
        stack = [root]
        for token in tokens:
            if token.level >= MAX_DEPTH - 1 or len(stack) > MAX_DEPTH:
                raise self._too_deep(stack[-1].line)
            if token.type == "container_open":
                self._open(token, stack)
            elif token.type == "container_close":
                self._close(token, stack)
            elif token.type == "comment":
                self._comment(token)
            elif token.nesting > 0:
                stack.append(Node(kind=token.type.removesuffix("_open"), token=token, line=_line(token, stack[-1])))
            elif token.nesting < 0:
                self._end(stack)
            else:
                stack[-1].children.append(Node(kind=token.type, token=token, line=_line(token, stack[-1])))
        self._dissolve(stack)
        return Tree(nodes=root.children, footnotes=self._footnotes)

    def _open(self, token: Token, stack: list[Node]) -> None:
        line = _line(token, stack[-1])
        opening = Opening.read(token.info, self._reading, line)
        stack.append(Node(kind="container", token=token, line=line, opening=opening))

    def _close(self, token: Token, stack: list[Node]) -> None:
        node = stack[-1]
        if node.kind != "container" or node.opening is None:
            line = _line(token, node)
            self._reading.note(
                "issue.directive", line, "`:::` closes nothing.", "Remove it, or open a container above it."
            )
            return
        stack.pop()
        name = node.opening.name
        if name == "draft":
            what = "A draft is left out."
            self._reading.note("issue.draft", node.line, what, "Remove the `::: draft` round it to publish it.")
        elif name not in self._known:
            self._unknown(node.opening, node.line)
            stack[-1].children.extend(node.children)
        else:
            stack[-1].children.append(node)

    def _unknown(self, opening: Opening, line: int) -> None:
        near = nearest(opening.name, self._known)
        mend = f"Did you mean `{near}`?" if near else f"Known are {', '.join(sorted(self._known))}."
        self._reading.note("issue.directive", line, f"There is no container `{opening.name[:40]}`.", mend)

    def _end(self, stack: list[Node]) -> None:
        self._dissolve(stack, keep=2)
        node = stack.pop()
        if node.kind == "footnote_reference":
            self._footnotes.setdefault(f"label:{node.token.meta['label']}", node)
        else:
            stack[-1].children.append(node)

    def _dissolve(self, stack: list[Node], keep: int = 1) -> None:
        """Put what stands in containers left open into the block round them."""
        first = len(stack)
        while first > keep - 1 and first > 1 and stack[first - 1].kind == "container":
            first -= 1
        for node in stack[first:]:
            self._reading.note(
                "issue.directive", node.line, f"`::: {node.token.info[:40]}` is never closed.", "Close it with `:::`."
            )
            stack[first - 1].children.extend(node.children)
        del stack[first:]

    def _comment(self, token: Token) -> None:
        words = token.content.strip()
        if words.startswith("mailweekly:"):
            order, _, rest = words.removeprefix("mailweekly:").strip().partition(" ")
            if order == "allow":
                rule, _, reason = rest.strip().partition(" ")
                self._reading.note("check.allow", (token.map or [0])[0] + 1, rule, reason.strip())

    def _too_deep(self, line: int) -> IssueError:
        return IssueError(
            "Blocks are nested too deeply.",
            place=f"{self._reading.source}:{line}",
            hint=f"Up to {MAX_DEPTH // 2} lists or containers may stand within each other.",
        )


def _line(token: Token, parent: Node) -> int:
    return token.map[0] + 1 if token.map else parent.line
