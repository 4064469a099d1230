"""
A theme's style sheets: what is inlined, and what stays in `<style>`.

`email.css` is written once, for light: `color: $ink`. From each declaration that names a colour follow three dark ones: for
`@media (prefers-color-scheme: dark)`, and under `[data-ogsc]` and `[data-ogsb]`, by which Outlook.com marks what it has recoloured. `phone.css` goes
into one width query, `wide.css` into another (screens as wide as the mail), `dark.css` is added to the dark block as it is. In a sheet, `$name` is a
colour, `$body`, `$line`, `$font`, `$sans`, `$serif`, `$mono`, `$gutter`, `$padding`, `$start` and `$end` (left and right, the other way round in
right-to-left mail), `$em` (italic; normal in CJK and right-to-left type). What a child says of a selector's colour takes its parent's place.

Refuses at-rules inside the three sheets, and anything that makes a mail client fetch: `@import`, `url()`.

An element takes each of its colours from one class: rules of one colour are gathered into one dark rule, which may change their order.
Errors: ThemeError with file and line.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from mailweekly.edition.design import Design
from mailweekly.edition.language import is_cjk
from mailweekly.edition.model import Theme
from mailweekly.edition.theme import lineage
from mailweekly.errors import ThemeError

__all__ = ["SHEETS", "ColourUse", "Styles", "colour_uses", "faults", "sheets"]

SHEETS: Final = ("email.css", "phone.css", "wide.css", "dark.css")

RULE: Final = re.compile(r"([^{}]+)\{([^{}]*)\}")
NAME: Final = re.compile(r"\$([a-z][a-z0-9-]*)")
FIXED: Final = re.compile(r"#[0-9A-Fa-f]{3,8}\b|rgba?\([^)]*\)|hsla?\([^)]*\)")
COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
FORBIDDEN: Final = re.compile(r"@|url\s*\(|expression\s*\(|</|<!--|\\", re.IGNORECASE)
SCHEME_PROPERTY: Final = (
    ":root{color-scheme:light dark;supported-color-schemes:light dark}"
    "a[x-apple-data-detectors]{color:inherit!important;text-decoration:none!important}"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Styles:
    """`inlined` becomes style attributes; `kept` stays in the head."""

    inlined: str
    kept: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ColourUse:
    """What a rule does with colours: names of tokens, or a colour written out."""

    place: str
    selector: str
    front: str = ""
    back: str = ""
    fixed: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    selectors: tuple[str, ...]
    declarations: tuple[tuple[str, str], ...]


def faults(theme: Theme, design: Design) -> Iterator[ThemeError]:
    """Yield what is wrong in the theme's style sheets."""
    names = frozenset({**_layout(design, "en", "ltr"), **design.light})
    for member in reversed(lineage(theme)):
        for file in SHEETS:
            key = f"{member}/{file}"
            yield from _wrong(_bare(theme.files.get(key, "")), theme.origins.get(key, key), names)


def sheets(theme: Theme, design: Design, *, lang: str, direction: str, strict: bool = True) -> Styles:
    """Return the theme's styles for one language and direction; not `strict`, with nothing of a sheet that has a fault. Errors: ThemeError."""
    theme = theme if strict else _sound(theme, design)
    layout = _layout(design, lang, direction)
    light, dark = {**layout, **design.light}, {**layout, **design.dark}
    email = list(_rules(theme, "email.css", light))
    inlined = "".join(_written(rule.selectors, _filled(rule, light)) for rule in email)
    phone = "".join(
        _written(rule.selectors, _filled(rule, light), important=True) for rule in _rules(theme, "phone.css", light)
    )
    wide = "".join(
        _written(rule.selectors, _filled(rule, light), important=True) for rule in _rules(theme, "wide.css", light)
    )
    return Styles(
        inlined=inlined,
        kept=SCHEME_PROPERTY
        + _within(phone, f"max-width:{design.breakpoint - 1}px")
        + _within(wide, f"min-width:{design.width}px")
        + _dark(email, list(_rules(theme, "dark.css", dark)), design, dark),
    )


def colour_uses(theme: Theme, file: str) -> Iterator[ColourUse]:
    """Yield each rule of a sheet, in the theme and its parents, that sets a colour on a ground or writes a colour out."""
    for member in reversed(lineage(theme)):
        key = f"{member}/{file}"
        bare = _bare(theme.files.get(key, ""))
        for rule in RULE.finditer(bare):
            place = _at(bare, rule.start(1) + len(rule[1]) - len(rule[1].lstrip()), theme.origins.get(key, key))
            selector = " ".join(rule[1].split())
            declared = dict(_declarations(rule[2]))
            front, back = (NAME.fullmatch(declared.get(name, "")) for name in ("color", "background-color"))
            yield ColourUse(
                place=place, selector=selector, front=front[1] if front else "", back=back[1] if back else ""
            )
            if fixed := FIXED.search(rule[2]):
                at = _at(bare, rule.start(2) + fixed.start(), theme.origins.get(key, key))
                yield ColourUse(place=at, selector=selector, fixed=fixed[0])


