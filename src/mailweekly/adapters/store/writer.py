"""
The one writing connection: a thread that takes whatever waits when it comes round, and commits it as one transaction.

An answer is given only after the commit. Grouping by turn, not by count, keeps the doubt small: nobody waits for others to arrive, and at full
speed some tens of operations share one fsync.

Errors: an operation that raises takes only itself down (the others run again without it). UnreachableError when the database cannot be written;
what was asked is then not done, and the asker knows. Once the disk has failed to keep what was written, or the file is no
more the one that was opened, every later call fails as well: nothing is sent on an unsure ledger.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from mailweekly.adapters.store.connection import connect
from mailweekly.adapters.store.guard import FileGuard
from mailweekly.errors import UnreachableError

__all__ = ["Writer"]

T = TypeVar("T")
Operation = Callable[[apsw.Connection], Any]
MAX_GROUP: Final = 512  # operations a commit: bounds the time one transaction holds the file
CLOSE_S: Final = 30.0
# After a failed fsync the kernel may have dropped what was to be written, and the next fsync says that all is well.
UNSURE: Final = frozenset({apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC})


@dataclass(slots=True)
class _Job:
    """An operation, and the future of whoever asked for it: a thread's, or a task's on `loop`."""

    operation: Operation
    future: "Future[Any] | asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop | None = None
    result: Any = None
    error: BaseException | None = None

    def hand_over(self) -> None:
        """Give the result to whoever asked."""
        if isinstance(self.future, asyncio.Future) and self.future.done():
            return  # nobody waits any more; what was asked is done all the same
        if self.error is not None:
            self.future.set_exception(self.error)
            self.future.exception()  # seen: who gave up on it for another failure must not be told of this one as well
        else:
            self.future.set_result(self.result)


class Writer:
    """Runs operations in their order on one connection, in one thread; `path` is the database's file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken: BaseException | None = None  # for good
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()
        self._opened.result()

    def now(self, operation: Callable[[apsw.Connection], T]) -> T:
        """Run `operation` in a transaction, and return its result once that is committed. Blocks."""
        future: Future[T] = Future()
        self._put(_Job(operation, future))
        return future.result()

    def soon(self, operation: Callable[[apsw.Connection], T]) -> "asyncio.Future[T]":
        """Ask for `operation`, at once; awaited, its result. It shares its commit with whatever else waits."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._put(_Job(operation, future, loop))
        return future

    def close(self) -> None:
        """Finish what waits, and close the file."""
        self._jobs.put(None)
        self._thread.join(CLOSE_S)

    def _put(self, job: _Job) -> None:
        if not self._thread.is_alive():
            raise UnreachableError("The database is closed.", place=str(self.path), hint="Run the command again.")
        self._jobs.put(job)

    def _run(self) -> None:
        try:
            connection = connect(self.path)
            guard = FileGuard(self.path)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        while (jobs := self._waiting()) is not None:
            self._commit(connection, guard, jobs)
        with contextlib.suppress(apsw.Error):  # what was asked is committed; the rest is tidying up
            connection.close()

    def _waiting(self) -> list[_Job] | None:
        job = self._jobs.get()
        if job is None:
            return None
        jobs = [job]
        while len(jobs) < MAX_GROUP:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)  # close after this turn
                break
            jobs.append(job)
        return jobs

    def _commit(self, connection: apsw.Connection, guard: FileGuard, jobs: list[_Job]) -> None:
        self._try(connection, guard, jobs)
        waiting: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
        for job in jobs:
            if job.loop is None:
                job.hand_over()
            else:
                waiting.setdefault(job.loop, []).append(job)
        for (
            loop,
            done,
        ) in waiting.items():  # one call a commit, not one a job: waking a loop costs more than most statements
            with contextlib.suppress(RuntimeError):  # the loop is closed; what was asked is done
                loop.call_soon_threadsafe(_hand_over, done)

    def _try(self, connection: apsw.Connection, guard: FileGuard, jobs: list[_Job]) -> None:
        try:
            results = self._whole(connection, guard, [job.operation for job in jobs])
        except BaseException as error:  # noqa: BLE001 - handed to those who asked
            if len(jobs) == 1:
                jobs[0].error = self._named(error)
                return
            for job in jobs:  # one of them is at fault: each alone, in its order
                self._try(connection, guard, [job])
            return
        for job, result in zip(jobs, results, strict=True):
            job.result = result

    def _whole(self, connection: apsw.Connection, guard: FileGuard, operations: list[Operation]) -> list[Any]:
        if self.broken:
            raise self.broken
        try:
            guard.check()
            results = self._transaction(connection, operations)
            guard.check()
        except (UnreachableError, apsw.CorruptError) as error:
            self.broken = error
            raise
        except apsw.IOError as error:
            if getattr(error, "extendedresult", 0) in UNSURE:
                self.broken = error
            raise
        return results

    @staticmethod
    def _transaction(connection: apsw.Connection, operations: list[Operation]) -> list[Any]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            results = [operation(connection) for operation in operations]
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return results

    def _named(self, error: BaseException) -> BaseException:
        if isinstance(error, apsw.Error) and not isinstance(error, apsw.ConstraintError | apsw.SQLError):
            hint = "Nothing is lost: free the disk or the lock, then run the same command again."
            return UnreachableError(f"The database cannot be written: {error}.", place=str(self.path), hint=hint)
        return error


def _hand_over(jobs: list[_Job]) -> None:
    for job in jobs:
        job.hand_over()
