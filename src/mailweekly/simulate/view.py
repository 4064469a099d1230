"""
What comes of a simulation: the mail as a client shows it, how far that can be trusted, and what the client left out.

Units: lines of the HTML, from 1; dates as YYYY-MM-DD.
Errors: none.
"""

from dataclasses import dataclass

__all__ = ["Dropped", "Log", "View"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Dropped:
    """One kind of thing that a client takes away or changes."""

    line: int  # of the first one
    what: str
    why: str
    tested_on: str  # when this was last seen in the client; a month or a year where no day is known
    times: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A mail as one client shows it."""

    html: str
    fidelity: str  # high, approximate, experimental
    dropped: tuple[Dropped, ...]  # by line


class Log:
    """Collects what is dropped, each kind once."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str], tuple[int, int]] = {}

    def add(self, line: int, what: str, why: str, tested_on: str) -> None:
        """Note one thing that is gone."""
        first, times = self._kinds.get((what, why, tested_on), (line, 0))
        self._kinds[what, why, tested_on] = (min(first, line), times + 1)

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what was noted."""
        found = (
            Dropped(line=line, what=what, why=why, tested_on=tested_on, times=times)
            for (what, why, tested_on), (line, times) in self._kinds.items()
        )
        return tuple(sorted(found, key=lambda one: (one.line, one.what, one.why)))
