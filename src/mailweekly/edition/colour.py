"""
Colours as a theme writes them (`#RRGGBB`): contrast, and shades of one hue that keep a wanted contrast.

Refuses every other notation: names, three digits, alpha and functions are not safe in all mail clients.

Units: contrast is the ratio of WCAG 2.2 (1 to 21); lightness and chroma are OKLCH's (lightness 0 to 1), hue in radians.
Errors: ValueError for text that is not `#RRGGBB`.
Source: WCAG 2.2, relative luminance; the OKLab matrices of their author's publication of 2020.
"""

import math
import re
from typing import Final

__all__ = ["contrast", "is_colour", "shade", "toward"]

LINEAR_BELOW: Final = 0.04045  # sRGB transfer function, IEC 61966-2-1
STEP: Final = 0.005  # lightness; finer than an eye tells apart


def is_colour(text: str) -> bool:
    """Return whether the text is `#RRGGBB`."""
    return re.fullmatch(r"#[0-9A-Fa-f]{6}", text) is not None


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def shade(colour: str, *, lightness: float, chroma: float = 1.0) -> str:
    """Return the hue of `colour` at a lightness, its chroma multiplied and then cut to what sRGB can show."""
    _, strength, hue = _to_oklch(colour)
    wanted = strength * chroma
    while wanted > 0:
        rgb = _from_oklch(lightness, wanted, hue)
        if all(-0.001 <= part <= 1.001 for part in rgb):  # noqa: PLR2004 (rounding of one 8-bit step)
            return _hex(rgb)
        wanted -= STEP
    return _hex(_from_oklch(lightness, 0.0, hue))


def toward(colour: str, background: str, *, ratio: float, darker: bool) -> str:
    """Return `colour`, walked darker or lighter until it keeps `ratio` against `background` (or black or white is reached)."""
    lightness = _to_oklch(colour)[0]
    found = colour
    while contrast(found, background) < ratio and 0.0 < lightness < 1.0:
        lightness += -STEP if darker else STEP
        found = shade(colour, lightness=min(max(lightness, 0.0), 1.0))
    return found


def _channels(colour: str) -> tuple[float, float, float]:
    if not is_colour(colour):
        message = f"not a colour of the form #RRGGBB: {colour!r}"
        raise ValueError(message)
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return red, green, blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= LINEAR_BELOW else ((part + 0.055) / 1.055) ** 2.4


def _luminance(colour: str) -> float:
    red, green, blue = _channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _to_oklch(colour: str) -> tuple[float, float, float]:
    r, g, b = _channels(colour)
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    bb = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, bb), math.atan2(bb, a)


def _from_oklch(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _hex(linear: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * _gamma(min(max(part, 0.0), 1.0))):02X}" for part in linear)


def _gamma(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055  # noqa: PLR2004 (IEC 61966-2-1)
