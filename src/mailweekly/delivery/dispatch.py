"""
The loop that takes each delivery from claim to outcome: claim, wait for its slot, intend, hand over, write down.

It knows the ledger, the relay and the clock only by their ports. It composes nothing itself: `compose` gives the message of a claim. It never
decides what a reply means (`reply.judge`), how fast to go (`pace`), or when a send is beyond help (`breaker`).

Errors: UnreachableError and LoginError from the relay end the loop after every claim was put back.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from mailweekly.delivery.breaker import Breaker, observe
from mailweekly.delivery.ports import Claim, Clock, Lane, Ledger, NoAnswerError, Relay, RelayDownError, UnsuitedError
from mailweekly.delivery.reply import Matter, Outcome, Reply, after_reply, judge, retry_delay
from mailweekly.delivery.states import SendState, State
from mailweekly.errors import DataError, MailweeklyError, UnreachableError
from mailweekly.message.model import Message

__all__ = ["Dispatch", "End", "Ending"]

Compose = Callable[[Claim, datetime], Message]
Watch = Callable[[Outcome], None]

BACK_OFF_S: Final = (1, 2, 5, 10, 30, 60)  # after a lost connection; the last one repeats
OUTAGE: Final = timedelta(minutes=15)  # no lane connected for so long: stop
CUTS: Final = 3  # in a row on one message: it waits its turn, so that it cannot block a lane for ever
LOOK_S: Final = 0.5  # how long the feeder sleeps when nothing is due
CHUNK_S: Final = 1.0  # claims reach this far ahead of the pace
MAX_CHUNK: Final = 64


class End(Enum):
    """Why the loop ended."""

    FINISHED = "finished"  # nobody is open any more
    WAITING = "waiting"  # only deferred ones are left, none due soon
    PAUSED = "paused"  # by hand, or by the breaker
    STOPPED = "stopped"  # asked to stop; the same command goes on


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How the loop ended, why, and when the next delivery is due."""

    end: End
    reason: str = ""
    due_at: datetime | None = None


