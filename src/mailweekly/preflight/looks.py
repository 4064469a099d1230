"""
What one element looks like: from what is set on it and from the look of the element around it.

Units: CSS pixels; a line height is a factor of the type's size, 0 where the client decides; colours are `#RRGGBB`.
Errors: none; a value that is no value is passed over.
Source: HTML, 15.3 (defaults); CSS Fonts 4, 2.5 (names of sizes).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailweekly.preflight.markup import Element
from mailweekly.simulate.colours import Colour, colour

__all__ = ["Look", "look_of", "pixels", "root_look", "sides"]

LENGTH: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(px|pt|em|rem|%|ex|ch|vw)?")
FONT: Final = re.compile(r"(?:^|\s)([\d.]+(?:px|pt|em|rem|%))(?:\s*/\s*([\d.]+(?:px|pt|em|rem|%)?))?(?=\s)")
POINT: Final = 4 / 3  # CSS pixels
ROOT: Final = 16.0
SIZES: Final[Mapping[str, float]] = {
    "xx-small": 9,
    "x-small": 10,
    "small": 13,
    "medium": 16,
    "large": 18,
    "x-large": 24,
    "xx-large": 32,
}
FONT_SIZES: Final[Mapping[str, float]] = {"1": 10, "2": 13, "3": 16, "4": 18, "5": 24, "6": 32, "7": 48}
SCALED: Final[Mapping[str, float]] = {
    "h1": 2,
    "h2": 1.5,
    "h3": 1.17,
    "h5": 0.83,
    "h6": 0.67,
    "small": 1 / 1.2,
    "sub": 1 / 1.2,
    "sup": 1 / 1.2,
    "big": 1.2,
}
BOLD: Final = frozenset({"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
UNDERLINED: Final = frozenset({"u", "ins"})
BOLD_FROM: Final = 600
LIGHT_CANVAS: Final = ("#000000", "#FFFFFF", "#0000EE")  # text, ground, link
DARK_CANVAS: Final = ("#FFFFFF", "#121212", "#9E9EFF")


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How text in an element is shown."""

    front: str
    back: str  # "": a picture, its colours unknown
    size: float
    is_bold: bool
    line: float
    is_underlined: bool
    is_shown: bool  # nothing around it is display:none
    is_spoken: bool  # nothing around it is aria-hidden
    direction: str
    front_set: int = -1  # index of the element that set the colour; -1: the client
    back_set: int = -1


def root_look(*, dark: bool) -> Look:
    """Return the look of a mail that says nothing."""
    front, back, _ = DARK_CANVAS if dark else LIGHT_CANVAS
    return Look(
        front=front,
        back=back,
        size=ROOT,
        is_bold=False,
        line=0.0,
        is_underlined=False,
        is_shown=True,
        is_spoken=True,
        direction="ltr",
    )


def look_of(element: Element, values: Mapping[str, str], around: Look, *, dark: bool) -> Look:
    """Return an element's look, `values` set on it and `around` being the look of its parent."""
    back, back_set = _back(element, values, around)
    front, front_set = _front(element, values, around, back, dark=dark)
    size = _size(element, values, around)
    return Look(
        front=front,
        back=back,
        size=size,
        is_bold=_bold(element, values, around),
        line=_line(values, around, size),
        is_underlined=_underlined(element, values, around),
        is_shown=around.is_shown and values.get("display") != "none" and "hidden" not in element.attributes,
        is_spoken=around.is_spoken and element.attributes.get("aria-hidden") != "true",
        direction=_direction(element, values, around),
        front_set=front_set,
        back_set=back_set,
    )


def pixels(value: str, size: float = ROOT) -> float | None:
    """Return a length in CSS pixels, `size` being that of the type; None for what is none, and for a share of something else."""
    found = LENGTH.fullmatch(value.strip().lower())
    if not found:
        return None
    number, unit = float(found[1]), found[2]
    match unit:
        case "px" | None:
            return number
        case "pt":
            return number * POINT
        case "em":
            return number * size
        case "rem":
            return number * ROOT
        case "ex" | "ch":
            return number * size / 2
        case _:
            return None


