"""
The ledger of one send, as its worker sees it: the port `delivery.ports.Ledger` on SQLite.

Every call is one operation of the writer. `intend` is the fence, the brake and the last look at the reader in a single statement: no body leaves
before its row says `sending`, on disk.
"""

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import apsw

from mailweekly.adapters.store import canary, pacing, sends, tallies
from mailweekly.adapters.store.connection import one_row
from mailweekly.adapters.store.jobs import ApartError, Row
from mailweekly.adapters.store.writer import Writer
from mailweekly.delivery.pace import Limit, Pacing
from mailweekly.delivery.ports import EVERYBODY, Claim, Route
from mailweekly.delivery.receivers import NEVER
from mailweekly.delivery.reply import Outcome
from mailweekly.delivery.retry import PATIENT, Patience
from mailweekly.delivery.states import SendState, State
from mailweekly.errors import UnreachableError
from mailweekly.message.model import Reader

__all__ = ["SqliteLedger"]

SETTLE_TRIES: Final = 5  # a 250 is never undone: try to write it down again before giving up on the disk
SETTLE_PAUSE_S: Final = 1.0
EXAMINED: Final = 512  # waiting rows a claim looks at in one go, where receivers hold some back
ROUNDS: Final = 4
NOBODY: Final = "[]"
AT_ONCE: Final = 32  # rows a statement: each number of them is a statement of its own, kept prepared

# At the settling of a try, so by the last one, not by the clock: time in which nobody tried is not held against a reader.
EXPIRE = """
UPDATE deliveries SET state = 'expired', reason = 'given up: ' || reply,
    cause = iif(cause IN ('mailbox-full', 'disabled', 'quota'), cause, 'no-answer')
WHERE id = :id AND fence = :fence AND state = 'deferred' AND outcome_at - first_try_at - idle_s >= :patience
"""
DUE = """
send_id = :send AND state IN ('queued', 'deferred') AND due_at <= :now
        AND id <= coalesce((SELECT canary_id FROM sends WHERE id = :send AND coalesce(held_until, :now + 1) > :now), id)
        AND (:own = '[]' OR domain IN (SELECT value FROM json_each(:own)))
        AND (:others = '[]' OR domain NOT IN (SELECT value FROM json_each(:others)))
    ORDER BY due_at, id LIMIT :limit
"""
# One row each, whatever they hold: a thread that steps from row to row gives the interpreter away at each.
DUE_NEXT = f"SELECT json_group_array(id) FROM (SELECT id FROM deliveries WHERE {DUE})"
HOLD = """
UPDATE deliveries SET state = 'claimed', fence = fence + 1, worker = :worker, route = :route
WHERE id IN (SELECT value FROM json_each(:ids))
"""
HELD = """
SELECT json_group_array(json_array(id, fence, subscriber_id, address, name, json(fields), json(tags), attempts, first_try_at IS NOT NULL))
FROM deliveries WHERE id IN (SELECT value FROM json_each(:ids)) AND state = 'claimed'
"""
TRIED_AT = "SELECT first_try_at FROM deliveries WHERE id = ?"
WAITING = f"SELECT id, domain FROM deliveries WHERE {DUE}"
INTEND = """
UPDATE deliveries SET state = 'sending', intent_at = :at, message_id = :message_id, first_try_at = coalesce(first_try_at, :at)
WHERE id = :id AND fence = :fence AND state = 'claimed'
  AND (SELECT state FROM sends WHERE id = :send) = 'running'
  AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.key = deliveries.key)
"""
# Many at once: what each of them asks for itself stands in its row.
INTEND_ALL = """
WITH asked (id, fence, at, message_id) AS (VALUES {rows})
UPDATE deliveries SET state = 'sending', intent_at = asked.at, message_id = asked.message_id, first_try_at = coalesce(first_try_at, asked.at)
FROM asked WHERE deliveries.id = asked.id AND deliveries.fence = asked.fence AND deliveries.state = 'claimed'
  AND (SELECT state FROM sends WHERE sends.id = deliveries.send_id) = 'running'
  AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.key = deliveries.key)
"""
ACCEPT_ALL = """
WITH told (id, fence, at, code, status, reply, relay) AS (VALUES {rows})
UPDATE deliveries SET state = 'accepted', outcome_at = told.at, due_at = 0, code = told.code, reply = told.reply,
    status = told.status, cause = '', reason = '', attempts = attempts + 1, worker = '', relay = iif(told.relay = '', deliveries.relay, told.relay),
    first_try_at = coalesce(first_try_at, told.at)
FROM told WHERE deliveries.id = told.id AND deliveries.fence = told.fence AND deliveries.state IN ('claimed', 'sending', 'unknown')
"""
LEFT = """
UPDATE deliveries SET state = 'skipped', outcome_at = :at,
    reason = (SELECT suppressions.reason FROM suppressions WHERE suppressions.key = deliveries.key)
WHERE id = :id AND fence = :fence AND state = 'claimed'
  AND EXISTS (SELECT 1 FROM suppressions WHERE suppressions.key = deliveries.key)
"""
SETTLE = """
UPDATE deliveries SET state = :state, outcome_at = :at, due_at = coalesce(:due_at, 0), code = :code, reply = :reply,
    status = :status, cause = :cause, reason = :reason, attempts = attempts + :tried, worker = '', relay = iif(:relay = '', relay, :relay),
    first_try_at = CASE WHEN :tried THEN coalesce(first_try_at, :at) ELSE first_try_at END
WHERE id = :id AND fence = :fence AND state IN ('claimed', 'sending', 'unknown')
"""
LEFT_ALREADY = """
UPDATE deliveries SET state = 'skipped', outcome_at = :now,
    reason = (SELECT suppressions.reason FROM suppressions WHERE suppressions.key = deliveries.key)
WHERE id IN (SELECT value FROM json_each(:ids)) AND EXISTS (SELECT 1 FROM suppressions WHERE suppressions.key = deliveries.key)
"""
RELEASE = """
UPDATE deliveries SET worker = '',
    state = iif((SELECT state FROM sends WHERE sends.id = deliveries.send_id) = 'cancelled', 'skipped', 'queued'),
    reason = iif((SELECT state FROM sends WHERE sends.id = deliveries.send_id) = 'cancelled', 'called off', reason),
    outcome_at = iif((SELECT state FROM sends WHERE sends.id = deliveries.send_id) = 'cancelled', unixepoch('subsec'), outcome_at)
WHERE id = ? AND fence = ? AND state = 'claimed'
"""


