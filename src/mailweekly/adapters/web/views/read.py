"""
The mail as it is read: on a desktop and on a phone side by side, at any width, in any client.

Errors: SettingsError for a client there is not.
"""

from typing import Final

from mailweekly.adapters.web.mapped import mapped
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.views.devices import DEVICES, devices
from mailweekly.adapters.web.views.eyes import choice
from mailweekly.adapters.web.views.view import Download, Scene, View

__all__ = ["DEVICES", "VIEW"]

MAP: Final = "map"  # in the address: with the way back to the Markdown


def _draw(scene: Scene) -> Markup:
    if scene.look.of != MAP:
        return devices(scene, scene.look)
    text, number = scene.picture.rendered.source_text, scene.look.number
    return devices(scene, scene.look, note="a number leads to its line", lines=lambda html: mapped(html, text, number))


def _tools(scene: Scene) -> Markup:
    look = scene.look
    way_back = {
        "class": "button switch",
        "aria-current": "true" if look.of == MAP else None,
        "href": look.at(of="" if look.of == MAP else MAP).url,
        "data-key": "g",
        "title": "Beside each block the line of the Markdown it was made of (g)",
    }
    return joined(choice(scene, "A browser"), element("a", way_back, "Lines"))


def _download(scene: Scene, name: str) -> Download | None:
    if not scene.picture.copy:
        return None
    match name:
        case "mail.html":
            return Download(
                name="", kind="text/plain; charset=utf-8", content=scene.copy.html.encode("utf-8", "replace")
            )
        case "mail.txt":
            return Download(
                name="", kind="text/plain; charset=utf-8", content=scene.copy.text.encode("utf-8", "replace")
            )
    return None


VIEW: Final = View(
    name="read",
    title="Read",
    key="1",
    about="desktop and phone side by side, or any width",
    draw=_draw,
    options=frozenset({"width", "dark", "images"}),
    tools=_tools,
    keys=(("g", "lines beside the mail that lead to its Markdown"),),
    download=_download,
)
