"""
One lane at work: takes one delivery after another from the stock as far as it goes.

Where the next one may leave already, its envelope goes with the end of the one before (`ports.Lane`). An outcome is asked to be written before
anything else is done with that lane, and is durable before the lane's next body leaves: both wait for the same commit.

It decides nothing about replies (`reply.judge`).
"""

import contextlib
from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any, Final

from mailweekly.delivery.desk import Desk
from mailweekly.delivery.door import Door
from mailweekly.delivery.meaning import Beyond
from mailweekly.delivery.ports import Claim, Lane, NoAnswerError, RelayDownError, UnsuitedError
from mailweekly.delivery.replies import meaning
from mailweekly.delivery.reply import Matter, Outcome, Reply, after_reply, judge, retry_delay
from mailweekly.delivery.states import State
from mailweekly.delivery.stock import Load, Stock
from mailweekly.errors import MailweeklyError

__all__ = ["Carrier"]

CUTS: Final = 3  # in a row on one message: it waits its turn, so that it cannot block a lane for ever
IDLE: Final = timedelta(
    seconds=60
)  # a connection that slept longer is not trusted with a message: many relays close at five minutes


class Carrier:
    """The worker number `number` of a relay."""

    def __init__(self, desk: Desk, stock: Stock, door: Door, number: int) -> None:
        self._desk = desk
        self._stock = stock
        self._door = door
        self._number = number
        self._lane: Lane | None = None
        self._following: Load | None = None  # its envelope is under way on the lane
        self._owed: Awaitable[None] | None = None  # an outcome, asked for but not yet durable
        self._failures = 0  # connections in a row that were no good
        self._accepted = 0  # messages this connection has had taken
        self._used_at: datetime | None = None
        self._began_at: datetime | None = None  # the message in hand

    async def run(self) -> None:
        """Carry until the stock is at its end."""
        load: Load | None = None
        while True:
            try:
                load = load or await self._stock.next(self._number, self._paid)
                if load is None:
                    break
                load = await self._carried(load)
            except Exception as error:  # noqa: BLE001 - a fault of ours, too: the other lanes end in good order
                self._desk.fail(error)
                await self._abandon(load)
                load = None
        try:
            await self._paid()
        except Exception as error:  # noqa: BLE001 - as above
            self._desk.fail(error)
        await self._closed()

    async def _carried(self, load: Load) -> Load | None:
        """Take one delivery as far as it goes; the next one, if its envelope is under way."""
        under_way, self._following = self._following is load, None
        lane = self._lane if under_way else await self._fit_lane()
        if lane is None or (self._desk.stop.is_set() and not under_way):
            await self._desk.ledger.release([load.claim])
            return None
        self._began_at = self._desk.clock.now()
        try:
            reply = await lane.deliver(load, self._upcoming)
        except UnsuitedError as error:
            await self._settled(load.claim, State.SKIPPED, reason=str(error))
            return None
        except RelayDownError as error:
            await self._cut(load.claim, str(error))
            return None
        except NoAnswerError as error:
            await self._settled(load.claim, State.UNKNOWN, reason=str(error))
            await self._lost()
            return None
        except MailweeklyError:  # the ledger or the outbox cannot be written: nothing of the body has left
            with contextlib.suppress(MailweeklyError):
                await self._settled(load.claim, State.QUEUED)
            raise
        self._used_at = self._desk.clock.now()
        if self._owed is not None:
            await self._paid()
        return await self._answered(load, reply) if reply else None

    def _upcoming(self) -> Load | None:
        self._following = self._stock.ready(self._paid)
        return self._following

    async def _answered(self, load: Load, reply: Reply) -> Load | None:
        matter = judge(reply)
        if matter is Matter.LANE:
            await self._cut(load.claim, "", reply)
            return None
        if self._desk.cuts:
            self._desk.cuts.pop(load.claim.delivery_id, None)
        if matter is Matter.ACCEPTED:
            self._accepted += 1
            self._failures = 0
            self._door.taken()
        now = self._used_at or self._desk.clock.now()
        outcome = after_reply(
            reply,
            delivery_id=load.claim.delivery_id,
            attempts=load.claim.attempts,
            now=now,
            patience=self._desk.patience,
            relay=self._door.relay.name,
            took_s=self._took_s(now),
        )
        self._owed = self._desk.settle(load.claim, outcome)
        if matter is Matter.ACCOUNT:
            await self._door.refused(f"the relay refuses this sender or message: {reply}")
        if matter is Matter.READER and meaning(reply).beyond is Beyond.FEWER:
            await self._lost()
            return None
        if self._following is None:
            await self._paid()
        return self._following

    async def _cut(self, claim: Claim, reason: str, reply: Reply | None = None) -> None:
        """Put a delivery back whose connection was no good; the third time in a row it waits its turn."""
        cuts = self._desk.cuts
        cuts[claim.delivery_id] += 1
        due_at, state = None, State.QUEUED
        if cuts[claim.delivery_id] >= CUTS:
            del cuts[claim.delivery_id]
            wait = retry_delay(claim.delivery_id, claim.attempts, self._desk.patience)
            due_at, state = self._desk.clock.now() + wait, State.DEFERRED
        await self._settled(claim, state, due_at=due_at, reply=reply, reason=reason)
        await self._lost(refused_at_once=reply is not None and not self._accepted)

    async def _lost(self, *, refused_at_once: bool = False) -> None:
        """Close a lane that is no good any more; what was to follow on it goes back."""
        self._door.trouble(at_once=refused_at_once)
        following, self._following = self._following, None
        if following is not None:
            await self._desk.ledger.release([following.claim])
        await self._paid()
        self._failures = 0 if self._accepted else self._failures + 1
        await self._closed()

    async def _abandon(self, load: Load | None) -> None:
        """Ledger or relay have failed for good: put back what can be. What is `sending` stays so, unless its body never left."""
        loads = [one for one in (load, self._following) if one is not None]
        self._following = None
        for asked in (self._paid(), self._desk.ledger.release([one.claim for one in loads])):
            with contextlib.suppress(Exception):  # the ledger may be what failed; the next start reads it off
                await asked
        await self._closed()

    async def _fit_lane(self) -> Lane | None:
        """Return this worker's lane, a fresh one where the old one has done its share; None: there is none now."""
        if self._lane is not None:
            idle = self._used_at is not None and self._desk.clock.now() - self._used_at > IDLE
            if self._lane.spent or idle or self._door.closed:
                await self._closed()
        if self._lane is None:
            self._lane = await self._door.open(self._failures)
            if self._lane is None:
                self._failures += 1
        return self._lane

    async def _closed(self) -> None:
        lane, self._lane = self._lane, None
        self._accepted, self._used_at = 0, None
        if lane is not None:
            await self._door.close(lane)

    async def _settled(self, claim: Claim, state: State, **more: Any) -> None:
        """Settle what had no reply that says how; told with whose it is, and how long it took."""
        now = self._desk.clock.now()
        outcome = Outcome(state=state, at=now, relay=self._door.relay.name, took_s=self._took_s(now), **more)
        await self._desk.settle(claim, outcome)

    def _took_s(self, now: datetime) -> float:
        return max((now - self._began_at).total_seconds(), 0.0) if self._began_at else 0.0

    async def _paid(self) -> None:
        owed, self._owed = self._owed, None
        if owed is not None:
            await owed
