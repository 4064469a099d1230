"""How far a send is: a bar on a terminal, a line every ten seconds elsewhere, both on stderr."""

import time
from collections import Counter
from types import TracebackType
from typing import Any, Final, Self

from mailweekly.cli import terminal
from mailweekly.delivery.reply import Outcome
from mailweekly.delivery.states import State

__all__ = ["Progress"]

EVERY_S: Final = 10.0
SETTLED: Final = frozenset({State.ACCEPTED, State.REJECTED, State.SKIPPED, State.UNKNOWN, State.EXPIRED})


class Progress:
    """Shows the outcomes it is told of; `total` deliveries, of which `done` were settled before this run."""

    def __init__(self, total: int, done: int) -> None:
        self.seen: Counter[State] = Counter()
        self._settled = 0
        self._total = total
        self._done = done
        self._told_at = time.monotonic()
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        """Draw the empty bar, where somebody is looking."""
        if terminal.is_terminal():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
            )
            self._bar = Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True))
            self._task = self._bar.add_task("sending", total=self._total, completed=self._done, rate="")
            self._started = time.monotonic()
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the bar as it is, and give the line back."""
        if self._bar:
            self._bar.stop()

    def watch(self, outcome: Outcome) -> None:
        """Take note of one outcome."""
        self.seen[outcome.state] += 1
        self._settled += outcome.state in SETTLED
        settled = self._settled
        if self._bar:
            rate = settled / max(time.monotonic() - self._started, 0.001)
            self._bar.update(self._task, completed=self._done + settled, rate=f"{rate:,.0f}/s")
        elif time.monotonic() - self._told_at >= EVERY_S:
            self._told_at = time.monotonic()
            terminal.say(f"{self._done + settled:,} of {self._total:,}")
