"""The run log of one send: each outcome as it comes, and what was said; so that a send can be followed when its terminal is gone."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self

from mailweekly.adapters.files.runlog import RunLog, log_beside
from mailweekly.adapters.store.sends import Send
from mailweekly.cli import terminal
from mailweekly.cli.place import Place
from mailweekly.delivery import logline
from mailweekly.delivery.dispatch import Ending
from mailweekly.delivery.ports import Claim
from mailweekly.delivery.reply import Outcome

__all__ = ["Journal"]


class Journal:
    """Writes to the publication's run log while a send runs."""

    def __init__(self, place: Place, one: Send, *, also: Callable[[Outcome], None]) -> None:
        self._also = also  # whoever else wants to know
        self._name = logline.queue_name(one.issue, one.kind)
        self._one = one
        self._log = RunLog(log_beside(place.database), tell=terminal.say)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Begin."""
        self._open.enter_context(self._log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits."""
        if error is not None:
            self.event(f"stopped: {error}")
        self._open.close()

    def began(self, waiting: int) -> None:
        """Note that a run begins."""
        self.event(f"running: {waiting} waiting on the list {self._one.audience}, edition {self._one.edition}")

    def ended(self, ending: Ending) -> Ending:
        """Note how a run ended, and return it."""
        due = f", next due {ending.due_at:%Y-%m-%dT%H:%M:%SZ}" if ending.due_at else ""
        self.event(f"{ending.end.value}{due}" + (f": {ending.reason}" if ending.reason else ""))
        return ending

    def note(self, claim: Claim, outcome: Outcome) -> None:
        """Note an outcome."""
        self._also(outcome)
        self._log.write(partial(logline.line, self._name, claim, outcome))

    def say(self, *lines: str) -> None:
        """Tell the operator, here and in the log."""
        terminal.say(*lines)
        for line in lines:
            self.event(line)

    def event(self, what: str) -> None:
        """Note something that concerns the whole send."""
        self._log.write(partial(logline.event_line, self._name, datetime.now(UTC), what))
