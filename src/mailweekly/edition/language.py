"""
What a language asks of a page: its direction, its fonts, its line height, its words.

Refuses to guess a language from the text; it reads BCP 47 tags only.

Source: the right-to-left scripts of Unicode; CLDR's likely script of zh-TW, zh-HK and zh-MO.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

__all__ = ["chain", "direction", "is_cjk", "lookup"]

T = TypeVar("T")

RIGHT_TO_LEFT: Final = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi"})
RIGHT_TO_LEFT_SCRIPTS: Final = frozenset({"arab", "hebr", "syrc", "thaa", "nkoo", "rohg"})
CJK: Final = frozenset({"zh", "ja", "ko", "yue"})
TRADITIONAL: Final = frozenset({"tw", "hk", "mo", "hant"})


def direction(lang: str) -> str:
    """Return "rtl" or "ltr" for a BCP 47 tag."""
    first, *rest = _subtags(lang)
    scripts = [part for part in rest if len(part) == 4]  # noqa: PLR2004 (BCP 47: a script has four letters)
    if scripts:
        return "rtl" if scripts[0] in RIGHT_TO_LEFT_SCRIPTS else "ltr"
    return "rtl" if first in RIGHT_TO_LEFT else "ltr"


def is_cjk(lang: str) -> bool:
    """Return whether the language is set in Chinese, Japanese or Korean type."""
    return _subtags(lang)[0] in CJK


def chain(lang: str) -> tuple[str, ...]:
    """Return the names a table may know a language by, best first: zh-TW -> ("zh-tw", "zh-hant", "zh", "en")."""
    parts = _subtags(lang)
    names = ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
    if parts[0] == "zh":
        names.insert(-1, "zh-hant" if TRADITIONAL & set(parts) else "zh-hans")
    return tuple(dict.fromkeys([*names, "en"]))


def lookup(tables: Mapping[str, T], lang: str) -> T | None:
    """Return the best entry of a table keyed by language, or None. Keys are compared without case."""
    lowered = {key.lower(): value for key, value in tables.items()}
    return next((lowered[name] for name in chain(lang) if name in lowered), None)


def _subtags(lang: str) -> list[str]:
    return (lang.strip().lower().replace("_", "-") or "en").split("-")
