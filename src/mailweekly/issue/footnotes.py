"""
Footnotes, numbered where they are used: within their entry, or within the issue for prose outside entries.

A definition that nothing refers to is not lost: it joins the notes of the issue.

Errors: IssueError when notes that refer to notes multiply beyond `MAX_PLACED`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from markdown_it.token import Token

from mailweekly.errors import IssueError
from mailweekly.issue import blocks
from mailweekly.issue.model import Footnote
from mailweekly.issue.reading import Reading
from mailweekly.issue.tree import Node

__all__ = ["MAX_PLACED", "Footnotes"]

MAX_PLACED = 5000  # a note used by many entries is placed in each; a chain of notes must not multiply without end


class Footnotes:
    """The definitions of an issue, and the numbers of the scope being read."""

    def __init__(self, definitions: Mapping[str, Node], env: Mapping[str, Any], reading: Reading) -> None:
        self._definitions = dict(definitions)
        self._reading = reading
        self._placed = 0
        listed: Mapping[int, Mapping[str, Any]] = env.get("footnotes", {}).get("list", {})
        for number, data in listed.items():
            if "tokens" in data:
                self._definitions[f"inline:{number}"] = _inline_definition(data["tokens"])

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Number references anew while the block runs, as an entry does."""
        outer = self._reading.footnote_numbers
        self._reading.footnote_numbers = {}
        try:
            yield
        finally:
            self._reading.footnote_numbers = outer

    def collected(self, line: int) -> tuple[Footnote, ...]:
        """Return the notes of the current scope; notes they refer to are among them."""
        numbers = self._reading.footnote_numbers
        found: list[Footnote] = []
        while waiting := tuple(islice(numbers.items(), len(found), None)):
            found.extend(self._footnote(key, number, line) for key, number in waiting)
        return tuple(found)

    def add_unused(self) -> None:
        """Give the definitions that nothing refers to a number in the current scope."""
        numbers = self._reading.footnote_numbers
        for key in self._definitions:
            if key not in self._reading.footnotes_used:
                numbers.setdefault(key, len(numbers) + 1)

    def _footnote(self, key: str, number: int, line: int) -> Footnote:
        self._placed += 1
        if self._placed > MAX_PLACED:
            hint = f"At most {MAX_PLACED} are placed."
            raise IssueError("The issue has too many footnotes.", place=f"{self._reading.source}:{line}", hint=hint)
        self._reading.footnotes_used.add(key)
        node = self._definitions.get(key)
        if node is not None and not node.line:
            node.line = node.children[0].line = line  # an inline note stands where it is used
        content = blocks.build(node.children, self._reading) if node is not None else ()
        return Footnote(number=number, blocks=content, line=(node.line if node is not None else 0) or line)


def _inline_definition(tokens: list[Token]) -> Node:
    inline = Token("inline", "", 0, children=tokens)
    holder = Token("paragraph_open", "p", 1)
    body = Node(kind="paragraph", token=holder, line=0, children=[Node(kind="inline", token=inline, line=0)])
    return Node(kind="footnote_reference", token=holder, line=0, children=[body])
