"""
Where a delivery and a send stand, and which moves are legal.

The table is the whole truth: the ledger refuses every other move, and a checker in the tests walks any ledger by it. This module only states; it
moves nothing.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

__all__ = ["BY_WORD", "MOVES", "OPEN", "WAITING", "SendState", "State", "is_legal"]


class State(Enum):
    """Where a delivery stands. Only QUEUED and a due DEFERRED may be attempted."""

    QUEUED = "queued"  # not tried yet, or put back: nothing of it has left
    CLAIMED = "claimed"  # a worker holds it; no byte of the body has left; a crash puts it back
    SENDING = "sending"  # the body may have left; after a crash, read it as UNKNOWN
    ACCEPTED = "accepted"  # the relay took charge, which is not "delivered"
    DEFERRED = "deferred"  # refused for now; due again at its `due_at`
    REJECTED = "rejected"  # refused for good, with the relay's words
    EXPIRED = "expired"  # deferred past the give-up time
    UNKNOWN = "unknown"  # the connection died between our last byte and the answer
    SKIPPED = "skipped"  # not mailed: left, suppressed, called off or impossible; the reason is kept


class SendState(Enum):
    """Where a send stands."""

    SCHEDULED = "scheduled"  # frozen, to start at its instant
    RUNNING = "running"  # may be worked on, by this process or by the next one
    PAUSED = "paused"  # stopped by hand or by a fault that is not a reader's; the reason is kept
    FINISHED = "finished"  # nobody is queued, claimed, sending or deferred
    CANCELLED = "cancelled"  # called off; whoever waited was skipped


WAITING: Final = frozenset({State.QUEUED, State.CLAIMED, State.DEFERRED})  # "waiting" in what people read
OPEN: Final = WAITING | {State.SENDING}  # a send with any of these is not finished

MOVES: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.QUEUED: frozenset({State.CLAIMED, State.SKIPPED}),
        State.DEFERRED: frozenset({State.CLAIMED, State.SKIPPED, State.EXPIRED}),
        State.CLAIMED: frozenset({State.QUEUED, State.SENDING, State.DEFERRED, State.REJECTED, State.SKIPPED}),
        State.SENDING: frozenset({State.ACCEPTED, State.DEFERRED, State.REJECTED, State.QUEUED, State.UNKNOWN}),
        State.UNKNOWN: frozenset({State.ACCEPTED, State.DEFERRED, State.REJECTED, State.QUEUED}),
        State.ACCEPTED: frozenset(),
        State.REJECTED: frozenset(),
        State.EXPIRED: frozenset(),
        State.SKIPPED: frozenset(),
    }
)


# By the editor's word alone, and only for refusals that stopped the send: the database knows which those are.
BY_WORD: Final = (State.REJECTED, State.QUEUED)


def is_legal(old: State, new: State) -> bool:
    """Return whether a delivery may go from `old` to `new`."""
    return new in MOVES[old]
