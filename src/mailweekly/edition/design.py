"""
What a theme's `theme.toml` files say together: colours in light and dark, type, words, sizes.

A child's table adds to its parent's and wins. `face` in [type] names the stacks of running text: `sans` (in [type]) or `serif` (in [serif]).
`lead = false` in [theme] keeps every entry in its place; `cards = true` sets entries in rows of cards, the first picture on top. A colour that one
scheme has and the other lacks is an error; so is a pair of colours that a reader cannot read. `[brand]` of the settings
is laid over it: `color` derives the accent's family in both schemes, `light.accent` and the like set one.

Units: `width`, `breakpoint`, `padding` and `gutter` in CSS pixels; `line` a plain factor.
Errors: ThemeError with file and line, or with the setting's name.
Source: contrast 4.5 for text, 3 for large text and signs (WCAG 2.2, 1.4.3 and 1.4.11).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailweekly.edition.colour import contrast, is_colour, shade, toward
from mailweekly.edition.language import is_cjk, lookup
from mailweekly.edition.model import Theme
from mailweekly.edition.theme import SETTINGS, lineage, settings
from mailweekly.errors import ThemeError
from mailweekly.settings import TOML_NAME

__all__ = ["Design", "Pair", "faults", "pairs", "place_of", "read"]

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
    serif: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]
    lead: bool = True  # whether one entry is drawn apart from the others
    cards: bool = False  # whether entries stand in rows of cards, the first picture on top

    def spoken(self, lang: str) -> dict[str, str]:
        """Return the theme's words in a language, English where it has none."""
        return {**self.words.get("en", {}), **(lookup(self.words, lang) or {})}

    def font(self, lang: str) -> str:
        """Return the font stack of running text for a language: that of the theme's `face`."""
        return self.stack(lang, self.type.get("face", "sans"))

    def stack(self, lang: str, face: str) -> str:
        """Return the font stack of a face, sans or serif, for a language."""
        if face == "serif" and self.serif:
            return lookup(self.serif, lang) or self.serif["serif"]
        return lookup(self.type, lang) or self.type["sans"]

    def line(self, lang: str) -> str:
        """Return the line height for a language."""
        return self.type["line-cjk"] if is_cjk(lang) else self.type["line"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """A colour on another, and the contrast it must keep."""

    least: float
    front: str
    back: str


def read(theme: Theme, brand: Mapping[str, str], *, strict: bool = True) -> Design:
    """
    Return the theme's design.

    Not `strict`, it bears with colours as they are, so that more than the first fault can be found. Errors: ThemeError for a missing or unreadable
    value and, where strict, for a colour without its twin and a pair without contrast.
    """
    joint, declared = _joint(theme)
    schemes = {scheme: _branded(joint[scheme], scheme, brand) for scheme in SCHEMES}
    if strict and (fault := next(_colour_faults(schemes, declared, theme, brand), None)):
        raise fault
    return Design(
        width=_number(joint["theme"], "width", theme),
        breakpoint=_number(joint["theme"], "breakpoint", theme),
        padding=_number(joint["theme"], "padding", theme, least=0),
        gutter=_number(joint["theme"], "gutter", theme, least=0),
        light={**schemes["dark"], **schemes["light"]},
        dark={**schemes["light"], **schemes["dark"]},
        type=_type(joint["type"], theme),
        serif=_serif(joint["serif"], theme),
        lead=joint["theme"].get("lead", True) is not False,
        cards=joint["theme"].get("cards", False) is True,
        words={lang: {key: str(text) for key, text in table.items()} for lang, table in joint["words"].items()},
    )


def faults(theme: Theme, brand: Mapping[str, str]) -> Iterator[ThemeError]:
    """Yield every fault of the colours; of anything else in theme.toml the first is raised."""
    joint, declared = _joint(theme)
    schemes = {scheme: _branded(joint[scheme], scheme, brand) for scheme in SCHEMES}
    yield from _colour_faults(schemes, declared, theme, brand)
    read(theme, brand, strict=False)


def pairs(theme: Theme) -> tuple[Pair, ...]:
    """Return what stands on what, by the theme's word and its parents'."""
    return tuple(_joint(theme)[1])


def _joint(theme: Theme) -> tuple[dict[str, dict[str, Any]], list[Pair]]:
    joint: dict[str, dict[str, Any]] = {}
    declared: list[Pair] = []
    for name in reversed(lineage(theme)):
        document = settings(theme, name)
        for table in ("theme", "light", "dark", "type", "serif", "words"):
            _merge(joint.setdefault(table, {}), _table(document, table, theme))
        declared += _pairs(_table(document, "pairs", theme), theme)
    return joint, list(dict.fromkeys(declared))


def _merge(into: dict[str, Any], table: Mapping[str, Any]) -> None:
    for key, value in table.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        else:
            into[key] = value


def _table(document: Mapping[str, Any], name: str, theme: Theme) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise ThemeError(f"`{name}` is a table in theme.toml", place=place_of(theme, name), hint=f"write [{name}]")
    if name == "words" and not all(isinstance(words, dict) for words in table.values()):
        raise ThemeError("`words` holds one table a language", place=place_of(theme, name), hint="write [words.en]")
    return table


def _pairs(table: Mapping[str, Any], theme: Theme) -> list[Pair]:
    found = []
    for kind, ratio in (("text", TEXT_CONTRAST), ("large", LARGE_CONTRAST)):
        for pair in table.get(kind, []):
            if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(name, str) for name in pair)):  # noqa: PLR2004
                raise ThemeError(
                    f"not a pair of colours: {pair!r}", place=place_of(theme, kind), hint='["body", "card"]'
                )
            found.append(Pair(least=ratio, front=pair[0], back=pair[1]))
    return found


