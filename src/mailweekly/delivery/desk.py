"""
What the crews of one run share: the ports, the stop, and where outcomes and failures are told.

Sleeping and waiting end as soon as the run is told to stop.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mailweekly.delivery.ports import Claim, Clock, Ledger
from mailweekly.delivery.reply import Outcome
from mailweekly.delivery.retry import PATIENT, Patience
from mailweekly.message.model import Message

__all__ = ["Aside", "Desk"]

Aside = Callable[[Callable[[], Message]], "asyncio.Future[Message]"]  # has it done in a thread


@dataclass(kw_only=True)
class Desk:
    """The shared things of one run."""

    ledger: Ledger
    clock: Clock
    compose: Callable[[Claim, datetime], Message]
    wait: timedelta  # stay for deferred ones that come due within this
    stop: asyncio.Event
    settled: Callable[[Claim, Outcome], None]
    fail: Callable[[Exception], None]
    stop_send: Callable[[str], None]
    tell: Callable[[str], None]  # something the operator should read at once
    cool_down: timedelta  # after a 421 that greeted a connection; doubled each time
    aside: Aside | None = None  # where messages are made; None: on the spot
    patience: Patience = PATIENT
    moved: asyncio.Event = field(default_factory=asyncio.Event)  # a relay has claimed, or ended its part
    cuts: Counter[int] = field(default_factory=Counter)  # connections lost in a row, by delivery

    def settle(self, claim: Claim, outcome: Outcome) -> Awaitable[None]:
        """Ask for an outcome to be written, at once; awaited, it is durable."""
        asked = self.ledger.settle(claim, outcome)
        self.settled(claim, outcome)
        return asked

    async def sleep(self, seconds: float) -> None:
        """Sleep, but no longer than until the run is told to stop."""
        if seconds <= 0 or self.stop.is_set():
            return
        sleeping = asyncio.ensure_future(self.clock.sleep(seconds))
        await self.either(sleeping)

    async def moves(self, seconds: float) -> None:
        """Wait until another relay claims or ends, so many seconds at most."""
        self.moved.clear()
        waiting = {asyncio.ensure_future(self.moved.wait()), asyncio.ensure_future(self.sleep(seconds))}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()

    async def either(self, future: "asyncio.Future[Any]") -> None:
        """Wait until `future` is done, or the run is told to stop; it is given up then."""
        stopped = asyncio.ensure_future(self.stop.wait())
        try:
            await asyncio.wait({future, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopped.cancel()
            if not future.done():
                future.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await future