@dataclass(kw_only=True)
class Dispatch:
    """One run of the loop. `stop` may be set from outside at any time: what has begun is ended, what has not is put back."""

    ledger: Ledger
    relay: Relay
    clock: Clock
    compose: Compose
    connections: int
    rate: float  # messages a second; 0: no limit. Only says how far ahead to claim
    wait: timedelta  # stay for deferred ones that come due within this
    breaker: Breaker
    watch: Watch = lambda _outcome: None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    _claims: asyncio.Queue[Claim | None] = field(init=False)
    _cuts: Counter[int] = field(default_factory=Counter, init=False)
    _failure: MailweeklyError | None = field(default=None, init=False)
    _pause: str = field(default="", init=False)
    _connected_at: datetime | None = field(default=None, init=False)
    _free_at: datetime | None = field(default=None, init=False)  # the next message may begin
    _body_at: datetime | None = field(default=None, init=False)  # the next body may leave
    _first: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def run(self) -> Ending:
        """Run until nobody is left to try, or `stop` is set, or the send is paused. Errors: see the module."""
        self._claims = asyncio.Queue(maxsize=self.connections)
        self._connected_at = None
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed())
            for _ in range(self.connections):
                tasks.create_task(self._work())
        if self._failure:
            raise self._failure
        if self._pause:
            await self.ledger.pause(self._pause)
        return await self._ending()

    async def _ending(self) -> Ending:
        if await self.ledger.finish(self.clock.now()):
            return Ending(end=End.FINISHED)
        state = await self.ledger.state()
        if self._pause or state is SendState.PAUSED:
            return Ending(end=End.PAUSED, reason=self._pause)
        if state is SendState.CANCELLED:
            return Ending(end=End.PAUSED, reason="the send was cancelled")
        due_at = await self.ledger.next_due()
        return Ending(end=End.STOPPED if self.stop.is_set() else End.WAITING, due_at=due_at)

    async def _feed(self) -> None:
        try:
            while not self.stop.is_set() and await self._fed():
                pass
        except MailweeklyError as error:
            self._fail(error)
        finally:
            for _ in range(self.connections):
                await self._claims.put(None)

    async def _fed(self) -> bool:
        """Claim what is due and hand it to the lanes; whether there is reason to look again."""
        ahead = min(MAX_CHUNK, max(1, int(self.rate * CHUNK_S))) if self.rate else MAX_CHUNK
        claims = list(await self.ledger.claim(min(ahead, self.connections * 4), self.clock.now()))
        if not claims:
            return await self._more_to_come()
        while claims:
            if self.stop.is_set() or not await self._offer(claims[0]):
                await self.ledger.release(claims)
                break
            claims.pop(0)
        return True

    async def _offer(self, claim: Claim) -> bool:
        """Hand a claim to a lane as soon as one is free; whether it was taken before the loop was told to stop."""
        offer = asyncio.ensure_future(self._claims.put(claim))
        await self._either(offer)
        if not offer.done():
            offer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await offer
            return False
        return True

    async def _more_to_come(self) -> bool:
        """Nothing is due just now: wait for what is in hand or comes due soon; whether there is reason to look again."""
        if await self.ledger.state() is not SendState.RUNNING:
            return False
        counts = await self.ledger.counts()
        in_hand = counts.get(State.CLAIMED, 0) + counts.get(State.SENDING, 0)
        due_at = await self.ledger.next_due()
        if not in_hand and (due_at is None or due_at > self.clock.now() + self.wait):
            return False
        await self._pause_for(LOOK_S)
        return True

    async def _work(self) -> None:
        lane: Lane | None = None
        failures = 0
        while (claim := await self._claims.get()) is not None:
            try:
                lane = lane or await self._connect(failures)
                if lane is None or self.stop.is_set():
                    await self.ledger.release([claim])
                else:
                    lane = await self._attempt(lane, claim)
                    if lane is not None and lane.spent:
                        await lane.close()
                        lane, failures = None, -1  # no failure: the next one is opened at once
            except MailweeklyError as error:
                self._fail(error)
                if lane is not None:
                    await lane.close()
                lane = None
                with contextlib.suppress(MailweeklyError):  # the ledger may be what failed; the next start reads it off
                    await self.ledger.release([claim])
            failures = 0 if lane else failures + 1
        if lane is not None:
            await lane.close()

    async def _connect(self, failures: int) -> Lane | None:
        if failures:
            await self._pause_for(BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1])
            if self.stop.is_set():
                return None
        if self._connected_at is not None:
            return await self._open()
        async with self._first:  # one alone shows whether there is a relay at all
            return None if self.stop.is_set() else await self._open()

    async def _open(self) -> Lane | None:
        try:
            lane = await self.relay.open()
        except RelayDownError as error:
            self._note_outage(error)
            return None
        self._connected_at = self.clock.now()
        return lane

    def _note_outage(self, error: RelayDownError) -> None:
        """A run's very first connection must succeed; later ones may fail for a while."""
        if self._connected_at is None or self.clock.now() - self._connected_at > OUTAGE:
            hint = "Everybody not yet mailed is still waiting; the same command goes on once the relay is back."
            self._fail(UnreachableError(f"The relay cannot be reached: {error}.", place=self.relay.name, hint=hint))

    def _fail(self, error: MailweeklyError) -> None:
        self._failure = self._failure or error
        self.stop.set()

    async def _attempt(self, lane: Lane, claim: Claim) -> Lane | None:
        """Try one delivery; the lane if it can go on, else None."""
        await self._turn(claim)
        if self.stop.is_set():
            await self.ledger.release([claim])
            return lane
        at = claim.first_try_at or self.clock.now()
        try:
            message = self.compose(claim, at)
        except (DataError, ValueError) as error:
            await self._skip(claim, f"cannot be composed: {error}")
            return lane
        try:
            reply = await lane.deliver(message, lambda: self._intend(claim, message.message_id, at))
        except UnsuitedError as error:
            await self._skip(claim, str(error))
            return lane
        except RelayDownError as error:
            await self._cut(claim, str(error))
            await lane.close()
            return None
        except MailweeklyError:  # the ledger or the outbox cannot be written: nothing of the body has left
            await self._settle(claim, Outcome(state=State.QUEUED, at=self.clock.now()))
            raise
        except NoAnswerError as error:
            await self._settle(claim, Outcome(state=State.UNKNOWN, at=self.clock.now(), reason=str(error)))
            await lane.close()
            return None
        return await self._answered(lane, claim, reply)

    async def _turn(self, claim: Claim) -> None:
        """Wait until it may leave: at its slot, and not nearer to the one before than the pace allows, should that have been held up."""
        now = self.clock.now()
        at = max(claim.slot_at, self._free_at or now)
        self._free_at = max(at, now) + timedelta(seconds=claim.gap_s)
        await self._pause_for((at - now).total_seconds())

    async def _intend(self, claim: Claim, message_id: str, at: datetime) -> bool:
        """Ask the ledger, at the distance the pace wants between two bodies: lanes whose envelopes were slow must not come all at once."""
        now = self.clock.now()
        leaves_at = max(self._body_at or now, now)
        self._body_at = leaves_at + timedelta(seconds=claim.gap_s)
        if leaves_at > now:
            await self._pause_for((leaves_at - now).total_seconds())
            if self.stop.is_set():
                await self.ledger.release([claim])
                return False
        return await self.ledger.intend(claim, message_id=message_id, at=at)

    async def _answered(self, lane: Lane, claim: Claim, reply: Reply | None) -> Lane | None:
        if reply is None:
            return lane
        matter = judge(reply)
        if matter is Matter.LANE:
            await self._cut(claim, "", reply)
            await lane.close()
            return None
        self._cuts.pop(claim.delivery_id, None)
        now = self.clock.now()
        await self._settle(claim, after_reply(reply, delivery_id=claim.delivery_id, attempts=claim.attempts, now=now))
        if matter is Matter.ACCOUNT:
            self._stop_send(f"the relay refuses this sender or message: {reply}")
        return lane

    async def _cut(self, claim: Claim, reason: str, reply: Reply | None = None) -> None:
        """Put a delivery back whose connection was no good; the third time in a row it waits its turn."""
        self._cuts[claim.delivery_id] += 1
        now, due_at, state = self.clock.now(), None, State.QUEUED
        if self._cuts[claim.delivery_id] >= CUTS:
            del self._cuts[claim.delivery_id]
            due_at, state = now + retry_delay(claim.delivery_id, claim.attempts), State.DEFERRED
        await self._settle(claim, Outcome(state=state, at=now, due_at=due_at, reply=reply, reason=reason))

    async def _skip(self, claim: Claim, reason: str) -> None:
        await self._settle(claim, Outcome(state=State.SKIPPED, at=self.clock.now(), reason=reason))

    async def _settle(self, claim: Claim, outcome: Outcome) -> None:
        await self.ledger.settle(claim, outcome)
        self.watch(outcome)
        self.breaker = observe(self.breaker, outcome)
        if self.breaker.tripped:
            self._stop_send(self.breaker.tripped)

    def _stop_send(self, reason: str) -> None:
        self._pause = self._pause or reason
        self.stop.set()

    async def _pause_for(self, seconds: float) -> None:
        """Sleep, but no longer than until the loop is told to stop."""
        if seconds > 0 and not self.stop.is_set():
            await self._either(asyncio.ensure_future(self.clock.sleep(seconds)), cancel=True)

    async def _either(self, other: "asyncio.Future[Any]", *, cancel: bool = False) -> None:
        stopped: asyncio.Future[Any] = asyncio.ensure_future(self.stop.wait())
        try:
            await asyncio.wait([other, stopped], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            if cancel:
                other.cancel()
