"""
Blocks that only some readers get: where they are in the finished documents, and who gets them.

The edition marks a block `<!--mw:if CONDITION-->` … `<!--mw:fi-->`; no mark ever reaches a reader. A condition is `term&term…`, all of which must
hold, and a leading `!` turns the whole round. `segment=paid` holds for readers with that tag, `field=city` for readers whose field has a value.

Errors: DataError for marks that do not pair or a condition that is none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from mailweekly.errors import DataError
from mailweekly.message.model import Reader
from mailweekly.message.values import clean

__all__ = ["Block", "Condition", "blocks", "condition", "holds"]

_MARK = re.compile(r"<!--mw:(?:if (\S+?)|fi)-->()")
# In plain text a mark takes its whole line with it, and a block the blank line that parts it from the next.
_TEXT_MARK = re.compile(r"^[ \t>]*(?:<!--mw:if (\S+?)-->[ \t]*\n|<!--mw:fi-->[ \t]*\n((?:[ \t>]*\n)?))", re.MULTILINE)
_TERM = re.compile(r"(segment|field)=(\S+)")

Block = tuple[str, tuple[str, ...]]  # a stretch of a document, and the conditions it stands under


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """What is asked of a reader."""

    turned: bool
    segments: frozenset[str]  # case-folded
    fields: frozenset[str]  # lower case


def condition(asked: str) -> Condition:
    """Return the condition that a mark names."""
    terms = [_TERM.fullmatch(term) for term in asked.removeprefix("!").split("&")]
    found = [(term[1], unquote(term[2])) for term in terms if term is not None]
    if len(found) != len(terms):
        raise DataError(f"{clean(asked)[:80]!r} is no condition.", hint="Write segment=… or field=….")
    return Condition(
        turned=asked.startswith("!"),
        segments=frozenset(value.casefold() for kind, value in found if kind == "segment"),
        fields=frozenset(value.lower() for kind, value in found if kind == "field"),
    )


def holds(asked: Condition, reader: Reader) -> bool:
    """Return whether the reader gets the block."""
    has_all = asked.segments <= {tag.casefold() for tag in reader.tags} and all(
        _value(name, reader).strip() for name in asked.fields
    )
    return has_all is not asked.turned


def blocks(document: str, *, is_html: bool) -> Iterator[Block]:
    """Yield the stretches of a document between its marks, each with the conditions around it."""
    if not is_html:
        document = document.replace("\r\n", "\n").replace("\r", "\n")
    place = 0
    around: tuple[str, ...] = ()
    for mark in (_MARK if is_html else _TEXT_MARK).finditer(document):
        yield document[place : mark.start()] + (mark[2] or ""), around
        if mark[1] is not None:
            around = (*around, mark[1])
        elif around:
            around = around[:-1]
        else:
            raise DataError("A conditional block ends that never began.")
        place = mark.end()
    if around:
        raise DataError(f"The block for {clean(around[-1])[:80]!r} has no end.")
    yield document[place:], ()


def _value(name: str, reader: Reader) -> str:
    if name == "name":
        return clean(reader.name)
    return clean(reader.address if name == "email" else reader.values.get(name, ""))
