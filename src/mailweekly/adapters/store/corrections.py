"""
Who got an issue already: what a correction goes by.

Each function is one operation for the writer, as in `sends`, or part of one: readers are gone through in pages, never held.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import apsw

from mailweekly.adapters.store import sends, tallies
from mailweekly.adapters.store.marks import KNOWN
from mailweekly.adapters.store.tallies import within
from mailweekly.audience.model import LeftOut, Subscriber
from mailweekly.audience.select import GONE, UNSURE
from mailweekly.delivery.states import State

__all__ = ["ISSUE", "KIND", "Corrected", "correctable", "is_correction", "others", "who_got"]

ISSUE: Final = "issue"
KIND: Final = "correction"  # then correction-2, correction-3 …
WHO: Final = "SELECT subscriber_id, address, key, name FROM deliveries"
WHO_GOT: Final = """
SELECT key FROM deliveries WHERE send_id = :send AND key IN (SELECT value FROM json_each(:keys)) AND state = 'accepted'
"""
# Members are asked for first: whoever is one, was judged with the others.
WHO_IS_GONE: Final = f"""
{WHO} WHERE {within(State.ACCEPTED)} AND {KNOWN} AND NOT EXISTS (
    SELECT 1 FROM subscribers s JOIN memberships m ON m.subscriber_id = s.id AND m.list = :list WHERE s.key = deliveries.key)
ORDER BY id
"""
WHO_IS_ON_NONE: Final = f"""
{WHO} WHERE {within(State.ACCEPTED)} AND {KNOWN} AND NOT EXISTS (
    SELECT 1 FROM subscribers s WHERE s.key = deliveries.key AND s.id IN (SELECT subscriber_id FROM memberships))
ORDER BY id
"""
WHO_IS_UNSURE: Final = f"{WHO} WHERE {within(State.UNKNOWN)} AND {KNOWN} ORDER BY id"


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrected:
    """An issue as a list has it: how many got it, in which editions, and which kind the next correction is."""

    first: sends.Send | None  # the send of the issue itself; None: there was none
    got: int
    editions: frozenset[str]  # those somebody got
    kind: str
    elsewhere: Mapping[str, int]  # other lists the issue went to, and how many got it there


def is_correction(kind: str) -> bool:
    """Whether a send is of this kind."""
    return kind.partition("-")[0] == KIND


def correctable(connection: apsw.Connection, issue: str, audience: str) -> Corrected:
    """Return what a correction of `issue` to the list `audience` goes by."""
    there = sends.history(connection, issue)
    own = [one for one in there if one.audience == audience]
    taken = {one.id: tallies.counts(connection, one.id).get(State.ACCEPTED, 0) for one in there}
    first = next((one for one in own if one.kind == ISSUE), None)
    corrections = sum(is_correction(one.kind) for one in own)
    return Corrected(
        first=first,
        got=taken[first.id] if first else 0,
        editions=frozenset(one.edition for one in own if taken[one.id]),
        kind=f"{KIND}-{corrections + 1}" if corrections else KIND,
        elsewhere={
            one.audience: taken[one.id]
            for one in there
            if one.kind == ISSUE and one.audience != audience and taken[one.id]
        },
    )


def who_got(connection: apsw.Connection, send_id: int, keys: Collection[str]) -> frozenset[str]:
    """Return which of `keys` are of readers who got what the send brought."""
    found = connection.execute(WHO_GOT, {"send": send_id, "keys": json.dumps(list(keys))})
    return frozenset(str(key) for (key,) in found)


def others(connection: apsw.Connection, send_id: int, list_name: str) -> Iterator[LeftOut]:
    """Yield who got it and is no member of the list any more ("": of any), then those of whom the relay never said whether it took their copy."""
    values = {"send": send_id, "list": list_name}
    for sql, reason in ((WHO_IS_GONE if list_name else WHO_IS_ON_NONE, GONE), (WHO_IS_UNSURE, UNSURE)):
        for number, address, key, name in connection.execute(sql, values):
            yield LeftOut(subscriber=Subscriber(id=number, address=address, key=key, name=name), reason=reason)
