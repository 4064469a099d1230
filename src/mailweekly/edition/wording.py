"""
Subject, preheader and the masthead's words: what an inbox shows before the mail is opened.

Refuses to invent: a subject is the front matter's, else the heading as written, else what is known of name, number and title.

Source: lengths by display width as inbox lists cut them (90 columns of preheader).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from mailweekly.edition.columns import width
from mailweekly.edition.conditions import CONDITIONAL
from mailweekly.edition.escape import clean, one_line
from mailweekly.edition.model import Publication
from mailweekly.edition.presence import ALWAYS
from mailweekly.edition.streams import readers_of
from mailweekly.issue.model import Block, Component, Entry, Heading, Issue, ListBlock, Paragraph, Quote
from mailweekly.issue.words import plain

__all__ = ["byline", "filler", "kicker", "preheader", "renamed", "subject", "title"]

LOOKED_AT: Final = 1_000  # characters in which the first sentences are looked for
PREHEADER_COLUMNS: Final = 90
SENTENCE: Final = re.compile(r".+?(?:[.!?…](?=[\s\"'”’)]|$)|[。！？])[\"'”’）)]*", re.DOTALL)
SHORTEST: Final = 40  # columns; a shorter first sentence takes the next along
FILLER: Final = (
    "\u2007\u034f\ufeff"  # figure space, grapheme joiner, zero-width no-break space: drawn, but nothing to see
)
FILLER_COLUMNS: Final = (60, 150)  # least and most; fewer lets the body's text into the inbox row
DATE: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
MONTHS: Final = 12


def subject(issue: Issue, publication: Publication) -> str:
    """Return the subject; fields in it stay tokens."""
    found = issue.meta.get("subject", "") or issue.heading or _known(issue, publication)
    return _line(found)


def title(issue: Issue, publication: Publication, words: Mapping[str, str]) -> str:
    """Return what the first heading says: the headline, else name and number."""
    return _line(issue.title or issue.heading) or " ".join(
        part for part in (_name(issue, publication), _number(issue, words)) if part
    )


def byline(issue: Issue, publication: Publication, words: Mapping[str, str]) -> dict[str, str]:
    """Return name, number ("#7"), date and author as shown; empty what is not known, or what the headline says already."""
    headed = bool(_line(issue.title))
    return {
        "name": _name(issue, publication) if headed else "",
        "number": f"#{issue.number}" if headed and issue.number is not None else "",
        "date": _date(issue.meta.get("date", ""), words),
        "author": _author(issue, words),
    }


def kicker(issue: Issue, publication: Publication, words: Mapping[str, str]) -> list[str]:
    """Return the small line above the headline: name, number, date, author; what the headline says already is left out."""
    return [part for part in byline(issue, publication, words).values() if part]


def preheader(issue: Issue, lead: Entry | None, told: str) -> str:
    """Return the front matter's preheader, else the first sentences of what every reader gets (lead, intro, entries); never the subject `told`."""
    if given := _line(issue.meta.get("preheader", "")):
        return given
    shared = [entry for section in issue.sections for entry, who in readers_of(section.items, "mail") if who == ALWAYS]
    entries = [entry for entry in shared if entry is not lead]
    sources: list[Iterable[Block | Entry]] = [lead.blocks] if lead else []
    sources += [issue.intro, *(entry.blocks for entry in entries[:3])]
    sources += [section.items for section in issue.sections]
    for blocks in sources:
        said = _sentences(_first_text(blocks))
        if said and said.rstrip(".!?。！？ ") != told.rstrip(".!?。！？ "):
            return said
    return _cut(" · ".join(_line(plain(entry.title)) for entry in shared[:4]))


def filler(preheader_text: str) -> str:
    """Return what keeps the body's text out of the inbox row."""
    least, most = FILLER_COLUMNS
    return FILLER * max(least, most - width(preheader_text))


def renamed(said: str, publication: Publication, issue: Issue) -> str:
    """Return the settings' words with the issue's own newsletter in the place of the publication's name."""
    name = publication.name
    if not name or not issue.newsletter or name == issue.newsletter or issue.newsletter in said:
        return said
    whole = rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])"  # "AI" is no part of "MAIL"; Chinese has no blanks round it
    return re.sub(whole, lambda _: issue.newsletter, said)


def _known(issue: Issue, publication: Publication) -> str:
    name = _name(issue, publication) + (f" #{issue.number}" if issue.number is not None else "")
    return f"{name}: {issue.title}" if issue.title and name else issue.title or name


def _name(issue: Issue, publication: Publication) -> str:
    return _line(issue.newsletter or publication.name)


def _number(issue: Issue, words: Mapping[str, str]) -> str:
    return words.get("issue", "#{number}").replace("{number}", str(issue.number)) if issue.number is not None else ""


def _author(issue: Issue, words: Mapping[str, str]) -> str:
    name = _line(issue.meta.get("author", ""))
    return words.get("by", "{name}").replace("{name}", name) if name else ""


def _date(raw: str, words: Mapping[str, str]) -> str:
    found = DATE.match(raw.strip())
    months = words.get("months", "").split()
    if not found or len(months) != MONTHS or not 1 <= int(found[2]) <= MONTHS:
        return _line(raw)
    parts = {"{year}": found[1], "{month}": months[int(found[2]) - 1], "{day}": str(int(found[3]))}
    return re.sub(r"\{\w+\}", lambda hole: parts.get(hole[0], hole[0]), words.get("date", "{day} {month} {year}"))


def _first_text(blocks: Iterable[Block | Entry]) -> str:
    for block in blocks:
        match block:
            case Paragraph():
                said = _line(plain(block.children))
            case Quote() | Component() if not (
                isinstance(block, Component) and block.name in {*CONDITIONAL, "draft", "sponsor"}
            ):
                said = _first_text(block.blocks)
            case ListBlock():
                said = _first_text(block.items[0]) if block.items else ""
            case Heading():
                continue
            case _:
                said = ""
        if said:
            return said
    return ""


def _sentences(text: str) -> str:
    text = text[:LOOKED_AT]  # a paragraph without a full stop may be long
    said = ""
    for found in SENTENCE.finditer(text):
        said += found[0]
        if width(said) >= SHORTEST:
            break
    return _cut((said or text).strip())


def _cut(text: str) -> str:
    if width(text) <= PREHEADER_COLUMNS:
        return text
    kept = ""
    for word in re.findall(r"\s*(?:[\u2e80-\uffff]|[^\s\u2e80-\uffff]+)", text):
        if width(kept + word) >= PREHEADER_COLUMNS:
            break
        kept += word
    return f"{kept.rstrip(' ,;:，、；：')}…"


def _line(text: str) -> str:
    return one_line(clean(text))
