"""
Where code stands in an issue's text: what a mend must never touch.

For a mend of links, front matter and block HTML count too: they have rules of their own.

Blocks are found by the parser, code spans by the rule of CommonMark 6.1: a run of backticks, to the next run of the same length within the block.
Where the two differ in a corner (a backtick inside an HTML tag), a mend is caught by comparing the issues before and after.

Units: lines and columns count from 0 here; an end is not part of its span.
Errors: IssueError of the front matter; TooManyBlocksError.
"""

import re
from collections.abc import Iterator, Mapping

from mailweekly.issue import front_matter
from mailweekly.issue.markdown import tokens_of

__all__ = ["Code", "code_of"]

_RUN = re.compile(r"\\`|`+")
_LISTINGS = frozenset({"fence", "code_block"})
_EVERYTHING = 1 << 30


class Code:
    """The code of one text."""

    def __init__(self, spans: Mapping[int, list[tuple[int, int]]]) -> None:
        self._spans = spans

    def holds(self, line: int, start: int, end: int) -> bool:
        """Whether any of these columns is code."""
        return any(start < last and first < end for first, last in self._spans.get(line, ()))

    def is_whole(self, line: int) -> bool:
        """Whether the whole line is code."""
        return any(first == 0 and last == _EVERYTHING for first, last in self._spans.get(line, ()))


def code_of(text: str, *, strictly: bool = False) -> Code:
    """Return where code stands in `text`, which has LF as its only line end and no controls; `strictly` leaves out front matter and HTML."""
    front = front_matter.read(text, "issue.md").length
    lines = text.split("\n")
    body = "\n" * front + "\n".join(lines[front:])
    blocks = _LISTINGS if strictly else _LISTINGS | {"html_block"}
    spans: dict[int, list[tuple[int, int]]] = {} if strictly else {line: [(0, _EVERYTHING)] for line in range(front)}
    tokens, _ = tokens_of(body, inline=lambda _block, _line: [])
    for token in tokens:
        first, last = token.map or (0, 0)
        if token.type in blocks:
            for line in range(first, last):
                spans.setdefault(line, []).append((0, _EVERYTHING))
        elif token.type == "inline" and "`" in token.content:
            for line, start, end in _code_spans(lines, first, max(last, first + 1)):
                spans.setdefault(line, []).append((start, end))
    return Code(spans)


def _code_spans(lines: list[str], first: int, last: int) -> Iterator[tuple[int, int, int]]:
    """The code spans of one block, piece by piece of each line."""
    runs = [
        (number, found.start(), found.end())
        for number in range(first, min(last, len(lines)))
        for found in _RUN.finditer(lines[number])
    ]
    ends: dict[int, list[int]] = {}
    for index, (number, start, end) in reversed(list(enumerate(runs))):
        written = lines[number][start:end]
        ends.setdefault(len(written) - written.startswith("\\"), []).append(index)
    index = 0
    while index < len(runs):
        number, start, end = runs[index]
        if lines[number].startswith("\\", start):
            index += 1
            continue
        waiting = ends[end - start]
        while waiting and waiting[-1] <= index:
            waiting.pop()
        if waiting:
            index = waiting[-1]
            yield from _pieces((number, start), (runs[index][0], runs[index][2]))
        index += 1


def _pieces(start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int, int]]:
    for line in range(start[0], end[0] + 1):
        yield line, start[1] if line == start[0] else 0, end[1] if line == end[0] else _EVERYTHING
