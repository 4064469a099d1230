"""
What the sink writes down, and reading it back.

A line of JSON an event, appended before the sink answers; the messages' octets stand in a file beside it, so that a line stays short. Events `e`:
`connect`, `line` (a command as it came), `message` (a whole body with its dot: `kept` says whether the sink took charge), `held` (a gate is shut),
`gone` (the connection ended; `body` octets of an unfinished body). `t` is the machine's monotonic clock, in seconds.
"""

import io
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final

__all__ = ["LogWriter", "SinkLog", "Taken", "message_id"]

MESSAGE_ID: Final = re.compile(rb"^message-id:\s*(<[^>\r\n]*>)", re.IGNORECASE | re.MULTILINE)
HEAD_BYTES: Final = 16_384  # a header block of ours is well below


def message_id(content: bytes) -> str:
    """Return the Message-ID with its angle brackets; empty: there is none."""
    found = MESSAGE_ID.search(content, 0, HEAD_BYTES)
    return found[1].decode("ascii", "replace") if found else ""


class LogWriter:
    """Appends; what was given is in the kernel once `flush` returns, and outlives a kill of the sink."""

    def __init__(self, path: Path, *, bodies: bool = True) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._file = os.open(path, flags, 0o600)
        self._bodies = os.open(path.with_suffix(".bodies"), flags, 0o600) if bodies else -1
        self._offset = os.fstat(self._bodies).st_size if bodies else 0
        self._waiting: list[str] = []

    def note(self, event: str, connection: int, **values: object) -> None:
        """Add one event."""
        self._waiting.append(json.dumps({"t": time.monotonic(), "e": event, "c": connection, **values}))

    def body(self, content: bytes) -> int:
        """Store a message's octets; where they begin (-1: not stored)."""
        if self._bodies < 0:
            return -1
        begin = self._offset
        view = memoryview(content)
        while view:
            view = view[os.write(self._bodies, view) :]
        self._offset += len(content)
        return begin

    def flush(self) -> None:
        """Hand all to the kernel."""
        if self._waiting:
            view = memoryview(("\n".join(self._waiting) + "\n").encode())
            while view:
                view = view[os.write(self._file, view) :]
            self._waiting.clear()

    def close(self) -> None:
        """Flush and close."""
        self.flush()
        os.close(self._file)
        if self._bodies >= 0:
            os.close(self._bodies)


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A message whose dot came: its envelope, its octets, and whether the sink took charge of it."""

    t: float
    connection: int
    sender: str
    recipients: tuple[str, ...]
    message_id: str
    kept: bool
    size: int
    content: bytes

    @property
    def recipient(self) -> str:
        """The only recipient."""
        (one,) = self.recipients
        return one

    def parsed(self) -> EmailMessage:
        """Return the message as the standard library reads it."""
        return message_from_bytes(self.content, policy=policy.default)


class SinkLog:
    """The log read back; may be asked while the sink still writes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Return the events so far, of one kind or all."""
        if not self.path.exists():
            return []
        whole = self.path.read_bytes()
        lines = whole[: whole.rfind(b"\n") + 1].splitlines()
        found = (json.loads(line) for line in lines)
        return [event for event in found if not kind or event["e"] == kind]

    def lines(self) -> list[str]:
        """Return the commands as they came."""
        return [event["line"] for event in self.events("line")]

    def messages(self) -> list[Taken]:
        """Return every message whose dot came, kept or not."""
        return list(self._messages())

    def kept(self) -> list[Taken]:
        """Return the messages the sink took charge of."""
        return [message for message in self._messages() if message.kept]

    def wait(self, ready: Callable[["SinkLog"], bool], *, timeout_s: float = 30.0) -> None:
        """Return as soon as `ready` says so. Errors: TimeoutError."""
        end = time.monotonic() + timeout_s
        while not ready(self):
            if time.monotonic() > end:
                message = f"not within {timeout_s} s; the log ends with {self.events()[-3:]}"
                raise TimeoutError(message)
            time.sleep(0.01)

    def _messages(self) -> Iterator[Taken]:
        beside = self.path.with_suffix(".bodies")
        with beside.open("rb") if beside.exists() else io.BytesIO() as bodies:
            for event in self.events("message"):
                content = b""
                if event["at"] >= 0:
                    bodies.seek(event["at"])
                    content = bodies.read(event["size"])
                yield Taken(
                    t=event["t"],
                    connection=event["c"],
                    sender=event["from"],
                    recipients=tuple(event["to"]),
                    message_id=event["id"],
                    kept=event["kept"],
                    size=event["size"],
                    content=content,
                )
