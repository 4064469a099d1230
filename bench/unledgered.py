"""
The command line with a ledger that writes nothing down: what the durable one costs is the difference. For the benchmark alone.

Claims are read from the real one, all at once, before the first message; from then on the disk is not touched. It promises nothing after a crash.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mailweekly.__main__ import main
from mailweekly.adapters.store import database
from mailweekly.adapters.store.ledger import SqliteLedger
from mailweekly.delivery.ports import EVERYBODY, Claim, Route
from mailweekly.delivery.reply import Outcome
from mailweekly.delivery.states import SendState, State

__all__ = ["Unledgered"]

ALL = 10_000_000


class Unledgered(SqliteLedger):
    """Says yes at once and forgets."""

    _left: deque[Claim] | None = None

    async def claim(self, limit: int, now: datetime, route: Route = EVERYBODY) -> Sequence[Claim]:
        """Hand out what was read at the beginning."""
        if self._left is None:
            self._left = deque(await super().claim(ALL, now, route))
        return [self._left.popleft() for _ in range(min(limit, len(self._left)))]

    def intend(self, claim: Claim, *, message_id: str, at: datetime) -> Awaitable[bool]:  # noqa: ARG002 - the port's
        """Yes."""
        return _done(True)

    def settle(self, claim: Claim, outcome: Outcome) -> Awaitable[None]:  # noqa: ARG002 - the port's
        """Forget it."""
        return _done(None)

    async def in_hand(self) -> bool:
        """Nobody is, as far as this ledger knows."""
        return False

    async def counts(self) -> Mapping[State, int]:
        """Nobody is in hand as far as this ledger knows."""
        return {}

    async def state(self) -> SendState:
        """Running."""
        return SendState.RUNNING

    async def next_due(self, route: Route = EVERYBODY) -> datetime | None:  # noqa: ARG002 - the port's
        """Nobody waits."""
        return None

    async def finish(self, now: datetime) -> bool:  # noqa: ARG002 - the port's
        """Yes."""
        return True


def _done(result: Any) -> "asyncio.Future[Any]":
    future = asyncio.get_running_loop().create_future()
    future.set_result(result)
    return future


if __name__ == "__main__":
    database.SqliteLedger = Unledgered  # type: ignore[attr-defined]
    main()
