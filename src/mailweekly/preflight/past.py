"""
What is remembered of an issue that was written before: its day, its subject, and which pages it linked under which words.

Read at a glance, not parsed: five hundred issues have to be read before an editor grows impatient. Code and comments hold no links; an image is
none.
Refuses nothing: a text that is no issue links nothing.

Units: dates as the editor wrote them; pages in the form of `urls.normal`.
Errors: none.
Source: CommonMark 0.31, 6.3 and 6.5 (links, autolinks).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Final

from mailweekly.errors import MailweeklyError
from mailweekly.issue import front_matter
from mailweekly.issue.damage import repair
from mailweekly.issue.titles import read_file_name
from mailweekly.preflight.urls import normal

__all__ = ["PastIssue", "remembered"]

LONGEST: Final = 500_000  # characters; no issue that can be built has more
FURNITURE: Final = 2  # headings of one issue that link the same page: that page is no news
TITLE: Final = 120  # characters of a link's words that are kept

CODE = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1[`~]*[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
UNSEEN = re.compile(r"<!--.*?(?:-->|\Z)|(?<!`)(`{1,3})(?!`)[^`]{1,2000}\1(?!`)", re.DOTALL)
WORDS: Final = r"(?:[^\[\]]|\[[^\[\]]{0,200}\](?:\([^()\s]{0,1000}\))?){0,400}"
PAGE: Final = r"https?://[^\s()<>\"']{1,3000}(?:\([^\s()<>]{0,300}\)[^\s()<>]{0,1000})?"
INLINE = re.compile(
    rf"(?<![!\\])\[({WORDS})\]\([ \t]{{0,9}}<?({PAGE})>?[ \t]{{0,9}}(?:[\"'(][^\n]{{0,300}}?[\"')])?\)", re.IGNORECASE
)
DEFINED = re.compile(rf"^ {{0,3}}\[([^\[\]^]{{1,200}})\]:[ \t]{{0,9}}<?({PAGE})>?", re.MULTILINE | re.IGNORECASE)
BARE = re.compile(rf"(?:<|\bhref=[\"'])()({PAGE})[>\"']", re.IGNORECASE)
HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(\S[^\n]*)", re.MULTILINE)
MARKUP = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)|[*_`~]{1,3}(?=\S)|(?<=\S)[*_`~]{1,3}|\\(?=\W)")
WIDE = re.compile("[\u3000-\ud7a3]")


@dataclass(frozen=True, kw_only=True, slots=True)
class PastIssue:
    """One issue of before."""

    number: int | None
    file: str  # as shown: "issues/061-title.md"
    date: str = ""
    subject: str = ""  # as far as the text itself says it
    links: Mapping[str, str] = field(default_factory=dict)  # page -> the words that linked it first


def remembered(text: str, *, file: str, number: int | None) -> PastIssue:
    """Return what is remembered of an issue's text; `file` may tell its date."""
    whole = _readable(text[:LONGEST])
    try:
        front = front_matter.read(whole, file)
    except MailweeklyError:
        front = front_matter.FrontMatter()
    body = CODE.sub("", "\n".join(whole.split("\n")[front.length :]))
    subject = front.meta.get("subject", "") or _heading(body)
    shown = UNSEEN.sub(_shown, body)
    headed = Counter(normal(url) for line in HEADING.findall(shown) for _, url in _links(line[1]))
    links: dict[str, str] = {}
    for words, url in _links(shown):
        page = normal(url)
        if headed[page] < FURNITURE:
            links.setdefault(page, words)
    date = front.meta.get("date", "") or read_file_name(file).date
    return PastIssue(number=number, file=file, date=date, subject=subject, links=links)


def _readable(text: str) -> str:
    """The text repaired, where it may be damaged: one that has East Asian characters was read rightly."""
    if text.isascii() or WIDE.search(text):
        return text
    mended = repair(text)
    return mended.text if mended else text


def _heading(body: str) -> str:
    """The words of the first heading, if it is one of the first level: any other stands below a title that is not here."""
    found = HEADING.search(body)
    return _words(found[2].rstrip("# \t")) if found and found[1] == "#" else ""


def _links(body: str) -> Iterator[tuple[str, str]]:
    for pattern in (INLINE, DEFINED, BARE):
        for found in pattern.finditer(body):
            yield _words(found[1]), unescape(found[2])


def _shown(found: re.Match[str]) -> str:
    """Code in a line keeps its words, without what could make a link of them."""
    return re.sub(r"[`\[\]()<>]", "", found[0]) if found[1] else ""


def _words(written: str) -> str:
    plain = " ".join(MARKUP.sub(lambda found: found[1] or "", written).split())
    return plain if len(plain) <= TITLE else f"{plain[: TITLE - 1]}…"
