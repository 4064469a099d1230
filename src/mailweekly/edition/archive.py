"""
The archive's own pages (all issues, a topic, the search, "not here"), and what an issue's page shows of the archive round it.

Jinja draws `archive.html.j2` of the theme; `web.css` and `archive.css` dress it, `archive.toml` holds its words by language. Nothing on these pages
is from elsewhere: the policy in each allows the script of the search, and nothing that is not the site's own. Refuses to know where files lie:
addresses come in as they shall stand.

Errors: ThemeError with file and line.
"""

import base64
import hashlib
import tomllib
from collections.abc import Mapping
from typing import Any, Final

from mailweekly.edition.design import read
from mailweekly.edition.language import direction, is_cjk, lookup
from mailweekly.edition.model import Publication, Theme
from mailweekly.edition.template import markup, templates
from mailweekly.edition.theme import lineage
from mailweekly.edition.web_styles import SHEET, web_sheet
from mailweekly.errors import ThemeError

__all__ = ["ARCHIVE", "archive_page", "archive_words"]

ARCHIVE: Final = "archive.html.j2"
WORDS: Final = "archive.toml"
SHEETS: Final = (SHEET, "archive.css")
ENGLISH: Final = "en"


def archive_page(theme: Theme, publication: Publication, values: Mapping[str, Any]) -> str:
    """Return a page of the archive; `values` holds `page` and `site`, as `archive_values` makes them. Errors: ThemeError."""
    drawn_by = templates(theme)
    if not drawn_by.has(ARCHIVE):
        raise ThemeError("the theme has no archive page", place=theme.name, hint=f"add {ARCHIVE}, or extend `base`")
    lang = publication.lang or ENGLISH
    design = read(theme, publication.brand)
    sheet = web_sheet(theme, design, lang=lang, sheets=SHEETS)
    return drawn_by.draw(
        ARCHIVE,
        {
            "lang": lang,
            "dir": direction(lang),
            "script": "cjk" if is_cjk(lang) else "alphabetic",
            "words": {**design.spoken(lang), **archive_words(theme, lang)},
            "style": markup(sheet),
            "style_hash": base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode(),
            **values,
        },
    )


def archive_words(theme: Theme, lang: str) -> dict[str, str]:
    """Return the archive's words in a language, English where there are none. Errors: ThemeError."""
    joint: dict[str, dict[str, str]] = {}
    for member in reversed(lineage(theme)):
        key = f"{member}/{WORDS}"
        for name, table in _tables(theme.files.get(key, ""), theme.origins.get(key, key)).items():
            joint[name] = {**joint.get(name, {}), **table}
    return {**joint.get(ENGLISH, {}), **(lookup(joint, lang) or {})}


def _tables(text: str, place: str) -> dict[str, dict[str, str]]:
    hint = 'write [words.en], and below it archive = "All issues"'
    try:
        words = tomllib.loads(text).get("words", {})
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ThemeError(f"{WORDS} is not TOML: {error}", place=place, hint=hint) from None
    if not isinstance(words, dict) or not all(isinstance(table, dict) for table in words.values()):
        raise ThemeError("`words` holds one table a language", place=place, hint=hint)
    return {name: {key: str(said) for key, said in table.items()} for name, table in words.items()}
