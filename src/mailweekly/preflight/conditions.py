"""
Rules on `::: only` and `::: unless`: segments that somebody is in, and how many mails the issue can become.

A name that nobody has hides a block from everybody, and shows a turned one to everybody; it is an error where a name like it exists, for then it is a
slip of the pen.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from mailweekly.issue.model import Block, Component, Entry, ListBlock, Quote
from mailweekly.message.variants import MOST_VARIANTS
from mailweekly.preflight.facts import Facts, clipped, counted
from mailweekly.preflight.finding import Level
from mailweekly.preflight.place import Place
from mailweekly.preflight.survey import Terms, terms

__all__ = ["ISSUE_RULES", "conditional_blocks"]


def unknown_segment(facts: Facts) -> Iterator[Place]:
    """Yield blocks for a segment that no reader is in."""
    if facts.survey is None:
        return
    known = facts.survey.tags
    for block in conditional_blocks(facts):
        name = block.options.get("segment", "").strip()
        if name and name.casefold() not in known:
            near = difflib.get_close_matches(name.casefold(), sorted(known), n=1, cutoff=0.65)
            line, column = facts.at(block.line, name)
            shown = "everybody" if block.name == "unless" else "nobody"
            meant = f" (did you mean '{known[near[0]]}'?)" if near else ""
            yield Place(
                line=line,
                column=column,
                what=f"No reader is in segment '{clipped(name)}'{meant}; {shown} gets the block.",
                mend=f"Write segment={known[near[0]]}." if near else "",
                level=Level.ERROR if near else None,
            )


def empty(facts: Facts) -> Iterator[Place]:
    """Yield blocks whose condition parts nobody from anybody: it holds for no reader, or for every one."""
    found = facts.survey
    if found is None or not found.readers:
        return
    for block in conditional_blocks(facts):
        asked = terms(block.options)
        if not asked or any(kind == "segment" and value not in found.tags for kind, value in asked):
            continue
        holding = found.holding.get(asked, 0)
        getting = found.readers - holding if block.name == "unless" else holding
        if getting in {0, found.readers}:
            who = "No reader" if not getting else "Every reader"
            of = counted(found.readers, "reader", "readers")
            name = next(iter(asked))[1]
            line, column = facts.at(block.line, name)
            yield Place(line=line, column=column, what=f"{who} of this send gets the block ({_worded(asked)}; {of}).")


def many(facts: Facts) -> Iterator[Place]:
    """Yield one place when the conditions alone could make more mails than are sent."""
    blocks = list(conditional_blocks(facts))
    asked = {
        (key, block.options[key].strip().casefold())
        for block in blocks
        for key in ("segment", "field")
        if block.options.get(key, "").strip()
    }
    if 2 ** len(asked) > MOST_VARIANTS:
        what = f"{counted(len(asked), 'condition', 'conditions')} can make more than {MOST_VARIANTS} different mails."
        yield Place(line=blocks[0].line, what=what)


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {
    "segment.empty": empty,
    "segment.many": many,
    "segment.unknown": unknown_segment,
}


def conditional_blocks(facts: Facts) -> Iterator[Component]:
    """Yield every `::: only` and `::: unless` of the issue."""
    issue = facts.issue
    yield from _conditional(issue.intro)
    for section in issue.sections:
        yield from _conditional(section.items)
    yield from _conditional(issue.outro)
    yield from (one for note in issue.footnotes for one in _conditional(note.blocks))


def _conditional(blocks: Iterable[Block | Entry]) -> Iterator[Component]:
    for block in blocks:
        match block:
            case Component():
                if block.name in {"only", "unless"}:
                    yield block
                yield from _conditional(block.blocks)
            case Entry():
                yield from _conditional(block.blocks)
                yield from (one for note in block.footnotes for one in _conditional(note.blocks))
            case Quote():
                yield from _conditional(block.blocks)
            case ListBlock():
                yield from (one for item in block.items for one in _conditional(item))


def _worded(asked: Terms) -> str:
    return " and ".join(f"{kind}={clipped(value, 30)}" for kind, value in sorted(asked))
