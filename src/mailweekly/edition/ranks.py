"""
Heading levels without a gap: an editor may write h2, then h4; readers of a screen reader hear h2, then h3.

The level drawn follows from nesting alone: a heading is one deeper than the last one that was written with a smaller number.
"""

from typing import Final

__all__ = ["Ranks"]

DEEPEST: Final = 6  # HTML has no h7


class Ranks:
    """Counts nesting; `floor` is the level of what all of it stands under."""

    def __init__(self, floor: int) -> None:
        self.floor = floor
        self._open: list[int] = []

    def rank(self, level: int) -> int:
        """Return the level to draw for a heading written as `level`."""
        while self._open and self._open[-1] >= level:
            self._open.pop()
        self._open.append(level)
        return min(self.floor + len(self._open), DEEPEST)
