"""
Where claims become messages, in the order they came.

Composing costs microseconds and is done in the loop, while the ledger writes down what is to leave next, or when a message's turn has come. Signing
costs a hundred times that: then the next few are made ahead, in threads, so that neither the loop nor a lane waits for a signature. Only what may
leave within a second is begun, for its Date says when it was.

Units: instants are aware datetimes.
Errors: DataError and ValueError where a message cannot be composed, told when it is asked for.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mailweekly.delivery.desk import Desk
from mailweekly.delivery.ports import Claim
from mailweekly.message.model import Message

__all__ = ["Press", "Sheet"]

AHEAD: Final = 2  # messages for each lane: one that leaves with the dot before it, and one in the making
NEAR: Final = timedelta(seconds=1)


@dataclass(kw_only=True, slots=True)
class Sheet:
    """A claim, and its message once that is in the making; `at` is the instant the message is of."""

    claim: Claim
    at: datetime | None = None
    made: "asyncio.Future[Message] | None" = None
    message: Message | None = None  # made ahead on the spot
    fault: Exception | None = None  # why it could not be made


class Press:
    """The claims that wait; the first few may be in the making. `lanes` says how many there are to serve."""

    def __init__(self, desk: Desk, lanes: int) -> None:
        self._desk = desk
        self._lanes = lanes
        self._is_using_time = False
        self._begun: deque[Sheet] = deque()
        self._waiting: deque[Claim] = deque()

    def __len__(self) -> int:
        return len(self._begun) + len(self._waiting)

    def extend(self, claims: Sequence[Claim]) -> None:
        """Take claims in, behind those that are here."""
        self._waiting.extend(claims)
        self._begin()

    def first(self) -> Claim:
        """Return the claim whose turn is next."""
        return self._begun[0].claim if self._begun else self._waiting[0]

    def pop(self) -> Sheet:
        """Return the next one, which waits no more."""
        sheet = self._begun.popleft() if self._begun else Sheet(claim=self._waiting.popleft())
        self._begin()
        return sheet

    def clear(self) -> list[Claim]:
        """Return every claim, none of which waits any more."""
        left = [*(sheet.claim for sheet in self._begun), *self._waiting]
        for sheet in self._begun:
            self.drop(sheet)
        self._begun.clear()
        self._waiting.clear()
        return left

    def is_ready(self) -> bool:
        """Whether the next one's message can be had at once."""
        if self._desk.aside is None:
            return True
        self._begin()
        made = self._begun[0].made if self._begun else None
        return made is not None and made.done()

    def message(self, sheet: Sheet) -> tuple[Message, datetime]:
        """Return the message of a sheet that was ready or awaited, and the instant it is of."""
        at = sheet.at or self._instant(sheet.claim)
        if sheet.made is not None:
            return sheet.made.result(), at
        if sheet.fault is not None:
            raise sheet.fault
        return sheet.message or self._desk.compose(sheet.claim, at), at

    async def awaited(self, sheet: Sheet) -> Sheet:
        """Return the sheet once its message can be had, however that turned out."""
        self._make(sheet)
        if sheet.made is not None:
            await asyncio.wait((sheet.made,))
        return sheet

    def use_time(self) -> None:
        """
        Make messages ahead, one for each lane at most, now that everybody waits for the ledger.

        One a turn of the loop: between two turns the ledger's thread gets on.
        """
        if self._desk.aside is None and not self._is_using_time:
            self._is_using_time = True
            asyncio.get_running_loop().call_soon(self._make_one)

    def _make_one(self) -> None:
        self._is_using_time = False
        if self._desk.stop.is_set() or not self._waiting or len(self._begun) >= self._lanes:
            return
        now = self._desk.clock.now()
        if self._waiting[0].slot_at > now + NEAR:
            return
        claim = self._waiting.popleft()
        sheet = Sheet(claim=claim, at=claim.first_try_at or now)
        self._begun.append(sheet)
        try:
            sheet.message = self._desk.compose(claim, sheet.at or now)
        except Exception as error:  # noqa: BLE001 - told at its turn
            sheet.fault = error
        self.use_time()

    @staticmethod
    def drop(sheet: Sheet) -> None:
        """Throw away what is in the making."""
        if sheet.made is not None:
            sheet.made.cancel()  # an error of it is then told to nobody

    def _begin(self) -> None:
        """Put as many in the making as the lanes will soon want, if there are threads to make them."""
        if self._desk.aside is None or self._desk.stop.is_set():
            return
        near = self._desk.clock.now() + NEAR
        while self._waiting and len(self._begun) < AHEAD * self._lanes and self._waiting[0].slot_at <= near:
            sheet = Sheet(claim=self._waiting.popleft())
            self._make(sheet)
            self._begun.append(sheet)

    def _make(self, sheet: Sheet) -> None:
        if sheet.made is None and self._desk.aside is not None:
            at = sheet.at = self._instant(sheet.claim)
            sheet.made = self._desk.aside(lambda: self._desk.compose(sheet.claim, at))

    def _instant(self, claim: Claim) -> datetime:
        return claim.first_try_at or self._desk.clock.now()
