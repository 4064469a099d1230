"""
The ledger of one send, as its worker sees it: the port `delivery.ports.Ledger` on SQLite.

Every call is one operation of the writer. `intend` is the fence, the brake and the last look at the reader in a single statement: no body leaves
before its row says `sending`, on disk.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import apsw

from mailweekly.adapters.store import sends
from mailweekly.adapters.store.connection import one_row
from mailweekly.adapters.store.writer import Writer
from mailweekly.delivery.pace import Limit, Slots, gaps, grant
from mailweekly.delivery.ports import EVERYBODY, Claim, Route
from mailweekly.delivery.reply import GIVE_UP, Outcome
from mailweekly.delivery.states import SendState, State
from mailweekly.errors import UnreachableError
from mailweekly.message.model import Reader

__all__ = ["SqliteLedger"]

SETTLE_TRIES: Final = 5  # a 250 is never undone: try to write it down again before giving up on the disk
SETTLE_PAUSE_S: Final = 1.0
SCOPE: Final = "relay"  # the pace holds for the relay, over all sends

EXPIRE = """
UPDATE deliveries SET state = 'expired', reason = 'given up: ' || reply
WHERE send_id = :send AND state = 'deferred' AND outcome_at - first_try_at >= :patience
"""
CLAIM = """
UPDATE deliveries SET state = 'claimed', fence = fence + 1, worker = :worker
WHERE id IN (
    SELECT id FROM deliveries WHERE send_id = :send AND state IN ('queued', 'deferred') AND due_at <= :now
        AND id <= coalesce((SELECT canary_id FROM sends WHERE id = :send AND coalesce(held_until, :now + 1) > :now), id)
        AND (:own = '[]' OR domain IN (SELECT value FROM json_each(:own)))
        AND (:others = '[]' OR domain NOT IN (SELECT value FROM json_each(:others)))
    ORDER BY due_at, id LIMIT :limit)
RETURNING id, fence, subscriber_id, address, name, fields, tags, attempts, first_try_at
"""
INTEND = """
UPDATE deliveries SET state = 'sending', intent_at = :at, message_id = :message_id, first_try_at = coalesce(first_try_at, :at)
WHERE id = :id AND fence = :fence AND state = 'claimed'
  AND (SELECT state FROM sends WHERE id = :send) = 'running'
  AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.key = deliveries.key)
"""
LEFT = """
UPDATE deliveries SET state = 'skipped', outcome_at = :at,
    reason = (SELECT suppressions.reason FROM suppressions WHERE suppressions.key = deliveries.key)
WHERE id = :id AND fence = :fence AND state = 'claimed'
  AND EXISTS (SELECT 1 FROM suppressions WHERE suppressions.key = deliveries.key)
"""
SETTLE = """
UPDATE deliveries SET state = :state, outcome_at = :at, due_at = coalesce(:due_at, 0), code = :code, reply = :reply,
    reason = :reason, attempts = attempts + :tried, worker = '',
    first_try_at = CASE WHEN :tried THEN coalesce(first_try_at, :at) ELSE first_try_at END
WHERE id = :id AND fence = :fence AND state IN ('claimed', 'sending', 'unknown')
"""
LEFT_ALREADY = """
UPDATE deliveries SET state = 'skipped', outcome_at = :now,
    reason = (SELECT suppressions.reason FROM suppressions WHERE suppressions.key = deliveries.key)
WHERE id IN (SELECT value FROM json_each(:ids)) AND EXISTS (SELECT 1 FROM suppressions WHERE suppressions.key = deliveries.key)
RETURNING id
"""
NEXT_DUE = "SELECT min(due_at) FROM deliveries WHERE send_id = ? AND state IN ('queued', 'deferred')"
DISTANCE = "UPDATE rate SET next_at = max(next_at, ?) WHERE scope = ?"
RELEASE = """
UPDATE deliveries SET worker = '',
    state = iif((SELECT state FROM sends WHERE sends.id = deliveries.send_id) = 'cancelled', 'skipped', 'queued'),
    reason = iif((SELECT state FROM sends WHERE sends.id = deliveries.send_id) = 'cancelled', 'called off', reason)
