"""
One fake per port of `delivery.ports`: a ledger in memory, a relay that follows a script, a clock that jumps.

They keep the contract (`tests/contract` runs the same tests on them and on the real ones) and refuse what is illegal as loudly as the real ones do.
No fake stands in for SMTP: what a relay may say on the wire is the sink's business.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from mailweekly.delivery.groups import domain_of, group_of
from mailweekly.delivery.pace import Limit, Slots, gaps, grant
from mailweekly.delivery.ports import (
    EVERYBODY,
    Claim,
    NoAnswerError,
    RelayDownError,
    Route,
    Trip,
    Upcoming,
    nobody,
)
from mailweekly.delivery.reply import GIVE_UP, Outcome, Reply, Stage
from mailweekly.delivery.states import OPEN, SendState, State, is_legal
from mailweekly.message.model import Message, Reader

__all__ = ["START", "FakeClock", "FakeLane", "FakeLedger", "FakeRelay", "Row", "compose", "readers"]

START: Final = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TAKEN: Final = Reply(code=250, text="2.0.0 taken", stage=Stage.DOT)
Verdict = Reply | Exception | None
T = TypeVar("T")


def readers(count: int) -> tuple[Reader, ...]:
    """Return readers 1 to `count`, at r1@readers.test and so on."""
    return tuple(
        Reader(subscriber_id=number, address=f"r{number}@readers.test", name=f"Reader {number}")
        for number in range(1, count + 1)
    )


def compose(claim: Claim, at: datetime) -> Message:
    """Return a small message of a claim."""
    identity = f"<d{claim.delivery_id}@mail.test>"
    head = (
        f"From: news@mail.test\r\nTo: {claim.reader.address}\r\nMessage-ID: {identity}\r\nDate: {at:%d %b %Y}\r\n\r\n"
    )
    return Message(
        envelope_from="bounce@mail.test",
        recipient=claim.reader.address,
        message_id=identity,
        content=f"{head}Hello\r\n".encode(),
    )


class FakeClock:
    """Time passes only where somebody sleeps; a sleep lets the other tasks run first."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The present instant."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Jump, once everybody else has had a turn."""
        self.slept.append(seconds)
        until = self._now + timedelta(seconds=seconds)
        for _ in range(20):
            await asyncio.sleep(0)
        self._now = max(self._now, until)

    def jump(self, by: timedelta) -> None:
        """Set the clock forward, or back."""
        self._now += by


@dataclass(kw_only=True, slots=True)
class Row:
    """One delivery as the fake keeps it; `history` is every state it was in."""

    reader: Reader
    state: State = State.QUEUED
    fence: int = 0
    attempts: int = 0
    due_at: datetime | None = None
    first_try_at: datetime | None = None
    tried_at: datetime | None = None
    message_id: str = ""
    reason: str = ""
    reply: Reply | None = None
    history: list[State] = field(default_factory=lambda: [State.QUEUED])


class FakeLedger:
    """A ledger in memory. `suppressed` holds addresses that left; `intends` and `settled` are what was asked, in order."""

    def __init__(self, who: Iterable[Reader], *, limit: Limit | None = None) -> None:
        self.rows = {number: Row(reader=reader) for number, reader in enumerate(who, start=1)}
        self.suppressed: dict[str, str] = {}
        self.sent: SendState = SendState.RUNNING
        self.reason = ""
        self.intends: list[int] = []
        self.settled: list[tuple[int, Outcome]] = []
        self.void: set[int] = set()  # refusals that stopped the send
        self.shut_out: dict[str, str] = {}  # receivers that are paused
        self._limit = limit or Limit()
        self._slots = Slots()

    async def claim(self, limit: int, now: datetime, route: Route = EVERYBODY) -> Sequence[Claim]:
        """Hold up to `limit` due deliveries."""
        await asyncio.sleep(0)
        if self.sent is not SendState.RUNNING:
            return []
        self._expire()
        due = sorted(
            (row.due_at or datetime.min.replace(tzinfo=UTC), number)
            for number, row in self.rows.items()
            if row.state in {State.QUEUED, State.DEFERRED}
            and (row.due_at is None or row.due_at <= now)
            and _is_on(route, row.reader.address)
            and not self._is_shut(row)
        )[:limit]
        self._slots, instants = grant(self._slots, self._limit, count=len(due), now=now.timestamp())
        slots = zip(instants, gaps(self._slots, instants), strict=True)
        return [self._claimed(number, *slot, route.name) for (_, number), slot in zip(due, slots, strict=True)]

    def intend(self, claim: Claim, *, message_id: str, at: datetime) -> Awaitable[bool]:
        """Write down that the body is about to leave; False: it must not."""
        return _told(self._intend(claim, message_id, at))

    def _intend(self, claim: Claim, message_id: str, at: datetime) -> bool:
        self.intends.append(claim.delivery_id)
        row = self._held(claim, State.CLAIMED)
        if row is None:
            return False
        if claim.reader.address in self.suppressed:
            row.reason = self.suppressed[claim.reader.address]
            self._move(row, State.SKIPPED)
            return False
        if self.sent is not SendState.RUNNING:
            self._move(row, State.QUEUED)
            return False
        row.message_id = message_id
        row.first_try_at = row.first_try_at or at
        self._move(row, State.SENDING)
        return True

    def settle(self, claim: Claim, outcome: Outcome) -> Awaitable[None]:
        """Write down how a try ended: at once, though it is told a turn later."""
        self._settle(claim, outcome)
        return _told(None)

    def _settle(self, claim: Claim, outcome: Outcome) -> None:
        self.settled.append((claim.delivery_id, outcome))
        row = self._held(claim, State.CLAIMED, State.SENDING, State.UNKNOWN)
        if row is None:
            return
        self._move(row, outcome.state)
        row.due_at, row.reply, row.reason = outcome.due_at, outcome.reply, outcome.reason
        if outcome.state not in {State.QUEUED, State.SKIPPED}:
            row.attempts += 1
            row.first_try_at = row.first_try_at or outcome.at
            row.tried_at = outcome.at

    async def release(self, claims: Sequence[Claim]) -> None:
        """Put claims back that were not begun."""
        for claim in claims:
            row = self._held(claim, State.CLAIMED)
            if row:
                self._move(row, State.QUEUED)

    async def in_hand(self) -> bool:
        """Whether somebody holds a delivery."""
        return any(row.state in {State.CLAIMED, State.SENDING} for row in self.rows.values())

    async def counts(self) -> Mapping[State, int]:
        """How many deliveries stand where."""
        found: dict[State, int] = {}
        for row in self.rows.values():
            found[row.state] = found.get(row.state, 0) + 1
        return found

    async def next_due(self, route: Route = EVERYBODY) -> datetime | None:
        """When the earliest waiting delivery of the route is due."""
        epoch = datetime.fromtimestamp(0, UTC)
        waiting = [
            row.due_at or epoch
            for row in self.rows.values()
            if row.state in {State.QUEUED, State.DEFERRED}
            and not self._is_shut(row)
            and _is_on(route, row.reader.address)
        ]
        return min(waiting, default=None)

    async def state(self) -> SendState:
        """Where the send stands."""
        return self.sent

    async def pause(self, reason: str, void: Collection[int] = ()) -> None:
        """Stop the send with everything else still waiting."""
        self.void.update(number for number in void if self.rows[number].state is State.REJECTED)
        if self.sent is SendState.RUNNING:
            self.sent, self.reason = SendState.PAUSED, reason

    def shut(self, group: str, reason: str) -> Awaitable[None]:
        """Pause one receiver."""
        self.shut_out[group] = reason
        return _told(None)

    def _is_shut(self, row: Row) -> bool:
        return group_of(domain_of(row.reader.address)) in self.shut_out

    async def finish(self, now: datetime) -> bool:
        """Mark the send finished if nobody is open."""
        is_open = any(row.state in OPEN for row in self.rows.values())
        if self.sent in {SendState.RUNNING, SendState.PAUSED} and not is_open:
            self.sent = SendState.FINISHED
        return self.sent is SendState.FINISHED

    def states(self) -> dict[str, State]:
        """Return each reader's state, by address."""
        return {row.reader.address: row.state for row in self.rows.values()}

    def _claimed(self, number: int, at: float, gap_s: float, route: str) -> Claim:
        row = self.rows[number]
        row.fence += 1
        self._move(row, State.CLAIMED)
        return Claim(
            delivery_id=number,
            fence=row.fence,
            reader=row.reader,
            attempts=row.attempts,
            first_try_at=row.first_try_at,
            slot_at=datetime.fromtimestamp(at, UTC),
            gap_s=gap_s,
            relay=route,
        )

    def _expire(self) -> None:
        for row in self.rows.values():
            if (
                row.state is State.DEFERRED
                and row.first_try_at
                and row.tried_at
                and row.tried_at - row.first_try_at >= GIVE_UP
            ):
                self._move(row, State.EXPIRED)

    def _held(self, claim: Claim, *states: State) -> Row | None:
        row = self.rows[claim.delivery_id]
        return row if row.fence == claim.fence and row.state in states else None

    @staticmethod
    def _move(row: Row, new: State) -> None:
        if row.state is not new and not is_legal(row.state, new):
            message = f"illegal move of a delivery: {row.state.value} -> {new.value}"
            raise ValueError(message)
        row.state = new
        row.history.append(new)


