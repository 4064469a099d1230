"""
A row of the benchmark's table: a figure, the bar it is held to, and whether it holds.

Of several rounds the figure is the median, shown with the least and the greatest; a ratio is formed within each round, because the machine is another
one from minute to minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

__all__ = ["Row", "ratio", "row"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line. `bar` None: told, and held to nothing."""

    what: str
    figure: float
    least: float
    greatest: float
    unit: str
    bar: float | None = None
    absent: str = ""  # why it could not be measured here
    at_most: bool = False  # the bar is a ceiling

    @property
    def holds(self) -> bool:
        """Whether the figure keeps to its bar; one without a bar, or not measured, fails nobody."""
        if self.bar is None or self.absent:
            return True
        return self.figure <= self.bar if self.at_most else self.figure >= self.bar

    def __str__(self) -> str:
        if self.absent:
            return f"{self.what:66} left out: {self.absent}"
        digits = 0 if self.figure >= 100 else 1 if self.figure >= 10 else 2
        numbers = f"{self.figure:8,.{digits}f} {self.unit:6} ({self.least:,.{digits}f} to {self.greatest:,.{digits}f})"
        if self.bar is None:
            return f"{self.what:66}{numbers}"
        return f"{self.what:66}{numbers:38} {'≤' if self.at_most else '≥'} {self.bar:<5g} {'holds' if self.holds else 'DOES NOT HOLD'}"


def row(what: str, figures: Sequence[float], unit: str, bar: float | None = None) -> Row:
    """Return the row of one figure a round."""
    return Row(what=what, figure=median(figures), least=min(figures), greatest=max(figures), unit=unit, bar=bar)


def ratio(what: str, ours: Sequence[float], theirs: Sequence[float], bar: float | None = None) -> Row:
    """Return the row of ours against theirs, round by round."""
    return row(what, [one / other for one, other in zip(ours, theirs, strict=True)], "x", bar)
