"""
How the bytes of a mail are spread: its head, what stands before the first section, each section, told apart by the headings in the HTML itself.

Refuses to parse: headings are looked for as tags, so that hostile markup costs no more than a search.

Units: bytes of the HTML part, decoded.
Errors: none; a mail without headings is one piece.
"""

import html
import re
from typing import Final

__all__ = ["weights"]

HEADING: Final = re.compile(r"<h([12])\b[^>]{0,2000}>(.{0,2000}?)</h\1\s*>", re.IGNORECASE | re.DOTALL)
BODY: Final = re.compile(r"<body\b", re.IGNORECASE)
TAG: Final = re.compile(r"<[^>]*>")
NAME_CHARACTERS: Final = 60
MOST: Final = 40  # pieces; the rest is told as one


def weights(mail: str) -> tuple[tuple[str, int], ...]:
    """Return the pieces in their order: name and size."""
    body = BODY.search(mail)
    start = body.start() if body else 0
    level = _level(mail)
    cuts = [(start, "Above the first heading")]
    cuts += [(found.start(), _name(found[2])) for found in HEADING.finditer(mail, start) if found[1] == level]
    if len(cuts) > MOST:
        cuts = [*cuts[: MOST - 1], (cuts[MOST - 1][0], "Everything after")]
    ends = [at for at, _ in cuts[1:]] + [len(mail)]
    pieces = [("Styles and head", _size(mail[:start]))] if start else []
    return tuple(pieces + [(name, _size(mail[at:end])) for (at, name), end in zip(cuts, ends, strict=True)])


def _level(mail: str) -> str:
    levels = [found[1] for found in HEADING.finditer(mail)]
    return "2" if levels.count("2") else "1"


def _name(inside: str) -> str:
    words = " ".join(html.unescape(TAG.sub("", inside)).split())
    return words[:NAME_CHARACTERS] or "(a heading without words)"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
