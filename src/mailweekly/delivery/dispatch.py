"""
The loop that takes each delivery from claim to outcome, over one relay or several.

It knows the ledger, the relays and the clock only by their ports. Each relay has a crew of its own (`crew`), which carries; this module starts them,
keeps what they share, and says how the run ended. It never decides what a reply means (`reply.judge`), how fast to go (`pace`), or when a send is
beyond help (`breaker`).

Errors: UnreachableError and LoginError from the last relay there is end the loop after every claim was put back. So does a fault of ours: each
other lane first ends what it has begun.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from mailweekly.delivery.breaker import Breaker
from mailweekly.delivery.crew import Crew
from mailweekly.delivery.desk import Aside, Desk
from mailweekly.delivery.door import Door
from mailweekly.delivery.groups import domain_of, group_of
from mailweekly.delivery.ports import EVERYBODY, Claim, Clock, Ledger, Relay, Route
from mailweekly.delivery.reply import Outcome
from mailweekly.delivery.retry import PATIENT, Patience
from mailweekly.delivery.states import SendState
from mailweekly.delivery.stock import Stock
from mailweekly.errors import MailweeklyError
from mailweekly.message.model import Message

__all__ = ["Dispatch", "End", "Ending", "Way"]

Compose = Callable[[Claim, datetime], Message]
Watch = Callable[[Claim, Outcome], None]


class End(Enum):
    """Why the loop ended."""

    FINISHED = "finished"  # nobody is open any more
    WAITING = "waiting"  # only deferred ones are left, none due soon
    PAUSED = "paused"  # by hand, or by the breaker
    CANCELLED = "cancelled"  # called off meanwhile: whoever waited is skipped
    STOPPED = "stopped"  # asked to stop; the same command goes on


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How the loop ended, why, and when the next delivery is due."""

    end: End
    reason: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A relay, whose mail it carries, over how many connections at most, and its share beside the others."""

    relay: Relay
    connections: int
    rate: float = 0.0  # messages a second; 0: no limit. Only says how far ahead to claim
    route: Route = EVERYBODY
    weight: int = 1  # 0: only while no other relay of its route can be reached


@dataclass(kw_only=True)
class Dispatch:
    """One run of the loop. `stop` may be set from outside at any time: what has begun is ended, what has not is put back."""

    ledger: Ledger
    ways: Sequence[Way]
    clock: Clock
    compose: Compose
    wait: timedelta  # stay for deferred ones that come due within this
    breaker: Breaker
    watch: Watch = lambda _claim, _outcome: None
    tell: Callable[[str], None] = lambda _said: None  # what the operator should read at once
    cool_down: timedelta = timedelta(seconds=60)  # after a relay's 421 at the door
    aside: Aside | None = None  # threads for messages that take long to make; None: they are made on the spot
    patience: Patience = PATIENT  # with readers who are refused for now
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    _shut: list[Awaitable[None]] = field(default_factory=list, init=False)  # asked for, not yet durable
    _failure: Exception | None = field(default=None, init=False)
    _pause: str = field(default="", init=False)

    async def run(self) -> Ending:
        """Run until nobody is left to try, or `stop` is set, or the send is paused. Errors: see the module."""
        desk = Desk(
            ledger=self.ledger,
            clock=self.clock,
            compose=self.compose,
            wait=self.wait,
            stop=self.stop,
            settled=self._settled,
            fail=self._fail,
            stop_send=self._stop_send,
            tell=self.tell,
            cool_down=self.cool_down,
            aside=self.aside,
            patience=self.patience,
        )
        doors: list[Door] = []
        async with asyncio.TaskGroup() as tasks:
            for crew in [self._crew(desk, way, doors) for way in self.ways]:
                tasks.create_task(crew.run())
        if self._failure:
            raise self._failure
        for asked in self._shut:
            await asked
        await self._left_behind(doors)
        if self._pause:
            await self.ledger.pause(self._pause, self.breaker.blamed)
        return await self._ending()

    @staticmethod
    def _crew(desk: Desk, way: Way, doors: list[Door]) -> Crew:
        stock = Stock(desk, way.connections)
        door = Door(
            desk, way.relay, stock, route=way.route, connections=way.connections, weight=way.weight, doors=doors
        )
        doors.append(door)
        return Crew(desk, stock, door, connections=way.connections, rate=way.rate, doors=doors)

    async def _left_behind(self, doors: Sequence[Door]) -> None:
        """Stop for the refusal of a relay whose mail no other carries, once the others are done with theirs. Errors: that relay's."""
        verdict = next((door.verdict for door in doors if door.verdict), "")
        due_at = await self.ledger.next_due() if verdict and not self.stop.is_set() else None
        if due_at is None or due_at > self.clock.now():
            return
        if isinstance(verdict, MailweeklyError):
            raise verdict
        self._pause = self._pause or verdict

    async def _ending(self) -> Ending:
        if await self.ledger.finish(self.clock.now()):
            return Ending(end=End.FINISHED)
        state = await self.ledger.state()
        if self._pause or state is SendState.PAUSED:
            return Ending(end=End.PAUSED, reason=self._pause)
        if state is SendState.CANCELLED:
            return Ending(end=End.CANCELLED)
        due_at = await self.ledger.next_due()
        if due_at is None and self.breaker.paused and not self.stop.is_set():
            self._pause = "; ".join(self.breaker.paused.values())
            await self.ledger.pause(self._pause, self.breaker.blamed)
            return Ending(end=End.PAUSED, reason=self._pause)
        return Ending(end=End.STOPPED if self.stop.is_set() else End.WAITING, due_at=due_at)

    def _settled(self, claim: Claim, outcome: Outcome) -> None:
        self.watch(claim, outcome)
        receiver = group_of(domain_of(claim.reader.address))
        before = len(self.breaker.paused)
        self.breaker.observe(outcome, claim.delivery_id, receiver)
        if len(self.breaker.paused) > before:
            self.tell(f"{self.breaker.paused[receiver]}: the others go on")
            self._shut.append(self.ledger.shut(receiver, self.breaker.paused[receiver]))
        if self.breaker.tripped:
            self._stop_send(self.breaker.tripped)

    def _fail(self, error: Exception) -> None:
        self._failure = self._failure or error
        self.stop.set()

    def _stop_send(self, reason: str) -> None:
        self._pause = self._pause or reason
        self.stop.set()
