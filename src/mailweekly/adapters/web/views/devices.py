"""
A mail on a desktop's screen and on a phone's, side by side, or on one of any width.

Errors: SettingsError for a client there is not.
"""

from collections.abc import Callable
from typing import Final

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.mapped import GUTTER_PX
from mailweekly.adapters.web.markup import Markup, element
from mailweekly.adapters.web.views.view import Scene

__all__ = ["DEVICES", "devices"]

DEVICES: Final = {"desktop": ("Desktop", 600), "phone": ("Phone", 375)}  # name, width in CSS pixels
WIDEST_PHONE: Final = 480


def devices(
    scene: Scene, look: Look, *, more: str = "", note: str = "", lines: Callable[[str], str] | None = None
) -> Markup:
    """Return the screens with the copy as `look` lets it be seen; `more` is said in titles, `note` over the first; `lines` adds the Markdown's."""
    html = (lines or str)(scene.seen(scene.copy.html, look).html)
    shown = dict(DEVICES)
    if look.width:
        name = "Phone" if look.width <= WIDEST_PHONE else "Desktop"
        shown = {name.lower(): (name, look.width)}
    scheme = "dark" if look.dark else "light"
    drawn: list[Markup] = []
    for kind, (name, width) in shown.items():
        screen = scene.screen(
            html,
            width=width + (GUTTER_PX if lines else 0),
            kind=f"{kind}{look.width or ''}",
            scheme=scheme,
            title=f"Issue {look.number}, {name.lower()}, {scheme}{more}",
        )
        words = f"{width} px" + (f" · {note}" if note and not drawn else "")
        label = element("h2", None, f"{name} ", element("span", {"class": "quiet"}, words))
        drawn.append(
            element("section", {"class": f"device {kind}", "aria-label": f"{name}, {width} px"}, label, screen)
        )
    return element("div", {"class": "devices" + (" alone" if look.width else "") + (" lined" if lines else "")}, *drawn)
