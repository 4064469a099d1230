"""
The relay's replies, in their order: the asyncio protocol a connection is handed over to.

One queue of whole replies (`250-a` … `250 b` is one). Nothing is dropped and nothing is matched here: whoever reads takes the next one. A reply that
is no reply, too long, or comes after the end breaks the connection.

Errors: ConnectionError once the connection is lost or broken; TimeoutError.
Source: RFC 5321 4.2 (replies) and 4.5.3.1.5 (512 octets a line).
"""

import asyncio
import os
import re
from collections import deque
from functools import lru_cache
from typing import Final

__all__ = ["CLOSING", "Replies"]

LINE: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
KEPT_OCTETS: Final = 512  # of a line's text
MAX_LINES: Final = 100  # of one reply
MAX_OCTETS: Final = 65_536  # of one reply, or of a line without an end
CLOSING: Final = 421
UNSAFE: Final = re.compile(
    r"[^\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)  # a terminal's escapes, controls


class Replies(asyncio.Protocol):
    """The reading side of one connection, and its back-pressure."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._buffer = b""
        self._lines: list[str] = []
        self._ready: deque[tuple[int, str]] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._octets = 0
        self._paused = False
        self._lost: ConnectionError | None = None
        self._socket = _plain_socket(transport)
        # So that "drained" means: all is with the kernel. Not high=0, with which asyncio's TLS never resumes (it compares by >=).
        transport.set_write_buffer_limits(high=1, low=0)

    @property
    def unread(self) -> bool:
        """Whether something has come that nobody asked for."""
        return bool(self._ready or self._buffer or self._lines)

    @property
    def goodbye(self) -> str | None:
        """The text of a 421 that nobody asked for: the relay closes at its own time (RFC 5321, 3.8); None: there is none."""
        code, text = self._ready[0] if self._ready else (0, "")
        return text if code == CLOSING else None

    @property
    def lost(self) -> ConnectionError | None:
        """Why the connection is of no use any more; None: it is."""
        return self._lost

    def write(self, data: bytes) -> None:
        """Send `data`. Errors: ConnectionError."""
        if self._lost:
            raise self._lost
        self._transport.write(data)

    def at_once(self, *parts: bytes) -> int:
        """Hand the parts to the kernel in one call; how many octets it took. The others are to be written. Errors: ConnectionError."""
        if self._lost:
            raise self._lost
        if self._socket < 0 or self._transport.is_closing() or self._transport.get_write_buffer_size():
            return 0
        try:
            return os.writev(self._socket, parts)
        except BlockingIOError:
            return 0

    async def drained(self, timeout_s: float) -> None:
        """Wait until all that was written has left this process. Errors: ConnectionError, TimeoutError."""
        if self._paused and not self._lost:
            self._drained = asyncio.get_running_loop().create_future()
            await _within(self._drained, timeout_s)
        if self._lost:
            raise self._lost

    def here(self) -> tuple[int, str] | None:
        """Return the next reply if it has come already."""
        return self._ready.popleft() if self._ready else None

    async def next(self, timeout_s: float) -> tuple[int, str]:
        """Return the next reply: code and text, its lines joined by blanks. Errors: ConnectionError, TimeoutError."""
        while not self._ready:
            if self._lost:
                raise self._lost
            self._waiter = asyncio.get_running_loop().create_future()
            await _within(self._waiter, timeout_s)
        return self._ready.popleft()

    def data_received(self, data: bytes) -> None:
        """Cut what has come into lines, lines into replies."""
        *lines, rest = (self._buffer + data).split(b"\n")
        self._buffer = rest
        for line in lines:
            self._take(line.rstrip(b"\r"))
            if self._lost:
                return
        if self._ready:
            self._wake()
        if len(self._buffer) > MAX_OCTETS:
            self._break("the relay sent a line without an end")

    def connection_lost(self, exc: Exception | None) -> None:
        """Note why, and wake whoever waits."""
        self._lost = self._lost or ConnectionResetError(str(exc) if exc else "the relay closed the connection")
        self._wake()

    def pause_writing(self) -> None:
        """The transport's buffer holds something."""
        self._paused = True

    def resume_writing(self) -> None:
        """The transport's buffer is empty."""
        self._paused = False
        if self._drained and not self._drained.done():
            self._drained.set_result(None)

    def _take(self, line: bytes) -> None:
        read = _read(line) if len(line) <= KEPT_OCTETS else _read.__wrapped__(line)  # long ones are not kept
        self._octets += len(line)
        if read is None or len(self._lines) >= MAX_LINES or self._octets > MAX_OCTETS:
            self._break("the relay sent something that is no reply")
            return
        code, is_last, text = read
        if not is_last or self._lines:
            self._lines.append(text)
            text = " ".join(self._lines)
        if is_last:
            self._ready.append((code, text))
            self._lines = []
            self._octets = 0

    def _break(self, why: str) -> None:
        self._lost = ConnectionAbortedError(why)
        self._transport.abort()
        self._wake()

    def _wake(self) -> None:
        for future in (self._waiter, self._drained if self._lost else None):
            if future and not future.done():
                future.set_result(None)


def _plain_socket(transport: asyncio.Transport) -> int:
    """Return the descriptor that may be written to beside the transport as long as that has nothing waiting; -1: there is none."""
    socket = transport.get_extra_info("socket")
    if socket is None or transport.get_extra_info("sslcontext") is not None or not hasattr(os, "writev"):
        return -1
    return int(socket.fileno())


async def _within(future: "asyncio.Future[None]", timeout_s: float) -> None:
    """Await a future that is this wait's alone. Less than a third of what `asyncio.timeout` costs, several times a message. Errors: TimeoutError."""
    timer = asyncio.get_running_loop().call_later(timeout_s, _expire, future)
    try:
        await future
    finally:
        timer.cancel()


def _expire(future: "asyncio.Future[None]") -> None:
    """Look at the socket once more before giving up: in a process that was frozen time is up though the reply has come."""
    if not future.done():
        future.get_loop().call_later(0, _expired, future)


def _expired(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_exception(TimeoutError())


@lru_cache(maxsize=256)  # a relay says the same few lines all the time
def _read(line: bytes) -> tuple[int, bool, str] | None:
    """Return a line's code, whether it is its reply's last, and its text; None: it is no line of a reply."""
    found = LINE.fullmatch(line)
    if not found:
        return None
    text = UNSAFE.sub("?", (found[3] or b"")[:KEPT_OCTETS].decode("utf-8", "replace")).strip()
    return int(found[1]), found[2] != b"-", text
