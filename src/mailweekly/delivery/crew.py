"""
One relay's share of a run: claims fetched a little ahead of the pace, and the lanes that carry them.

Beside other relays it takes its share by weight (`shares`); what a relay that is away would carry, it carries too. A relay that is away is looked
at again and again, as long as there is something it could carry.
"""

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Final

from mailweekly.delivery.carrier import Carrier
from mailweekly.delivery.desk import Desk
from mailweekly.delivery.door import BACK_OFF_S, Door
from mailweekly.delivery.ports import RelayDownError
from mailweekly.delivery.shares import MOST, allowance, caught_up, current_route
from mailweekly.delivery.states import SendState
from mailweekly.delivery.stock import Stock
from mailweekly.errors import MailweeklyError

__all__ = ["Crew"]

LOOK_S: Final = 0.5  # how long the feeder sleeps when nothing is due
REST_S: Final = 8.0  # beside other relays, at most: there a look may have to read past all of their mail
CHUNK_S: Final = 1.0  # claims reach this far ahead of the pace
AHEAD: Final = 8  # claims for each lane, at most
PROBES_S: Final = BACK_OFF_S[:-1]  # between two looks at a relay that is away; the last one repeats


class Crew:
    """The lanes behind one door. `rate`: messages a second, 0 for no limit; it only says how far ahead to claim."""

    def __init__(
        self, desk: Desk, stock: Stock, door: Door, *, connections: int, rate: float, doors: list[Door]
    ) -> None:
        self._desk = desk
        self._stock = stock
        self._door = door
        self._doors = doors
        self._chunk = min(MOST, connections * AHEAD)
        if rate:
            self._chunk = min(self._chunk, max(1, int(rate * CHUNK_S)))
        self._carriers = [Carrier(desk, stock, door, number) for number in range(connections)]
        self._look_s = LOOK_S
        self._probes = 0  # in vain, since the relay is away
        self._probe_at: datetime | None = None

    async def run(self) -> None:
        """Carry until nobody is left to try, or the run is told to stop."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._feed())
            for carrier in self._carriers:
                tasks.create_task(carrier.run())
        with contextlib.suppress(MailweeklyError):  # the ledger may be what failed; the next start reads it off
            await self._stock.put_back()

    async def _feed(self) -> None:
        try:
            while not self._desk.stop.is_set() and not self._door.closed and await self._fed():
                pass
        except Exception as error:  # noqa: BLE001 - told at the end; the lanes end in good order first
            self._desk.fail(error)
        finally:
            self._stock.end()
            self._desk.moved.set()

    async def _fed(self) -> bool:
        """Claim what is due, as much as the lanes will soon want; whether there is reason to look again."""
        if self._door.away:
            return await self._probed()
        room = allowance(self._door, self._doors, self._desk.clock.now())
        if not room:
            await self._desk.moves(LOOK_S)
            return True  # as long as there are others to wait for
        route = current_route(self._door, self._doors)
        claims = await self._desk.ledger.claim(min(self._chunk, room), self._desk.clock.now(), route)
        self._door.idle = not claims
        if not claims:
            return await self._more_to_come()
        self._look_s = LOOK_S
        if not self._is_here():  # any more
            await self._desk.ledger.release(claims)
            return True
        self._door.claimed = caught_up(self._door, self._doors) + len(claims)
        self._desk.moved.set()
        await self._stock.put(claims)
        return True

    def _is_here(self) -> bool:
        return not self._door.away

    async def _more_to_come(self) -> bool:
        """Nothing is due just now: wait for what is in hand or comes due soon; whether there is reason to look again."""
        if not await self._has_more():
            return False
        await self._rest(self._look_s)
        if len(self._doors) > 1:
            self._look_s = min(2 * self._look_s, REST_S)
        return True

    async def _has_more(self) -> bool:
        """Whether something is in hand, or will soon be due for this relay."""
        ledger = self._desk.ledger
        if await ledger.state() is not SendState.RUNNING:
            return False
        if await ledger.in_hand():
            return True
        due_at = await ledger.next_due(current_route(self._door, self._doors))
        return due_at is not None and due_at <= self._desk.clock.now() + self._desk.wait

    async def _rest(self, seconds: float) -> None:
        """Sleep, but no longer than until another relay has ended its part."""
        over = sum(door.over for door in self._doors)
        until = self._desk.clock.now() + timedelta(seconds=seconds)
        while self._desk.clock.now() < until and not self._desk.stop.is_set():
            await self._desk.sleep(LOOK_S)
            if sum(door.over for door in self._doors) != over:
                break

    async def _probed(self) -> bool:
        """See from time to time whether the relay is back; whether there is reason to look again."""
        now = self._desk.clock.now()
        if self._probe_at is None:
            self._probe_at = now + timedelta(seconds=PROBES_S[min(self._probes, len(PROBES_S) - 1)])
        if not await self._has_more():
            return False
        if now < self._probe_at:
            await self._rest((self._probe_at - now).total_seconds())
            return True
        self._probes, self._probe_at = self._probes + 1, None
        with contextlib.suppress(RelayDownError):
            lane = await self._door.open(0)
            if lane is not None:
                self._probes, self._look_s = 0, LOOK_S
                await self._door.close(lane)
        return True
