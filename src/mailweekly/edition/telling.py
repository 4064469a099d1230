"""
`story_of`: what the archive knows of an issue whose page has been drawn.

Everything in it is what a visitor of the page sees; a block for some readers only leaves no word here.

Errors: ThemeError as the page's drawing raises it.
"""

import re
from html import unescape
from typing import Final

from mailweekly.edition.armour import TAG
from mailweekly.edition.design import read
from mailweekly.edition.entries import lead_of
from mailweekly.edition.escape import one_line
from mailweekly.edition.model import Publication, Theme
from mailweekly.edition.search import terms
from mailweekly.edition.sections import outline, visible
from mailweekly.edition.story import Story, day_of, main_of, tags_of
from mailweekly.edition.web_public import public
from mailweekly.edition.wording import byline, preheader, subject, title
from mailweekly.issue.model import Issue
from mailweekly.issue.words import plain

__all__ = ["story_of"]

UNSEEN: Final = re.compile(r"<style\b.*?</style>", re.DOTALL)


def story_of(issue: Issue, theme: Theme, publication: Publication, page: str, *, page_url: str = "") -> Story:
    """Return what the archive knows of an issue that has been drawn as `page`."""
    lang = issue.lang or publication.lang or "en"
    seen = public(issue, publication, page_url=page_url)
    design = read(theme, publication.brand)
    words = design.spoken(lang)
    said = title(seen, publication, words)
    shown = [one_line(plain(entry.title)) for part in seen.sections for entry in visible(part, "web")]
    by = byline(seen, publication, words)
    summary = preheader(seen, lead_of(seen) if design.lead else None, subject(seen, publication))
    tags = tags_of(issue.meta.get("tags", ""))
    found = re.search(r'<html lang="[^"]*" dir="(ltr|rtl)"', page)
    heads = terms(" ".join((said, seen.newsletter, *shown, *tags, f"#{issue.number or ''}")))
    return Story(
        number=issue.number,
        name=seen.newsletter or publication.name,
        title=said,
        lang=lang,
        dir=found[1] if found else "ltr",
        day=day_of(issue.meta.get("date", "")),
        updated=day_of(issue.meta.get("updated", "")),
        dated=by["date"],
        author=one_line(seen.meta.get("author", "")),
        summary=summary,
        tags=tags,
        sections=tuple((part["id"], part["title"]) for part in outline(seen) if part["count"]),
        entries=tuple(one for one in shown if one),
        head_words=" ".join(sorted(heads)),
        words=" ".join(sorted(terms(_said(main_of(page))) - heads)),
    )


def _said(markup: str) -> str:
    return unescape(TAG.sub(" ", UNSEEN.sub(" ", markup)))
