"""
What was asked of the writer, and how several of it become one step of a transaction.

The same question about many deliveries is one statement, not many: a step to the database costs more than a row of it. What is asked together may
change places with what is asked about other deliveries, never with what is asked about the same one, nor with anything else.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import apsw

__all__ = ["ApartError", "Job", "Operation", "Row", "Together", "steps"]

Operation = Callable[[apsw.Connection], Any]
Row = tuple[Any, ...]  # the delivery's id first
Together = Callable[[apsw.Connection, Sequence[Row]], Sequence[Any]]  # an answer for each row


class ApartError(Exception):
    """Not all of them have the same answer: each is to be asked alone."""


@dataclass(slots=True)
class Job:
    """An operation, or a `row` of one that many share; and the future of whoever asked for it: a thread's, or a task's on `loop`."""

    operation: Operation | Together
    future: "Future[Any] | asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop | None = None
    row: Row | None = None
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


def steps(jobs: Sequence[Job]) -> list[tuple[Operation, list[Job]]]:
    """Return the operations that do all of `jobs`, and whom each answers; with more than one, or with rows, its result is one answer for each."""
    done: list[tuple[Any, list[Job]]] = []
    open_now: dict[Any, list[Job]] = {}  # by what is asked, since the last step that must not be passed
    asked: set[Any] = set()
    for job in jobs:
        if job.row is None:
            open_now, asked = {}, set()
            done.append((job.operation, [job]))
            continue
        if job.row[0] in asked:
            open_now, asked = {}, set()
        asked.add(job.row[0])
        if job.operation not in open_now:
            open_now[job.operation] = []
            done.append((job.operation, open_now[job.operation]))
        open_now[job.operation].append(job)
    return [(operation if mine[0].row is None else _together(operation, mine), mine) for operation, mine in done]


def _together(operation: Together, jobs: Sequence[Job]) -> Operation:
    rows = [job.row for job in jobs if job.row is not None]
    return lambda connection: operation(connection, rows)
