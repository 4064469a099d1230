"""
One connection of the sink: octets in, events out, steps done.

It reads lines or a body; each becomes an event whose steps come from the script or, without a rule, from `manners`. Steps that take time run in a
task, and nothing further is read off the buffer until they are done.
"""

import asyncio
import re
import socket
import ssl
import struct
from collections import Counter
from typing import Final, Protocol

from tests.sink.log import LogWriter, message_id
from tests.sink.manners import Dialogue, good_answer, heard, path
from tests.sink.script import Rule, Script, Step

__all__ = ["Connection", "Host"]

SLOW: Final = frozenset({"wait", "gate", "flood", "upgrade"})
SETTLING: Final = frozenset({"reply", "raw", "keep", "close", "reset", "silence", "kill"})
DOT: Final = b"\r\n.\r\n"
# What various servers took for the end of a body before they were mended.
LENIENT_DOT: Final = re.compile(rb"(?:\r\n|\r\r\n|\n|\r|\r\n\x00)\.(?:\r\n|\r\r\n|\n|\r)")
MAX_LINE: Final = 4096
FLOOD_CHUNKS: Final = 1000  # pieces a write of `flood`


class Host(Protocol):
    """What a connection needs of the sink."""

    script: Script
    log: LogWriter
    tls: ssl.SSLContext | None
    implicit: bool
    connections: "set[Connection]"
    opened: int

    def match(self, event: str, connection: "Connection", *, size: int = 0) -> Rule | None:
        """Return the rule that fits."""
        ...

    def has_rules(self, event: str) -> bool:
        """Whether the script speaks of `event`."""
        ...

    def gate(self, name: str) -> asyncio.Event:
        """Return a gate."""
        ...

    def kill(self) -> None:
        """Kill the victims."""
        ...


class Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, sink: "Host") -> None:
        self.sink = sink
        self.number = 0
        self.seen: Counter[str] = Counter()
        self.recipient = ""
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._scanned = 0
        self._out: list[bytes] = []
        self._in_body = False
        self._busy = False
        self._muted = False
        self._over = False
        self._talk = Dialogue()
        self._body_ruled = False
        self._body: bytes | None = None
        self._task: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------ asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet, or go on after a handshake."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self.number:
            return  # the same connection, now inside TLS
        self._talk.secure = self.sink.implicit
        self.sink.opened += 1
        self.number = self.sink.opened
        self.sink.connections.add(self)
        self.sink.log.note("connect", self.number, open=len(self.sink.connections))
        self._event("connect")
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Take octets."""
        if self._muted or self._over:
            return
        self._buffer += data
        if not self._busy:
            self._pump()

    def connection_lost(self, exc: Exception | None) -> None:
        """Write down how it ended."""
        if self in self.sink.connections:
            self.sink.connections.discard(self)
            self.sink.log.note("gone", self.number, body=len(self._buffer) if self._in_body else 0)
            self.sink.log.flush()
        self._over = True
        if self._task:
            self._task.cancel()

    def abort(self) -> None:
        """End it at once."""
        self._over = True
        if self._transport and not self._transport.is_closing():
            self._transport.abort()

    # ------------------------------------------------------------------ lines and bodies

    def _pump(self) -> None:
        while not (self._busy or self._over or self._muted):
            if not (self._take_body() if self._in_body else self._take_line()):
                break
        self._flush()

    def _take_line(self) -> bool:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) > MAX_LINE:
                self._say("500 5.5.6 line too long")
                self._over = True
            return False
        line = bytes(self._buffer[: end + 1]).rstrip(b"\r\n").decode("utf-8", "backslashreplace")
        del self._buffer[: end + 1]
        self.sink.log.note("line", self.number, line=line)
        self._command(line)
        return True

    def _take_body(self) -> bool:
        if self.sink.has_rules("body") and not self._body_ruled:
            rule = self.sink.match("body", self, size=len(self._buffer))
            if rule:
                self._body_ruled = True
                self._do("body", rule.steps)
                return True
        cut = self._end_of_body()
        if cut is None:
            return False
        content, rest = cut
        if content.startswith(b"."):
            content = content[1:]
        self._body = content.replace(b"\r\n..", b"\r\n.")
        del self._buffer[:rest]
        self._in_body = False
        self._event("dot")
        self._body = None
        return True

    def _end_of_body(self) -> tuple[bytes, int] | None:
        """Return the body and how many octets of the buffer it took with its dot; None: not there yet."""
        if self._buffer.startswith(b".\r\n"):
            return b"", 3
        if self.sink.script.lenient:
            found = LENIENT_DOT.search(self._buffer, self._scanned)
            if found:
                return bytes(self._buffer[: found.start()]) + b"\r\n", found.end()
        else:
            end = self._buffer.find(DOT, self._scanned)
            if end >= 0:
                return bytes(self._buffer[: end + 2]), end + len(DOT)
        self._scanned = max(0, len(self._buffer) - len(DOT))
        return None

    # ------------------------------------------------------------------ commands

    def _command(self, line: str) -> None:
        if self._talk.login_step:
            self._event("auth", line)
            return
        verb = re.split("[ :]", line, maxsplit=1)[0].upper()
        event = {"EHLO": "ehlo", "HELO": "ehlo"}.get(verb, verb.lower())
        if event not in {"ehlo", "starttls", "auth", "mail", "rcpt", "data", "rset", "noop", "quit"}:
            event = "other"
        if event == "rcpt":
            self.recipient = path(line)
        self._event(event, line)

    def _event(self, event: str, line: str = "") -> None:
        rule = self.sink.match(event, self)
        self._do(event, rule.steps if rule else (Step(verb="default"),), line)

    def _do(self, event: str, steps: tuple[Step, ...], line: str = "") -> None:
        """Do the steps; from the first that takes time on, in a task."""
        queue = [part for step in steps for part in (self._good(event, line) if step.verb == "default" else (step,))]
        for index, step in enumerate(queue):
            if step.verb in SLOW:
                self._busy = True
                body, self._body = self._body, None
                self._task = asyncio.ensure_future(self._later(event, queue[index:], line, body))
                return
            self._step(event, step, line)

    async def _later(self, event: str, steps: list[Step], line: str, body: bytes | None) -> None:
        self._body = body
        for step in steps:
            if self._over:
                return
            if step.verb in SLOW:
                self._flush()
                await self._slow(step)
            else:
                self._step(event, step, line)
        self._body = None
        self._busy = False
        self._pump()

    async def _slow(self, step: Step) -> None:
        reads = not (self.sink.script.rcvbuf and self._in_body and self._transport)
        if not reads and self._transport:
            self._transport.pause_reading()
        match step.verb:
            case "wait":
                await asyncio.sleep(step.seconds)
            case "gate":
                name = step.text.decode()
                gate = self.sink.gate(name)
                if not gate.is_set():
                    self.sink.log.note("held", self.number, gate=name)
                    self.sink.log.flush()
                    await gate.wait()
            case "upgrade":
                await self._upgrade()
            case "flood":
                while not self._over and self._transport:
                    self._transport.write(step.text * FLOOD_CHUNKS)
                    await asyncio.sleep(0.01)
        if not reads and self._transport and not self._over:
            self._transport.resume_reading()

    async def _upgrade(self) -> None:
        assert self._transport is not None
        self._buffer.clear()
        assert self.sink.tls is not None
        loop = asyncio.get_running_loop()
        try:
            fresh = await loop.start_tls(self._transport, self, self.sink.tls, server_side=True)
        except OSError as error:
            self.sink.log.note("tls-failed", self.number, why=str(error))
            self._over = True
            self.connection_lost(None)
            return
        assert isinstance(fresh, asyncio.Transport)
        self._transport = fresh
        self._talk = Dialogue(secure=True)
        if self.sink.has_rules("tls"):
            self._event("tls")

    # ------------------------------------------------------------------ steps

    def _step(self, event: str, step: Step, line: str) -> None:
        code = step.code
        if event == "dot" and self._body is not None and (step.verb in SETTLING):
            self._note_message(kept=step.verb == "keep" or code // 100 == 2)
        match step.verb:
            case "reply":
                self._out.append(step.text + b"\r\n")
                self._apply(event, code, line)
            case "raw" | "repeat":
                self._out.append(step.text * step.count)
            case "close":
                self._flush()
                self._over = True
                self._hang_up()
            case "reset":
                self._reset()
            case "silence":
                self._flush()
                self._muted = True
            case "ruin":
                self._flush()
                if self._transport and self._transport.can_write_eof():
                    self._transport.write_eof()
            case "kill":
                self._flush()
                self.sink.kill()

    def _apply(self, event: str, code: int, line: str) -> None:
        heard(self._talk, event, code, line)
        if event == "data" and code == 354:
            self._in_body, self._scanned, self._body_ruled = True, 0, False
        elif event == "quit":
            self._step(event, Step(verb="close"), line)

    def _good(self, event: str, line: str) -> tuple[Step, ...]:
        return good_answer(
            self._talk,
            event,
            line,
            script=self.sink.script,
            has_tls=self.sink.tls is not None,
            size=len(self._body or b""),
        )

    def _note_message(self, *, kept: bool) -> None:
        body = self._body or b""
        self._body = None
        self.sink.log.note(
            "message",
            self.number,
            **{"from": self._talk.sender, "to": list(self._talk.recipients), "id": message_id(body)},
            kept=kept,
            size=len(body),
            at=self.sink.log.body(body),
        )

    def _reset(self) -> None:
        self._flush()
        self._over = True
        if self._transport:
            raw = self._transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()

    def _say(self, text: str) -> None:
        self._out.append(text.encode() + b"\r\n")

    def _flush(self) -> None:
        self.sink.log.flush()
        if self._out and self._transport and not self._muted:
            self._transport.write(b"".join(self._out))
        self._out.clear()
        if self._over:
            self._hang_up()

    def _hang_up(self) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.close()
