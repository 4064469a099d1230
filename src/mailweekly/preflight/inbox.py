"""
Rules on the inbox row: subject and preheader.

Units: columns of an inbox row; an East Asian character or a picture takes two.
Source: Buttondown's bounds for a subject; SpamAssassin and rspamd on our own samples for shouting (2.9 to 3.3 points) and for a preheader hidden by
colour, opacity or size (0.7 to 1.7).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import TOKEN, Facts, clipped, width
from mailweekly.preflight.markup import Element, Page
from mailweekly.preflight.place import Place

__all__ = ["EDITION_RULES"]

SHORT_SUBJECT: Final = 10  # columns
LONG_SUBJECT: Final = 78
SHORT_PREHEADER: Final = 40
LONG_PREHEADER: Final = 90
LOUD_LETTERS: Final = 8  # capitals below this number may be one acronym: "PEP 765"
WHITE: Final = frozenset({"#fff", "#ffffff", "white", "rgb(255,255,255)", "rgb(255, 255, 255)", "transparent"})
TINY = re.compile(r"[01](?:\.\d+)?(?:px|pt)?$")


def subject_missing(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when there is no subject."""
    if not page.edition.subject.strip():
        yield Place(line=facts.key_line("subject", "title"), what="The subject is empty.")


def subject_length(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the subject is very short or will be cut everywhere."""
    columns = width(_seen(page.edition.subject))
    if columns and not SHORT_SUBJECT <= columns <= LONG_SUBJECT:
        bound = f"fewer than {SHORT_SUBJECT}" if columns < SHORT_SUBJECT else f"more than {LONG_SUBJECT}"
        what = f"The subject “{clipped(page.edition.subject)}” takes {columns} columns, {bound}."
        yield Place(line=facts.key_line("subject", "title"), what=what)


def shouting(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the subject shouts."""
    subject = _seen(page.edition.subject)
    letters = [char for char in subject if char.isupper() or char.islower()]
    is_loud = len(letters) >= LOUD_LETTERS and all(char.isupper() for char in letters)
    marks = next((mark for mark in ("!!", "$$$", "！！", "???") if mark in subject), "")
    if is_loud or marks:
        reason = "is all capitals" if is_loud else f"holds “{marks}”"
        yield Place(line=facts.key_line("subject", "title"), what=f"The subject {reason}.")


def preheader_missing(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when there is no preheader."""
    if not page.edition.preheader.strip():
        yield Place(line=facts.key_line("preheader", "title"), what="There is no preheader.")


def preheader_length(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the preheader wastes its row or runs out of it."""
    columns = width(_seen(page.edition.preheader))
    if columns and not SHORT_PREHEADER <= columns <= LONG_PREHEADER:
        bound = f"fewer than {SHORT_PREHEADER}" if columns < SHORT_PREHEADER else f"more than {LONG_PREHEADER}"
        yield Place(line=facts.key_line("preheader", "title"), what=f"The preheader takes {columns} columns, {bound}.")


def preheader_subject(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the preheader says the subject again."""
    subject, preheader = _folded(page.edition.subject), _folded(page.edition.preheader)
    if subject and preheader and (preheader.startswith(subject) or subject.startswith(preheader)):
        yield Place(line=facts.key_line("preheader", "title"), what="The preheader repeats the subject.")


def hidden_style(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when hidden text at the top of the body is hidden as spam is."""
    for element in page.elements:
        fault = _trick(element) if element.is_hidden and element.tag in {"div", "span", "p", "td"} else ""
        if fault and "body" in element.path:
            yield Place(file=facts.theme_file, what=f"Hidden text is hidden by {fault} as well.")
            return


EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    "preheader.hidden-style": hidden_style,
    "preheader.length": preheader_length,
    "preheader.missing": preheader_missing,
    "preheader.subject": preheader_subject,
    "subject.length": subject_length,
    "subject.missing": subject_missing,
    "subject.shouting": shouting,
}


def _seen(text: str) -> str:
    """A merge field counts as a short name."""
    return TOKEN.sub("Reader", text).strip()


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def _trick(element: Element) -> str:
    style = element.style
    if style.get("color") in WHITE:
        return "colour"
    if style.get("opacity", "1").startswith(("0", ".0")):
        return "opacity"
    return "size" if TINY.match(style.get("font-size", "16px")) else ""
