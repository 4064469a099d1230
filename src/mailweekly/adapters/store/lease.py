"""
A worker's lease: a row that says who works on the ledger, renewed by a thread of its own while a send runs.

The kernel's lock keeps a second sender of the same machine away; the lease is what `status` shows, and what another machine sees. With every
heartbeat the ledger's count of runs rises, and its mark follows: a backup is behind after seconds, not only after the next send.

It is not relied on for anything that a send writes: a heartbeat that fails is tried again at the next one.

Units: seconds; instants since the epoch.
"""

import contextlib
import os
import socket
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import apsw

from mailweekly.adapters.store import home
from mailweekly.adapters.store.connection import one_row
from mailweekly.adapters.store.writer import Writer
from mailweekly.errors import MailweeklyError

__all__ = ["LEASE_S", "Lease", "Worker", "workers"]

LEASE_S: Final = 10.0
BEATS: Final = 3  # in one lease: two may be missed

TAKE = "INSERT OR REPLACE INTO workers VALUES (?, ?, ?, ?, ?, ?)"
RENEW = "UPDATE workers SET lease_until = ? WHERE name = ?"


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """Somebody who works on the ledger, and until when that is to be believed."""

    name: str
    process: int
    version: str
    started_at: float
    lease_until: float


def workers(connection: apsw.Connection, now: float) -> tuple[Worker, ...]:
    """Return whoever has a lease now."""
    found = connection.execute(
        "SELECT name, process, version, started_at, lease_until FROM workers WHERE lease_until > ? ORDER BY name",
        (now,),
    )
    return tuple(
        Worker(name=name, process=process, version=version, started_at=started_at, lease_until=lease_until)
        for name, process, version, started_at, lease_until in found
    )


class Lease:
    """Held while a run lasts; to be taken under the sender's lock."""

    def __init__(self, writer: Writer, *, version: str) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._writer = writer
        self._version = version
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="ledger-lease", daemon=True)

    def __enter__(self) -> Self:
        """Take it. Errors: UnreachableError."""
        machine, now = home.machine_name(), time.time()

        def operation(connection: apsw.Connection) -> None:
            connection.execute("DELETE FROM workers WHERE machine = ? OR lease_until < ?", (machine, now))
            row = (self.name, machine, os.getpid(), self._version, now, now + LEASE_S)
            connection.execute(TAKE, row)

        self._writer.now(operation)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        self._over.set()
        self._thread.join()
        with contextlib.suppress(MailweeklyError):  # the ledger may be what failed; the lease runs out
            self._writer.now(lambda connection: connection.execute("DELETE FROM workers WHERE name = ?", (self.name,)))

    def _beat(self) -> None:
        while not self._over.wait(LEASE_S / BEATS):
            with contextlib.suppress(MailweeklyError, OSError):
                home.write_mark(self._writer.path, self._writer.now(self._renewed))

    def _renewed(self, connection: apsw.Connection) -> int:
        connection.execute(RENEW, (time.time() + LEASE_S, self.name))
        connection.execute("UPDATE home SET runs = runs + 1")
        return int(one_row(connection, "SELECT runs FROM home")[0])
