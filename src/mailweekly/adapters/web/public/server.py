"""
The public side's server: one process or several that share a socket, bounded in what they hold open, ended in good order by a signal.

Each worker opens its application itself, after the fork; the process above them only watches: it starts a worker again that died, passes a TERM on,
and gives up where a worker cannot even start. If it dies itself, the workers end.

Units: seconds, bytes.
Errors: UsageError when the port is taken; what `opened` raises ends the server.
"""

import asyncio
import contextlib
import errno
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp

from mailweekly.adapters.web.public.app import HEAD_BYTES
from mailweekly.adapters.web.timed import TimedProtocol
from mailweekly.errors import MailweeklyError, UnreachableError

__all__ = ["CONNECTIONS", "Opened", "serve_public"]

CONNECTIONS: Final = 1_000  # a worker
BACKLOG: Final = 1_024
FILES: Final = 4_096  # open files wanted: connections at work, those accepted only to be closed, the database
REQUEST_S: Final = 10.0  # from the first byte, or the connection, to a whole head
IDLE_S: Final = 15  # of a kept-alive connection between two requests; proxies keep theirs as long
DRAIN_S: Final = 10  # for requests under way when the server is to end
TOO_SOON_S: Final = 2.0  # a worker that lives no longer than this cannot start
HEAD_TOTAL: Final = 2 * HEAD_BYTES  # with the request line; beyond, a client is cut off unanswered

Opened = Callable[[], AbstractAsyncContextManager[ASGIApp]]


def serve_public(opened: Opened, listening: socket.socket, *, workers: int, announce: Callable[[], None]) -> None:
    """Serve until a TERM or INT signal. Errors: those of `opened`."""
    listening.listen(BACKLOG)
    if workers == 1:
        _work(opened, listening, announce)
    else:
        _Crew(opened, listening, workers).run(announce)


class _Crew:
    """The workers, watched."""

    def __init__(self, opened: Opened, listening: socket.socket, workers: int) -> None:
        self._opened = opened
        self._listening = listening
        self._count = workers
        self._watch, self._alive = os.pipe()  # the workers see its end when the process above them dies
        self._there, self._here = os.pipe()  # each worker says once that it is ready
        self._since: dict[int, float] = {}
        self._is_ending = False

    def run(self, announce: Callable[[], None]) -> None:
        """Keep them at work until a signal."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        for _ in range(self._count):
            self._start()
        os.close(self._here)
        self._here = -1
        ready = 0
        while found := os.read(self._there, self._count):
            ready += len(found)
        if ready == self._count:
            announce()
        failed = 0
        while self._since:
            try:
                pid, status = os.waitpid(-1, 0)
            except InterruptedError:
                continue
            began = self._since.pop(pid, None)
            if began is None or self._is_ending:
                continue
            if time.monotonic() - began < TOO_SOON_S:
                failed = os.waitstatus_to_exitcode(status)
                self._end()
            else:
                self._start()
        if failed:
            hint = "Look at what it said above, then start it again."
            raise UnreachableError(f"A worker ended as soon as it was started ({failed}).", place="serve", hint=hint)

    def _start(self) -> None:
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            self._since[pid] = time.monotonic()
            return
        code = 1
        try:
            os.close(self._alive)
            os.close(self._there)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            _work(self._opened, self._listening, self._ready, self._watch)
            code = 0
        except MailweeklyError as error:
            print(f"mailweekly: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the process above has the terminal's words
            code = error.exit_code
        finally:
            os._exit(code)

    def _ready(self) -> None:
        if self._here >= 0:
            os.write(self._here, b".")
            os.close(self._here)

    def _end(self, *_: object) -> None:
        self._is_ending = True
        for pid in self._since:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _work(opened: Opened, listening: socket.socket, announce: Callable[[], None], watch: int | None = None) -> None:
    _allow_files()
    with _ended_by_signal() as ending, asyncio.Runner() as runner:
        runner.get_loop().set_exception_handler(_told)
        runner.run(_served(opened, listening, announce, watch, ending))


async def _served(
    opened: Opened, listening: socket.socket, announce: Callable[[], None], watch: int | None, ending: "_Ending"
) -> None:
    async with opened() as app:
        server = ending.server = uvicorn.Server(_config(app))
        announce()
        if ending.is_asked:
            return
        if watch is not None:
            asyncio.get_running_loop().add_reader(watch, _orphaned, server, watch)
        await server.serve(sockets=[listening])


def _orphaned(server: uvicorn.Server, watch: int) -> None:
    asyncio.get_running_loop().remove_reader(watch)
    server.should_exit = True


class _Bounded(TimedProtocol):
    """HTTP/1.1 with a ceiling of connections, and a deadline and a size for each request's head."""

    most = CONNECTIONS
    request_s = REQUEST_S

    def connection_made(self, transport: Any) -> None:
        self._head = 0  # bytes of a head that is not whole yet
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        before = getattr(self, "cycle", None)  # None until a first request is whole
        if before is None or before.response_complete:
            self._head += len(data)
        super().data_received(data)
        cycle = getattr(self, "cycle", None)
        if cycle is not None and cycle is not before:
            self._head = 0
        if (cycle is None or cycle.response_complete) and self._head > HEAD_TOTAL:
            self.transport.abort()


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Bounded,
        ws="none",
        loop="asyncio",  # not asked: the loop runs already
        lifespan="off",
        log_config=None,
        log_level="critical",  # a malformed request is its sender's affair
        access_log=False,
        backlog=BACKLOG,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=DRAIN_S,
        h11_max_incomplete_event_size=HEAD_TOTAL,
    )


def _allow_files() -> None:
    """Raise the limit of open files as far as the system lets us: 1,024, the usual one, is used up before connections are turned away."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say what went wrong in the loop; not that files are short, a thousand times: it takes the next connections a second later by itself."""
    error = context.get("exception")
    if not (isinstance(error, OSError) and error.errno in {errno.EMFILE, errno.ENFILE}):
        loop.default_exception_handler(context)


class _Ending:
    """A signal that came: also before the server is at work, and again once it has stopped, for uvicorn raises each a second time."""

    def __init__(self) -> None:
        self.is_asked = False
        self.server: uvicorn.Server | None = None

    def __call__(self, *_: object) -> None:
        self.is_asked = True
        if self.server is not None:
            self.server.should_exit = True


@contextlib.contextmanager
def _ended_by_signal() -> Iterator[_Ending]:
    """Make TERM and INT a normal end."""
    ending = _Ending()
    handlers = {number: signal.signal(number, ending) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ending
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