class FakeLane:
    """A lane of `FakeRelay`."""

    def __init__(self, relay: "FakeRelay") -> None:
        self._relay = relay
        self._carried = 0
        self._under_way: Trip | None = None
        self.closed = False

    @property
    def spent(self) -> bool:
        """Whether it has carried its share."""
        return 0 < self._relay.max_messages <= self._carried

    async def deliver(self, trip: Trip, upcoming: Upcoming = nobody) -> Reply | None:
        """Do what the relay's script says for this recipient."""
        assert not self.closed, "a closed lane was used again"
        assert self._under_way is None or self._under_way is trip, (
            "another message than the one whose envelope is under way"
        )
        self._under_way = None
        message = trip.message
        await asyncio.sleep(0)
        self._carried += 1
        verdict = self._relay.verdict(message)
        if isinstance(verdict, Reply) and verdict.stage in {Stage.MAIL, Stage.RCPT}:
            return verdict
        if isinstance(verdict, Exception) and not isinstance(verdict, NoAnswerError | RelayDownError):
            raise verdict
        if not await trip.intend():
            return None
        if self._relay.grouped and not self.spent:
            self._under_way = upcoming()
        await asyncio.sleep(0)
        if isinstance(verdict, Exception):
            raise verdict
        reply = verdict or TAKEN
        if reply.code // 100 == 2:
            self._relay.taken.append(message)
        return reply

    async def close(self) -> None:
        """End it."""
        self.closed = True


