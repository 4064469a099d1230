"""
The mail with images not loaded, as many readers first meet it: the words of `alt` in boxes of the images' sizes, nothing behind a text.

Errors: SettingsError for a client there is not.
"""

from typing import Final

from mailweekly.adapters.web.markup import Markup
from mailweekly.adapters.web.views.devices import devices
from mailweekly.adapters.web.views.eyes import choice
from mailweekly.adapters.web.views.view import Scene, View
from mailweekly.simulate.pieces import START, pieces_of

__all__ = ["VIEW"]


def _draw(scene: Scene) -> Markup:
    return devices(scene, scene.look.at(images="off"), more=", images off", note=_told(scene.copy.html))


def _tools(scene: Scene) -> Markup:
    return choice(scene, "A browser")


def _told(html: str) -> str:
    images = [dict(piece.attributes) for piece in pieces_of(html) if piece.kind == START and piece.name == "img"]
    silent = sum(not one.get("alt", "").strip() for one in images)
    count = f"{len(images)} {'image' if len(images) == 1 else 'images'}"
    return f"{count}, {silent} without words" if silent else count


VIEW: Final = View(
    name="images",
    title="Images off",
    key="5",
    about="what is read before images are loaded",
    draw=_draw,
    options=frozenset({"width", "dark"}),
    tools=_tools,
)
