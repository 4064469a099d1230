"""
The guard against spreadsheet formulas, and its exact inverse.

A spreadsheet runs a cell that begins with `= + - @`, a tab or a line end, ASCII or full width, quoted or not. `guard` puts one apostrophe before
every such value, and before every value that looks like a guarded one; so `unguard` may take exactly one away and gives back each string as it was.

Source: OWASP, CSV Injection.
"""

import re

__all__ = ["guard", "unguard"]

_RUNS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_GUARDED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


def guard(value: str) -> str:
    """Return `value` as a spreadsheet shows it without running it."""
    return f"'{value}" if _RUNS.match(value) else value


def unguard(value: str) -> str:
    """Return what `guard` was given."""
    return value[1:] if _GUARDED.match(value) else value
