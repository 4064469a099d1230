"""
The one writing connection: a thread that takes whatever waits when it comes round, and commits it as one transaction.

An answer is given only after the commit. Grouping by turn, not by count, keeps the doubt small: nobody waits for others to arrive, and at full
speed some tens of operations share one fsync. What a loop asks for within one turn of its own comes to the thread at once, so that it is woken once.

Errors: an operation that raises takes only itself down (the others run again without it). UnreachableError when the database cannot be written;
what was asked is then not done, and the asker knows. Once the disk has failed to keep what was written, or the file is no
more the one that was opened, every later call fails as well: nothing is sent on an unsure ledger.
"""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from mailweekly.adapters.store.connection import connect
from mailweekly.adapters.store.guard import FileGuard
from mailweekly.adapters.store.jobs import Job, Operation, Row, Together, steps
from mailweekly.errors import UnreachableError

__all__ = ["Writer"]

T = TypeVar("T")
MAX_GROUP: Final = 512  # operations a commit: bounds the time one transaction holds the file
CLOSE_S: Final = 30.0
STEP_S: Final = 0.001
LOCK_S: Final = 10.0  # of an eager one
# After a failed fsync the kernel may have dropped what was to be written, and the next fsync says that all is well.
UNSURE: Final = frozenset({apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC})


class Writer:
    """Runs operations in their order on one connection, in one thread; `path` is the database's file."""

    def __init__(self, path: Path, *, eager: bool = False) -> None:
        self.path = path
        self._is_eager = eager  # somebody waits for each answer: look for a lock held elsewhere every millisecond
        self.broken: BaseException | None = None  # for good
        self._jobs: queue.SimpleQueue[list[Job] | None] = queue.SimpleQueue()
        self._gathered: list[Job] = []  # asked for in this turn of `_gathering`
        self._gathering: asyncio.AbstractEventLoop | None = None
        self._gatherer = 0  # its thread
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()
        self._opened.result()

    def now(self, operation: Callable[[apsw.Connection], T]) -> T:
        """Run `operation` in a transaction, and return its result once that is committed. Blocks."""
        future: Future[T] = Future()
        self._check()
        if self._gathering is not None and self._gatherer == threading.get_ident():
            self._flush()  # what was asked before comes before
        self._jobs.put([Job(operation, future)])
        return future.result()

    def soon(self, operation: Callable[[apsw.Connection], T]) -> "asyncio.Future[T]":
        """Ask for `operation`, at once; awaited, its result. It shares its commit with whatever else waits."""
        return self._asked(operation, None)

    def together(self, operation: Together, row: Row) -> "asyncio.Future[Any]":
        """Ask for `operation` about one delivery (`row`, its id first), in one step with all others that ask the same; see `jobs`."""
        return self._asked(operation, row)

    def close(self) -> None:
        """Finish what waits, and close the file."""
        self._flush()
        self._jobs.put(None)
        self._thread.join(CLOSE_S)

    def _asked(self, operation: Operation | Together, row: Row | None) -> "asyncio.Future[Any]":
        self._check()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._gathered.append(Job(operation, future, loop, row))
        if self._gathering is not loop:
            self._gathering, self._gatherer = loop, threading.get_ident()
            loop.call_soon(self._flush)
        return future

    def _flush(self) -> None:
        gathered, self._gathered, self._gathering = self._gathered, [], None
        if gathered:
            self._jobs.put(gathered)

    def _check(self) -> None:
        if not self._thread.is_alive():
            raise UnreachableError("The database is closed.", place=str(self.path), hint="Run the command again.")

    def _run(self) -> None:
        try:
            connection = connect(self.path)
            if self._is_eager:
                connection.set_busy_handler(_in_short_steps)
            guard = FileGuard(self.path)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        while (jobs := self._waiting()) is not None:
            self._commit(connection, guard, jobs)
        with contextlib.suppress(apsw.Error):  # what was asked is committed; the rest is tidying up
            connection.close()

    def _waiting(self) -> list[Job] | None:
        jobs = self._jobs.get()
        if jobs is None:
            return None
        while len(jobs) < MAX_GROUP:
            try:
                more = self._jobs.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self._jobs.put(None)  # close after this turn
                break
            jobs += more
        return jobs

    def _commit(self, connection: apsw.Connection, guard: FileGuard, jobs: list[Job]) -> None:
        self._try(connection, guard, jobs)
        waiting: dict[asyncio.AbstractEventLoop, list[Job]] = {}
        for job in jobs:
            if job.loop is None:
                job.hand_over()
            else:
                waiting.setdefault(job.loop, []).append(job)
        for (
            loop,
            done,
        ) in waiting.items():  # one call a commit, not one a job: waking a loop costs more than a statement
            with contextlib.suppress(RuntimeError):  # the loop is closed; what was asked is done
                loop.call_soon_threadsafe(_hand_over, done)

    def _try(self, connection: apsw.Connection, guard: FileGuard, jobs: list[Job]) -> None:
        asked = steps(jobs)
        try:
            results = self._whole(connection, guard, [operation for operation, _ in asked])
        except BaseException as error:  # noqa: BLE001 - handed to those who asked
            if len(jobs) == 1:
                jobs[0].error = self._named(error)
                return
            for job in jobs:  # one of them is at fault: each alone, in its order
                self._try(connection, guard, [job])
            return
        for (_, mine), result in zip(asked, results, strict=True):
            answers = result if mine[0].row is not None else [result]
            for job, answer in zip(mine, answers, strict=True):
                job.result = answer

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


def _in_short_steps(tries: int) -> bool:
    """Wait for a lock; SQLite's own steps grow to 100 ms, in which another program commits ten times."""
    time.sleep(STEP_S)
    return tries * STEP_S < LOCK_S


def _hand_over(jobs: list[Job]) -> None:
    for job in jobs:
        job.hand_over()
