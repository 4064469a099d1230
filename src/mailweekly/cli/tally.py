"""How far a round over many things is: a bar on a terminal, a line every ten seconds elsewhere, both on stderr; nothing for what takes a second."""

import time
from types import TracebackType
from typing import Any, Final, Self

from mailweekly.cli import terminal

__all__ = ["Tally"]

SOON_S: Final = 1.0  # what is over by then needs no bar
EVERY_S: Final = 10.0


class Tally:
    """Counts to `total`; `doing` stands before the bar ("checking")."""

    def __init__(self, total: int, doing: str) -> None:
        self._total = total
        self._doing = doing
        self._done = 0
        self._began = self._told_at = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._bar:
            self._bar.stop()

    def step(self) -> None:
        """One more is done."""
        self._done += 1
        now = time.monotonic()
        if terminal.is_terminal():
            if self._bar is None and now - self._began >= SOON_S:
                self._draw()
            if self._bar:
                self._bar.update(self._task, completed=self._done)
        elif now - self._told_at >= EVERY_S:
            self._told_at = now
            terminal.say(f"{self._doing}: {self._done:,} of {self._total:,}")

    def _draw(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task(self._doing, total=self._total)
        self._bar.start()
