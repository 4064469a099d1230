"""
Wrong senders, one fault each, put in place of the right one: the tests of the promise must see every one of them.

Each function patches the product in this process; only `tests.system.killpoint` calls them, in a child.
"""

from importlib import import_module
from typing import Any

__all__ = [
    "asks_once",
    "checkpoints_at_fetch",
    "naive",
    "no_guard",
    "no_home",
    "no_lock",
    "normal_sync",
    "rereads",
    "retries_silence",
    "trusts_the_disk",
    "wall_clock",
]


def naive() -> None:
    """Write nothing down before the body leaves: intent and outcome only after the answer."""
    from mailweekly.adapters.store import ledger

    kept: dict[int, dict[str, Any]] = {}

    async def intend(self: Any, claim: Any, *, message_id: str, at: Any) -> bool:
        kept[claim.delivery_id] = {
            "id": claim.delivery_id,
            "fence": claim.fence,
            "send": self._send_id,
            "message_id": message_id,
            "at": at.timestamp(),
        }
        return True

    async def settle(self: Any, claim: Any, outcome: Any) -> None:
        def operation(connection: Any) -> None:
            if claim.delivery_id in kept:
                connection.execute(ledger.INTEND, kept[claim.delivery_id])
            self._settle(connection, claim, outcome)

        await self._writer.soon(operation)

    ledger.SqliteLedger.intend = intend  # type: ignore[method-assign]
    ledger.SqliteLedger.settle = settle  # type: ignore[method-assign]


def checkpoints_at_fetch() -> None:
    """Count a reader as done as soon as their batch is fetched."""
    from mailweekly.adapters.store import ledger

    fetch = ledger.SqliteLedger.claim

    async def claim(self: Any, limit: int, now: Any, *route: Any) -> Any:
        claims = await fetch(self, limit, now, *route)

        def done(connection: Any) -> None:
            for one in claims:
                connection.execute(
                    "UPDATE deliveries SET state = 'sending', intent_at = 1, message_id = '<x>', first_try_at = ? WHERE id = ?",
                    (now.timestamp(), one.delivery_id),
                )
                connection.execute(
                    "UPDATE deliveries SET state = 'accepted', code = 250 WHERE id = ?", (one.delivery_id,)
                )

        await self._writer.soon(done)
        return claims

    async def intend(self: Any, claim: Any, *, message_id: str, at: Any) -> bool:
        return True

    async def settle(self: Any, claim: Any, outcome: Any) -> None:
        return

    ledger.SqliteLedger.claim = claim  # type: ignore[assignment, method-assign]
    ledger.SqliteLedger.intend = intend  # type: ignore[method-assign]
    ledger.SqliteLedger.settle = settle  # type: ignore[method-assign]


def retries_silence() -> None:
    """Take silence after the dot for a failure, and try again."""
    from dataclasses import replace

    from mailweekly.adapters.store import ledger
    from mailweekly.delivery.states import State

    settled = ledger.SqliteLedger.settle

    async def settle(self: Any, claim: Any, outcome: Any) -> None:
        again = outcome.state is State.UNKNOWN
        await settled(self, claim, replace(outcome, state=State.QUEUED) if again else outcome)

    ledger.SqliteLedger.settle = settle  # type: ignore[method-assign]


def asks_once() -> None:
    """Look at who left when the audience is frozen, and never again."""
    from mailweekly.adapters.store import ledger

    clause = "AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.key = deliveries.key)"
    assert clause in ledger.INTEND
    ledger.INTEND = ledger.INTEND.replace(clause, "")
    ledger.LEFT_ALREADY = ledger.LEFT_ALREADY.replace("AND EXISTS", "AND 0 AND EXISTS")


def rereads() -> None:
    """Take the issue as it stands on the disk when the send goes on."""
    from mailweekly.adapters.store.database import Database
    from mailweekly.cli.place import load
    from mailweekly.cli.prepared import prepared, program_of

    def program(self: Any, send: Any) -> bytes:
        place = load()
        return program_of(place, prepared(place, send.issue), list_name=send.audience).to_bytes()

    Database.program = program  # type: ignore[method-assign]


def no_lock() -> None:
    """Let several senders work on one publication at once."""
    from mailweekly.adapters.store.lock import SenderLock

    def take(self: Any) -> None:
        return None

    SenderLock.take = take  # type: ignore[method-assign]


def normal_sync() -> None:
    """Sync the log only when it is brought into the file, as is usual elsewhere."""
    connection: Any = import_module("mailweekly.adapters.store.connection")
    harden = connection._harden

    def hardened(one: Any, path: Any) -> None:
        harden(one, path)
        one.pragma("synchronous", "NORMAL")

    connection._harden = hardened


def wall_clock() -> None:
    """Look at the system's clock for every instant."""
    local: Any = import_module("mailweekly.adapters.engine.local")

    def now(self: Any) -> Any:
        return local.datetime.now(local.UTC)

    local.SystemClock.now = now


def no_home() -> None:
    """Take any ledger for one's own."""
    home: Any = import_module("mailweekly.adapters.store.home")
    home._refuse_the_past = lambda *_: None
    home._refuse_the_copy = lambda *_: None
    home._refuse_the_other = lambda *_: None


def no_guard() -> None:
    """Go on writing into a file that is no more there."""
    guard: Any = import_module("mailweekly.adapters.store.guard")
    guard.FileGuard.check = lambda _: None


def trusts_the_disk() -> None:
    """Go on after a sync has failed: the next one will say that all is well."""
    writer: Any = import_module("mailweekly.adapters.store.writer")
    writer.UNSURE = frozenset()
