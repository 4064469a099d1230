"""
MJML to HTML, by mrml: guarded, checked first, every mistake told with its template and line.

Refuses fonts from elsewhere (`fonts={}`: the compiler's own would be fetched by the reader), includes, and what its own table does not know.

Errors: ThemeError.
"""

import re
from collections.abc import Callable
from typing import Final

from mailweekly.edition.armour import DEEPEST, armoured, depth_fault
from mailweekly.edition.components import faults
from mailweekly.errors import ThemeError

__all__ = ["compiled", "origin"]

MARK: Final = re.compile("\x02([0-9]+):([0-9]+):([0-9]+)(!?)\x03")
SAID: Final = re.compile(r"position (\d+)")


def compiled(mjml: str, place: Callable[[int], str]) -> str:
    """Return mrml's HTML. `place` says where an offset of the MJML was written. Errors: ThemeError."""
    deep = depth_fault(mjml)
    if deep is not None:
        raise ThemeError(
            f"tags are nested more than {DEEPEST} deep",
            place=place(deep),
            hint="nest less; the compiler would not survive it",
        )
    fault = next((fault for fault in faults(mjml) if not fault.is_warning), None)
    if fault is not None:
        raise ThemeError(fault.what, place=place(fault.offset), hint=fault.hint)
    import mjml as mrml

    try:
        return mrml.mjml2html(armoured(mjml), fonts={}, disable_comments=False)
    except (ValueError, OSError) as error:
        found = SAID.search(str(error))
        offset = int(found[1]) if found else 0
        raise ThemeError(
            f"MJML: {error}", place=place(offset), hint="it must be well-formed: &lt; for <, every tag closed"
        ) from None


def origin(marked: str, files: list[str], offset: int, unmarked: str) -> str:
    """
    Return file, line and column of an offset of `unmarked`, found in the same text with marks; "" where the two differ.

    What a value put there is said to stand where the template asks for the value.
    """
    at = passed = begun = 0
    last: re.Match[str] | None = None
    for found in MARK.finditer(marked):
        passed += found.start() - at
        if passed > offset:
            break
        at, begun, last = found.end(), passed, found
    if last is None or MARK.sub("", marked) != unmarked:
        return ""
    column = int(last[3]) + (0 if last[4] else offset - begun)
    return f"{files[int(last[1])]}:{last[2]}:{column}"
