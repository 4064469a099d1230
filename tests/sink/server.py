"""
The server: one asyncio protocol a connection, rules looked up by event.

A good server by default; every event may be given other steps by the script. What a message is worth is written down before the answer leaves. It
checks the order of commands as a real server does, so that a client which errs is told.
"""

import asyncio
import contextlib
import fnmatch
import os
import random
import signal
import socket
import ssl
from collections import Counter
from pathlib import Path
from typing import Final

from tests.sink.connection import Connection
from tests.sink.log import LogWriter
from tests.sink.script import Rule, Script

__all__ = ["Sink"]

BACKLOG: Final = 256


class Sink:
    """One listening server; `start` gives its port. `open` opens a gate, `victims` are whom a `kill` step kills."""

    def __init__(
        self,
        script: Script,
        log: Path,
        *,
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        bodies: bool = True,
    ) -> None:
        self.script = script
        self.tls = tls
        self.implicit = implicit
        self.log = LogWriter(log, bodies=bodies)
        self.victims: set[int] = set()
        self.connections: set[Connection] = set()
        self.opened = 0
        self._seen: Counter[str] = Counter()
        self._fired: Counter[int] = Counter()
        self._chance = random.Random(script.seed)
        self._gates: dict[str, asyncio.Event] = {}
        self._server: asyncio.Server | None = None
        self._by_event: dict[str, list[tuple[int, Rule]]] = {}
        for index, rule in enumerate(script.rules):
            self._by_event.setdefault(rule.event, []).append((index, rule))

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1; the port."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.script.rcvbuf:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.script.rcvbuf)
        listener.bind(("127.0.0.1", port))
        loop = asyncio.get_running_loop()
        context = self.tls if self.implicit else None
        self._server = await loop.create_server(lambda: Connection(self), sock=listener, backlog=BACKLOG, ssl=context)
        return int(listener.getsockname()[1])

    async def stop(self) -> None:
        """Close everything at once."""
        if self._server:
            self._server.close()
        for connection in list(self.connections):
            connection.abort()
        await asyncio.sleep(0)
        self.log.close()

    def open(self, gate: str) -> None:
        """Let through whoever waits, or will wait, at `gate`."""
        self.gate(gate).set()

    def relog(self, path: Path, *, bodies: bool = True) -> None:
        """Go on in another log; rules count from the start again."""
        self.log.close()
        self.log = LogWriter(path, bodies=bodies)
        self._seen.clear()
        self._fired.clear()

    def gate(self, name: str) -> asyncio.Event:
        """Return the gate called `name`, shut at first."""
        return self._gates.setdefault(name, asyncio.Event())

    def kill(self) -> None:
        """SIGKILL every victim."""
        for pid in self.victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def has_rules(self, event: str) -> bool:
        """Whether the script speaks of `event` at all."""
        return event in self._by_event

    def match(self, event: str, connection: Connection, *, size: int = 0) -> Rule | None:
        """Return the first rule that fits this event now; each event is counted once, `body` by its octets."""
        if event != "body":
            self._seen[event] += 1
            connection.seen[event] += 1
        for index, rule in self._by_event.get(event, ()):
            if rule.times and self._fired[index] >= rule.times:
                continue
            if self._fits(rule, connection, size):
                self._fired[index] += 1
                return rule
        return None

    def _fits(self, rule: Rule, connection: Connection, size: int) -> bool:
        values = {
            "nth": self._seen["data" if rule.event == "body" else rule.event],
            "connection": connection.number,
            "message": connection.seen["mail"],
            "open": len(self.connections),
        }
        if any(not low <= values[name] <= high for name, (low, high) in rule.ranges.items()):
            return False
        if rule.each and (not connection.seen[rule.event] or connection.seen[rule.event] % rule.each):
            return False
        if rule.to and not fnmatch.fnmatchcase(connection.recipient, rule.to):
            return False
        if rule.at and size < rule.at:
            return False
        return rule.chance >= 1 or self._chance.random() < rule.chance