def _sound(theme: Theme, design: Design) -> Theme:
    wrong = {fault.place.rpartition(".css:")[0] + ".css" for fault in faults(theme, design)}
    files = {name: "" if theme.origins.get(name, name) in wrong else text for name, text in theme.files.items()}
    return replace(theme, files=files)


def _layout(design: Design, lang: str, direction: str) -> dict[str, str]:
    start, end = ("right", "left") if direction == "rtl" else ("left", "right")
    upright = is_cjk(lang) or direction == "rtl"  # a slanted Han or Arabic letter is a broken one
    return {
        "start": start,
        "end": end,
        "body": f"{design.type['body']}px",
        "line": design.line(lang),
        "font": design.font(lang),
        "sans": design.stack(lang, "sans"),
        "serif": design.stack(lang, "serif"),
        "mono": design.type["mono"],
        "gutter": f"{design.gutter}px",
        "padding": f"{design.padding}px",
        "em": "normal" if upright else "italic",
        "em-weight": "600" if upright else "inherit",
    }


def _rules(theme: Theme, file: str, names: Mapping[str, str]) -> Iterator[_Rule]:
    for member in reversed(lineage(theme)):
        key = f"{member}/{file}"
        yield from _read(theme.files.get(key, ""), theme.origins.get(key, key), frozenset(names))


@lru_cache(maxsize=64)
def _read(text: str, place: str, names: frozenset[str]) -> tuple[_Rule, ...]:
    bare = _bare(text)
    if fault := next(_wrong(bare, place, names), None):
        raise fault
    rules = []
    for found in RULE.finditer(bare):
        selectors = tuple(" ".join(part.split()) for part in found[1].split(",") if part.strip())
        rules.append(_Rule(selectors=selectors, declarations=tuple(_declarations(found[2]))))
    return tuple(rules)


def _declarations(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split(";"):
        name, colon, value = line.partition(":")
        if colon and name.strip() and value.strip():
            yield name.strip().lower(), " ".join(value.split())


def _bare(text: str) -> str:
    return COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _wrong(text: str, place: str, names: frozenset[str]) -> Iterator[ThemeError]:
    for found in FORBIDDEN.finditer(text):
        yield ThemeError(
            f"not allowed in a theme's style sheet: {found[0]!r}",
            place=_at(text, found.start(), place),
            hint="width rules go into phone.css, dark ones into dark.css; pictures and sheets from elsewhere are never fetched",
        )
    for name in NAME.finditer(text):
        if name[1] not in names:
            yield ThemeError(
                f"no such colour or measure: ${name[1]}", place=_at(text, name.start(), place), hint=_known(names)
            )
    rest = RULE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    if stray := re.search(r"\S", rest):
        yield ThemeError("not a CSS rule", place=_at(text, stray.start(), place), hint="selector { property: value; }")


def _filled(rule: _Rule, names: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(_fill(name, names), _fill(value, names)) for name, value in rule.declarations]


def _fill(text: str, names: Mapping[str, str]) -> str:
    return NAME.sub(lambda found: names[found[1]], text)


def _written(selectors: tuple[str, ...], declarations: list[tuple[str, str]], *, important: bool = False) -> str:
    mark = "!important" if important else ""
    body = ";".join(f"{name}:{value}{mark}" for name, value in declarations)
    return f"{','.join(selectors)}{{{body}}}" if body and selectors else ""


def _within(rules: str, query: str) -> str:
    return f"@media only screen and ({query}){{{rules}}}" if rules else ""


def _dark(email: list[_Rule], extra: list[_Rule], design: Design, names: Mapping[str, str]) -> str:
    gathered: dict[tuple[str, str], list[str]] = {}
    for (selector, name), value in _coloured(email, design, names).items():
        gathered.setdefault((name, value), []).append(selector)
    for rule in extra:
        for name, value in _filled(rule, names):
            gathered.setdefault((name, value), []).extend(rule.selectors)
    blocks = [(name, f"{{{name}:{value}!important}}", selectors) for (name, value), selectors in gathered.items()]
    media = "".join(",".join(dict.fromkeys(selectors)) + body for _, body, selectors in blocks)
    twins = "".join(
        ",".join(f"[data-ogs{'b' if name.startswith('background') else 'c'}] {one}" for one in dict.fromkeys(selectors))
        + body
        for name, body, selectors in blocks
    )
    return f"@media (prefers-color-scheme:dark){{{media}}}{twins}" if blocks else ""


def _coloured(email: list[_Rule], design: Design, names: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Return what each selector says last of each property, where that names a colour: a child's word takes its parent's place."""
    said: dict[tuple[str, str], str] = {}
    for rule in email:
        for name, value in rule.declarations:
            key, coloured = _fill(name, names), any(found[1] in design.dark for found in NAME.finditer(value))
            for selector in rule.selectors:
                said.pop((selector, key), None)
                if coloured:
                    said[selector, key] = _fill(value, names)
    return said


def _at(text: str, offset: int, place: str) -> str:
    return f"{place}:{text.count(chr(10), 0, offset) + 1}:{offset - text.rfind(chr(10), 0, offset)}"


def _known(names: frozenset[str]) -> str:
    return "there are: " + ", ".join(f"${name}" for name in sorted(names))
