"""
Who runs the loop on one machine: this process, with the system's clock, until it ends or is told to stop.

The first SIGINT, SIGTERM or SIGHUP lets what has begun come to its end; a second one cuts it off, and those messages are shown as unknown at the
next start.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from mailweekly.delivery.dispatch import Dispatch, Ending
from mailweekly.delivery.states import SendState
from mailweekly.errors import MailweeklyError, UnfinishedError
from mailweekly.message.model import Message

__all__ = ["SystemClock", "Threads", "run_here"]

LOOK_S: Final = 0.5  # between two looks at whether the send is still to go on
MOST_THREADS: Final = 4  # a signature takes a third of a millisecond: four make 10,000 a second


class SystemClock:
    """The machine's clock, read once; from then on only time that passed counts, so that a step of it neither stops nor hastens a send."""

    def __init__(self) -> None:
        self._began = datetime.now(UTC) - timedelta(seconds=_passed())

    def now(self) -> datetime:
        """The present instant, UTC."""
        return self._began + timedelta(seconds=_passed())

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class Threads:
    """A few threads beside the loop, for messages that take long to make."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1), thread_name_prefix="message")

    def aside(self, work: Callable[[], Message]) -> "asyncio.Future[Message]":
        """Have `work` done in a thread; called from the loop."""
        return asyncio.wrap_future(self._pool.submit(work))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)


def run_here(
    prepare: Callable[[], Dispatch],
    *,
    on_stop: Callable[[], None],
    beside: Callable[[], Coroutine[None, None, None]] | None = None,
) -> Ending:
    """
    Run the loop `prepare` gives, and return how it ended. Errors: those of the loop.

    `on_stop` is called when a signal asks it to stop; `beside` runs next to the loop, as long as that does, and its errors are nobody's.
    Whoever started it with SIGHUP ignored (nohup) wants it to outlive its terminal, and it does.
    """
    return asyncio.run(_run(prepare, on_stop, beside))


async def _run(
    prepare: Callable[[], Dispatch],
    on_stop: Callable[[], None],
    beside: Callable[[], Coroutine[None, None, None]] | None,
) -> Ending:
    dispatch = prepare()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None

    was_asked = False

    def asked() -> None:
        nonlocal was_asked
        if was_asked:
            task.cancel()
            return
        was_asked = True
        dispatch.stop.set()
        on_stop()

    for number in _signals():
        loop.add_signal_handler(number, asked)
    tasks = [asyncio.create_task(_brake(dispatch))]
    if beside:
        tasks.append(asyncio.create_task(_quietly(beside())))
    try:
        return await dispatch.run()
    except asyncio.CancelledError:
        hint = "The same command goes on; whoever was under way is shown as unknown."
        raise UnfinishedError(
            "Cut off at once, as asked twice.", place=dispatch.ways[0].relay.name, hint=hint
        ) from None
    finally:
        for one in tasks:
            one.cancel()


async def _quietly(work: Coroutine[None, None, None]) -> None:
    with contextlib.suppress(MailweeklyError):
        await work


def _signals() -> list[signal.Signals]:
    ignored = [signal.SIGHUP] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else []
    return [one for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if one not in ignored]


async def _brake(dispatch: Dispatch) -> None:
    """Stop the loop once the send is paused or called off: a lane that waits for its slot would notice late."""
    while not dispatch.stop.is_set():
        await asyncio.sleep(LOOK_S)
        with contextlib.suppress(MailweeklyError):  # the loop meets the same fault, and says so
            if await dispatch.ledger.state() is not SendState.RUNNING:
                dispatch.stop.set()


def _passed() -> float:
    """Seconds since some instant; the machine's sleep counts, where the system can tell."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
