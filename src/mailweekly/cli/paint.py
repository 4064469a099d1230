"""
Colours of a report, on a terminal that shows them.

None where stdout is no terminal, where NO_COLOR is set or TERM is dumb; FORCE_COLOR asks for them all the same (a CI's log).

Source: no-color.org; ECMA-48, 8.3.117 (SGR).
"""

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Final

from mailweekly.cli import terminal

__all__ = ["painted"]

STYLES: Final[Mapping[str, str]] = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;36",
    "silenced": "2",
    "place": "1",
    "caret": "1;32",
    "note": "2",
}


def painted(lines: Iterable[tuple[tuple[str, str], ...]]) -> None:
    """Write lines of styled pieces to stdout."""
    wanted = _wanted()
    for line in lines:
        terminal.out_text("".join(_one(style, terminal.safe(text), wanted) for style, text in line))


def _one(style: str, text: str, wanted: bool) -> str:
    code = STYLES.get(style, "") if wanted else ""
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text


def _wanted() -> bool:
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
