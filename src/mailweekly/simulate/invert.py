"""
What a mail program makes of two colours when it forces its own dark mode upon a light mail.

Two ways are simulated: *full* mirrors the lightness of every colour, *partial* only that of light grounds and of dark text and leaves alone what is
dark already. Refuses to promise a client's result: none publishes how it reckons, and each may change it.

Units: colours are `#RRGGBB`; lightness is CIE L*, 0 to 100.
Errors: ValueError for another notation.
Source: the mirror keeps three quarters of the distance from middle grey and four fifths of the chroma, as measured on captures of such clients.
"""

import math
from typing import Final

__all__ = ["WAYS", "inverted"]

WAYS: Final = ("full", "partial")
MIDDLE: Final = 50.0
KEPT_LIGHTNESS: Final = 0.75
KEPT_CHROMA: Final = 0.8
WHITE: Final = (0.95047, 1.0, 1.08883)  # D65, 2 degrees
TO_XYZ: Final = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.0721750),
    (0.0193339, 0.1191920, 0.9503041),
)
TO_RGB: Final = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
BEND: Final = 6 / 29  # where CIE's cube root becomes a line


def inverted(front: str, back: str, way: str) -> tuple[str, str]:
    """Return a text's colour and its ground's as a client shows them; `way` is one of `WAYS`."""
    if way == "full":
        return _mirrored(front), _mirrored(back)
    return (
        _mirrored(front) if _lab(front)[0] < MIDDLE else front,
        _mirrored(back) if _lab(back)[0] > MIDDLE else back,
    )


def _mirrored(colour: str) -> str:
    lightness, a, b = _lab(colour)
    return _hex(MIDDLE - (lightness - MIDDLE) * KEPT_LIGHTNESS, a * KEPT_CHROMA, b * KEPT_CHROMA)


def _lab(colour: str) -> tuple[float, float, float]:
    if len(colour) != len("#RRGGBB") or colour[0] != "#":
        message = f"not a colour of the form #RRGGBB: {colour!r}"
        raise ValueError(message)
    rgb = [_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5)]
    x, y, z = (_root(_times(row, rgb) / white) for row, white in zip(TO_XYZ, WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _hex(lightness: float, a: float, b: float) -> str:
    y = (lightness + 16) / 116
    xyz = [_cube(part) * white for part, white in zip((y + a / 500, y, y - b / 200), WHITE, strict=True)]
    return "#" + "".join(f"{round(255 * _gamma(min(max(_times(row, xyz), 0.0), 1.0))):02X}" for row in TO_RGB)


def _times(row: tuple[float, float, float], column: list[float]) -> float:
    return math.fsum(one * other for one, other in zip(row, column, strict=True))


def _root(part: float) -> float:
    return math.cbrt(part) if part > BEND**3 else part / (3 * BEND**2) + 4 / 29


def _cube(part: float) -> float:
    return float(part**3) if part > BEND else 3 * BEND**2 * (part - 4 / 29)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 (IEC 61966-2-1)


def _gamma(part: float) -> float:
    return part * 12.92 if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)  # noqa: PLR2004 (IEC 61966-2-1)
