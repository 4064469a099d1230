"""
Colours in any notation of CSS, as numbers.

Refuses what depends on something else: `inherit`, `currentcolor`, `var()`; and spaces wider than sRGB, which no mail needs.

Units: sRGB, 0 to 255; alpha 0 to 1.
Errors: none; what is no colour is None.
Source: CSS Color 4, by the CSS parser's own reader of colours.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

__all__ = ["Colour", "colour"]

LONGEST: Final = 120  # characters; the longest notation has half of them


@dataclass(frozen=True, kw_only=True, slots=True)
class Colour:
    """A colour."""

    red: int
    green: int
    blue: int
    alpha: float = 1.0

    @property
    def hex(self) -> str:
        """`#RRGGBB`, its alpha left out."""
        return f"#{self.red:02X}{self.green:02X}{self.blue:02X}"

    def over(self, ground: "Colour") -> "Colour":
        """Return what is seen where this colour lies on an opaque ground."""
        parts = zip((self.red, self.green, self.blue), (ground.red, ground.green, ground.blue), strict=True)
        red, green, blue = (round(front * self.alpha + back * (1 - self.alpha)) for front, back in parts)
        return Colour(red=red, green=green, blue=blue)


@lru_cache(maxsize=1024)
def colour(text: str) -> Colour | None:
    """Return a colour, or None for what is none."""
    from tinycss2 import color4

    if not text or len(text) > LONGEST:
        return None
    try:
        found = color4.parse_color(text)
        if found is None or isinstance(found, str):
            return None
        parts = [min(max(float(part or 0), 0.0), 1.0) for part in found.to("srgb").coordinates]
    except (NotImplementedError, RecursionError, ValueError):
        return None
    red, green, blue = (round(part * 255) for part in parts)
    return Colour(red=red, green=green, blue=blue, alpha=float(found.alpha))
