"""How far a piece of work is (an import, an export, an archive): a bar on a terminal, a line every ten seconds elsewhere, both on stderr."""

import time
from types import TracebackType
from typing import Any, Final, Self

from mailweekly.cli import terminal

__all__ = ["Bar"]

EVERY_S: Final = 10.0
STEP_S: Final = 0.1  # between two drawings


class Bar:
    """Shows one piece of work after another: what it is, how much is done, of how much."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()
        self._bar: Any = None
        self._task: Any = None
        self._what = ""

    def __enter__(self) -> Self:
        """Draw it, where somebody is looking."""
        if terminal.is_terminal():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the line back."""
        if self._bar:
            self._bar.stop()

    def show(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` is done; a new `what` begins a new line of it."""
        now = time.monotonic()
        if self._bar:
            if what != self._what:
                self._what, self._told_at = what, 0.0
                if self._task is not None:
                    self._bar.remove_task(self._task)
                self._task = self._bar.add_task(terminal.safe(what), total=total)
            if now - self._told_at >= STEP_S:
                self._told_at = now
                self._bar.update(self._task, completed=done, total=total)
        elif now - self._told_at >= EVERY_S:
            self._told_at = now
            terminal.say(f"{what}: {100 * done // max(total, 1)} %")