def sides(values: Mapping[str, str], name: str, size: float = ROOT) -> tuple[float, float, float, float]:
    """Return padding or margin, top, right, bottom and left; what is no length counts as none."""
    parts = [pixels(part, size) or 0.0 for part in values.get(name, "").split()[:4]] or [0.0]
    top, right = parts[0], parts[1] if len(parts) > 1 else parts[0]
    bottom, left = parts[2] if len(parts) > 2 else top, parts[3] if len(parts) > 3 else right  # noqa: PLR2004 (CSS's own order)
    given = zip(("top", "right", "bottom", "left"), (top, right, bottom, left), strict=True)
    one, two, three, four = (
        pixels(values[f"{name}-{side}"], size) or 0.0 if f"{name}-{side}" in values else length
        for side, length in given
    )
    return one, two, three, four


def _back(element: Element, values: Mapping[str, str], around: Look) -> tuple[str, int]:
    written = values.get("background-color", "")
    picture = "url(" in values.get("background-image", "") or "url(" in written or "gradient(" in written
    found = _colour(written) or next((one for part in written.split() if (one := _colour(part))), None)
    if element.tag == "mark" and not written:
        found = Colour(red=255, green=255, blue=0)
    if found is None or not found.alpha:
        return ("", element.index) if picture else (around.back, around.back_set)
    if found.alpha == 1:
        return found.hex, element.index
    ground = _colour(around.back)
    return (found.over(ground).hex, element.index) if ground else ("", element.index)


def _front(element: Element, values: Mapping[str, str], around: Look, back: str, *, dark: bool) -> tuple[str, int]:
    written = values.get("color", "")
    found = _colour(written)
    if found is None and written not in {"inherit", "currentcolor"}:
        if element.tag == "mark":
            return "#000000", -1
        if element.tag == "a" and "href" in element.attributes:
            return (DARK_CANVAS if dark else LIGHT_CANVAS)[2], -1
    if found is None:
        return around.front, around.front_set
    ground = _colour(back)
    shown = found.over(ground) if found.alpha < 1 and ground else found
    return shown.hex, element.index


def _size(element: Element, values: Mapping[str, str], around: Look) -> float:
    written = values.get("font-size", "")
    if not written and (short := FONT.search(values.get("font", ""))):
        written = short[1]
    if written in SIZES:
        return SIZES[written]
    if written in {"smaller", "larger"}:
        return around.size * (1.2 if written == "larger" else 1 / 1.2)
    found = LENGTH.fullmatch(written)
    if found and found[2] == "%":
        return around.size * float(found[1]) / 100
    if found and (found[2] or not float(found[1])) and (length := pixels(written, around.size)) is not None:
        return length
    if element.tag == "font" and element.attributes.get("size", "") in FONT_SIZES:
        return FONT_SIZES[element.attributes["size"]]
    return around.size * SCALED.get(element.tag, 1.0)


def _bold(element: Element, values: Mapping[str, str], around: Look) -> bool:
    written = values.get("font-weight", "")
    if not written and "font" in values:
        written = "bold" if re.search(r"\b(?:bold|[6-9]00)\b", values["font"]) else "normal"
    if written in {"normal", "bold", "bolder", "lighter"}:
        return written.startswith("bold")
    if written.isdecimal():
        return int(written) >= BOLD_FROM
    return True if element.tag in BOLD else around.is_bold


def _line(values: Mapping[str, str], around: Look, size: float) -> float:
    written = values.get("line-height", "")
    if not written and (short := FONT.search(values.get("font", ""))):
        written = short[2] or "normal"
    if written == "normal":
        return 0.0
    found = LENGTH.fullmatch(written)
    if not found:
        return around.line
    if not found[2]:
        return float(found[1])
    if found[2] == "%":
        return float(found[1]) / 100
    return (pixels(written, size) or 0.0) / size if size else 0.0


def _underlined(element: Element, values: Mapping[str, str], around: Look) -> bool:
    written = f"{values.get('text-decoration', '')} {values.get('text-decoration-line', '')}".strip()
    if written:
        return "underline" in written or around.is_underlined
    is_link = element.tag == "a" and "href" in element.attributes
    return around.is_underlined or is_link or element.tag in UNDERLINED


def _direction(element: Element, values: Mapping[str, str], around: Look) -> str:
    written = element.attributes.get("dir", "").lower()
    return written if written in {"ltr", "rtl", "auto"} else values.get("direction", "") or around.direction


def _colour(written: str) -> Colour | None:
    return colour(written) if written else None
