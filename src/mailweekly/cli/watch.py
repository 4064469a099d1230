"""
`status --watch`: a send as it goes, from any terminal; a table on a terminal, plain lines elsewhere.

It looks once a second, and less often where a look takes long; it ends when nobody is sending any more, and Ctrl-C ends only the looking.

Errors: MissingFileError where nothing of the issue was ever sent, UsageError beside --json or --list.
"""

import contextlib
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

from mailweekly.adapters.store.gauge import Gauge, Reading
from mailweekly.adapters.store.lease import Worker
from mailweekly.adapters.store.lock import SenderLock
from mailweekly.adapters.store.steering import GOING
from mailweekly.cli import ledger as shown
from mailweekly.cli import terminal
from mailweekly.cli.place import load
from mailweekly.cli.reading import reading_lines
from mailweekly.delivery.states import State
from mailweekly.errors import MissingFileError, UsageError

__all__ = ["watch"]

EVERY_S: Final = 1.0
SHARE: Final = 4  # of the time, at least four fifths pass without a look
DOMAINS: Final = 8
EVENTS: Final = 5
QUIET_LOOKS: Final = 2  # without a sender, before it is over: one may just be taking over from another
WORDS: Final = 60  # characters of a relay's words


def watch(ref: str, *, state: str, as_json: bool) -> None:
    """Show the sends, or those of one issue, until nobody is sending."""
    if as_json or state:
        hint = "Ask once instead: mailweekly status --json"
        raise UsageError("--watch goes with neither --json nor --list.", place="--watch", hint=hint)
    place = load()
    label = shown.label_of(place, ref) if ref else ""
    if not place.database.exists():
        _refuse(label)
    with Gauge(place.database) as gauge:
        if not gauge.read(label, now=time.time(), domains=0):
            _refuse(label)
        with contextlib.suppress(KeyboardInterrupt):
            _follow(gauge, label, SenderLock(place.database))
        for one in _current(gauge.read(label, now=time.time(), domains=0), set()):
            terminal.out(*shown.summary(one.send, one.counts, is_at_work=False))


def _follow(gauge: Gauge, label: str, lock: SenderLock) -> None:
    seen: set[int] = set()
    quiet = 0
    with _Table() if sys.stdout.isatty() else _Lines() as view:
        while True:
            began = time.monotonic()
            now = datetime.now(UTC)
            is_at_work = lock.is_held()
            readings = _current(gauge.read(label, now=now.timestamp(), domains=DOMAINS), seen)
            seen.update(one.send.id for one in readings)
            view.show(readings, gauge.workers(now.timestamp()) if is_at_work else (), now, is_at_work=is_at_work)
            quiet = 0 if is_at_work else quiet + 1
            if quiet >= QUIET_LOOKS:
                return
            time.sleep(max(EVERY_S, SHARE * (time.monotonic() - began)))


def _current(readings: Sequence[Reading], seen: set[int]) -> list[Reading]:
    """The sends that are not over, and those seen before that; else the last one."""
    current = [one for one in readings if one.send.state in GOING or one.send.id in seen]
    return current or list(readings[-1:])


def _refuse(label: str) -> None:
    what = f"Nothing of issue {label} was ever sent." if label else "Nothing was sent yet."
    raise MissingFileError(what, place="mailweekly status", hint="See what there is: mailweekly status")


class _Lines:
    """One line a send, where something has changed."""

    def __init__(self) -> None:
        self._last = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, readings: Sequence[Reading], _: Sequence[Worker], now: datetime, *, is_at_work: bool) -> None:
        """Write the lines, if they differ from the last ones."""
        lines = [
            line
            for one in readings
            for line in (*shown.summary(one.send, one.counts, is_at_work=is_at_work)[:1], *reading_lines(one, now))
        ]
        if str(lines) != self._last:
            terminal.out(*(f"{now:%H:%M:%S} {line.strip()}" for line in lines))
        self._last = str(lines)


class _Table:
    """A picture that is drawn over itself."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._live = Live(console=Console(), auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        with contextlib.suppress(OSError):
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._live.stop()

    def show(self, readings: Sequence[Reading], workers: Sequence[Worker], now: datetime, *, is_at_work: bool) -> None:
        """Draw the sends."""
        from rich.console import Group
        from rich.text import Text

        parts: list[Any] = []
        for one in readings:
            said = shown.summary(one.send, one.counts, is_at_work=is_at_work)
            said = tuple(line for line in said if not (is_at_work and line.startswith("  next")))
            lines = (*said, *reading_lines(one, now))
            parts.extend([Text(terminal.safe("\n".join(lines))), _bar(one), *_tables(one), Text("")])
        parts.extend(Text(terminal.safe(f"at work: {one.name}"), style="dim") for one in workers)
        with contextlib.suppress(OSError):
            self._live.update(Group(*parts), refresh=True)


def _bar(one: Reading) -> Any:
    from rich.progress_bar import ProgressBar
    from rich.table import Table

    waiting = sum(one.counts.get(state, 0) for state in (State.QUEUED, State.CLAIMED, State.DEFERRED, State.SENDING))
    total = sum(one.counts.values())
    line = Table.grid(expand=True)  # a bar alone ends no line
    line.add_row(ProgressBar(total=max(total, 1), completed=total - waiting))
    return line


def _tables(one: Reading) -> list[Any]:
    from rich.table import Table
    from rich.text import Text

    domains = Table("domain", "accepted", "rejected", "deferred", "waiting", "last refusal", box=None, pad_edge=False)
    for each in one.domains:
        numbers = [f"{number:,}" for number in (each.accepted, each.rejected, each.deferred, each.waiting)]
        domains.add_row(*_texts(each.name[:WORDS], *numbers, each.last_refusal[:WORDS]))
    if one.domains_more:
        domains.add_row(f"and {one.domains_more:,} more")
    tables: list[Any] = [domains]
    if len(one.relays) > 1:
        relays = Table("relay", "answers", box=None, pad_edge=False)
        for relay in one.relays:
            relays.add_row(
                *_texts(relay.name, ", ".join(f"{count:,} {state.value}" for state, count in relay.counts.items()))
            )
        tables.append(relays)
    for event in one.events[-EVENTS:]:
        at = datetime.fromtimestamp(event.at, UTC)
        words = terminal.safe(f"{at:%H:%M:%S} {event.what}")
        tables.append(Text(words, style="dim", no_wrap=True, overflow="ellipsis"))
    return tables


def _texts(*cells: str) -> list[Any]:
    from rich.text import Text

    return [Text(terminal.safe(cell).replace("\n", " ")) for cell in cells]
