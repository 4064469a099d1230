"""
What a theme's `theme.toml` files say together: colours in light and dark, type, words, sizes.

A child's table adds to its parent's and wins. A colour that one scheme has and the other lacks is an error; so is a pair of colours that a reader
cannot read. `[brand]` of the settings is laid over it: `color` derives the accent's family in both schemes, `light.accent` and the like set one.

Units: `width`, `breakpoint`, `padding` and `gutter` in CSS pixels; `line` a plain factor.
Errors: ThemeError with file and line, or with the setting's name.
Source: contrast 4.5 for text, 3 for large text and signs (WCAG 2.2, 1.4.3 and 1.4.11).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mailweekly.edition.colour import contrast, is_colour, shade, toward
from mailweekly.edition.language import is_cjk, lookup
from mailweekly.edition.model import Theme
from mailweekly.edition.theme import SETTINGS, lineage, settings
from mailweekly.errors import ThemeError

__all__ = ["Design", "read"]

TEXT_CONTRAST: Final = 4.5
LARGE_CONTRAST: Final = 3.0
NARROWEST_PX: Final = 240  # a watch; no mail is narrower
WIDEST_PX: Final = 1200
SCHEMES: Final = ("light", "dark")
BRAND_WORDS: Final = frozenset({"color", "logo", "logo_width"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Design:
    """The joint theme.toml of a theme and its parents, the brand laid over it."""

    width: int
    breakpoint: int
    padding: int
    gutter: int
    light: Mapping[str, str]
    dark: Mapping[str, str]
    type: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]

    def spoken(self, lang: str) -> dict[str, str]:
        """Return the theme's words in a language, English where it has none."""
        return {**self.words.get("en", {}), **(lookup(self.words, lang) or {})}

    def font(self, lang: str) -> str:
        """Return the font stack for a language."""
        return lookup(self.type, lang) or self.type["sans"]

    def line(self, lang: str) -> str:
        """Return the line height for a language."""
        return self.type["line-cjk"] if is_cjk(lang) else self.type["line"]


def read(theme: Theme, brand: Mapping[str, str]) -> Design:
    """Return the theme's design. Errors: ThemeError for a missing or unreadable value, a colour without its twin, a pair without contrast."""
    joint: dict[str, dict[str, Any]] = {}
    pairs: list[tuple[float, str, str]] = []
    for name in reversed(lineage(theme)):
        document = settings(theme, name)
        for table in ("theme", "light", "dark", "type", "words"):
            _merge(joint.setdefault(table, {}), _table(document, table, theme))
        pairs += _pairs(_table(document, "pairs", theme), theme)
    schemes = {scheme: _branded(joint[scheme], scheme, brand) for scheme in SCHEMES}
    _check_colours(schemes, theme)
    _check_pairs(schemes, pairs, theme, brand)
    return Design(
        width=_number(joint["theme"], "width", theme),
        breakpoint=_number(joint["theme"], "breakpoint", theme),
        padding=_number(joint["theme"], "padding", theme, least=0),
        gutter=_number(joint["theme"], "gutter", theme, least=0),
        light=schemes["light"],
        dark=schemes["dark"],
        type=_type(joint["type"], theme),
        words={lang: {key: str(text) for key, text in table.items()} for lang, table in joint["words"].items()},
    )


def _merge(into: dict[str, Any], table: Mapping[str, Any]) -> None:
    for key, value in table.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        else:
            into[key] = value


def _table(document: Mapping[str, Any], name: str, theme: Theme) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise ThemeError(f"`{name}` is a table in theme.toml", place=_place(theme, name), hint=f"write [{name}]")
    if name == "words" and not all(isinstance(words, dict) for words in table.values()):
        raise ThemeError("`words` holds one table a language", place=_place(theme, name), hint="write [words.en]")
    return table


def _pairs(table: Mapping[str, Any], theme: Theme) -> list[tuple[float, str, str]]:
    found = []
    for kind, ratio in (("text", TEXT_CONTRAST), ("large", LARGE_CONTRAST)):
        for pair in table.get(kind, []):
            if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(name, str) for name in pair)):  # noqa: PLR2004
                raise ThemeError(f"not a pair of colours: {pair!r}", place=_place(theme, kind), hint='["body", "card"]')
            found.append((ratio, pair[0], pair[1]))
    return found


def _branded(tokens: Mapping[str, Any], scheme: str, brand: Mapping[str, str]) -> dict[str, str]:
    own = {key: str(value) for key, value in tokens.items()}
    if colour := brand.get("color", ""):
        if not is_colour(colour):
            raise ThemeError(f"not a colour: {colour!r}", place="brand.color", hint="write it as #RRGGBB")
        own |= _family(colour, own) if scheme == "light" else _dark_family(colour, own)
    for key, value in brand.items():
        where, _, token = key.partition(".")
        if where == scheme:
            if token not in own:
                raise ThemeError(
                    f"the theme has no colour {token!r}", place=f"brand.{key}", hint=f"it has: {', '.join(sorted(own))}"
                )
            own[token] = value
        elif where not in {*SCHEMES, *BRAND_WORDS}:
            raise ThemeError(
                f"unknown: {key!r}", place=f"brand.{key}", hint="color, logo, logo_width, light.<colour>, dark.<colour>"
            )
    return own


