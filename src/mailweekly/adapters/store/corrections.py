"""
Who got an issue already: what a correction goes by.

Each function is one operation for the writer, as in `sends`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import apsw

from mailweekly.adapters.store import sends
from mailweekly.audience.model import Subscriber
from mailweekly.delivery.states import State

__all__ = ["ISSUE", "KIND", "Corrected", "correctable", "is_correction"]

ISSUE: Final = "issue"
KIND: Final = "correction"  # then correction-2, correction-3 …
WHO: Final = """
SELECT subscriber_id, address, key, name FROM deliveries WHERE send_id = ? AND state = ? ORDER BY id
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corrected:
    """An issue as a list has it: who got it, who perhaps did, in which editions, and which kind the next correction is."""

    first: sends.Send | None  # the send of the issue itself; None: there was none
    got: tuple[Subscriber, ...]
    unsure: tuple[Subscriber, ...]
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
    taken = {one.id: sends.counts(connection, one.id).get(State.ACCEPTED, 0) for one in there}
    first = next((one for one in own if one.kind == ISSUE), None)
    corrections = sum(is_correction(one.kind) for one in own)
    return Corrected(
        first=first,
        got=_who(connection, first, State.ACCEPTED),
        unsure=_who(connection, first, State.UNKNOWN),
        editions=frozenset(one.edition for one in own if taken[one.id]),
        kind=f"{KIND}-{corrections + 1}" if corrections else KIND,
        elsewhere={
            one.audience: taken[one.id]
            for one in there
            if one.kind == ISSUE and one.audience != audience and taken[one.id]
        },
    )


def _who(connection: apsw.Connection, send: sends.Send | None, state: State) -> tuple[Subscriber, ...]:
    if send is None:
        return ()
    found = connection.execute(WHO, (send.id, state.value))
    return tuple(Subscriber(id=number, address=address, key=key, name=name) for number, address, key, name in found)
