"""
The text part, as mail clients without HTML show it: in a window of 76 columns and on a phone, its links live.

Units: columns by display width, an East Asian character takes two.
Errors: none.
"""

import re
from typing import Final

from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.views.view import Scene, View
from mailweekly.preflight.facts import width

__all__ = ["VIEW", "linked"]

LINK: Final = re.compile(r"(?:https?://|mailto:)[^\s<>\"]*[^\s<>\".,;:!?)\]}'’」』）】、。，]")
COLUMNS: Final = 76


def linked(words: str) -> Markup:
    """Return text with its addresses as links."""
    parts: list[str] = []
    at = 0
    for found in LINK.finditer(words):
        attributes = {"href": found[0], "target": "_blank", "rel": "noopener noreferrer"}
        parts += [words[at : found.start()], element("a", attributes, found[0])]
        at = found.end()
    return joined(*parts, words[at:])


def _draw(scene: Scene) -> Markup:
    body = scene.copy.text
    if not body.strip():
        return element(
            "p", {"class": "sheet quiet"}, "There is no text part: many spam filters, and some readers, ask for one."
        )
    edition = scene.picture.edition
    letter = linked(body)
    said = {"lang": edition.lang or None, "dir": edition.dir or None} if edition else {}
    columns = [
        _column(f"{COLUMNS} columns", _note(body), "columns", letter, said),
        _column("Phone", "375 px, the lines break as they may", "phone", letter, said),
    ]
    return element("div", {"class": "letters"}, *columns)


def _column(title: str, note: str, kind: str, letter: Markup, said: dict[str, str | None]) -> Markup:
    heading = element("h2", None, f"{title} ", element("span", {"class": "quiet"}, note))
    return element(
        "section", {"aria-label": title, "class": kind}, heading, element("pre", {"class": "letter", **said}, letter)
    )


def _note(body: str) -> str:
    lines = body.splitlines()
    over = [width(line) for line in lines if width(line) > COLUMNS]
    told = f"{len(over)} wider, the widest {max(over)}: they wrap" if over else "none is wider"
    return f"{len(lines):,} lines; {told}"


VIEW: Final = View(
    name="text",
    title="Text",
    key="6",
    about="the text part in 76 columns and on a phone",
    draw=_draw,
    group="parts",
)