Held = tuple[list[Any], pacing.Picked]  # a row of HELD, and its slot


class SqliteLedger:
    """The ledger of the send `send_id`, for the worker named `worker`, under the pace `limit`, or `pace` where there is more than one limit."""

    def __init__(
        self,
        writer: Writer,
        send_id: int,
        *,
        worker: str,
        limit: Limit,
        pace: Pacing | None = None,
        patience: Patience = PATIENT,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._writer = writer
        self._send_id = send_id
        self._worker = worker
        self._pace = pace or Pacing(total=limit)
        self._patience_s = patience.give_up.total_seconds()
        self._counts_bodies = bool(self._pace.relays or self._pace.total.caps or self._pace.total.warm_up)
        self._now = now  # steps of the system's clock must not come between a slot and its message

    async def claim(self, limit: int, now: datetime, route: Route = EVERYBODY) -> Sequence[Claim]:
        """Hold up to `limit` due deliveries of the route, each with its slot."""
        held = await self._writer.soon(lambda connection: self._claim(connection, limit, now.timestamp(), route))
        return [_claimed(row, picked, route.name) for row, picked in held]

    def intend(self, claim: Claim, *, message_id: str, at: datetime) -> Awaitable[bool]:
        """Ask at once that it be written down that the body is about to leave; False, when awaited: it must not."""
        row = (claim.delivery_id, claim.fence, at.timestamp(), message_id)
        if not claim.gap_s and not self._counts_bodies:
            return self._writer.together(self._intend_all, row)

        def operation(connection: apsw.Connection) -> float | None:
            if not self._intend(connection, row):
                return None
            return pacing.count_body(connection, self._pace, claim.relay, claim.gap_s, self._now())

        if claim.gap_s:
            return self._in_time(self._writer.soon(operation))
        return self._writer.soon(lambda connection: operation(connection) is not None)

    async def _in_time(self, asked: "asyncio.Future[float | None]") -> bool:
        """Whether the body may leave; told when it may, at its distance from the last one of any process."""
        at = await asked
        if at:
            await asyncio.sleep(max(at - self._now(), 0.0))
        return at is not None

    def settle(self, claim: Claim, outcome: Outcome) -> Awaitable[None]:
        """Ask at once that a try's end be written down. Errors, when awaited: UnreachableError once the disk has refused it several times."""
        return self._kept(claim, outcome, self._told(claim, outcome))

    def _told(self, claim: Claim, outcome: Outcome) -> "asyncio.Future[None]":
        reply = outcome.reply
        if outcome.state is not State.ACCEPTED or reply is None or outcome.reason:
            return self._writer.soon(lambda connection: self._settle(connection, claim, outcome))
        at = outcome.at.timestamp()
        row = (claim.delivery_id, claim.fence, at, reply.code, reply.status, reply.text, outcome.relay)
        return self._writer.together(_accept_all, row)

    async def _kept(self, claim: Claim, outcome: Outcome, asked: "asyncio.Future[None]") -> None:
        for left in range(SETTLE_TRIES - 1, -1, -1):
            try:
                await asked
            except UnreachableError:
                if not left or self._writer.broken:
                    raise
                await asyncio.sleep(SETTLE_PAUSE_S)
                asked = self._told(claim, outcome)
            else:
                return

    async def release(self, claims: Sequence[Claim]) -> None:
        """Put claims back that were not begun."""
        rows = [(claim.delivery_id, claim.fence) for claim in claims]
        await self._writer.soon(lambda connection: connection.executemany(RELEASE, rows))

    async def counts(self) -> Mapping[State, int]:
        """How many deliveries stand where."""
        return await self._writer.soon(lambda connection: tallies.counts(connection, self._send_id))

    async def in_hand(self) -> bool:
        """Whether somebody holds a delivery."""
        return await self._writer.soon(lambda connection: sends.in_hand(connection, self._send_id))

    async def next_due(self, route: Route = EVERYBODY) -> datetime | None:
        """When the earliest waiting delivery of the route is due."""
        at = await self._writer.soon(lambda connection: self._next_due(connection, route))
        return None if at is None or at >= NEVER else datetime.fromtimestamp(at, UTC)

    async def state(self) -> SendState:
        """Where the send stands."""
        return await self._writer.soon(self._state)

    async def pause(self, reason: str, void: Collection[int] = ()) -> None:
        """Stop the send with everything else still waiting; the refusals `void` count against nobody."""
        at = self._now()

        def operation(connection: apsw.Connection) -> None:
            sends.set_state(connection, self._send_id, SendState.PAUSED, reason, at)
            sends.annul(connection, self._send_id, void)

        await self._writer.soon(operation)

    def shut(self, group: str, reason: str) -> Awaitable[None]:
        """Pause one group of recipient domains until the send is resumed: asked for at once; awaited, it is durable."""
        return self._writer.soon(lambda connection: pacing.shut(connection, group, reason, self._pace))

    async def finish(self, now: datetime) -> bool:
        """Mark the send finished if nobody is open any more; whether it is."""
        return await self._writer.soon(lambda connection: sends.finish(connection, self._send_id, now.timestamp()))

    def _state(self, connection: apsw.Connection) -> SendState:
        return SendState(one_row(connection, "SELECT state FROM sends WHERE id = ?", (self._send_id,))[0])

    def _next_due(self, connection: apsw.Connection, route: Route) -> float | None:
        at = canary.next_due(connection, self._send_id, route)
        held = pacing.held_until(connection, self._pace, self._now(), route.name)
        return at if at is None else max(at, held)

    def _claim(self, connection: apsw.Connection, limit: int, now: float, route: Route) -> list[Held]:
        only_canary_waits = canary.look(connection, self._send_id, now)
        if only_canary_waits or self._state(connection) is not SendState.RUNNING:
            return []
        opening = pacing.opening(connection, self._pace, route.name, now)
        opening.room = min(opening.room, limit)
        if opening.clock_was_set_back:
            pacing.start_afresh(connection, self._send_id, now)
        if not opening.room:
            return []
        values: dict[str, Any] = {
            "send": self._send_id,
            "now": now,
            "limit": opening.room,
            "worker": self._worker,
            "route": route.name,
            "own": _array(route.domains),
            "others": _array(route.others),
        }
        claims = (self._among if opening.receivers else self._next)(connection, opening, values)
        opening.keep(connection)
        return claims

    def _next(self, connection: apsw.Connection, opening: pacing.Opening, values: dict[str, Any]) -> list[Held]:
        """Claim whoever is next."""
        while True:
            (ids,) = one_row(connection, DUE_NEXT, values)
            here = _held(connection, ids, values)
            if here or ids == NOBODY:
                return [(here[one.id], one) for one in opening.next_ids(sorted(here))]

    def _among(self, connection: apsw.Connection, opening: pacing.Opening, values: dict[str, Any]) -> list[Held]:
        """Claim whoever is next and may be asked now; park whoever may not."""
        claims: list[Held] = []
        for _ in range(ROUNDS):
            waiting: list[Any] = connection.execute(WAITING, {**values, "limit": EXAMINED}).fetchall()
            picked, held = opening.among(waiting, is_all=len(waiting) < EXAMINED)
            pacing.park(connection, held)
            here = _held(connection, json.dumps([one.id for one in picked]), values)
            claims += [(here[one.id], one) for one in picked if one.id in here]
            if claims or len(waiting) < EXAMINED:
                break
        return claims

    def _intend_all(self, connection: apsw.Connection, rows: Sequence[Row]) -> Sequence[bool]:
        """Intend many. Errors: ApartError where not all of them may leave, and nothing else of it is to stand."""
        if len(rows) == 1:
            return [self._intend(connection, rows[0])]
        if _all_at_once(connection, INTEND_ALL, rows) != len(rows):
            raise ApartError
        return [True] * len(rows)

    def _intend(self, connection: apsw.Connection, row: Row) -> bool:
        """Whether the body may leave, which is then written down; if not, the claim is gone."""
        delivery_id, fence, at, message_id = row
        values = {"id": delivery_id, "fence": fence, "send": self._send_id, "message_id": message_id, "at": at}
        connection.execute(INTEND, values)
        if connection.changes():
            return True
        connection.execute(LEFT, values)
        if not connection.changes():
            connection.execute(RELEASE, (delivery_id, fence))
        return False

    def _settle(self, connection: apsw.Connection, claim: Claim, outcome: Outcome) -> None:
        reply = outcome.reply
        at = outcome.at.timestamp()
        values = {
            "id": claim.delivery_id,
            "fence": claim.fence,
            "state": outcome.state.value,
            "at": at,
            "due_at": outcome.due_at.timestamp() if outcome.due_at else None,
            "code": reply.code if reply else None,
            "status": reply.status if reply else "",
            "reply": reply.text if reply else "",
            "cause": outcome.cause,
            "reason": outcome.reason,
            "relay": outcome.relay,
            # what was put back, was the connection's or the account's matter: no try of this reader's
            "tried": outcome.state not in {State.QUEUED, State.SKIPPED},
        }
        connection.execute(SETTLE, values)
        if reply is None or reply.code // 100 == 2 or not connection.changes():  # noqa: PLR2004 - RFC 5321 4.2.1
            return
        if outcome.state is State.DEFERRED:
            connection.execute(EXPIRE, {"id": claim.delivery_id, "fence": claim.fence, "patience": self._patience_s})
        pacing.note_reply(connection, self._pace, claim.reader.address, claim.relay, reply, at)


def _accept_all(connection: apsw.Connection, rows: Sequence[Row]) -> Sequence[None]:
    _all_at_once(connection, ACCEPT_ALL, rows)
    return [None] * len(rows)


def _all_at_once(connection: apsw.Connection, sql: str, rows: Sequence[Row]) -> int:
    """Run a statement over all rows; how many it changed."""
    changed = 0
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        connection.execute(_for_rows(sql, len(some), len(some[0])), tuple(itertools.chain.from_iterable(some)))
        changed += connection.changes()
    return changed


@lru_cache(maxsize=4 * AT_ONCE)
def _for_rows(sql: str, rows: int, columns: int) -> str:
    one = f"({', '.join('?' * columns)})"
    return sql.format(rows=", ".join([one] * rows))


def _held(connection: apsw.Connection, ids: str, values: Mapping[str, Any]) -> dict[int, list[Any]]:
    """Hold these (a JSON array); by id, without those who have left: the last look is at the intent, this one spares the connection."""
    asked = {**values, "ids": ids}
    connection.execute(HOLD, asked)
    connection.execute(LEFT_ALREADY, asked)
    rows: list[list[Any]] = json.loads(one_row(connection, HELD, asked)[0])
    for row in rows:
        (row[-1],) = (
            one_row(connection, TRIED_AT, (row[0],)) if row[-1] else (None,)
        )  # JSON has fewer digits than a REAL
    return {row[0]: row for row in rows}


def _claimed(row: Sequence[Any], picked: pacing.Picked, route: str) -> Claim:
    delivery_id, fence, subscriber_id, address, name, fields, tags, attempts, tried_at = row
    first = None if tried_at is None else datetime.fromtimestamp(tried_at, UTC)
    reader = Reader(subscriber_id=subscriber_id, address=address, name=name, values=fields, tags=frozenset(tags))
    return Claim(
        delivery_id=delivery_id,
        fence=fence,
        reader=reader,
        attempts=attempts,
        first_try_at=first,
        slot_at=datetime.fromtimestamp(picked.slot, UTC),
        gap_s=picked.gap_s,
        relay=route,
    )


def _array(names: frozenset[str]) -> str:
    return json.dumps(sorted(names)) if names else "[]"
