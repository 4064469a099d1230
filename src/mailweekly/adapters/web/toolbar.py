"""
The tabs of the views, and the switches over the mail. Each carries the key that presses it in `data-key`.

Links where a page without script must work too; buttons, hidden until there is a script, where it cannot.
"""

from itertools import groupby
from typing import Final

from mailweekly.adapters.web.chosen import chosen
from mailweekly.adapters.web.look import PANES, Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.views import VIEWS, view_named
from mailweekly.adapters.web.views.view import Scene

__all__ = ["WIDTHS", "panes", "switches", "tabs"]

WIDTHS: Final = (320, 375, 412, 600, 768, 1024)  # CSS pixels: small, common and large phones; mail's own width; tablets


def tabs(look: Look) -> Markup:
    """Return the row of views."""
    shown = [
        element("div", {"class": "group"}, *(_tab(look, view.name) for view in group))
        for name, group in groupby(VIEWS, key=lambda view: view.group)
        if name
    ]
    ends = element(
        "div",
        {"class": "ends"},
        _scripted("/", "Find", "Views, issues, findings, commands", "palette"),
        _scripted("?", "Keys", "Every key", "keys"),
        _more(),
    )
    return joined(element("nav", {"aria-label": "Views", "class": "tabs"}, *shown), ends)


def panes(look: Look) -> Markup:
    """Return the tabs of the three zones, for a narrow window."""
    current = look.pane or "mail"
    links = [
        element("a", {"href": look.at(pane=pane).url, "aria-current": "true" if pane == current else None}, name)
        for pane, name in PANES.items()
    ]
    return element("nav", {"aria-label": "Zones", "class": "panes"}, *links)


def switches(scene: Scene) -> Markup:
    """Return the switches of the open view."""
    look = scene.look
    view = view_named(look.view)
    found = [view.tools(scene)] if scene.picture.copy or not view.needs_mail else []
    if view.needs_mail and scene.picture.copy and (whom := chosen(scene)):
        found.insert(0, whom)
    if "width" in view.options:
        found.append(_widths(look))
    if view.options:
        found.append(element("span", {"class": "gap"}))
    if "images" in view.options:
        found.append(_switch(look, "images", "off", "i", "Images off"))
    if "dark" in view.options:
        found.append(_switch(look, "dark", "1", "d", "Dark"))
    return joined(*found)


def _more() -> Markup:
    """Return what is needed less often."""
    inside = element(
        "div",
        {"class": "pop menu"},
        _scripted("r", "Render again", "Render again", "again"),
        _scripted("y", "Copy HTML", "The mail's HTML onto the clipboard", "copy-html"),
        _scripted("Y", "Copy text", "The text part onto the clipboard", "copy-text"),
        _scripted("f", "Mail alone", "Without the panes, and back", "alone"),
        _scripted("", "Light or dark", "The studio itself, whatever the mail is in", "theme"),
    )
    summary = element("summary", {"class": "button quiet-button", "aria-label": "More"}, "More")
    return element("details", {"class": "more", "data-pop": True, "data-script": True, "hidden": True}, summary, inside)


def _tab(look: Look, name: str) -> Markup:
    view = view_named(name)
    attributes = {
        "href": look.at(view=name).url,
        "data-key": view.key,
        "aria-current": "page" if name == view_named(look.view).name else None,
        "title": f"{view.title}: {view.about} ({view.key})",
    }
    return element("a", attributes, view.title)


def _widths(look: Look) -> Markup:
    """Return the widths: both screens, the presets, one typed."""
    links = [_width(look, 0, "Both")] + [_width(look, width, str(width)) for width in WIDTHS]
    then = 375 if look.width == 0 else 600 if look.width == 375 else 0  # noqa: PLR2004  the two screens of the view
    cycle = element(
        "a",
        {"href": look.at(width=then).url, "data-key": "m", "class": "unseen", "tabindex": "-1"},
        "Phone, desktop, both",
    )
    field = element(
        "input",
        {
            "type": "number",
            "name": "w",
            "min": 240,
            "max": 1600,
            "value": look.width or None,
            "placeholder": "px",
            "aria-label": "Width in pixels",
        },
    )
    form = element("form", {"class": "typed", "method": "get", "action": f"/{look.number}", "data-look": True}, field)
    return joined(element("nav", {"class": "segments", "aria-label": "Width"}, *links), form, cycle)


def _width(look: Look, width: int, name: str) -> Markup:
    return element(
        "a", {"href": look.at(width=width).url, "aria-current": "true" if look.width == width else None}, name
    )


def _switch(look: Look, field: str, value: str, key: str, name: str) -> Markup:
    on = bool(getattr(look, field))
    return element(
        "a",
        {
            "class": "button switch",
            "aria-current": "true" if on else None,
            "href": look.at(**{field: "" if on else value}).url,
            "data-key": key,
            "title": f"{name} ({key})",
        },
        name,
    )


def _scripted(key: str, name: str, title: str, action: str) -> Markup:
    """Return a button that does nothing without the page's script, and is hidden without it."""
    attributes: dict[str, str | bool | None] = {
        "class": "button quiet-button",
        "type": "button",
        "data-key": key or None,
        "data-ui": action,
        "data-script": True,
        "hidden": True,
        "title": f"{title} ({key})" if key else title,
    }
    return element("button", attributes, name, *([element("kbd", {"aria-hidden": "true"}, key)] if key else []))
