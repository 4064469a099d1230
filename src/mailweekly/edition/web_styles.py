"""
A page's style sheet: the theme's colours as custom properties, light and dark, and the `web.css` of the theme and its parents, remotest first.

In `web.css` every colour of theme.toml is `var(--ink)` and so on; `--font`, `--sans`, `--serif`, `--mono` are the stacks for the page's language,
`--size` the text size and `--line` the line height. Media queries are welcome. Print is always light.

Refuses what would fetch or escape: `@import`, `url()` and its kin, backslashes, tags.

Errors: ThemeError with file and line.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from mailweekly.edition.design import Design
from mailweekly.edition.model import Theme
from mailweekly.edition.theme import lineage
from mailweekly.errors import ThemeError

__all__ = ["SHEET", "web_sheet"]

SHEET: Final = "web.css"
READER_PX: Final = 16  # what browsers begin with, and theme.toml's sizes count on
COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
FORBIDDEN: Final = re.compile(
    r"@(?:import|font-face|charset|namespace)|\b(?:url|src|image|image-set|cross-fade|expression)\s*\(|[\\<]",
    re.IGNORECASE,
)
BLANKS: Final = re.compile(r"\s+")
TIGHT: Final = re.compile(r"\s*([{};,])\s*")
NOT_A_STACK: Final = re.compile(r"[{};<\\]|url\s*\(", re.IGNORECASE)


def web_sheet(theme: Theme, design: Design, *, lang: str, sheets: Sequence[str] = (SHEET,)) -> str:
    """Return the whole style sheet of a page in one language, made of the theme's `sheets`. Errors: ThemeError."""
    stacks = {
        "font": design.font(lang),
        "sans": design.stack(lang, "sans"),
        "serif": design.stack(lang, "serif"),
        "mono": design.type["mono"],
    }
    for name, stack in stacks.items():
        if NOT_A_STACK.search(stack):
            raise ThemeError(f"not a list of fonts: {name} = {stack[:60]!r}", place=theme.origins.get("theme.toml", ""))
    measures = {"size": f"{_rem(design.type['body'])}rem", "line": design.line(lang)}
    light, dark = _properties({**design.light, **stacks, **measures}), _properties(design.dark)
    own = "".join(
        _read(theme.files.get(key, ""), theme.origins.get(key, key))
        for sheet in sheets
        for key in (f"{member}/{sheet}" for member in reversed(lineage(theme)))
    )
    return (
        f":root{{color-scheme:light dark;{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{own}"
    )


def _properties(values: Mapping[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in values.items())


def _rem(size: str) -> str:
    """Return a size in px as a multiple of the reader's own, so that a page follows their setting."""
    return f"{float(size.removesuffix('px')) / READER_PX:g}" if re.fullmatch(r"\d+(?:\.\d+)?(?:px)?", size) else "1"


@lru_cache(maxsize=16)
def _read(text: str, place: str) -> str:
    bare = COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    if found := FORBIDDEN.search(bare):
        raise ThemeError(
            f"not allowed in a page's style sheet: {found[0]!r}",
            place=f"{place}:{bare.count(chr(10), 0, found.start()) + 1}",
            hint="a page fetches nothing but the issue's own pictures",
        )
    if bare.count("{") != bare.count("}"):
        raise ThemeError("a brace is missing, or one is too many", place=place, hint="selector { property: value; }")
    return TIGHT.sub(r"\1", BLANKS.sub(" ", bare)).strip()
