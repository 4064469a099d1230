"""
The whole contract between the line and the world: Ledger, Relay, Lane, Clock, and what passes between them.

Every method of the ledger happens whole or not at all, and its answer is given after the commit. A relay awaits `intend` before the first byte of
a message's body leaves; that one commit is fence, brake and last look at the reader.

Errors: `RelayDownError` means the final dot never left; `NoAnswerError` means all was sent and no valid answer came.
Source: RFC 1047 (the doubt between the dot and its answer), RFC 5321 4.2.5 (a relay owns a message from its 250 on).
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from mailweekly.delivery.reply import Outcome, Reply
from mailweekly.delivery.states import SendState, State
from mailweekly.message.model import Message, Reader

__all__ = [
    "EVERYBODY",
    "Claim",
    "Clock",
    "Intend",
    "Lane",
    "Ledger",
    "NoAnswerError",
    "Relay",
    "RelayDownError",
    "Route",
    "Trip",
    "UnsuitedError",
    "Upcoming",
    "nobody",
]

Intend = Callable[[], Awaitable[bool]]


class RelayDownError(ConnectionError):
    """The connection was lost or refused, and the final dot never left: nothing was accepted."""


class NoAnswerError(ConnectionError):
    """All was sent, the dot included, and no valid answer came: the relay may have taken charge, or not."""


class UnsuitedError(ValueError):
    """This relay cannot carry this message to this address; the reason is the reader's to see."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A delivery this worker holds: nothing of it has left."""

    delivery_id: int
    fence: int  # rises with every claim; a worker with an old one changes nothing
    reader: Reader
    attempts: int  # tries so far
    first_try_at: datetime | None
    slot_at: datetime  # it may leave from here on
    gap_s: float = 0.0  # seconds that must pass, after it left, before the next one does
    relay: str = "relay"  # the name of the route it was claimed for


@dataclass(frozen=True, kw_only=True, slots=True)
class Trip:
    """A message ready for a lane: `intend` is awaited before the first byte of its body leaves."""

    message: Message
    intend: Intend


Upcoming = Callable[[], Trip | None]  # the trip that may join this one's group, if one may leave now


def nobody() -> None:
    """Return no trip: this one goes alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Whose mail a relay carries: everybody's but `others`, or only that of `domains`. `name` is the scope of its pace."""

    name: str = "relay"
    domains: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()  # domains that have a relay of their own


EVERYBODY: Final = Route()


class Ledger(Protocol):
    """The durable record of one send, as a worker sees it."""

    async def claim(self, limit: int, now: datetime, route: Route = EVERYBODY) -> Sequence[Claim]:
        """Hold up to `limit` due deliveries of the route, with a slot each; give up on the too old ones."""
        ...

    def intend(self, claim: Claim, *, message_id: str, at: datetime) -> Awaitable[bool]:
        """
        Write down that the body is about to leave. False: it must not (paused, fence lost, or the reader left meanwhile).

        Asked for at once, after whatever was asked before; awaited, it is durable.
        """
        ...

    def settle(self, claim: Claim, outcome: Outcome) -> Awaitable[None]:
        """Write down how a try ended. It is asked for at once, before anything that is asked later; awaited, it is durable."""
        ...

    async def release(self, claims: Sequence[Claim]) -> None:
        """Put claims back that were not begun."""
        ...

    async def counts(self) -> Mapping[State, int]:
        """How many deliveries stand where; all of them are looked at."""
        ...

    async def in_hand(self) -> bool:
        """Whether somebody holds a delivery, claimed or under way. Costs the same however long the send is."""
        ...

    async def next_due(self, route: Route = EVERYBODY) -> datetime | None:
        """When the route's earliest waiting delivery may go, by its own time and by the caps; None: nobody waits, or only for somebody's word."""
        ...

    async def state(self) -> SendState:
        """Where the send stands."""
        ...

    async def pause(self, reason: str, void: Collection[int] = ()) -> None:
        """Stop the send with everything else still waiting. `void`: refused deliveries that made it stop; they count against nobody."""
        ...

    def shut(self, group: str, reason: str) -> Awaitable[None]:
        """Pause one group of recipient domains until the send is resumed: its rows wait, without a time. Asked for at once, durable when awaited."""
        ...

    async def finish(self, now: datetime) -> bool:
        """Mark the send finished if nobody is open any more; whether it is."""
        ...


class Lane(Protocol):
    """One connection: takes one message after another."""

    @property
    def spent(self) -> bool:
        """Whether it has carried its share, and a fresh one is better."""
        ...

    async def deliver(self, trip: Trip, upcoming: Upcoming = nobody) -> Reply | None:
        """
        Hand `trip`'s message over. None: its `intend` said no, and nothing of the body left.

        Together with its body the envelope of the next may leave: `upcoming` is asked at most once, and what it gives is the next one this lane is
        handed; if it is not, the lane is closed. Errors: RelayDownError, NoAnswerError, UnsuitedError.
        """
        ...

    async def close(self) -> None:
        """End the connection in good order; never raises."""
        ...


class Relay(Protocol):
    """Where mail is handed over."""

    name: str

    async def open(self) -> Lane:
        """Connect. Errors: RelayDownError (try again later), UnreachableError and LoginError (no use trying)."""
        ...


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