def _family(colour: str, tokens: Mapping[str, str]) -> dict[str, str]:
    """Return the light family of a brand colour: 6.5 leaves 4.5 after a mail app has inverted the mail (measured a quarter less)."""
    tint = shade(colour, lightness=0.955, chroma=0.25)
    accent = toward(toward(colour, tokens["card"], ratio=6.5, darker=True), tint, ratio=5.5, darker=True)
    hero = toward(colour, "#FFFFFF", ratio=8.5, darker=True)
    chip = toward(shade(hero, lightness=0.44, chroma=1.0), "#FFFFFF", ratio=6.0, darker=True)
    return {
        "accent": accent,
        "on-accent": "#FFFFFF",
        "tint": tint,
        "hero": hero,
        "hero-ink": "#FFFFFF",
        "hero-soft": toward(shade(colour, lightness=0.88, chroma=0.5), hero, ratio=5.5, darker=False),
        "chip": chip,
    }


def _dark_family(colour: str, tokens: Mapping[str, str]) -> dict[str, str]:
    accent = toward(shade(colour, lightness=0.79), tokens["card"], ratio=7.0, darker=False)
    hero = shade(colour, lightness=0.32, chroma=0.6)
    return {
        "accent": accent,
        "on-accent": toward(shade(colour, lightness=0.2, chroma=0.5), accent, ratio=5.5, darker=True),
        "tint": shade(colour, lightness=0.26, chroma=0.3),
        "hero": hero,
        "hero-ink": "#FFFFFF",
        "hero-soft": toward(shade(colour, lightness=0.85, chroma=0.4), hero, ratio=5.5, darker=False),
        "chip": shade(colour, lightness=0.4, chroma=0.6),
    }


def _check_colours(schemes: Mapping[str, Mapping[str, str]], theme: Theme) -> None:
    light, dark = schemes["light"], schemes["dark"]
    for name in sorted(light.keys() ^ dark.keys()):
        lacking = "dark" if name in light else "light"
        raise ThemeError(
            f"the colour {name!r} is missing in [{lacking}]",
            place=_place(theme, name),
            hint="each colour needs both schemes",
        )
    for scheme, tokens in schemes.items():
        for name, value in tokens.items():
            if not is_colour(value):
                raise ThemeError(
                    f"not a colour in [{scheme}]: {name} = {value!r}",
                    place=_place(theme, name),
                    hint="write it as #RRGGBB",
                )


def _check_pairs(
    schemes: Mapping[str, Mapping[str, str]],
    pairs: list[tuple[float, str, str]],
    theme: Theme,
    brand: Mapping[str, str],
) -> None:
    for scheme, tokens in schemes.items():
        for ratio, front, back in pairs:
            for name in (front, back):
                if name not in tokens:
                    raise ThemeError(
                        f"[pairs] names a colour that [{scheme}] lacks: {name!r}", place=_place(theme, "text")
                    )
            reached = contrast(tokens[front], tokens[back])
            if reached < ratio:
                place = f"brand.{scheme}.{front}" if f"{scheme}.{front}" in brand else _place(theme, front)
                raise ThemeError(
                    f"{scheme}: {front} {tokens[front]} on {back} {tokens[back]} has a contrast of {reached:.2f}, below {ratio}",
                    place=place,
                    hint=f"make {front} {'darker' if scheme == 'light' else 'lighter'}, or take another {back}",
                )


def _number(table: Mapping[str, Any], key: str, theme: Theme, *, least: int = NARROWEST_PX) -> int:
    value, most = table.get(key), WIDEST_PX if least else NARROWEST_PX // 2
    if not isinstance(value, int) or not least <= value <= most:
        hint = f"a number between {least} and {most}"
        raise ThemeError(f"theme.{key} is not a number of pixels: {value!r}", place=_place(theme, key), hint=hint)
    return value


def _type(table: Mapping[str, Any], theme: Theme) -> dict[str, str]:
    for key in ("sans", "mono", "body", "line", "line-cjk"):
        if key not in table:
            raise ThemeError(
                f"[type] lacks {key!r}", place=_place(theme, "type"), hint="the theme `base` has all of them: extend it"
            )
    return {key: str(value) for key, value in table.items()}


def _place(theme: Theme, key: str) -> str:
    """Return file and line where the nearest theme.toml of the chain speaks of `key`."""
    for name in lineage(theme):
        text = theme.files.get(f"{name}/{SETTINGS}", "")
        found = re.search(rf"(?m)^[ \t]*(\[)?{re.escape(key)}\b", text)
        if found:
            return f"{theme.origins.get(f'{name}/{SETTINGS}', SETTINGS)}:{text.count(chr(10), 0, found.start()) + 1}"
    return theme.origins.get(SETTINGS, SETTINGS)
