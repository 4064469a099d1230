"""
The one writing connection: a thread that takes whatever waits when it comes round, and commits it as one transaction.

An answer is given only after the commit. Grouping by turn, not by count, keeps the doubt small: nobody waits for others to arrive, and at full
speed some tens of operations share one fsync.

Errors: an operation that raises takes only itself down (the others run again without it). UnreachableError when the database cannot be written;
what was asked is then not done, and the asker knows.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from mailweekly.adapters.store.connection import connect
from mailweekly.errors import UnreachableError

__all__ = ["Writer"]

T = TypeVar("T")
Operation = Callable[[apsw.Connection], Any]
Job = tuple[Operation, "Future[Any]"]
MAX_GROUP: Final = 512  # operations a commit: bounds the time one transaction holds the file
CLOSE_S: Final = 30.0


class Writer:
    """Runs operations in their order on one connection, in one thread; `path` is the database's file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()
        self._opened.result()

    def now(self, operation: Callable[[apsw.Connection], T]) -> T:
        """Run `operation` in a transaction, and return its result once that is committed. Blocks."""
        return self._put(operation).result()

    async def soon(self, operation: Callable[[apsw.Connection], T]) -> T:
        """Await the result of `operation`, which shares its commit with whatever else waits."""
        return await asyncio.wrap_future(self._put(operation))

    def close(self) -> None:
        """Finish what waits, and close the file."""
        self._jobs.put(None)
        self._thread.join(CLOSE_S)

    def _put(self, operation: Callable[[apsw.Connection], T]) -> "Future[T]":
        future: Future[T] = Future()
        if not self._thread.is_alive():
            raise UnreachableError("The database is closed.", place=str(self.path), hint="Run the command again.")
        future.set_running_or_notify_cancel()  # from here on it is done, whoever still waits for it
        self._jobs.put((operation, future))
        return future

    def _run(self) -> None:
        try:
            connection = connect(self.path)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
            self._opened.set_exception(error)
            return
        self._opened.set_result(None)
        while (jobs := self._waiting()) is not None:
            self._commit(connection, jobs)
        connection.close()

    def _waiting(self) -> list[Job] | None:
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

    def _commit(self, connection: apsw.Connection, jobs: list[Job]) -> None:
        try:
            results = self._transaction(connection, [operation for operation, _ in jobs])
        except BaseException as error:  # noqa: BLE001 - handed to those who asked
            if len(jobs) > 1:
                for job in jobs:  # one of them is at fault: each alone, in its order
                    self._commit(connection, [job])
            else:
                jobs[0][1].set_exception(self._named(error))
            return
        for (_, future), result in zip(jobs, results, strict=True):
            future.set_result(result)

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
