"""
Faults of the world around the sender: the disk, the clock, the name service, limits, and exceptions from nowhere.

Each function puts one into this process; only `tests.system.killpoint` calls them, in a child. The disk is one of apsw's: a file system in Python on
top of the real one, which writes down, or fails, what SQLite asks of it.
"""

import base64
import json
import os
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import apsw

__all__ = [
    "busy",
    "clock",
    "descriptors",
    "disk_full",
    "impatient",
    "names",
    "power",
    "raises",
    "room",
    "short_lease",
    "sync_fails",
    "uncomposable",
]

PAGES: Final = 40  # of the log, then SQLite brings it into the file: a short send must do that, too


class _File(apsw.VFSFile):
    """A file whose owner is asked before each call, and told after it."""

    def __init__(self, owner: "_Disk", name: Any, flags: list[int]) -> None:
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self.owner = owner
        super().__init__("unix", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.owner.before("write", self.path)
        begin = time.monotonic()
        super().xWrite(data, offset)
        self.owner.after("write", self.path, begin, offset=offset, data=bytes(data))

    def xSync(self, flags: int) -> None:
        self.owner.before("sync", self.path)
        begin = time.monotonic()
        super().xSync(flags)
        self.owner.after("sync", self.path, begin)

    def xTruncate(self, newsize: int) -> None:
        self.owner.before("truncate", self.path)
        begin = time.monotonic()
        super().xTruncate(newsize)
        self.owner.after("truncate", self.path, begin, offset=newsize)


class _Disk(apsw.VFS):
    """The file system of every database opened from here on."""

    def __init__(self) -> None:
        super().__init__("faulty", "unix", makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> _File:
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        begin = time.monotonic()
        super().xDelete(filename, syncdir)
        self.after("delete", filename, begin)

    def before(self, what: str, path: str) -> None:
        """Called before; may raise."""

    def after(self, what: str, path: str, begin: float, *, offset: int = 0, data: bytes = b"") -> None:
        """Called after it was done."""


class _Recorder(_Disk):
    def __init__(self, log: str) -> None:
        super().__init__()
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def after(self, what: str, path: str, begin: float, *, offset: int = 0, data: bytes = b"") -> None:
        """Write it down, with the instants it began and ended at."""
        row = {"what": what, "file": Path(path).name, "from": begin, "to": time.monotonic(), "at": offset}
        os.write(self._log, (json.dumps({**row, "data": base64.b64encode(data).decode()}) + "\n").encode())


class _Failing(_Disk):
    def __init__(self, what: str, error: int, nth: int, times: int) -> None:
        super().__init__()
        self._what, self._error = what, error
        self._span = range(nth, nth + times if times else 10**9)
        self._seen = 0

    def before(self, what: str, path: str) -> None:
        """Fail from the nth on."""
        if what == self._what:
            self._seen += 1
            if self._seen in self._span:
                raise apsw.exception_for(self._error)


_KEPT: list[apsw.VFS] = []  # a file system must outlive its files


def power(log: str) -> None:
    """Write down what is done to the database's files, for `tests.system.powercut`."""
    connection: Any = import_module("mailweekly.adapters.store.connection")
    _KEPT.append(_Recorder(log))
    harden = connection._harden

    def hardened(one: apsw.Connection, path: Path) -> None:
        harden(one, path)
        one.wal_autocheckpoint(PAGES)

    connection._harden = hardened


def disk_full(nth: int, times: int = 0) -> None:
    """Let the nth write to the database fail for want of room, and all after it (or so many)."""
    impatient()
    _KEPT.append(_Failing("write", apsw.SQLITE_FULL, nth, times))


def sync_fails(nth: int, times: int = 1) -> None:
    """Let the nth sync of the database fail."""
    impatient()
    _KEPT.append(_Failing("sync", apsw.SQLITE_IOERR_FSYNC, nth, times))


def room(free: int) -> None:
    """Let the disk have `free` bytes."""
    import shutil
    from types import SimpleNamespace

    shutil.disk_usage = lambda _: SimpleNamespace(free=free)  # type: ignore[assignment, return-value]


def busy(wait_ms: int) -> None:
    """Wait only so long for a database that somebody else has locked."""
    from mailweekly.adapters.store import connection

    impatient()
    connection.BUSY_MS = wait_ms  # type: ignore[misc]


def clock(after: int, days: float) -> None:
    """Set the system's clock to another day once it was read so often."""
    import datetime as dt

    local: Any = import_module("mailweekly.adapters.engine.local")
    database: Any = import_module("mailweekly.adapters.store.database")
    reads, real = [0], time.time

    def stepped() -> float:
        reads[0] += 1
        return real() + (days * 86_400 if reads[0] > after else 0)

    class Stepping(dt.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return dt.datetime.fromtimestamp(stepped(), tz)

    time.time = stepped
    local.datetime = Stepping
    database.datetime = Stepping


def names(failures: int) -> None:
    """Let the relay's name be unknown so many times, and known then."""
    import socket

    left, real = [failures], socket.getaddrinfo

    def looked_up(host: Any, *rest: Any, **named: Any) -> Any:
        if host == "relay.mail.test":
            if left[0]:
                left[0] -= 1
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            host = "127.0.0.1"
        return real(host, *rest, **named)

    socket.getaddrinfo = looked_up


def descriptors(spare: int) -> None:
    """Let this process open only so many files and sockets more, from its first connection on."""
    import resource

    from mailweekly.adapters.smtp.relay import SmtpRelay

    opened = SmtpRelay.open
    limits: list[int] = []

    async def scarce(self: Any) -> Any:
        if not limits:
            highest = max(number for number in map(int, os.listdir("/proc/self/fd")) if _is_open(number))
            while (number := os.dup(0)) <= highest:  # no gap is left below the limit
                pass
            os.close(number)
            limits.append(number + spare)
            resource.setrlimit(resource.RLIMIT_NOFILE, (limits[0], limits[0]))
        return await opened(self)

    SmtpRelay.open = scarce  # type: ignore[method-assign]


def uncomposable(address: str) -> None:
    """Let one reader's message be impossible to compose."""
    from mailweekly.errors import DataError

    send: Any = import_module("mailweekly.cli.send")
    compose = send.compose

    def composed(program: Any, reader: Any, **named: Any) -> Any:
        if reader.address == address:
            raise DataError("a field cannot stand there", place=address)
        return compose(program, reader, **named)

    send.compose = composed


def raises(where: str, nth: int) -> None:
    """Raise what nobody foresaw at the nth call of one of the ports."""
    from mailweekly.adapters.smtp.relay import SmtpRelay
    from mailweekly.adapters.smtp.replies import Replies
    from mailweekly.adapters.store.ledger import SqliteLedger
    from mailweekly.cli import send

    owner: Any
    owner, name = {
        "claim": (SqliteLedger, "claim"),
        "compose": (send, "compose"),
        "intend": (SqliteLedger, "intend"),
        "settle": (SqliteLedger, "settle"),
        "write": (Replies, "write"),
        "body": (Replies, "at_once"),
        "reply": (Replies, "next"),
        "open": (SmtpRelay, "open"),
    }[where]
    original, seen = getattr(owner, name), [0]

    def wrapped(*arguments: Any, **named: Any) -> Any:
        seen[0] += 1
        if seen[0] == nth:
            raise RuntimeError("from nowhere")
        return original(*arguments, **named)

    setattr(owner, name, wrapped)


def short_lease(seconds: float) -> None:
    """Let a lease be over soon."""
    from mailweekly.adapters.store import lease

    lease.LEASE_S = seconds  # type: ignore[misc]


def impatient() -> None:
    """Do not wait a second before an outcome is tried again."""
    from mailweekly.adapters.store import ledger

    ledger.SETTLE_PAUSE_S = 0.02  # type: ignore[misc]


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
