"""
One relay's share of a run: claims fetched a little ahead of the pace, and the lanes that carry them.

Beside other relays it takes its share by weight; what a relay that is away would carry, it carries too.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mailweekly.delivery.carrier import Carrier
from mailweekly.delivery.desk import Desk
from mailweekly.delivery.door import Door
from mailweekly.delivery.ports import RelayDownError, Route
from mailweekly.delivery.states import SendState, State
from mailweekly.delivery.stock import Stock
from mailweekly.errors import MailweeklyError

__all__ = ["Crew", "current_route", "fair"]

LOOK_S: Final = 0.5  # how long the feeder sleeps when nothing is due
CHUNK_S: Final = 1.0  # claims reach this far ahead of the pace
MAX_CHUNK: Final = 256  # claims a look
AHEAD: Final = 8  # claims for each lane, at most
FAIR_S: Final = 0.05  # a relay that is ahead of its share looks again
PROBE_S: Final = 30.0  # between two looks at a relay that is away


class Crew:
    """The lanes behind one door. `rate`: messages a second, 0 for no limit; it only says how far ahead to claim."""

    def __init__(
        self, desk: Desk, stock: Stock, door: Door, *, connections: int, rate: float, doors: list[Door]
    ) -> None:
        self._desk = desk
        self._stock = stock
        self._door = door
        self._doors = doors
        self._chunk = min(MAX_CHUNK, connections * AHEAD)
        if rate:
            self._chunk = min(self._chunk, max(1, int(rate * CHUNK_S)))
        self._carriers = [Carrier(desk, stock, door, number) for number in range(connections)]

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

    async def _fed(self) -> bool:
        """Claim what is due, as much as the lanes will soon want; whether there is reason to look again."""
        if self._door.away:
            return await self._probed()
        if not fair(self._door, self._doors):
            await self._desk.sleep(FAIR_S)
            return await self._desk.ledger.state() is SendState.RUNNING
        route = current_route(self._door, self._doors)
        claims = await self._desk.ledger.claim(self._chunk, self._desk.clock.now(), route)
        if not claims:
            return await self._more_to_come()
        self._door.claimed += len(claims)
        await self._stock.put(claims)
        return True

    async def _more_to_come(self) -> bool:
        """Nothing is due just now: wait for what is in hand or comes due soon; whether there is reason to look again."""
        ledger = self._desk.ledger
        if await ledger.state() is not SendState.RUNNING:
            return False
        counts = await ledger.counts()
        in_hand = counts.get(State.CLAIMED, 0) + counts.get(State.SENDING, 0)
        due_at = await ledger.next_due()
        if not in_hand and (due_at is None or due_at > self._desk.clock.now() + self._desk.wait):
            return False
        await self._desk.sleep(LOOK_S)
        return True

    async def _probed(self) -> bool:
        """See whether the relay is back; whether there is reason to look again."""
        if not await self._more_to_come():
            return False
        await self._desk.sleep(PROBE_S)
        with contextlib.suppress(RelayDownError):
            lane = await self._door.open(0)
            if lane is not None:
                await lane.close()
        return True


def current_route(door: Door, doors: Sequence[Door]) -> Route:
    """Return what `door` carries now: a relay that is away leaves its domains to the others."""
    if door.route.domains:
        return door.route
    elsewhere = frozenset[str]().union(*(one.route.domains for one in doors if one is not door and not one.away))
    return replace(door.route, others=elsewhere)


def fair(door: Door, doors: Sequence[Door]) -> bool:
    """Return whether `door` may claim more beside the others: by weight; with a weight of 0 only while nobody else can."""
    peers = [one for one in doors if one is not door and not one.away and not one.route.domains and one.weight]
    if door.route.domains or not peers:
        return True
    if not door.weight:
        return False
    return all(door.claimed / door.weight <= (one.claimed + MAX_CHUNK) / one.weight for one in peers)
