"""
MJML to HTML, by mrml: guarded, checked first, every mistake told with its template and line.

Refuses fonts from elsewhere (`fonts={}`: the compiler's own would be fetched by the reader), includes, and what its own table does not know.

Errors: ThemeError.
"""

import re
from collections.abc import Callable
from typing import Final

from mailweekly.edition.armour import DEEPEST, armoured, depth_fault
from mailweekly.edition.components import Fault, faults
from mailweekly.errors import ThemeError

__all__ = ["compiled", "origin"]

MARK: Final = re.compile("\x02([0-9]+):([0-9]+)\x03")
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
    fault = next(faults(mjml), None)
    if fault is not None:
        raise _error(fault, place)
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
    """Return file and line of an offset of `unmarked`, found in the same text with marks; "" where the two differ."""
    at = passed = 0
    place = ""
    for found in MARK.finditer(marked):
        passed += found.start() - at
        if passed > offset:
            break
        at = found.end()
        place = f"{files[int(found[1])]}:{found[2]}"
    return place if MARK.sub("", marked) == unmarked else ""


def _error(fault: Fault, place: Callable[[int], str]) -> ThemeError:
    return ThemeError(fault.what, place=place(fault.offset), hint=fault.hint)
