"""
Entries one after another as one list or table, though some of them are for some readers only.

Such entries stand as rows among the others. The first row of a list has no rule above it, so where conditional entries open the list the one behind
them is drawn once for each case.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from mailweekly.edition.conditions import CONDITIONAL, condition, is_in
from mailweekly.edition.page import Page
from mailweekly.edition.presence import ALWAYS, NEVER, When, both, either, guarded, negated
from mailweekly.issue.model import Block, Component, Entry

__all__ = ["are_entries", "drawn_entries", "readers_of"]

LIST: Final = re.compile(r"\s*(<(table|ul|ol)\b[^>]*>)(.*)(</\2>)\s*", re.DOTALL)
EDGE: Final = re.compile(r"<(/?)(table|ul|ol)\b")


def are_entries(block: Block | Entry) -> bool:
    """Return whether this is an entry, or a conditional block of nothing but entries."""
    if isinstance(block, Component):
        return block.name in CONDITIONAL and bool(block.blocks) and all(are_entries(one) for one in block.blocks)
    return isinstance(block, Entry)


def readers_of(items: Sequence[Block | Entry], medium: str, who: When = ALWAYS) -> Iterator[tuple[Entry, When]]:
    """Yield each entry that this kind of edition shows, however deep, and who gets it."""
    for item in items:
        if isinstance(item, Entry):
            yield item, who
        elif isinstance(item, Component) and is_in(item, medium):
            asked = condition(item)
            yield from readers_of(item.blocks, medium, both(who, frozenset({frozenset({asked})})) if asked else who)


def drawn_entries(items: Sequence[Block | Entry], page: Page) -> str:
    """Return entries, the conditional ones among them marked; `items` are all `are_entries`."""
    pieces: list[tuple[When, str]] = []
    before = NEVER
    for who, run in _runs(items, page.medium):
        pieces += _pieces(who, run, before, page)
        before = either(before, who)
    if len(pieces) == 1:
        return guarded(pieces[0][1], pieces[0][0])
    return _joined(pieces, before)


def _runs(items: Sequence[Block | Entry], medium: str) -> list[tuple[When, list[Entry]]]:
    runs: list[tuple[When, list[Entry]]] = []
    for entry, who in readers_of(items, medium):
        if runs and runs[-1][0] == who:
            runs[-1][1].append(entry)
        elif who:
            runs.append((who, [entry]))
    return runs


def _pieces(who: When, run: list[Entry], before: When, page: Page) -> Iterator[tuple[When, str]]:
    if before in {ALWAYS, NEVER}:
        yield who, page.draw_entries(run, first=before == NEVER)
        return
    below, above = (page.draw_entries(run[:1], first=first) for first in (False, True))
    if below == above:
        yield who, page.draw_entries(run, first=False)
        return
    yield both(who, before), below
    yield both(who, negated(before)), above
    if run[1:]:
        yield who, page.draw_entries(run[1:], first=False)


def _joined(pieces: Sequence[tuple[When, str]], who: When) -> str:
    found = [LIST.fullmatch(drawn) for _, drawn in pieces]
    frames = {(one[1], one[4]) for one in found if one and _is_whole(one[3])}
    if len(frames) != 1 or not all(found) or not all(one and _is_whole(one[3]) for one in found):
        return "".join(guarded(drawn, whom) for whom, drawn in pieces)
    (opened, closed) = frames.pop()
    rows = "\n".join(
        guarded(one[3].strip(), whom) for one, (whom, _) in zip(found, pieces, strict=True) if one is not None
    )
    return guarded(f"{opened}\n{rows}\n{closed}", who)


def _is_whole(inside: str) -> bool:
    """Return whether what stands between a list's ends closes all it opens, and nothing more."""
    depth = 0
    for edge in EDGE.finditer(inside):
        depth += -1 if edge[1] else 1
        if depth < 0:
            return False
    return depth == 0
