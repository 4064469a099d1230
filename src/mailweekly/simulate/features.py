"""
Which features of the facts table a declaration, a selector, a media query, a tag or an image's address makes use of.

Most follow from the slug: `css-pseudo-class-hover` is `:hover`, `css-unit-vh` the unit vh, `html-wbr` the element wbr. The rest is written down in
features.toml beside this module. Refuses to say what supports them: that is `facts`.

Errors: none at work; a table that names a feature there is not is found by the tests.
Source: the slugs of caniemail.com.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

import tinycss2

from mailweekly.simulate.facts import slugs
from mailweekly.simulate.pieces import Piece
from mailweekly.simulate.sheets import Declaration, pieces_in, traits

__all__ = [
    "at_features",
    "declaration_features",
    "element_features",
    "image_feature",
    "label",
    "listed",
    "media_features",
    "selector_features",
]

KEPT: Final = 8_192  # answers, by what was asked
# Beginning of a slug -> kind of matcher; what is left of it is what is looked for.
BY_SLUG: Final = (
    ("css-pseudo-class-", "pseudos"),
    ("css-pseudo-element-", "pseudos"),
    ("css-at-media-", "media"),
    ("css-at-", "at"),
    ("css-unit-", "units"),
    ("css-function-", "functions"),
    ("css-selector-", "selectors"),
    ("css-", "properties"),
    ("html-", "elements"),
    ("image-", "images"),
)
WRITTEN: Final = {
    "pseudos": ":{}",
    "media": "@media ({})",
    "at": "@{}",
    "units": "the unit {}",
    "functions": "{}()",
    "elements": "<{}>",
    "images": "{} images",
}
COMBINATORS: Final = {"+": "adjacent-sibling", ">": "child", "~": "general-sibling"}
TYPED: Final = re.compile(r"([a-z]+ )?([a-z-]+)(?:=([a-z-]+))?")
SUFFIX: Final = re.compile(r"\.([a-z0-9]{2,5})$")
DATA_TYPE: Final = re.compile(r"\s*data:\s*image/([a-z0-9-]+)", re.IGNORECASE)
MIME: Final = {"jpeg": "jpg", "svg+xml": "svg", "svg": "svg", "x-icon": "ico"}


@lru_cache(maxsize=KEPT)
def declaration_features(declaration: Declaration) -> tuple[str, ...]:
    """Return the features of a declaration: its property, its value, units and functions."""
    known, name, parts = _index(), declaration.name, traits(declaration.value)
    found = [known["properties"].get(name)]
    found += [known["functions"].get(one) for one in parts.functions]
    found += [known["units"].get(one) for one in parts.units]
    for word in parts.words:
        found += [known["values"].get(f"{name}:{word}"), known["values"].get(f"*:{word}")]
    if name.startswith("--"):
        found.append("css-variables")
    return tuple(dict.fromkeys(one for one in found if one))


@lru_cache(maxsize=KEPT)
def selector_features(selector: str) -> tuple[str, ...]:
    """Return the features of one selector, without commas."""
    known = _index()
    return tuple(
        dict.fromkeys(
            slug
            for trait in _traits_of(selector)
            if (slug := known["selectors"].get(trait) or known["pseudos"].get(trait))
        )
    )


@lru_cache(maxsize=KEPT)
def media_features(query: str) -> tuple[str, ...]:
    """Return the features of a media query, `@media` itself left out."""
    known = _index()["media"]
    words = [token.lower_value for token in pieces_in(query) if token.type == "ident"]
    bare = [word.removeprefix("min-").removeprefix("max-") for word in words]
    return tuple(dict.fromkeys(slug for word in (*words, *bare) if (slug := known.get(word))))


def at_features(keyword: str) -> tuple[str, ...]:
    """Return the features of an at-rule's keyword."""
    slug = _index()["at"].get(keyword.removeprefix("-webkit-"))
    return (slug,) if slug else ()


