"""
The preview's server: one process, bounded in what it holds open, ended by Ctrl-C.

`serve_preview` binds, tells the start address with its token, and serves until it is told to end. Refuses more than 32 connections, request heads
over 16 kB and clients that do not finish their request within 10 s: a slow or greedy one is closed, and the editor's own page goes on.

Units: seconds, bytes.
Errors: UsageError when the port is taken or the address is not this machine's.
"""

import contextlib
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import uvicorn

from mailweekly.adapters.web.app import preview_app
from mailweekly.adapters.web.guard import HEAD_BYTES, Access
from mailweekly.adapters.web.studio import Studio
from mailweekly.adapters.web.timed import TimedProtocol
from mailweekly.errors import UsageError

__all__ = ["CONNECTIONS", "PORT", "PreviewServer", "bound", "is_loopback", "serve_preview"]

PORT: Final = 8025
CONNECTIONS: Final = 32
REQUEST_S: Final = 10.0  # from the first byte, or the connection, to a whole request
IDLE_S: Final = 5  # of a kept-alive connection between two requests
FAREWELL_S: Final = 1  # for streams to end
LARGEST_PORT: Final = 65535


def serve_preview(
    studio: Studio,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    issue: int | None = None,
    announce: Callable[[str], None],
) -> None:
    """Serve until Ctrl-C or a TERM signal. `announce` is called with the start address once it can be opened; port 0 takes any free one."""
    with bound(host, port) as listening:
        server = PreviewServer(studio, host=host, listening=listening, first=issue)
        announce(server.start_url(issue))
        with _ended_by_signal():
            server.run(sockets=[listening])


def bound(host: str, port: int) -> socket.socket:
    """Return a listening socket. Errors: UsageError."""
    if not 0 <= port <= LARGEST_PORT:
        raise UsageError(f"{port} is no port", hint=f"a port is a number from 0 (any free one) to {LARGEST_PORT}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=CONNECTIONS)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot listen on {host}:{port}: {reason}",
            hint="--port 0 takes any free port; --host 127.0.0.1 is the default",
        ) from error


def is_loopback(host: str) -> bool:
    """Return whether only this machine can connect to a server on that host."""
    return Access(token="", cookie="", host=host, port=0).is_loopback


class PreviewServer(uvicorn.Server):
    """A uvicorn server of one start of the preview, with its secrets."""

    def __init__(self, studio: Studio, *, host: str, listening: socket.socket, first: int | None = None) -> None:
        self.access = Access(
            token=secrets.token_urlsafe(16),
            cookie=secrets.token_urlsafe(16),
            host=host,
            port=listening.getsockname()[1],
        )
        app, self.preview = preview_app(studio, self.access, first)
        super().__init__(_config(app))

    def start_url(self, issue: int | None = None) -> str:
        """Return the address that opens the preview, token included."""
        named = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.access.host, self.access.host)  # noqa: S104  read, not bound
        host = f"[{named}]" if ":" in named and not named.startswith("[") else named
        return f"http://{host}:{self.access.port}/{issue if issue is not None else ''}?token={self.access.token}"

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams first, so that nothing holds the server open."""
        self.preview.hub.close()
        await super().shutdown(sockets)


class _Bounded(TimedProtocol):
    """HTTP/1.1 with a ceiling of connections, and a deadline for each request's head."""

    most = CONNECTIONS
    request_s = REQUEST_S


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Bounded,
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="error",  # a malformed request is its sender's affair
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=FAREWELL_S,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )


@contextlib.contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Make Ctrl-C and TERM a normal end: uvicorn raises both again once it has stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)
