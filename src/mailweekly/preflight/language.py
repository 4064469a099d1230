"""
The rule on the issue's language: what it says it is in, and what most of its text is in.

Told by the script where scripts differ, by a language's little words where they do not; refuses to guess from little text or from a narrow lead.

Units: letters and words of the visible text, code left out.
Source: the lists of little words are in `tables.toml`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import Facts, clipped
from mailweekly.preflight.lists import languages
from mailweekly.preflight.place import Place

__all__ = ["ISSUE_RULES", "base_of"]

LETTERS_NEEDED: Final = 300  # below it a language cannot be told
SCRIPT_SHARE: Final = 0.75  # of the letters, weighed
WIDE_WEIGHT: Final = 2.5  # Latin letters that say as much as one Han character
WORDS_NEEDED: Final = 80  # of a spaced script, to tell one language from another
TELLING: Final = 0.08  # share of a text's words that are its language's little words, at least
CLEARER: Final = 3  # times as many as of the language that is named
SCRIPT_OF: Final[Mapping[str, str]] = {
    "zh": "CJK", "yue": "CJK", "ja": "CJK", "ko": "HANGUL", "ru": "CYRILLIC", "uk": "CYRILLIC", "be": "CYRILLIC", "bg": "CYRILLIC",
    "mk": "CYRILLIC",
    "ar": "ARABIC", "fa": "ARABIC", "ur": "ARABIC", "he": "HEBREW", "el": "GREEK", "th": "THAI", "hi": "DEVANAGARI", "mr": "DEVANAGARI",
    "ka": "GEORGIAN", "hy": "ARMENIAN",
}  # fmt: skip
TWO_SCRIPTS: Final = frozenset({"sr", "kk", "uz", "az", "mn", "ku", "pa", "tt", "ks", "sd", "ug"})  # written in either
SCRIPT_NAMES: Final[Mapping[str, str]] = {"CJK": "Chinese or Japanese characters"}
JAPANESE: Final = frozenset({"HIRAGANA", "KATAKANA"})
FIRST_LETTERS: Final = 40_000  # of the text; the rest is in the same language
SCRIPT_TAG: Final = 4  # letters of a script in a language tag (BCP 47)
NAMES: Final[Mapping[str, str]] = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese", "nl": "Dutch", "pl": "Polish",
    "sv": "Swedish",
}  # fmt: skip


def language(facts: Facts) -> Iterator[Place]:
    """Yield one place when most of the text is in another language than the issue says it is."""
    text = " ".join(run.text for run in facts.texts)[:FIRST_LETTERS]
    found = _other_script(text, _lang(facts)) or _other_language(text, base_of(facts))
    if found:
        what = f"The issue says that it is in “{clipped(_lang(facts), 20)}”; most of its text is in {found}."
        yield Place(line=facts.key_line("lang", "language", "locale", "title"), what=what)


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {"content.language": language}


def base_of(facts: Facts) -> str:
    """Return the first part of the issue's language tag, lower case: "zh" of "zh-TW"."""
    return _lang(facts).lower().replace("_", "-").partition("-")[0]


def _lang(facts: Facts) -> str:
    edition, settings = facts.checked.edition, facts.checked.settings
    return facts.issue.lang or (edition.lang if edition else "") or (settings.lang if settings else "") or "en"


def _other_script(text: str, lang: str) -> str:
    """The name of another script that the text is in; empty: it is in its language's."""
    base, *rest = lang.lower().replace("_", "-").split("-")
    if base in TWO_SCRIPTS or any(len(part) == SCRIPT_TAG for part in rest):
        return ""
    counts = _scripts(text)
    total = sum(counts.values())
    if total < LETTERS_NEEDED:
        return ""
    own = SCRIPT_OF.get(base, "LATIN")
    most, number = counts.most_common(1)[0]
    if most == own or number < SCRIPT_SHARE * total:
        return ""
    return SCRIPT_NAMES.get(most, f"{most.capitalize()} letters")


def _scripts(text: str) -> Counter[str]:
    letters = Counter(char for char in text if char.isalpha())
    found: Counter[str] = Counter()
    for char, number in letters.items():
        script = _script(char)
        found[script] += round(number * (WIDE_WEIGHT if script in {"CJK", "HANGUL"} else 1))
    return found


def _script(char: str) -> str:
    if char.isascii():
        return "LATIN"
    name = unicodedata.name(char, "").partition(" ")[0]
    return "CJK" if name in JAPANESE else name


def _other_language(text: str, base: str) -> str:
    """The name of another language in Latin letters whose little words fill the text; empty: none does."""
    said = Counter(re.findall(r"[^\W\d_]+", text.lower()))
    total = sum(said.values())
    if total < WORDS_NEEDED:
        return ""
    shares = {name: sum(said[word] for word in languages("little_words", name)) / total for name in NAMES}
    own = shares.get(base)
    most = max(shares, key=lambda name: shares[name])
    if own is None or shares[most] < TELLING or shares[most] < CLEARER * own:
        return ""
    return NAMES[most]
