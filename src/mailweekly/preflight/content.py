"""
Rules on what an issue is made of: its code, its sponsor, words that filters know, a year that has passed, a reason to answer.

The editor's style is nobody's business here; what is said stays said, only its price is named.

Units: lines of code.
Source: Buttondown's checks; the lists of words are in `tables.toml`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.edition.sponsor import sponsored
from mailweekly.issue.model import Code, Component
from mailweekly.preflight.facts import Facts, clipped, counted
from mailweekly.preflight.language import base_of
from mailweekly.preflight.lists import languages
from mailweekly.preflight.mail import Mail
from mailweekly.preflight.markup import Page
from mailweekly.preflight.place import Place
from mailweekly.preflight.walk import Spot, blocks

__all__ = ["EDITION_RULES", "ISSUE_RULES", "MESSAGE_RULES"]

LONG_CODE: Final = 30  # lines; more is a file, and a file has an address
QUOTES: Final = "[“”„«「『\"'‘]"  # what is quoted is the subject
QUESTION = re.compile(r"[?？؟]")
RIGHTS = re.compile(
    r"(?:©|\(c\)|\bcopyright\b|版权所有|版權所有)[^\d\n]{0,40}?(?:(?:19|20)\d\d\s{0,3}[-–—~至]\s{0,3})?\b((?:19|20)\d\d)\b(?!\s{0,3}[-–—~至]\s{0,3}\d{4})",
    re.IGNORECASE,
)
RIGHTS_LINE: Final = 160  # characters; a longer paragraph speaks about copyright
LETTERS: Final = frozenset({"letter", "plain"})  # themes of issues that somebody writes to somebody


def code_length(facts: Facts) -> Iterator[Place]:
    """Yield blocks of code that are files."""
    for block in blocks(facts.issue):
        if isinstance(block, Code) and (number := block.text.rstrip("\n").count("\n") + 1) > LONG_CODE:
            yield Place(line=block.line, what=f"This block of code has {number:,} lines.")


def sponsor(facts: Facts) -> Iterator[Place]:
    """Yield sponsor boxes that do not say whose they are, or whose label was taken away."""
    for block in blocks(facts.issue):
        if not isinstance(block, Component) or block.name != "sponsor":
            continue
        if "label" in block.options and not block.options["label"].strip():
            yield Place(
                line=block.line, what="The sponsor's box has an empty label.", mend="Take `label=` away, or write one."
            )
        elif not sponsored(block.options, facts.issue.meta).get("name", "").strip():
            yield Place(
                line=block.line,
                what="The sponsor's box does not name its sponsor.",
                mend='Write `::: sponsor name="…"`.',
            )


def phrase(facts: Facts) -> Iterator[Place]:
    """Yield the first place of each phrase that filters know from spam, of the issue's language and of English."""
    said = " ".join(run.text for run in facts.texts).lower()
    known = languages("phrases", base_of(facts)) | languages("phrases", "en")
    for one in sorted(one for one in known if one in said):
        whole = rf"(?<!\w){re.escape(one)}(?!\w)" if one.isascii() else re.escape(one)
        pattern = re.compile(rf"(?<!{QUOTES}){whole}", re.IGNORECASE)
        for run in facts.texts:
            if found := pattern.search(run.text):
                line, column = facts.at(run.line, found[0])
                yield Place(line=line, column=column, what=f"Filters know “{clipped(found[0])}” from spam.")
                break


def no_action(facts: Facts) -> Iterator[Place]:
    """Yield one place when a letter neither links nor asks anything."""
    edition = facts.checked.edition
    theme = edition.theme if edition else facts.issue.meta.get("theme", "")
    if theme in LETTERS and not facts.links and not any(QUESTION.search(run.text) for run in facts.texts):
        yield Place(line=facts.title_line, what="The letter has no link and asks nothing.")


def year(facts: Facts) -> Iterator[Place]:
    """Yield lines of the issue that claim rights up to a year that has passed; an issue with a date is judged by its own year."""
    now = _this_year(facts)
    captions = {use.caption for use in facts.images}
    for run in facts.texts if now else ():
        found = RIGHTS.match(run.text.lstrip("— *"))
        if (
            found
            and int(found[1]) < now
            and len(run.text) <= RIGHTS_LINE
            and run.spot is Spot.PROSE
            and run.text not in captions
        ):
            line, column = facts.at(run.line, found[1])
            yield Place(line=line, column=column, what=f"“{clipped(found[0])}” is not this year's ({now}).")


def year_of_theme(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the theme's own words claim rights up to a year that has passed."""
    now = _this_year(facts)
    own = " ".join(run.text for run in facts.texts)
    for found in RIGHTS.finditer(page.words) if now else ():
        if int(found[1]) < now and found[0] not in own:
            yield Place(file=facts.theme_file, what=f"“{clipped(found[0])}” is not this year's ({now}).")
            return


def attachment(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when files travel with the message to be saved."""
    kinds = [part.type for part in mail.parts if part.is_attachment]
    if kinds:
        number = counted(len(kinds), "attachment", "attachments")
        yield Place(
            line=facts.title_line, what=f"The message carries {number}: {clipped(', '.join(dict.fromkeys(kinds)))}."
        )


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {
    "content.code-length": code_length,
    "content.no-action": no_action,
    "content.phrase": phrase,
    "content.sponsor": sponsor,
    "content.year": year,
}
EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {"content.year": year_of_theme}
MESSAGE_RULES: Final[Mapping[str, Callable[[Facts, Mail], Iterator[Place]]]] = {"content.attachment": attachment}


def _this_year(facts: Facts) -> int:
    """The year an issue's claims are judged by: its own date's, else today's; 0: nobody said."""
    own = re.match(r"\s*((?:19|20)\d\d)\D", facts.issue.meta.get("date", ""))
    today = facts.checked.today
    return min(int(own[1]), today.year) if own and today else today.year if today else 0
