"""
Which readers see a block at all, so that what only holds or heads such blocks goes with them.

A `When` is a sum of products: it holds where every literal of one of its alternatives holds. A literal is a condition as a block names it
(`segment=paid`, `!field=city`). A mark writes literals joined by `;`, alternatives by `|`; values are percent-encoded, so neither occurs in one.

Frames without words of their own (a note without a title, a quotation, an item of a list, columns) are there for whoever sees something in them. A
sub-heading stands with what follows it up to the next of its level. A rule is nobody's content.

Errors: IssueError where one part asks more than can be told apart.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mailweekly.edition.conditions import CLOSE, CONDITIONAL, condition, is_in, opening
from mailweekly.errors import IssueError
from mailweekly.issue.model import Block, Component, Entry, Heading, ListBlock, Quote, Rule

__all__ = [
    "ALWAYS",
    "NEVER",
    "When",
    "both",
    "either",
    "frames",
    "guarded",
    "negated",
    "presence",
    "variants",
    "written",
]

When = frozenset[frozenset[str]]

ALWAYS: Final[When] = frozenset({frozenset()})
NEVER: Final[When] = frozenset()
MOST: Final = 32  # alternatives of one condition
MOST_ASKED: Final = 5  # conditions told apart where a part has to be drawn once for each answer: 32 drawings, the cap of a send's variants
FRAMES: Final = frozenset({"note", "quote", "figure", "poll", "columns", "outro"})
OWN_WORDS: Final = ("title", "question", "caption", "by")


def either(*several: When) -> When:
    """Return what holds where one of these does; beyond `MOST` alternatives, always."""
    found = _least(frozenset().union(*several))
    return found if len(found) <= MOST else ALWAYS


def both(first: When, second: When) -> When:
    """Return what holds where these two do. Errors: IssueError, for too much to tell apart must never be shown to all."""
    if len(first) * len(second) > MOST * MOST:
        raise IssueError(
            "The conditions of the issue's blocks are too many to tell apart.",
            hint="Nest fewer `::: only` and `::: unless` blocks in each other.",
        )
    return _least(frozenset(one | two for one in first for two in second if not _contradicts(one | two)))


def negated(when: When) -> When:
    """Return what holds where this does not."""
    found = ALWAYS
    for one in when:
        found = both(found, frozenset(frozenset({_turned(literal)}) for literal in one))
    return found


def written(when: When) -> str:
    """Return the condition as a mark names it."""
    return "|".join(sorted(";".join(sorted(one)) for one in when))


def guarded(drawn: str, when: When) -> str:
    """Return markup with marks around it, for those who are to see it."""
    if not drawn or not when:
        return ""
    return drawn if when == ALWAYS else f"{opening(written(when))}{drawn}{CLOSE}"


def presence(blocks: Iterable[Block | Entry], medium: str) -> When:
    """Return who sees any of these blocks; headings and rules count where there is nothing else."""
    found, bare = NEVER, NEVER
    for block in blocks:
        if isinstance(block, Rule | Heading):
            bare = ALWAYS
        else:
            found = either(found, _seen(block, medium))
        if found == ALWAYS:
            break
    return found or bare


def frames(blocks: Sequence[Block | Entry], medium: str) -> Iterator[tuple[Block | Entry, When]]:
    """Yield each block with the condition its frame stands under."""
    for at, block in enumerate(blocks):
        if isinstance(block, Heading):
            yield block, _under(block, blocks[at + 1 :], medium)
        else:
            yield block, ALWAYS if isinstance(block, Rule) else _seen(block, medium)


def variants(
    blocks: Sequence[Block | Entry], medium: str, *, leading: bool = False
) -> list[tuple[When, tuple[Block | Entry, ...]]]:
    """
    Return these blocks without conditional ones, once for each answer to their conditions, and who gets which.

    `leading`: only as far as the first block asks.
    """
    return list(_variants(tuple(blocks), medium, leading, ALWAYS, MOST_ASKED))


def _variants(
    blocks: tuple[Block | Entry, ...], medium: str, leading: bool, who: When, left: int
) -> Iterator[tuple[When, tuple[Block | Entry, ...]]]:
    first = next((block for block in (blocks[:1] if leading else blocks) if _is_conditional(block, medium)), None)
    if first is None:
        yield who, blocks
        return
    if not left:
        hint = "Write the part once for each kind of reader, each in a block of its own."
        raise IssueError(
            f"One part stands under more than {MOST_ASKED} conditions.", place=f"line {_line(first)}", hint=hint
        )
    for when in (_asked(first, medium), negated(_asked(first, medium))):
        shown = when == _asked(first, medium)
        rest: list[Block | Entry] = []
        for block in blocks:
            if not (_is_conditional(block, medium) and _asked(block, medium) == _asked(first, medium)):
                rest.append(block)
            elif shown and isinstance(block, Component):
                rest.extend(block.blocks)
        whom = both(who, when)
        if whom:
            yield from _variants(tuple(rest), medium, leading, whom, left if when == ALWAYS else left - 1)


def _line(block: Block | Entry) -> int:
    return int(getattr(block, "line", 0))


def _is_conditional(block: Block | Entry, medium: str) -> bool:
    return isinstance(block, Component) and block.name in CONDITIONAL and is_in(block, medium)


def _asked(block: Block | Entry, medium: str) -> When:
    assert isinstance(block, Component)
    if not is_in(block, medium):
        return NEVER
    asked = condition(block)
    return frozenset({frozenset({asked})}) if asked else ALWAYS


def _seen(block: Block | Entry, medium: str) -> When:
    match block:
        case Component() if block.name in CONDITIONAL:
            return both(_asked(block, medium), presence(block.blocks, medium))
        case Component():
            framed = block.name in FRAMES and not any(block.options.get(key) for key in OWN_WORDS)
            inside = presence(block.blocks, medium) if framed else ALWAYS
            return inside if is_in(block, medium) else NEVER
        case Quote() if block.blocks:
            return presence(block.blocks, medium)
        case ListBlock() if block.items:
            return either(*(presence(item, medium) if item else ALWAYS for item in block.items))
        case _:
            return ALWAYS


def _under(heading: Heading, following: Sequence[Block | Entry], medium: str) -> When:
    own: list[Block | Entry] = []
    for block in following:
        if isinstance(block, Heading) and block.level <= heading.level:
            break
        own.append(block)
    return presence(own, medium) if any(not isinstance(block, Rule | Heading) for block in own) else ALWAYS


def _least(found: When) -> When:
    least = frozenset(one for one in found if not any(other < one for other in found))
    turned = (frozenset({_turned(literal)}) for one in least if len(one) == 1 for literal in one)
    return ALWAYS if any(one in least for one in turned) else least


def _turned(literal: str) -> str:
    return literal[1:] if literal.startswith("!") else f"!{literal}"


def _contradicts(literals: frozenset[str]) -> bool:
    return any(_turned(literal) in literals for literal in literals)
