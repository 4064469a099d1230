"""
Whether one reader is in a segment.

Text is compared by its characters, capitals and all, in the order of their numbers in Unicode; only of tags it does not matter whether A to Z are
capitals.

Errors: none.
"""

import operator
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

from mailweekly.audience.model import Subscriber
from mailweekly.audience.segment import (
    All,
    AtDomain,
    Compared,
    Dated,
    Either,
    Facet,
    FieldKind,
    Got,
    Has,
    IsSet,
    Not,
    Op,
    Segment,
    Words,
)
from mailweekly.audience.segment_days import iso_day
from mailweekly.audience.segment_values import number_of, plain_lower, yes_or_no

__all__ = ["matches"]

ORDERED: Final[Mapping[Op, Callable[[Any, Any], bool]]] = {
    Op.EQUAL: operator.eq,
    Op.LESS: operator.lt,
    Op.AT_MOST: operator.le,
    Op.MORE: operator.gt,
    Op.AT_LEAST: operator.ge,
}


def matches(segment: Segment, reader: Subscriber, *, reason: str = "", got: Collection[str] = ()) -> bool:
    """Return whether the reader is in it. `reason`: of their suppression, if there is one; `got`: the issues the relay took for them."""
    match segment:
        case All(parts=parts):
            return all(matches(one, reader, reason=reason, got=got) for one in parts)
        case Either(parts=parts):
            return any(matches(one, reader, reason=reason, got=got) for one in parts)
        case Not(part=part):
            return not matches(part, reader, reason=reason, got=got)
        case Got(issue=issue):
            return issue in got
        case Has(facet=Facet.STATUS, word=word):
            return word in {reader.status.value, reason}
        case _:
            return _is_so(segment, reader)


def _is_so(test: Segment, reader: Subscriber) -> bool:
    match test:
        case Has(facet=Facet.TAG, word=word):
            return plain_lower(word) in map(plain_lower, reader.tags)
        case Has(word=word):
            return word in reader.lists
        case AtDomain(domain=domain):
            return reader.key.endswith(f"@{domain}")
        case Words(what=what, op=op, value=value):
            return _compared(reader.name if what == "name" else reader.address, op, value)
        case Dated(what=what):
            return _dated(_at(reader, what), test)
        case Compared(key=key):
            return _field(reader.data.get(key), test)
        case IsSet(what=what):
            return _is_set(what, reader)
        case _:
            return False


def _is_set(what: str, reader: Subscriber) -> bool:
    if what.startswith("data."):
        return bool(reader.data.get(what.removeprefix("data.")))
    if what in {"name", "address"}:
        return bool(reader.name if what == "name" else reader.address)
    return _at(reader, what) is not None


def _at(reader: Subscriber, what: str) -> datetime | None:
    return {"joined": reader.joined_at, "confirmed": reader.confirmed_at, "left": reader.left_at}[what]


def _dated(instant: datetime | None, test: Dated) -> bool:
    if instant is None:
        return test.op is Op.UNEQUAL
    at = instant.timestamp()
    found = {
        Op.EQUAL: test.start <= at < test.end,
        Op.UNEQUAL: not test.start <= at < test.end,
        Op.LESS: at < test.start,
        Op.AT_MOST: at < test.end,
        Op.MORE: at >= test.end,
        Op.AT_LEAST: at >= test.start,
    }
    return found[test.op]


def _field(value: str | None, test: Compared) -> bool:
    if test.op is Op.UNEQUAL:
        return not _same(value, test, Op.EQUAL)
    return _same(value, test, test.op)


def _same(value: str | None, test: Compared, op: Op) -> bool:
    if value is None:
        return False
    match test.kind:
        case FieldKind.NUMBER:
            here = number_of(value)
            return here is not None and ORDERED[op](here, number_of(test.value))
        case FieldKind.DATE:
            return iso_day(value) is not None and ORDERED[op](value, test.value)
        case FieldKind.YES_NO:
            return yes_or_no(value) is (test.value == "yes")
        case FieldKind.TEXT:
            return _compared(value, op, test.value)


def _compared(here: str, op: Op, value: str) -> bool:
    match op:
        case Op.CONTAINS:
            return value in here
        case Op.STARTS:
            return here.startswith(value)
        case Op.UNEQUAL:
            return here != value
        case _:
            return ORDERED[op](here, value)
