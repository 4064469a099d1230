"""
What the public pages say, language by language: English and Chinese ship, a publication adds or overrides any.

A language that lacks a sentence says it in English. Refuses a file of unknown sentences: what nobody reads would not be missed by its author.

Errors: SettingsError naming the file.
"""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from mailweekly.edition.language import lookup
from mailweekly.errors import SettingsError

__all__ = ["MAIL", "PAGE", "SHIPPED", "Tongue", "Words", "chosen", "spoken"]

SHIPPED: Final = ("en", "zh-Hans")
PAGE: Final = "page"
MAIL: Final = "mail"
MOST_TAGS: Final = 20  # of an Accept-Language header
TAG_CHARACTERS: Final = 35  # RFC 5646, 4.4.1

Tongue = Mapping[str, Mapping[str, str]]  # "page" and "mail": sentence by name
Words = Mapping[str, Tongue]  # by language


def spoken(own: Mapping[str, str]) -> Words:
    """Return all languages there are: those that ship, and the publication's `own` (language -> text of its file) over them."""
    found: dict[str, Tongue] = {lang: _shipped(lang) for lang in SHIPPED}
    for lang, text in own.items():
        found[lang] = _laid_over(lookup(found, lang) or found["en"], _parsed(text, lang), lang)
    return found


def chosen(words: Words, header: str, default: str) -> str:
    """Return the language for a visitor: the best of an Accept-Language header that there is, else the publication's, else English."""
    for tag in _wishes(header):
        for lang in words:
            if _is_same(tag, lang):
                return lang
    return next((lang for lang in words if _is_same(default, lang)), "en")


def _wishes(header: str) -> Iterable[str]:
    rated = []
    for place, part in enumerate(header.split(",")[:MOST_TAGS]):
        tag, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            quality = 0.0
        if 0 < quality <= 1 and 0 < len(tag) <= TAG_CHARACTERS:
            rated.append((-quality, place, tag.strip()))
    return [tag for _, _, tag in sorted(rated)]


def _is_same(tag: str, lang: str) -> bool:
    """Whether a reader of `tag` reads `lang`: the same first subtag, whatever the region or script."""
    return tag.lower().partition("-")[0] == lang.lower().partition("-")[0]


@cache
def _shipped(lang: str) -> Tongue:
    text = files("mailweekly.adapters.web.public").joinpath("words", f"{lang}.toml").read_text("utf-8")
    return _parsed(text, lang)


def _parsed(text: str, lang: str) -> Mapping[str, Mapping[str, str]]:
    try:
        document: Mapping[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"This file is not TOML: {error}.", place=_place(lang), hint="Mend that line.") from None
    if not all(isinstance(part, dict) for part in document.values()):
        raise SettingsError(
            "A sentence stands outside of its table.", place=_place(lang), hint="Write [page] or [mail] above."
        )
    return {part: {name: str(said) for name, said in table.items()} for part, table in document.items()}


def _laid_over(under: Tongue, over: Tongue, lang: str) -> Tongue:
    for part, table in over.items():
        for name in table:
            if name not in under.get(part, {}):
                known = ", ".join(sorted(under.get(part, {}))) or "[page] and [mail]"
                raise SettingsError(f"Nothing says '{part}.{name}'.", place=_place(lang), hint=f"Known are: {known}.")
    return {part: {**under[part], **over.get(part, {})} for part in under}


def _place(lang: str) -> str:
    return f"templates/public.{lang}.toml"
