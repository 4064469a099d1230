"""
What the attribute of an MJML component may say, by the type that MJML gives it: a length, a colour, one of a few words.

Refuses to be stricter than MJML itself: what its own checker lets pass, passes here.

Source: components.toml; the types' meaning is that of mjml-core, told from its behaviour.
"""

import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from typing import Final

__all__ = ["type_fault"]

TYPE: Final = re.compile(r"(\w+)(?:\(([^)]*)\))?(?:\{(\d+),(\d+)\})?")
HEX: Final = re.compile(r"#(?:[0-9a-f]{3}){1,2}", re.IGNORECASE)
FUNCTION: Final = re.compile(r"rgba?\(\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*(?:,\s*[\d.]+\s*)?\)", re.IGNORECASE)


def type_fault(kind: str, value: str) -> tuple[str, str] | None:
    """Return what is wrong with a value of this type, and what to write instead; None: nothing. An empty type takes anything."""
    if not kind or kind == "string":
        return None
    return _checker(kind)(value)


@lru_cache(maxsize=128)
def _checker(kind: str) -> Callable[[str], tuple[str, str] | None]:
    found = TYPE.fullmatch(kind)
    assert found, f"components.toml names an unknown type: {kind}"
    words = tuple((found[2] or "").split(","))
    match found[1]:
        case "unit" | "unitWithNegative":
            return _length(words, negative=found[1] != "unit", least=int(found[3] or 1), most=int(found[4] or 1))
        case "enum":
            known = ", ".join(word or "(nothing)" for word in words)
            return lambda value: None if value in words else ("is none of the words it may be", f"one of: {known}")
        case "color":
            return _colour
        case "integer":
            return lambda value: None if re.search(r"\d", value) else ("is no number", "a whole number, without a unit")
        case _:
            return lambda value: None if value in {"true", "false"} else ("is neither true nor false", "true or false")


def _length(
    words: tuple[str, ...], *, negative: bool, least: int, most: int
) -> Callable[[str], tuple[str, str] | None]:
    units = [word for word in words if word != "auto"]
    one = rf"(?:{'-?' if negative else ''}[\d,.]+(?:{'|'.join(map(re.escape, units))})|0{'|auto' if 'auto' in words else ''})"
    whole = re.compile(rf"(?:{one} ?){{{least},{most}}}")
    example = f"16{units[0]}" if most == 1 else f"16{units[0]} 24{units[0]}"
    known = ", ".join(word or "none" for word in words)
    hint = f"for example {example}; units: {known}" + (f"; {least} to {most} lengths" if most > 1 else "")
    return lambda value: None if whole.fullmatch(value) else ("is no length", hint)


def _colour(value: str) -> tuple[str, str] | None:
    if HEX.fullmatch(value) or FUNCTION.search(value) or value in _names():
        return None
    return "is no colour", "write it as #RRGGBB, or take one of the theme's: {{ c.ink }}"


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    document = tomllib.loads(files("mailweekly.edition").joinpath("components.toml").read_text("utf-8"))
    return frozenset(document["colours"])
