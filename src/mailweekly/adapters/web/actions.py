"""
What the studio itself can be asked to do: open the editor's own editor at a line, and render again. Views bring actions of their own.

Refuses paths: an issue is a number and a place in it a line.

Errors: none; what cannot be done is told.
"""

from collections.abc import Mapping
from typing import Final

from mailweekly.adapters.web.views import VIEWS
from mailweekly.adapters.web.views.view import Action, Asked, Told
from mailweekly.adapters.web.writing import SAVE

__all__ = ["ACTIONS", "AGAIN"]

LINES: Final = 10_000_000  # more than any issue has


def _goto(asked: Asked) -> Told:
    line = asked.values.get("line")
    if isinstance(line, str) and line.isascii() and line.isdecimal() and len(line) < len(str(LINES)):
        line = int(line)
    if not isinstance(line, int) or isinstance(line, bool) or not 0 < line < LINES:
        return Told(words="That is no line of the issue.")
    opened = asked.studio.open_editor(asked.look.number, line)
    if opened.editor:
        return Told(words=f"{opened.place} is open in {opened.editor}")
    return Told(words=f"{opened.place} copied; {opened.reason}", copy=opened.place)


AGAIN: Final = Action(name="again", run=lambda _: Told(words="", again=True))
ACTIONS: Final[Mapping[str, Action]] = {
    action.name: action
    for action in (Action(name="goto", run=_goto), AGAIN, SAVE, *(one for view in VIEWS for one in view.actions))
}