def _branded(tokens: Mapping[str, Any], scheme: str, brand: Mapping[str, str]) -> dict[str, str]:
    own = {key: str(value) for key, value in tokens.items()}
    if colour := brand.get("color", ""):
        if not is_colour(colour):
            raise ThemeError(f"not a colour: {colour!r}", place=f"{TOML_NAME}: brand.color", hint="write it as #RRGGBB")
        own |= _family(colour, own) if scheme == "light" else _dark_family(colour, own)
    for key, value in brand.items():
        where, _, token = key.partition(".")
        if where == scheme:
            if token not in own:
                raise ThemeError(
                    f"the theme has no colour {token!r}",
                    place=f"{TOML_NAME}: brand.{key}",
                    hint=f"it has: {', '.join(sorted(own))}",
                )
            own[token] = value
        elif where not in {*SCHEMES, *BRAND_WORDS}:
            raise ThemeError(
                f"unknown: {key!r}",
                place=f"{TOML_NAME}: brand.{key}",
                hint="color, logo, logo_width, light.<colour>, dark.<colour>",
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


def _colour_faults(
    schemes: Mapping[str, Mapping[str, str]], declared: Sequence[Pair], theme: Theme, brand: Mapping[str, str]
) -> Iterator[ThemeError]:
    light, dark = schemes["light"], schemes["dark"]
    for name in sorted(light.keys() ^ dark.keys()):
        has, lacks = ("light", "dark") if name in light else ("dark", "light")
        yield ThemeError(
            f"the colour {name!r} is missing in [{lacks}]",
            place=place_of(theme, name, has),
            hint="each colour needs both schemes",
        )
    for scheme, tokens in schemes.items():
        for name, value in tokens.items():
            if not is_colour(value):
                place = _brand_place(f"{scheme}.{name}", brand) or place_of(theme, name, scheme)
                what = f"not a colour in [{scheme}]: {name} = {value!r}"
                yield ThemeError(what, place=place, hint="write it as #RRGGBB")
    for scheme, tokens in schemes.items():
        for pair in declared:
            yield from _pair_faults(pair, scheme, tokens, theme, brand)


def _pair_faults(
    pair: Pair, scheme: str, tokens: Mapping[str, str], theme: Theme, brand: Mapping[str, str]
) -> Iterator[ThemeError]:
    front, back = tokens.get(pair.front, ""), tokens.get(pair.back, "")
    for name in (pair.front, pair.back):
        if name not in tokens:
            what = f"[pairs] names a colour that [{scheme}] lacks: {name!r}"
            yield ThemeError(what, place=place_of(theme, f'"{name}"', "pairs"), hint=f"it has: {', '.join(tokens)}")
    if is_colour(front) and is_colour(back) and (reached := contrast(front, back)) < pair.least:
        place = _brand_place(f"{scheme}.{pair.front}", brand) or place_of(theme, pair.front, scheme)
        yield ThemeError(
            f"{scheme}: {pair.front} {front} on {pair.back} {back} has a contrast of {reached:.2f}, below {pair.least}",
            place=place,
            hint=f"make {pair.front} {'darker' if scheme == 'light' else 'lighter'}, or take another {pair.back}",
        )


def _brand_place(key: str, brand: Mapping[str, str]) -> str:
    return f"{TOML_NAME}: brand.{key}" if key in brand else ""


def _number(table: Mapping[str, Any], key: str, theme: Theme, *, least: int = NARROWEST_PX) -> int:
    value, most = table.get(key), WIDEST_PX if least else NARROWEST_PX // 2
    if not isinstance(value, int) or not least <= value <= most:
        hint = f"a number between {least} and {most}"
        if value is None:
            hint += '; every shipped theme has one: extends = "base" under [theme] takes it over'
        raise ThemeError(f"theme.{key} is not a number of pixels: {value!r}", place=place_of(theme, key), hint=hint)
    return value


def _type(table: Mapping[str, Any], theme: Theme) -> dict[str, str]:
    for key in ("sans", "mono", "body", "line", "line-cjk"):
        if key not in table:
            raise ThemeError(
                f"[type] lacks {key!r}",
                place=place_of(theme, "type"),
                hint="the theme `base` has all of them: extend it",
            )
    return {key: str(value) for key, value in table.items()}


def _serif(table: Mapping[str, Any], theme: Theme) -> dict[str, str]:
    if table and "serif" not in table:
        raise ThemeError("[serif] lacks 'serif', the stack of every other language", place=place_of(theme, "serif"))
    return {key: str(value) for key, value in table.items()}


def place_of(theme: Theme, key: str, table: str = "") -> str:
    """Return file, line and column where the nearest theme.toml of the chain speaks of `key`, in `table` where one is named."""
    for name in lineage(theme):
        text = theme.files.get(f"{name}/{SETTINGS}", "")
        begin, end = _bounds(text, table)
        start = rf"(?m)^[ \t]*\[?(?={re.escape(key)}\b)" if key[:1] != '"' else rf"(?={re.escape(key)})"
        if found := re.compile(start).search(text, begin, end):
            path = theme.origins.get(f"{name}/{SETTINGS}", SETTINGS)
            line_start = text.rfind("\n", 0, found.end()) + 1
            return f"{path}:{text.count(chr(10), 0, found.end()) + 1}:{found.end() - line_start + 1}"
    return f"{theme.origins.get(SETTINGS, SETTINGS)}:1:1"


def _bounds(text: str, table: str) -> tuple[int, int]:
    head = re.search(rf"(?m)^[ \t]*\[{re.escape(table)}\]", text) if table else None
    if head is None:
        return (len(text), len(text)) if table else (0, len(text))
    following = re.compile(r"(?m)^[ \t]*\[\w").search(text, head.end())
    return head.end(), following.start() if following else len(text)
