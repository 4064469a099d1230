"""
Texts of a mail that cannot be read well in the scheme it is shown in: which they are, and an outline around them.

Refuses to judge anew: colours are resolved and contrast is measured as `check` does it; here it is asked of what a client has made of the mail.

Units: contrast is WCAG's ratio.
Errors: none, for any HTML.
Source: WCAG 2.2, 1.4.3.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from mailweekly.edition.colour import contrast
from mailweekly.edition.model import Edition
from mailweekly.preflight.drawn import draw
from mailweekly.preflight.markup import read
from mailweekly.preflight.sight import least_contrast, lettered

__all__ = ["Faint", "faint", "outlined"]

EXCERPT_CHARACTERS: Final = 40
DECIDED: Final = "(min-width:0px)"  # what `in_scheme` writes where the scheme that was asked for holds
ASKED: Final = "(prefers-color-scheme:dark)"
MARK: Final = " data-faint"
OUTLINE: Final = (
    "<style>[data-faint]{outline:2px dashed #e5484d!important;outline-offset:1px!important;"
    "box-shadow:0 0 0 3px #fff8!important}</style>"
)
HEAD_END: Final = re.compile(r"</head\s*>", re.IGNORECASE)
TAG: Final = re.compile(r"<[a-zA-Z][^\s/>]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Faint:
    """A pair of colours too near to each other, and the texts in it."""

    text: str  # of the first
    front: str
    back: str
    reached: float
    least: float
    offsets: tuple[int, ...]  # of the tags around the texts, in the HTML as it was read

    @property
    def times(self) -> int:
        """How many elements have such texts."""
        return len(self.offsets)


def faint(html: str, edition: Edition, scheme: Literal["light", "dark"]) -> tuple[Faint, ...]:
    """Return the pairs that are too faint, the worst first; `html` has been put into the scheme by `in_scheme`."""
    drawn = draw(read(replace(edition, html=_as_asked(html))))
    looks = drawn.dark if scheme == "dark" and drawn.dark else drawn.light
    found: dict[tuple[str, str, float], tuple[str, dict[int, None]]] = {}
    for run, light in lettered(drawn):
        look, least = looks[run.element], least_contrast(light)
        if look.back and contrast(look.front, look.back) < least:
            text = " ".join(run.text.split())
            _, offsets = found.setdefault((look.front, look.back, least), (text, {}))
            offsets[drawn.page.elements[run.element].offset] = None
    pairs = (
        Faint(
            text=text if len(text) <= EXCERPT_CHARACTERS else text[: EXCERPT_CHARACTERS - 1] + "…",
            front=front,
            back=back,
            reached=contrast(front, back),
            least=least,
            offsets=tuple(offsets),
        )
        for (front, back, least), (text, offsets) in found.items()
    )
    return tuple(sorted(pairs, key=lambda pair: pair.reached / pair.least))


def outlined(html: str, found: tuple[Faint, ...]) -> str:
    """Return the HTML with those texts outlined."""
    read_as = _as_asked(html)
    parts, at = [], 0
    for offset in sorted({offset for pair in found for offset in pair.offsets}):
        if tag := TAG.match(read_as, offset):
            parts += [read_as[at : tag.end()], MARK]
            at = tag.end()
    marked = "".join([*parts, read_as[at:]]).replace(ASKED, DECIDED)
    return HEAD_END.sub(lambda end: OUTLINE + end[0], marked, count=1) if found else html


def _as_asked(html: str) -> str:
    return html.replace(DECIDED, ASKED)
