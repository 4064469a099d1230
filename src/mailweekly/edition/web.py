"""
`web_page`: one issue as a page that stands alone, for an archive or a link. The same values give the same bytes.

The page comes from the same Issue, words and colours as the mail, without MJML: Jinja draws `web.html.j2` and `partials/web/*.html.j2` (where a theme
has none of a name, the mail's partial), `web.css` dresses it. It is public: nothing on it is one reader's (`web_public`).

Errors: ThemeError with template and line.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from mailweekly.edition.design import read
from mailweekly.edition.language import direction, is_cjk
from mailweekly.edition.model import Publication, Theme
from mailweekly.edition.page import image_address
from mailweekly.edition.sections import visible
from mailweekly.edition.slots import SlotTable
from mailweekly.edition.styles import Styles
from mailweekly.edition.template import markup, templates
from mailweekly.edition.values import Desk, values_for
from mailweekly.edition.web_promises import check_page
from mailweekly.edition.web_public import public, visitor_value
from mailweekly.edition.web_styles import web_sheet
from mailweekly.errors import ThemeError
from mailweekly.issue.model import Block, Component, Entry, Issue, Picture
from mailweekly.issue.urls import safe_url

__all__ = ["WEB", "web_page"]

WEB: Final = "web.html.j2"
MOST_PARTS: Final = 12  # named at the head of the page; more would push the issue out of sight
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def web_page(
    issue: Issue,
    theme: Theme,
    publication: Publication,
    *,
    canonical_url: str = "",
    site: Mapping[str, Any] | None = None,
) -> str:
    """
    Return the page of an issue.

    `canonical_url` is where it will stand, "" where that is not known; `site` is what the archive round it has, as `archive.surroundings` gives it:
    without one, the page stands alone. Errors: ThemeError.
    """
    where = _known(canonical_url)
    linked = replace(publication, embed=False)  # a page has no parts beside it
    seen = public(issue, linked, page_url=where)
    desk = _desk(seen, theme, linked, where)
    values = values_for(desk)
    drawn = desk.templates.draw(WEB, {**values, **_of_page(desk, values, where), "site": site})
    urls = tuple(entry.url for section in seen.sections for entry in visible(section, "web") if entry.url)
    check_page(drawn, urls, nonce=issue.nonce, place=theme.origins.get(WEB, WEB))
    return drawn


class _Filled(SlotTable):
    """A theme that asks for a field gets what a visitor may see."""

    def __init__(self, nonce: str, publication: Publication, page_url: str) -> None:
        super().__init__(nonce, ())
        self._publication = publication
        self._page_url = page_url

    def token(self, name: object, default: object = "") -> str:
        """Return the field's value for somebody unknown. Errors: ThemeError for a name that cannot be a field's."""
        super().token(name, default)
        return visitor_value(str(name).lower(), str(default), self._publication, self._page_url)


def _desk(issue: Issue, theme: Theme, publication: Publication, page_url: str) -> Desk:
    lang = issue.lang or publication.lang or "en"
    design = read(theme, publication.brand)
    drawn_by = templates(theme)
    if not drawn_by.has(WEB):
        raise ThemeError("the theme has no web page", place=theme.name, hint=f"add {WEB}, or extend `base`")
    return Desk(
        issue=issue,
        publication=publication,
        design=design,
        templates=drawn_by,
        styles=Styles(inlined="", kept=web_sheet(theme, design, lang=lang)),
        slots=_Filled(issue.nonce, publication, page_url),
        words=design.spoken(lang),
        lang=lang,
        dir=issue.dir or direction(lang),
        theme=theme,
        medium="web",
    )


def _of_page(desk: Desk, values: dict[str, Any], page_url: str) -> dict[str, Any]:
    issue, name = desk.issue, values["publication"]["name"]
    numbered = f"{name} #{issue.number}" if name and issue.number is not None else name
    title = values["title"]
    date = issue.meta.get("date", "").strip()[:10]
    wide = values["contents"]
    return {
        "page_title": title if not numbered or numbered in title else f"{title} · {numbered}",
        "canonical_url": page_url,
        "dated": date if DAY.fullmatch(date) else "",
        "preview": _preview(desk),
        "parts": wide if 1 < len(wide) <= MOST_PARTS and not _has_contents(issue) else [],
        "script": "cjk" if is_cjk(desk.lang) else "",
        "style": markup(desk.styles.kept),
    }


def _known(url: str) -> str:
    """Return the address if it is one a page may name as its own."""
    found = safe_url(url.strip()) or ""
    return found if found.startswith(("http://", "https://")) else ""


def _preview(desk: Desk) -> str:
    """Return the address of the picture that a link to the page may be shown with: the issue's first."""
    for src in _pictures((*desk.issue.intro, *(item for part in desk.issue.sections for item in part.items))):
        address = image_address(desk.publication.base_url, src)
        if address.startswith(("http://", "https://")):
            return address
    return ""


def _pictures(blocks: tuple[Block | Entry, ...]) -> list[str]:
    found: list[str] = []
    for block in blocks:
        if isinstance(block, Picture):
            found.append(block.image.src)
        elif isinstance(block, Entry) or (isinstance(block, Component) and block.name in {"figure", "note"}):
            found += _pictures(tuple(block.blocks))
    return found


def _has_contents(issue: Issue) -> bool:
    """Return whether the editor has put a table of contents somewhere."""
    blocks = (*issue.intro, *issue.outro, *(item for part in issue.sections for item in part.items))
    return any(isinstance(block, Component) and block.name == "toc" for block in blocks)
