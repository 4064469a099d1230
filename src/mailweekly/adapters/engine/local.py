"""
Who runs the loop on one machine: this process, with the system's clock, until it ends or is told to stop.

The first SIGINT, SIGTERM or SIGHUP lets what has begun come to its end; a second one cuts it off, and those messages are shown as unknown at the
next start.
"""

import asyncio
import signal
from collections.abc import Callable
from datetime import UTC, datetime

from mailweekly.delivery.dispatch import Dispatch, Ending
from mailweekly.errors import UnfinishedError

__all__ = ["SystemClock", "run_here"]


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


def run_here(prepare: Callable[[], Dispatch], *, on_stop: Callable[[], None]) -> Ending:
    """Run the loop `prepare` gives, and return how it ended. `on_stop` is called when a signal asks it to stop. Errors: those of the loop."""
    return asyncio.run(_run(prepare, on_stop))


async def _run(prepare: Callable[[], Dispatch], on_stop: Callable[[], None]) -> Ending:
    dispatch = prepare()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None

    def asked() -> None:
        if dispatch.stop.is_set():
            task.cancel()
            return
        dispatch.stop.set()
        on_stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, asked)
    try:
        return await dispatch.run()
    except asyncio.CancelledError:
        hint = "The same command goes on; whoever was under way is shown as unknown."
        raise UnfinishedError(
            "Cut off at once, as asked twice.", place=dispatch.ways[0].relay.name, hint=hint
        ) from None
