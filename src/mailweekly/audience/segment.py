"""
A segment: which readers are meant, as a value. `tag:pro and joined > 2025-01-01 and not got:76`, read by `segment_text`.

It only states. `segment_match` says of one reader whether they are in it; `adapters.store.segments` asks the database for all of them at once: the
two say the same of everybody, and a test holds them to it. Every test is true or false, never unknown: what a reader does not have equals nothing.

Units: instants in seconds since the epoch, from `start` to before `end`.
Errors: none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = [
    "EVERYBODY",
    "All",
    "AtDomain",
    "Compared",
    "Dated",
    "Either",
    "Facet",
    "FieldKind",
    "Got",
    "Has",
    "IsSet",
    "Not",
    "Op",
    "Segment",
    "Test",
    "Words",
    "names_lists",
    "walk",
]


class FieldKind(Enum):
    """What a custom field holds. Its values are kept as text, as they were written; the kind says how they are compared."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes/no"


class Op(Enum):
    """A comparison."""

    EQUAL = "="
    UNEQUAL = "!="  # not EQUAL, so true of who has none
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    CONTAINS = "contains"
    STARTS = "starts"


class Facet(Enum):
    """What a reader has by a word."""

    TAG = "tag"
    LIST = "list"
    STATUS = "status"  # active, pending, suppressed, or the reason: unsubscribed, complaint, dead …


@dataclass(frozen=True, kw_only=True, slots=True)
class Has:
    """Has the tag, is on the list, has the status."""

    facet: Facet
    word: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AtDomain:
    """Has an address at this domain, and at no other."""

    domain: str  # normalised, as in keys


@dataclass(frozen=True, kw_only=True, slots=True)
class Got:
    """Was sent this issue: the relay took charge of it."""

    issue: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Dated:
    """Joined, confirmed or left: when."""

    what: str  # joined, confirmed, left
    op: Op
    start: float
    end: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """Compares the name or the address, as written."""

    what: str  # name, address
    op: Op
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Compares a custom field. A value that is not of the field's kind is as none."""

    key: str
    kind: FieldKind
    op: Op
    value: str  # of yes/no: "yes" or "no"; of a date: 2025-01-31; of a number: as written


@dataclass(frozen=True, kw_only=True, slots=True)
class IsSet:
    """Has any: a custom field that is not empty (`data.city`), a name, or a date (`joined`)."""

    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Not:
    """Everybody else."""

    part: "Segment"


@dataclass(frozen=True, kw_only=True, slots=True)
class All:
    """Every part is true; of no parts, everybody."""

    parts: tuple["Segment", ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Either:
    """One part is true."""

    parts: tuple["Segment", ...]


Test = Has | AtDomain | Got | Dated | Words | Compared | IsSet
Segment = Test | Not | All | Either

EVERYBODY: Final = All(parts=())


def walk(segment: Segment) -> Iterator[Test]:
    """Yield every test in it, from left to right."""
    match segment:
        case Not(part=part):
            yield from walk(part)
        case All(parts=parts) | Either(parts=parts):
            for part in parts:
                yield from walk(part)
        case _:
            yield segment


def names_lists(segment: Segment) -> bool:
    """Whether it says itself which lists it is about."""
    return any(isinstance(test, Has) and test.facet is Facet.LIST for test in walk(segment))