class FakeRelay:
    """
    A relay by script: `says(message, try_number)` gives the reply, or the exception, of one try; None: accepted.

    `doors` are what successive `open` calls raise (None: they succeed; beyond the end: they succeed). `taken` holds what was accepted.
    """

    name = "relay.test:25"

    def __init__(
        self,
        says: Callable[[Message, int], Verdict] | None = None,
        *,
        doors: Iterable[Exception | None] = (),
        max_messages: int = 0,
        grouped: bool = True,
    ) -> None:
        self.grouped = grouped
        self.taken: list[Message] = []
        self.tries: dict[str, int] = {}
        self.lanes: list[FakeLane] = []
        self.max_messages = max_messages
        self._says = says
        self._doors = list(doors)

    async def open(self) -> FakeLane:
        """Connect."""
        await asyncio.sleep(0)
        trouble = self._doors.pop(0) if self._doors else None
        if trouble:
            raise trouble
        self.lanes.append(FakeLane(self))
        return self.lanes[-1]

    def verdict(self, message: Message) -> Verdict:
        """Return what this try of the message comes to."""
        self.tries[message.recipient] = self.tries.get(message.recipient, 0) + 1
        return self._says(message, self.tries[message.recipient]) if self._says else None


def _is_on(route: Route, address: str) -> bool:
    domain = address.rpartition("@")[2]
    return domain not in route.others and (not route.domains or domain in route.domains)


def _told(result: T) -> "asyncio.Future[T]":
    """Return what is decided already and told a turn later."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def tell() -> None:
        if not future.cancelled():
            future.set_result(result)

    loop.call_soon(tell)
    return future