WHERE id = ? AND fence = ? AND state = 'claimed'
"""


class SqliteLedger:
    """The ledger of the send `send_id`, for the worker named `worker`, under the pace `limit`."""

    def __init__(self, writer: Writer, send_id: int, *, worker: str, limit: Limit) -> None:
        self._writer = writer
        self._send_id = send_id
        self._worker = worker
        self._limit = limit

    async def claim(self, limit: int, now: datetime, route: Route = EVERYBODY) -> Sequence[Claim]:
        """Hold up to `limit` due deliveries of the route, each with its slot."""
        return await self._writer.soon(lambda connection: self._claim(connection, limit, now.timestamp(), route))

    def intend(self, claim: Claim, *, message_id: str, at: datetime) -> Awaitable[bool]:
        """Ask at once that it be written down that the body is about to leave; False, when awaited: it must not."""
        values = {
            "id": claim.delivery_id,
            "fence": claim.fence,
            "send": self._send_id,
            "message_id": message_id,
            "at": at.timestamp(),
        }

        def operation(connection: apsw.Connection) -> bool:
            connection.execute(INTEND, values)
            if connection.changes():
                if (
                    claim.gap_s
                ):  # it may leave later than its slot: the next one keeps its distance, after a kill as well
                    connection.execute(DISTANCE, (time.time() + claim.gap_s, SCOPE))
                return True
            connection.execute(LEFT, values)
            if not connection.changes():
                connection.execute(RELEASE, (claim.delivery_id, claim.fence))
            return False

        return self._writer.soon(operation)

    def settle(self, claim: Claim, outcome: Outcome) -> Awaitable[None]:
        """Ask at once that a try's end be written down. Errors, when awaited: UnreachableError once the disk has refused it several times."""
        return self._kept(claim, outcome, self._writer.soon(lambda connection: _settle(connection, claim, outcome)))

    async def _kept(self, claim: Claim, outcome: Outcome, asked: "asyncio.Future[None]") -> None:
        for left in range(SETTLE_TRIES - 1, -1, -1):
            try:
                await asked
            except UnreachableError:
                if not left:
                    raise
                await asyncio.sleep(SETTLE_PAUSE_S)
                asked = self._writer.soon(lambda connection: _settle(connection, claim, outcome))
            else:
                return

    async def release(self, claims: Sequence[Claim]) -> None:
        """Put claims back that were not begun."""
        rows = [(claim.delivery_id, claim.fence) for claim in claims]
        await self._writer.soon(lambda connection: connection.executemany(RELEASE, rows))

    async def counts(self) -> Mapping[State, int]:
        """How many deliveries stand where."""
        return await self._writer.soon(lambda connection: sends.counts(connection, self._send_id))

    async def next_due(self) -> datetime | None:
        """When the earliest waiting delivery is due."""
        row = await self._writer.soon(lambda connection: one_row(connection, NEXT_DUE, (self._send_id,)))
        return None if row[0] is None else datetime.fromtimestamp(row[0], UTC)

    async def state(self) -> SendState:
        """Where the send stands."""
        return await self._writer.soon(self._state)

    async def pause(self, reason: str) -> None:
        """Stop the send with everything else still waiting."""
        at = datetime.now(UTC).timestamp()
        await self._writer.soon(
            lambda connection: sends.set_state(connection, self._send_id, SendState.PAUSED, reason, at)
        )

    async def finish(self, now: datetime) -> bool:
        """Mark the send finished if nobody is open any more; whether it is."""
        return await self._writer.soon(lambda connection: sends.finish(connection, self._send_id, now.timestamp()))

    def _state(self, connection: apsw.Connection) -> SendState:
        return SendState(one_row(connection, "SELECT state FROM sends WHERE id = ?", (self._send_id,))[0])

    def _claim(self, connection: apsw.Connection, limit: int, now: float, route: Route) -> list[Claim]:
        if self._state(connection) is not SendState.RUNNING:
            return []
        # By its last try, not by the clock: time in which nobody tried is not held against a reader.
        connection.execute(EXPIRE, {"send": self._send_id, "patience": GIVE_UP.total_seconds()})
        values = {"send": self._send_id, "now": now, "limit": limit, "worker": self._worker}
        rows = connection.execute(
            CLAIM, {**values, "own": _array(route.domains), "others": _array(route.others)}
        ).fetchall()
        # The last look is at the intent; this one spares the connection, which would have to be closed there.
        ids = json.dumps([row[0] for row in rows])
        left = {one for (one,) in connection.execute(LEFT_ALREADY, {"ids": ids, "now": now})}
        rows = sorted(row for row in rows if row[0] not in left)
        if not rows:
            return self._claim(connection, limit, now, route) if left else []
        slots = self._slots(connection, len(rows), now)
        return [_claimed(row, slot, gap_s) for row, (slot, gap_s) in zip(rows, slots, strict=True)]

    def _slots(self, connection: apsw.Connection, count: int, now: float) -> list[tuple[float, float]]:
        row = connection.execute("SELECT next_at, in_batch, granted_at FROM rate WHERE scope = ?", (SCOPE,)).fetchone()
        slots = Slots(next_at=row[0], in_batch=row[1], granted_at=row[2]) if row else Slots()
        after, granted = grant(slots, self._limit, count=count, now=now)
        connection.execute(
            "INSERT OR REPLACE INTO rate VALUES (?, ?, ?, ?)", (SCOPE, after.next_at, after.in_batch, after.granted_at)
        )
        return list(zip(granted, gaps(after, granted), strict=True))


def _settle(connection: apsw.Connection, claim: Claim, outcome: Outcome) -> None:
    reply = outcome.reply
    values = {
        "id": claim.delivery_id,
        "fence": claim.fence,
        "state": outcome.state.value,
        "at": outcome.at.timestamp(),
        "due_at": outcome.due_at.timestamp() if outcome.due_at else None,
        "code": reply.code if reply else None,
        "reply": reply.text if reply else "",
        "reason": outcome.reason,
        # what was put back, was the connection's or the account's matter: no try of this reader's
        "tried": outcome.state not in {State.QUEUED, State.SKIPPED},
    }
    connection.execute(SETTLE, values)


def _claimed(row: Sequence[object], slot: float, gap_s: float) -> Claim:
    delivery_id, fence, subscriber_id, address, name, fields, tags, attempts, first_try_at = row
    assert isinstance(delivery_id, int)
    assert isinstance(fence, int)
    assert isinstance(subscriber_id, int)
    assert isinstance(attempts, int)
    first = datetime.fromtimestamp(first_try_at, UTC) if isinstance(first_try_at, float) else None
    reader = Reader(
        subscriber_id=subscriber_id,
        address=str(address),
        name=str(name),
        values=json.loads(str(fields)),
        tags=frozenset(json.loads(str(tags))),
    )
    return Claim(
        delivery_id=delivery_id,
        fence=fence,
        reader=reader,
        attempts=attempts,
        first_try_at=first,
        slot_at=datetime.fromtimestamp(slot, UTC),
        gap_s=gap_s,
    )


def _array(names: frozenset[str]) -> str:
    return json.dumps(sorted(names)) if names else "[]"
