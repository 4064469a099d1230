"""
A stranger's text made safe to show: on a terminal, in a log, in a report.

Control characters, bidirectional marks, zero-width and private-use characters come out as escapes in Python's spelling, so that a cell can neither
colour a terminal nor pass for another one. Nothing here mends a value; what is stored stays as it was written.

Units: lengths in characters.
"""

__all__ = ["SHOWN_CHARACTERS", "visible"]

SHOWN_CHARACTERS = 60  # characters of a value in a report: one line beside its place


def visible(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """Return `text` on one line, escaped, and cut to `limit` characters (the last one `…` where something is missing)."""
    head = text[: limit + 1]
    shown = head if head.isprintable() else "".join(map(_escaped, head))
    return shown if len(shown) <= limit and len(text) <= limit else shown[: limit - 1] + "…"


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode("ascii")
