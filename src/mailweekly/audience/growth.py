"""
How an audience grows: who came and who went, by week or month, and a chart of it in characters.

Above the line stands who joined, below it who left, each column one week or month, with the scale at its left and the time below: it is read without
colour, and in ASCII where a terminal has nothing else.

Units: days count from 1970-01-01, UTC; a week begins on Monday.
Errors: none.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

__all__ = ["PERIODS", "Period", "chart", "periods", "span_of"]

PERIODS: Final[Mapping[str, int]] = {"week": 26, "month": 24}  # so many are shown
LONG_AGO: Final = timedelta(days=26 * 7)  # longer ago: months
WIDTH: Final = 78  # columns
UP: Final = 8  # lines above the axis
DOWN: Final = 4  # below it
EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
EPOCH: Final = date(1970, 1, 1)
NICE: Final = (1, 2, 5, 10)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A week or a month: the day it begins, who joined in it, and who left."""

    start: date
    joined: int = 0
    left: int = 0


def span_of(joined: Mapping[int, int], today: date) -> str:
    """Return what suits these people: week, or month where some came longer ago than weeks can show."""
    first = min(joined, default=None)
    return "month" if first is not None and _day(first) < today - LONG_AGO else "week"


def periods(joined: Mapping[int, int], left: Mapping[int, int], span: str, today: date) -> tuple[Period, ...]:
    """Return the last weeks or months up to today, the empty ones as well, from the first in which anything happened."""
    starts = [_start(today, span)]
    while len(starts) < PERIODS[span]:
        starts.append(_start(starts[-1] - timedelta(days=1), span))
    came, went = _by_start(joined, span), _by_start(left, span)
    found = [Period(start=one, joined=came.get(one, 0), left=went.get(one, 0)) for one in reversed(starts)]
    first = next((at for at, one in enumerate(found) if one.joined or one.left), len(found) - 1)
    return tuple(found[first:])


def chart(found: Sequence[Period], span: str, *, ascii_only: bool = False) -> tuple[str, ...]:
    """Return the chart, line by line, at most 78 columns wide; of nobody, nothing."""
    most = max((max(one.joined, one.left) for one in found), default=0)
    if not most:
        return ()
    top = _nice(max(one.joined for one in found))
    depth = _nice(max(one.left for one in found))
    gutter = max(len(f"{top:,}"), len(f"{depth:,}")) + 1
    column = max(1, min(6, (WIDTH - gutter - 2) // len(found)))
    bar = max(1, column - 1)
    marks = _Marks(ascii_only)
    lines = [f"{'joined':>{gutter + 1}}"] if gutter < len("joined") else [f"{'joined':>{gutter}}"]
    for row in range(UP, 0, -1) if top else ():
        label = f"{top * row // UP:,}" if row in {UP, UP // 2} and top * row % UP == 0 else ""
        cells = [marks.up(one.joined / top * UP - row + 1) * bar + " " * (column - bar) for one in found]
        lines.append(f"{label:>{gutter}} {marks.tick if label else marks.wall}{''.join(cells)}".rstrip())
    lines.append(f"{'0':>{gutter}} {marks.cross}{marks.floor * (column * len(found))}")
    for row in range(1, DOWN + 1) if depth else ():
        label = f"{depth:,}" if row == DOWN else ""
        cells = [marks.down(one.left / depth * DOWN - row + 1) * bar + " " * (column - bar) for one in found]
        lines.append(f"{label:>{gutter}} {marks.tick if label else marks.wall}{''.join(cells)}".rstrip())
    if depth:
        lines.append(f"{'left':>{gutter}}")
    return (*lines, " " * (gutter + 2) + _times(found, span, column))


class _Marks:
    """The characters a chart is drawn with."""

    def __init__(self, ascii_only: bool) -> None:
        self._is_ascii = ascii_only
        self.wall, self.tick, self.cross, self.floor = ("|", "+", "+", "-") if ascii_only else ("│", "┤", "┼", "─")

    def up(self, filled: float) -> str:
        """A cell above the axis, so much of it filled."""
        share = min(max(filled, 0.0), 1.0)
        if self._is_ascii:
            return "#" if share >= 1 / 2 else "." if share > 0 else " "
        return EIGHTHS[math.ceil(share * 8)]

    def down(self, filled: float) -> str:
        """A cell below it."""
        share = min(max(filled, 0.0), 1.0)
        if self._is_ascii:
            return "x" if share >= 1 / 2 else "'" if share > 0 else " "
        return "▒" if share >= 1 / 2 else "░" if share > 0 else " "


def _times(found: Sequence[Period], span: str, column: int) -> str:
    """The line below: a word where a column begins a month (of weeks) or a year or half of it (of months), as many as have room."""
    line, last = "", ""
    for place, one in enumerate(found):
        word = f"{one.start:%b %Y}" if span == "month" or not last or one.start.month == 1 else f"{one.start:%b}"
        is_new = f"{one.start:%b %Y}" != last
        last = f"{one.start:%b %Y}"
        at = place * column
        if is_new and at >= len(line) + (1 if line else 0) and at + len(word) <= WIDTH:
            line = f"{line:<{at}}{word}"
    return line


def _nice(most: int) -> int:
    """The next round number that halves well, for a scale."""
    if most <= 0:
        return 0
    size = 10 ** (len(str(most)) - 1)
    found = next(size * step for step in NICE if size * step >= most)
    return found if found >= UP else UP if found > UP // 2 else UP // 2 if found > 2 else 2  # noqa: PLR2004


def _by_start(days: Mapping[int, int], span: str) -> dict[date, int]:
    found: dict[date, int] = {}
    for number, count in days.items():
        start = _start(_day(number), span)
        found[start] = found.get(start, 0) + count
    return found


def _start(day: date, span: str) -> date:
    return day.replace(day=1) if span == "month" else day - timedelta(days=day.weekday())


def _day(number: int) -> date:
    last = (date.max - EPOCH).days - 7
    return EPOCH + timedelta(days=max(min(number, last), (datetime(1, 1, 8, tzinfo=UTC).date() - EPOCH).days))
