"""
Rules on how characters are written in the finished HTML: as themselves, in a form that every client shows alike.

What stands in attributes is not judged: the compiler wants references there.

Source: hteumeuleu/email-bugs 30 (emoji, signs that Gmail draws as images); Word's engine knows the entities of HTML 4 alone, and `&apos;` came later.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from typing import Final

from mailweekly.preflight.facts import Facts, counted
from mailweekly.preflight.markup import Page
from mailweekly.preflight.place import Place

__all__ = ["EDITION_RULES"]

TAG = re.compile(r"<!--.*?-->|<style\b.*?</style\s*>|<[a-zA-Z/!][^<>]*>", re.DOTALL | re.IGNORECASE)
REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));", re.IGNORECASE)
SIGNS = re.compile("[©®™](?![\ufe0e\ufe0f])")
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
APOSTROPHE: Final = "&apos;"
LAST: Final = 0x10FFFF


def apos(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the HTML holds `&apos;`, wherever it stands."""
    number = page.edition.html.count(APOSTROPHE)
    if number:
        what = (
            f"The HTML holds {APOSTROPHE} {counted(number, 'time', 'times')}; Outlook on Windows shows it as it stands."
        )
        yield Place(file=facts.theme_file, what=what)


def entity_emoji(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when letters or emoji of the visible text are written as numbers."""
    found = [char for text in _texts(page.edition.html) for char in _referred(text) if _is_said(char)]
    if found:
        number = counted(len(found), "character stands", "characters stand")
        yield Place(file=facts.theme_file, what=f"{number} in the text as a number, the first for “{found[0]}”.")


def trademark(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when ©, ® or ™ may be drawn as a picture."""
    found = SIGNS.findall(unescape(" ".join(_texts(page.edition.html))))
    if found:
        line, column = next(
            ((at, text.find(found[0]) + 1) for at, text in enumerate(facts.lines, 1) if found[0] in text), (0, 1)
        )
        what = f"Gmail may draw {found[0]} as a picture ({counted(len(found), 'such sign', 'such signs')})."
        yield Place(line=line or 1, column=column, what=what, file="" if line else facts.theme_file)


def control(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when a control character has come into HTML or text."""
    for name, document in (("HTML", page.edition.html), ("text part", page.edition.text)):
        found = CONTROL.search(document)
        if found:
            yield Place(file=facts.theme_file, what=f"The {name} holds the control character U+{ord(found[0]):04X}.")
            return


EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    "encoding.apos": apos,
    "encoding.control": control,
    "encoding.entity-emoji": entity_emoji,
    "encoding.trademark": trademark,
}


def _texts(html: str) -> list[str]:
    """What stands between the tags."""
    return [text for text in TAG.split(html) if text.strip()]


def _referred(text: str) -> Iterator[str]:
    for found in REFERENCE.finditer(text):
        code = int(found[1], 16) if found[1] else int(found[2])
        if code <= LAST:
            yield chr(code)


def _is_said(char: str) -> bool:
    """Letters and pictures; marks, blanks and punctuation have their reasons to be written as numbers."""
    return unicodedata.category(char)[0] == "L" or unicodedata.category(char) == "So"
