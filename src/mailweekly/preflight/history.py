"""
Rules on what readers have had before: pages that an earlier issue linked, a subject that went out already.

Not everything that comes again is news that comes again. Silent are the publication's own pages, mail addresses, headings above entries, whatever
stands in a standing box (sponsor, poll, button, the issue's end), the home page of a site named in passing, and what many of the issues before had.

Units: dates as the editor wrote them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailweekly.issue.model import Component
from mailweekly.preflight.facts import TOKEN, Facts, clipped, counted
from mailweekly.preflight.finding import Level
from mailweekly.preflight.past import PastIssue
from mailweekly.preflight.place import Place
from mailweekly.preflight.urls import normal
from mailweekly.preflight.walk import LinkUse, Spot, blocks, uses

__all__ = ["ISSUE_RULES"]

STANDING_BOXES: Final = frozenset({"sponsor", "poll", "button", "previous", "toc", "outro", "draft"})
RECENT: Final = 10  # issues looked at to tell a standing link from one that comes again
STANDING: Final = 3  # of those it must stand in; fewer where there are fewer issues
NEWS: Final = frozenset({Spot.TITLE, Spot.PROSE, Spot.HTML})  # spots where a link may be news


@dataclass(frozen=True, kw_only=True, slots=True)
class _Use:
    """A link worth asking about."""

    link: LinkUse
    page: str
    is_passing: bool  # named in running text of an issue whose entries link the news


def already_sent(facts: Facts) -> Iterator[Place]:
    """Yield the first link to each page that an earlier issue linked."""
    past = facts.checked.past or ()
    seen: set[str] = set()
    for use in _asked(facts) if past else ():
        if use.page in seen:
            continue
        seen.add(use.page)
        found = [issue for issue in past if use.page in issue.links]
        if not found or _is_standing(use.page, past):
            continue
        line, column = facts.at(use.link.line, use.link.url)
        what = f"{clipped(use.link.url)} was {_told(found, use.page)}."
        yield Place(line=line, column=column, what=what, level=Level.INFO if use.is_passing else None)


def subject_repeated(facts: Facts) -> Iterator[Place]:
    """Yield one place when an earlier issue had this very subject."""
    issue = facts.issue
    own = _folded(TOKEN.sub("", issue.meta.get("subject", "") or issue.heading))
    for before in facts.checked.past or ():
        if own and _folded(re.sub(r"\{\{.*?\}\}", "", before.subject)) == own:
            what = f"The subject is that of {_named(before)}: “{clipped(before.subject)}”."
            yield Place(line=facts.key_line("subject", "title"), what=what)
            return


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {
    "link.already-sent": already_sent,
    "subject.repeated": subject_repeated,
}


def _asked(facts: Facts) -> Iterator[_Use]:
    own = facts.checked.settings.base_url if facts.checked.settings else ""
    aside = set(_aside(facts))
    has_entries = any(entry.url for entry in facts.issue.entries)
    spots = NEWS if has_entries else NEWS | {Spot.HEADING}  # then headings may be what entries are elsewhere
    headed = Counter(normal(link.url) for link in facts.links if link.spot is Spot.HEADING)
    for link in facts.links:
        if link.spot not in spots or (link.url, link.line) in aside or not link.url.lower().startswith("http"):
            continue
        page = normal(link.url)
        is_passing = has_entries and link.spot is not Spot.TITLE
        if (
            TOKEN.search(link.url)
            or _is_own(page, own)
            or headed[page] > 1
            or (link.spot is not Spot.TITLE and _is_home(page))
        ):
            continue
        yield _Use(link=link, page=page, is_passing=is_passing)


def _aside(facts: Facts) -> Iterator[tuple[str, int]]:
    boxes = (one for one in blocks(facts.issue) if isinstance(one, Component) and one.name in STANDING_BOXES)
    for within in (*(box.blocks for box in boxes), facts.issue.outro):
        yield from ((use.url, use.line) for use in uses(within) if isinstance(use, LinkUse))


def _is_own(page: str, base_url: str) -> bool:
    base = normal(base_url) if base_url else ""
    return bool(base) and (page == base or page.startswith((f"{base}/", f"{base}?")))


def _is_home(page: str) -> bool:
    return "/" not in page.partition("://")[2] and "?" not in page


def _is_standing(page: str, past: Sequence[PastIssue]) -> bool:
    """Whether so many of the latest issues link the page that it is furniture."""
    recent = past[:RECENT]
    return sum(page in issue.links for issue in recent) >= STANDING


def _told(found: Sequence[PastIssue], page: str) -> str:
    latest = found[0]
    words = latest.links[page]
    as_what = f", as “{clipped(words)}”" if words and words != page else ""
    more = f" (and in {counted(len(found) - 1, 'issue', 'issues')} before)" if len(found) > 1 else ""
    return f"in {_named(latest)}{as_what}{more}"


def _named(issue: PastIssue) -> str:
    """What an issue is called: number and day, or the file of one without a number."""
    name = f"#{issue.number}" if issue.number is not None else issue.file
    return f"{name}, {clipped(issue.date, 30)}" if issue.date else name


def _folded(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text).split()).casefold()