def element_features(piece: Piece) -> tuple[str, ...]:
    """Return the features of a start tag: element and attributes, its style and image left out."""
    known = _index()
    found = [known["elements"].get(piece.name)]
    for name, value in piece.attributes:
        low = value.strip().lower()
        found += [known["attributes"].get(key) for key in (name, f"{piece.name} {name}={low}")]
    return tuple(dict.fromkeys(one for one in found if one))


@lru_cache(maxsize=KEPT)
def image_feature(address: str) -> str:
    """Return the feature an image's address tells, "" where it tells none."""
    if found := DATA_TYPE.match(address):
        kind = _index()["images"].get(MIME.get(found[1].lower(), found[1].lower()), "")
        return kind if kind == "image-svg" else "image-base64"
    path = re.split(r"[?#]", address, maxsplit=1)[0].lower().rstrip()
    suffix = SUFFIX.search(path[-8:])
    return _index()["images"].get(suffix[1], "") if suffix else ""


@cache
def label(slug: str) -> str:
    """Return what to call a feature."""
    table = _table()
    if slug in table["labels"]:
        return str(table["labels"][slug])
    for kind in ("attributes", "values"):
        if slug in table[kind]:
            first = TYPED.fullmatch(table[kind][slug][0])
            return (
                _attribute_label(first)
                if kind == "attributes" and first
                else str(table[kind][slug][0]).replace(":", ": ")
            )
    for beginning, kind in BY_SLUG:
        if slug.startswith(beginning):
            if slug in table.get(kind, {}):
                return WRITTEN.get(kind, "{}").format(table[kind][slug][0])
            sign = ":{}" if "element" not in beginning else "::{}"
            return (sign if kind == "pseudos" else WRITTEN.get(kind, "{}")).format(slug.removeprefix(beginning))
    return slug


@cache
def listed(name: str) -> frozenset[str]:
    """Return the properties of a list of features.toml, or the one property that the name is."""
    return frozenset(_table()["lists"].get(name, (name,)))


def _attribute_label(found: re.Match[str]) -> str:
    element, name, value = found.groups()
    return f'<{element.strip()} {name}="{value}">' if element else f"{name}="


def _traits_of(selector: str) -> Iterator[str]:
    before, gap, chained = "", False, False
    for token in tinycss2.parse_component_value_list(selector, skip_comments=True):
        if token.type == "whitespace":
            gap = bool(before)
            continue
        kind = _kind(token, before)
        if kind in COMBINATORS.values():
            gap, chained = False, False
        elif gap and before not in COMBINATORS.values():
            yield "descendant"
            gap, chained = False, False
        if kind == "class":
            if chained:
                yield "chaining"
            chained = True
        if kind:
            yield kind
        before = kind or "."
        gap = False


def _kind(token: Any, before: str) -> str:
    """Return what a token of a selector is: a combinator, a simple selector, the name of a pseudo class; "." and ":" announce the next."""
    match token.type:
        case "literal":
            return COMBINATORS.get(token.value, {".": ".", ":": ":", "*": "universal"}.get(token.value, ""))
        case "hash":
            return "id"
        case "[] block":
            return "attribute"
        case "function":
            return str(token.lower_name)
        case "ident" if before == ".":
            return "class"
        case "ident":
            return str(token.lower_value) if before == ":" else "type"
        case _:
            return ""


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("mailweekly.simulate").joinpath("features.toml").read_text(encoding="utf-8"))


@cache
def _index() -> Mapping[str, Mapping[str, str]]:
    table = _table()
    found: dict[str, dict[str, str]] = {kind: dict[str, str]() for _, kind in BY_SLUG}
    found |= {"values": {}, "attributes": {}}
    told = {slug for kind in found for slug in table.get(kind, {})} | set(table["never"]["slugs"])
    for kind, matches in found.items():
        for slug, names in table.get(kind, {}).items():
            matches.update(dict.fromkeys(names, slug))
    for slug in slugs():
        begin, kind = next(((begin, kind) for begin, kind in BY_SLUG if slug.startswith(begin)), ("", ""))
        if begin and slug not in told:
            found[kind].setdefault(slug.removeprefix(begin), slug)
    return found
