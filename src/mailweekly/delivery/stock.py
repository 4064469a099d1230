"""
The claims of one crew, and how each becomes a message that may leave: at its slot, composed, and with the ledger's yes.

It keeps the pace within this process: the slots of the ledger hold it across processes, but a relay that stalled must not be flooded with those that
passed meanwhile.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mailweekly.delivery.desk import Desk
from mailweekly.delivery.ports import Claim, Trip
from mailweekly.delivery.press import Press, Sheet
from mailweekly.delivery.reply import Outcome
from mailweekly.delivery.states import SendState, State
from mailweekly.errors import DataError
from mailweekly.message.model import Message

__all__ = ["Load", "Stock"]

Before = Callable[[], Awaitable[None]]
LOW: Final = 4  # claims left for each lane when more are fetched


@dataclass(frozen=True, kw_only=True, slots=True)
class Load(Trip):
    """A delivery in hand: its claim, and the instant its message was composed."""

    claim: Claim
    at: datetime


class Stock:
    """Claims that wait for a lane. `lanes` says how many there are to serve."""

    def __init__(self, desk: Desk, lanes: int) -> None:
        self.over = False  # nothing more will come
        self.allowed = 1  # lanes at work, by number
        self.changed = asyncio.Event()  # something of this has changed
        self._desk = desk
        self._low = LOW * lanes
        self._press = Press(desk, lanes)
        self._wanted = asyncio.Event()
        self._free_at: datetime | None = None  # the next message may begin
        self._body_at: datetime | None = None  # the next body may leave
        self._late: list[Awaitable[None]] = []  # outcomes asked for outside a lane's own turn

    @property
    def waits_since(self) -> datetime | None:
        """The slot of the claim whose turn is next; None: none waits."""
        return self._press.first().slot_at if self._press else None

    async def put(self, claims: Sequence[Claim]) -> None:
        """Take claims in; return when they are nearly used up, or the run is told to stop."""
        self._press.extend(claims)
        self.changed.set()
        while len(self._press) > self._low and not self._desk.stop.is_set():
            self._wanted.clear()
            await self._desk.either(asyncio.ensure_future(self._wanted.wait()))

    async def put_back(self) -> None:
        """Give every claim back to the ledger."""
        left = self._press.clear()
        self._wanted.set()
        if left:
            await self._desk.ledger.release(left)
        await self._pay_late()

    def end(self) -> None:
        """Say that nothing more will come."""
        self.over = True
        self.changed.set()

    async def next(self, number: int, before: Before) -> Load | None:
        """Return the next delivery for the lane `number`, once it may leave; None: there will be none. No body leaves until `before` is over."""
        while not self._desk.stop.is_set():
            if number >= self.allowed or not self._press:
                if self.over and not self._press:
                    return None
                self.changed.clear()
                await self._desk.either(asyncio.ensure_future(self.changed.wait()))
                continue
            sheet = self._pop()
            await self._turn(sheet.claim)
            if self._desk.stop.is_set():
                self._press.drop(sheet)
                await self._desk.ledger.release([sheet.claim])
                return None
            load = self._loaded(await self._press.awaited(sheet), before)
            if load:
                return load
            await self._pay_late()
        return None

    def ready(self, before: Before) -> Load | None:
        """Return the next delivery if it may leave at once."""
        while self._press and not self._desk.stop.is_set():
            claim, now = self._press.first(), self._desk.clock.now()
            if max(claim.slot_at, self._free_at or now) > now or not self._press.is_ready():
                return None
            self._free_at = now + timedelta(seconds=claim.gap_s)
            load = self._loaded(self._pop(), before)
            if load:
                return load
        return None

    def _pop(self) -> Sheet:
        sheet = self._press.pop()
        if len(self._press) <= self._low:
            self._wanted.set()
        return sheet

    def _loaded(self, sheet: Sheet, before: Before) -> Load | None:
        """Return the delivery with its message; None: it cannot be composed, and is skipped."""
        claim = sheet.claim
        try:
            message, at = self._press.message(sheet)
        except (DataError, ValueError) as error:
            outcome = Outcome(state=State.SKIPPED, at=self._desk.clock.now(), reason=f"cannot be composed: {error}")
            self._late.append(self._desk.settle(claim, outcome))
            return None
        return Load(message=message, intend=lambda: self._intend(claim, message, at, before), claim=claim, at=at)

    async def _turn(self, claim: Claim) -> None:
        """Wait until it may leave: at its slot, and not nearer to the one before than the pace allows, should that have been held up."""
        now = self._desk.clock.now()
        at = max(claim.slot_at, self._free_at or now)
        self._free_at = max(at, now) + timedelta(seconds=claim.gap_s)
        await self._desk.sleep((at - now).total_seconds())

    async def _intend(self, claim: Claim, message: Message, at: datetime, before: Before) -> bool:
        """Ask the ledger, at the distance the pace wants between two bodies: lanes whose envelopes were slow must not come all at once."""
        if claim.gap_s:
            now = self._desk.clock.now()
            leaves_at = max(self._body_at or now, now)
            self._body_at = leaves_at + timedelta(seconds=claim.gap_s)
            if leaves_at > now:
                await self._desk.sleep((leaves_at - now).total_seconds())
        if self._desk.stop.is_set():  # its envelope may be out already: it is taken back
            await self._desk.ledger.release([claim])
            return False
        asked = self._desk.ledger.intend(claim, message_id=message.message_id, at=at)
        self._press.use_time()
        await before()  # the outcome before it, which shares its commit
        if await asked:
            return True
        if await self._desk.ledger.state() is not SendState.RUNNING:
            self._desk.stop.set()  # paused or called off: no further envelope leaves for nothing
        return False

    async def _pay_late(self) -> None:
        late, self._late = self._late, []
        for owed in late:
            await owed
