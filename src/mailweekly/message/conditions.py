"""
Blocks that only some readers get: where they are in the finished documents, and who gets them.

The edition marks a block `<!--mw:if CONDITION-->` … `<!--mw:fi-->`; no mark ever reaches a reader. A condition is `part;part…|part…`: one of
the alternatives must hold with all its parts. A part is `term&term…`, all of which must hold, and a leading `!` turns the whole part round. The
term `segment=paid` holds for readers with that tag, `field=city` for readers whose field has a value.

Errors: DataError for marks that do not pair or a condition that is none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from mailweekly.errors import DataError
from mailweekly.message.model import Reader
from mailweekly.message.values import clean

__all__ = ["Block", "Condition", "Part", "blocks", "condition", "holds"]

_MARK = re.compile(r"<!--mw:(?:if (\S+?)|fi)-->")
_TEXT_MARK = re.compile(
    r"^[ \t>]*<!--mw:(?:if (\S+?)|fi)-->[ \t]*\n", re.MULTILINE
)  # in plain text it takes its whole line with it
_TERM = re.compile(r"(segment|field)=(\S+)")

Block = tuple[str, tuple[str, ...]]  # a stretch of a document, and the conditions it stands under


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one block asks of a reader."""

    turned: bool
    segments: frozenset[str]  # case-folded
    fields: frozenset[str]  # lower case


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """What is asked of a reader: all parts of one of the alternatives."""

    alternatives: tuple[tuple[Part, ...], ...]

    @property
    def fields(self) -> frozenset[str]:
        """The fields it asks for."""
        return frozenset(name for parts in self.alternatives for part in parts for name in part.fields)

    @property
    def segments(self) -> frozenset[str]:
        """The segments it asks for, case-folded."""
        return frozenset(name for parts in self.alternatives for part in parts for name in part.segments)


def condition(asked: str) -> Condition:
    """Return the condition that a mark names."""
    return Condition(
        alternatives=tuple(tuple(_part(part, asked) for part in one.split(";")) for one in asked.split("|"))
    )


def holds(asked: Condition, reader: Reader) -> bool:
    """Return whether the reader gets the block."""
    return any(all(_holds(part, reader) for part in parts) for parts in asked.alternatives)


def blocks(document: str, *, is_html: bool) -> Iterator[Block]:
    """Yield the stretches of a document between its marks, each with the conditions around it."""
    if not is_html:
        document = document.replace("\r\n", "\n").replace("\r", "\n")
    place = 0
    around: tuple[str, ...] = ()
    for mark in (_MARK if is_html else _TEXT_MARK).finditer(document):
        yield document[place : mark.start()], around
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


def _part(written: str, asked: str) -> Part:
    terms = [_TERM.fullmatch(term) for term in written.removeprefix("!").split("&")]
    found = [(term[1], unquote(term[2])) for term in terms if term is not None]
    if len(found) != len(terms):
        raise DataError(f"{clean(asked)[:80]!r} is no condition.", hint="Write segment=… or field=….")
    return Part(
        turned=written.startswith("!"),
        segments=frozenset(value.casefold() for kind, value in found if kind == "segment"),
        fields=frozenset(value.lower() for kind, value in found if kind == "field"),
    )


def _holds(part: Part, reader: Reader) -> bool:
    has_all = part.segments <= {tag.casefold() for tag in reader.tags} and all(
        _value(name, reader).strip() for name in part.fields
    )
    return has_all is not part.turned


def _value(name: str, reader: Reader) -> str:
    if name == "name":
        return clean(reader.name)
    return clean(reader.address if name == "email" else reader.values.get(name, ""))
