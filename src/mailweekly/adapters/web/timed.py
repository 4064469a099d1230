"""
HTTP/1.1 that does not wait for ever: a ceiling of connections, and a deadline for each request until it is whole.

Whoever is over either is cut off without an answer.

Units: seconds.
Errors: none.
"""

import asyncio
import socket
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["TimedProtocol"]


class TimedProtocol(H11Protocol):
    """One connection; a server says its own ceilings in a class of its own."""

    most: ClassVar[int]  # connections
    request_s: ClassVar[float]  # for a request, from the first moment it may come

    def connection_made(self, transport: Any) -> None:
        """Take a connection, or cut it off."""
        super().connection_made(transport)
        self._deadline: asyncio.TimerHandle | None = None
        # asyncio leaves this to sockets that name their protocol; without it head and body of an answer lie 40 ms apart
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if len(self.connections) > self.most:
            transport.abort()
            return
        self.expect()

    def data_received(self, data: bytes) -> None:
        """Take bytes; a request that is whole has no deadline any more."""
        super().data_received(data)
        cycle = getattr(self, "cycle", None)  # None until a first request is whole
        if cycle and not cycle.response_complete:
            self.hush()
        elif self._deadline is None:
            self.expect()

    def on_response_complete(self) -> None:
        """Wait for the next request as long as uvicorn does."""
        super().on_response_complete()
        self.hush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self.hush()
        super().connection_lost(exc)

    def expect(self) -> None:
        """Begin to wait for a request."""
        self._deadline = self.loop.call_later(self.request_s, self.transport.abort)

    def hush(self) -> None:
        """Wait no more."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
