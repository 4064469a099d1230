"""
Charts in characters, for a terminal of 80 columns: bars with their labels, columns over time, a line of small marks.

They are read without colour; a terminal that has no blocks gets ASCII.

Units: widths in columns. Errors: none.
"""

import math
import sys
from collections.abc import Sequence
from typing import Final

__all__ = ["WIDTH", "bars", "columns", "sparks", "takes_blocks"]

WIDTH: Final = 78
LABEL: Final = 28  # columns a label may take
BAR: Final = 30  # at most; less where the words need the room
NARROWEST: Final = 8
HEIGHT: Final = 8  # lines
EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
LEVELS: Final = " ▁▂▃▄▅▆▇█"
PLAIN_LEVELS: Final = "_.:-=+*#%"


def takes_blocks() -> bool:
    """Whether what stdout writes to can show the characters of the better charts."""
    try:
        (EIGHTHS + LEVELS + "│┤┼└─░▒·").encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def bars(rows: Sequence[tuple[str, int, str]], *, blocks: bool, whole: int = 0) -> tuple[str, ...]:
    """Return a line for each (label, count, words after the count); a full bar is `whole`, or the largest count where that is more."""
    most = max([whole, 1, *(count for _, count, _ in rows)])
    wide = max((min(len(label), LABEL) for label, _, _ in rows), default=0)
    digits = max((len(f"{count:,}") for _, count, _ in rows), default=0)
    said = max((len(words) for _, _, words in rows), default=0)
    room = max(NARROWEST, min(BAR, WIDTH - wide - digits - said - 7))
    return tuple(
        f"  {_cut(label, blocks):<{wide}}  {_bar(count / most, room, blocks):<{room}} {count:>{digits},}  {words}".rstrip()
        for label, count, words in rows
    )


def columns(values: Sequence[int], first: str, last: str, *, blocks: bool) -> tuple[str, ...]:
    """Return a chart of columns over time, with the names of its two ends below; of nothing, nothing."""
    most = max(values, default=0)
    if not most:
        return ()
    gutter = len(f"{most:,}") + 2
    room = max(1, min(6, (WIDTH - gutter - 1) // len(values)))
    gap = 1 if room > 2 else 0  # noqa: PLR2004 - a column of two has no room for one
    wall, corner, floor = ("│", "└", "─") if blocks else ("|", "+", "-")
    lines = []
    for row in range(HEIGHT, 0, -1):
        cells = [_cell(value / most * HEIGHT - row + 1, blocks) * (room - gap) + " " * gap for value in values]
        label = f"{most:,}" if row == HEIGHT else ""
        lines.append(f"{label:>{gutter}} {wall}{''.join(cells)}".rstrip())
    wide = room * len(values)
    below = f"{first}{last:>{max(wide - len(first), len(last) + 2)}}" if last != first else first
    return (*lines, f"{'0':>{gutter}} {corner}{floor * wide}", " " * (gutter + 2) + below)


def sparks(values: Sequence[float | None], *, blocks: bool) -> str:
    """Return a mark a value, the highest full, from zero up; a gap is a space."""
    marks = LEVELS[1:] if blocks else PLAIN_LEVELS[:8]
    most = max((one for one in values if one is not None), default=0.0)
    return "".join(" " if one is None else marks[round(one / most * 7) if most else 0] for one in values)


def _bar(share: float, room: int, blocks: bool) -> str:
    if not blocks:
        return "#" * max(round(share * room), 1 if share else 0)
    eighths = max(round(share * room * 8), 1 if share else 0)
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def _cell(filled: float, blocks: bool) -> str:
    share = min(max(filled, 0.0), 1.0)
    if blocks:
        return LEVELS[math.ceil(share * 8)]
    return "#" if share >= 1 / 2 else "." if share > 0 else " "


def _cut(label: str, blocks: bool) -> str:
    return label if len(label) <= LABEL else label[: LABEL - 1] + ("…" if blocks else "~")
