"""
Rules on the inbox row: subject and preheader.

Units: columns of an inbox row; an East Asian character or a picture takes two.
Source: emailens for where clients cut, as of 2026-03 (Latin letters, so about); Buttondown's bounds for a subject; SpamAssassin and rspamd
on our own samples for shouting (2.9 to 3.3 points) and for a preheader hidden by colour, opacity or size (0.7 to 1.7).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from typing import Final

from mailweekly.preflight.facts import TOKEN, Facts, clipped, width
from mailweekly.preflight.markup import Element, Page
from mailweekly.preflight.place import Place

__all__ = ["EDITION_RULES", "ROWS"]

SHORT_SUBJECT: Final = 10  # columns
LONG_SUBJECT: Final = 78
SHORT_PREHEADER: Final = 40
LONG_PREHEADER: Final = 90
LOUD_LETTERS: Final = 8  # capitals below this number may be one acronym: "PEP 765"
# What the row of a client shows of subject and preheader: columns.
ROWS: Final[Mapping[str, tuple[int, int]]] = {
    "Gmail on the web": (70, 90),
    "Gmail on a phone": (40, 45),
    "Outlook on the web": (60, 90),
    "Outlook on the desktop": (55, 35),
    "Apple Mail on macOS": (78, 140),
    "Apple Mail on iOS": (41, 90),
    "Yahoo": (46, 100),
    "Samsung Mail": (40, 70),
}
LEAST_FILLER: Final = 60  # columns of nothing behind the preheader
FULL_ROW: Final = 140  # columns of the widest row: a preheader that fills it needs no filler
FILLERS: Final = "\u2007\u034f\u200c\u00ad\u200b\ufeff\u2060\u00a0"
BLOCK = re.compile(r"<(?:table|h[1-6]|p|img|a)\b|<!--\[if", re.IGNORECASE)
MARKS = re.compile(r"<[^<>]*>")
LOOKED_AT: Final = 20_000  # characters of the body's beginning

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


def subject_cut(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place that names the inboxes which show only the beginning of the subject, and what the shortest one shows."""
    subject = _seen(page.edition.subject)
    cutting = _cutting(subject, 0)
    if cutting:
        what = f"The subject takes {width(subject)} columns; {_told(subject, cutting)}"
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
        cutting = _cutting(_seen(page.edition.preheader), 1) if columns > LONG_PREHEADER else {}
        shown = f"; {_told(_seen(page.edition.preheader), cutting)}" if cutting else "."
        what = f"The preheader takes {columns} columns, {bound}{shown}"
        yield Place(line=facts.key_line("preheader", "title"), what=what)


def preheader_subject(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the preheader says the subject again."""
    subject, preheader = _folded(page.edition.subject), _folded(page.edition.preheader)
    if subject and preheader and (preheader.startswith(subject) or subject.startswith(preheader)):
        yield Place(line=facts.key_line("preheader", "title"), what="The preheader repeats the subject.")


def filler(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the body's first words follow the preheader into the inbox row."""
    columns = width(_seen(page.edition.preheader))
    if not columns or columns >= FULL_ROW:
        return
    body = next((element.offset for element in page.of("body")), 0)
    start = page.edition.html[body : body + LOOKED_AT]
    block = BLOCK.search(start)
    head = unescape(MARKS.sub("", start[: block.start()] if block else start))
    number = max(head.count(char) for char in FILLERS)
    if number < LEAST_FILLER:
        yield Place(
            file=facts.theme_file,
            what=f"Behind the preheader stand {number} columns of filler, fewer than {LEAST_FILLER}.",
        )


def hidden_style(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when hidden text at the top of the body is hidden as spam is."""
    for element in page.elements:
        fault = _trick(element) if element.is_hidden and element.tag in {"div", "span", "p", "td"} else ""
        if fault and "body" in element.path:
            yield Place(file=facts.theme_file, what=f"Hidden text is hidden by {fault} as well.")
            return


EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    "preheader.filler": filler,
    "preheader.hidden-style": hidden_style,
    "preheader.length": preheader_length,
    "preheader.missing": preheader_missing,
    "preheader.subject": preheader_subject,
    "subject.cut": subject_cut,
    "subject.length": subject_length,
    "subject.missing": subject_missing,
    "subject.shouting": shouting,
}


def _seen(text: str) -> str:
    """A merge field counts as a short name."""
    return TOKEN.sub("Reader", text).strip()


def _cutting(text: str, at: int) -> dict[str, int]:
    """The clients that cut a text, with the columns they show; `at`: 0 a subject, 1 a preheader."""
    return {name: rows[at] for name, rows in ROWS.items() if width(text) > rows[at]}


def _told(text: str, cutting: Mapping[str, int]) -> str:
    least = min(cutting, key=lambda name: cutting[name])
    others = f" (of {len(ROWS)} inboxes {len(cutting)} cut it)"
    return f"{least} shows “{_beginning(text, cutting[least])}…”{others}."


def _beginning(text: str, columns: int) -> str:
    shown, used = "", 0
    for char in text:
        used += width(char)
        if used > columns - 1:
            break
        shown += char
    return shown.rstrip()


def _folded(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text).strip().casefold()


def _trick(element: Element) -> str:
    style = element.style
    if style.get("color") in WHITE:
        return "colour"
    if style.get("opacity", "1").startswith(("0", ".0")):
        return "opacity"
    return "size" if TINY.match(style.get("font-size", "16px")) else ""
