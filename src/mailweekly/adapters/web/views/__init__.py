"""
The views: what the middle of the studio can show, one module each.

To add one: write `views/<name>.py` with `VIEW = View(...)` (view.py says what its fields mean), import it here and put it into `VIEWS`, in the order
of the tabs. Nothing else has to know: tab, key, palette, key map, address, live reload and the empty state come from that value.

- What a view shows it draws from a `Scene`, as Markup; it runs in a thread, and may raise MailweeklyError, whose three lines are shown in its place.
- A mail is never put into the page: `scene.screen(html, ...)` gives a sandboxed frame. To show it otherwise (a client's eyes, dark, images off), give
  `screen` the HTML that `lens.seen` makes of it, or any other.
- What it needs of the world is a frozen dataclass of callables of its own, a *desk*, which `cli` puts into `Studio.desks`; `scene.studio.desk(Kind)`
  returns it, or None.
- What it changes is an `Action`, asked for by POST from a button or form with `data-do="<action's name>"`.
- What can be downloaded from it is `View.download`, at `/<issue>/<view>/<name>`.
- What shows by itself how time goes by (a send) says `every_s`.
- Its looks go into `ui/<name>.css`; a script, if it must, into `ui/<name>.js`, imported for elements with
  `data-module="<name>.js"`, its `start(element)` called each time the view was drawn. Both are served and linked by being there.
"""

from collections.abc import Mapping
from typing import Final

from mailweekly.adapters.web.views import (
    checklist,
    clients,
    dark,
    diff,
    images,
    inbox,
    outbox,
    outline,
    plan,
    read,
    readers,
    sends,
    source,
    test,
    text,
)
from mailweekly.adapters.web.views.view import View

__all__ = ["BY_NAME", "VIEWS", "view_named"]

VIEWS: Final[tuple[View, ...]] = (
    read.VIEW,
    inbox.VIEW,
    clients.VIEW,
    dark.VIEW,
    images.VIEW,
    text.VIEW,
    source.VIEW,
    diff.VIEW,
    outline.VIEW,
    readers.VIEW,
    plan.VIEW,
    checklist.VIEW,
    sends.VIEW,
    outbox.VIEW,
    test.VIEW,
)
BY_NAME: Final[Mapping[str, View]] = {view.name: view for view in VIEWS}


def view_named(name: str) -> View:
    """Return the view of that name; the first where there is none."""
    return BY_NAME.get(name, VIEWS[0])
