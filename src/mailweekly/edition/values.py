"""
Everything a theme's templates may see, as plain values: the contract of a theme.

Of the mail: `lang dir start end subject preheader filler title kicker byline counts intro lead groups outro contents reason reply logo css`
(`byline`: name, number, date, author, each empty where unknown; `reply`: whether an answer would reach somebody); of the theme: `theme`
(width, breakpoint, padding, gutter), `c` (light colours), `type` (font, mono, body, line), `words`; of the publication: `publication`. The function
`field(name, default="")` asks for a merge field. A component's partial sees `theme c words publication contents field`, its `options` (an absent one
is empty) and its `body`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from mailweekly.edition.bands import bands
from mailweekly.edition.blocks_html import blocks_html, footnotes_html
from mailweekly.edition.cards import card
from mailweekly.edition.conditions import CLOSE
from mailweekly.edition.design import Design
from mailweekly.edition.entries import entry_values, lead_of
from mailweekly.edition.images import shown_size
from mailweekly.edition.model import Publication, Theme
from mailweekly.edition.page import Page
from mailweekly.edition.ranks import Ranks
from mailweekly.edition.sections import Painter, counts, grouped, listed, outline
from mailweekly.edition.slots import LINK_FIELDS, SlotTable
from mailweekly.edition.sponsor import sponsored
from mailweekly.edition.styles import Styles
from mailweekly.edition.template import Templates, markup
from mailweekly.edition.theme import NOT_COMPONENTS
from mailweekly.edition.wording import byline, filler, kicker, preheader, renamed, subject, title
from mailweekly.issue.model import Entry, Issue
from mailweekly.issue.urls import safe_url

__all__ = ["Desk", "values_for"]

MOST_COUNTS: Final = 6  # sections named in the masthead; more would be a table of contents
LOGO_PX: Final = 160  # width of a logo whose width nobody gave
LEAD_RANK: Final = 2
WEB_COLUMN_PX: Final = 672  # the measure of base/web.css, 42 rem
NO_REPLY: Final = re.compile(
    r"(?:^|[-_.])(?:no|do[-_.]?not|ne|kein|non)[-_.]?(?:reply|repondre|antwort|responder)", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """Everything one rendering has at hand."""

    issue: Issue
    theme: Theme
    publication: Publication
    design: Design
    templates: Templates
    styles: Styles
    slots: SlotTable
    words: Mapping[str, str]
    lang: str
    dir: str
    medium: str = "mail"  # mail or web: which blocks and which partials are drawn


class _Options(dict[str, str]):
    """A container's options; one that was not given is empty, not an error."""

    def __missing__(self, key: str) -> str:
        return ""


def values_for(desk: Desk) -> dict[str, Any]:
    """Return all a template may see, every block of the issue drawn."""
    issue, shared = desk.issue, _shared(desk)
    page = _page(desk, shared)
    lead = lead_of(issue) if desk.design.lead else None
    told = subject(issue, desk.publication)
    before = preheader(issue, lead, told)
    intro = blocks_html(issue.intro, page)
    page.section = next((part.id for part in issue.sections if any(item is lead for item in part.items)), page.section)
    drawn_lead = _lead(lead, page, cards=_has_cards(desk)) if lead else None
    painter = _painter(desk, shared, page)
    groups = grouped(issue, lead, page, painter)
    around, framed = bands(issue, lead, desk.medium, groups)
    page.ranks = Ranks(1)
    return {
        **shared,
        **_inbox(told, before),
        "title": title(issue, desk.publication, desk.words),
        "kicker": kicker(issue, desk.publication, desk.words),
        "byline": byline(issue, desk.publication, desk.words),
        "counts": shared["contents"] if len(shared["contents"]) <= MOST_COUNTS else [],
        "logo": _logo(desk, page),
        "intro": markup(intro),
        "lead": drawn_lead,
        "groups": groups,
        "intro_band": around,
        "bands": framed,
        "mark_end": markup(CLOSE),
        "outro": markup(blocks_html(issue.outro, page) + footnotes_html(issue.footnotes, page)),
        "css": markup(desk.styles.kept),
    }


def _has_cards(desk: Desk) -> bool:
    return desk.design.cards and desk.medium == "mail"


def _lead(lead: Entry, page: Page, *, cards: bool) -> dict[str, Any]:
    return card(lead, page, rank=LEAD_RANK) if cards else entry_values(lead, page, rank=LEAD_RANK) | {"first": True}


def _inbox(told: str, before: str) -> dict[str, Any]:
    return {"subject": told, "preheader": before, "filler": filler(before)}


def _shared(desk: Desk) -> dict[str, Any]:
    design, publication = desk.design, desk.publication
    return {
        "lang": desk.lang,
        "dir": desk.dir,
        "start": "right" if desk.dir == "rtl" else "left",
        "end": "left" if desk.dir == "rtl" else "right",
        "theme": {
            "width": design.width,
            "breakpoint": design.breakpoint,
            "padding": design.padding,
            "gutter": design.gutter,
        },
        "c": dict(design.light),
        "type": {
            "font": design.font(desk.lang),
            "mono": design.type["mono"],
            "body": design.type["body"],
            "line": design.line(desk.lang),
        },
        "words": dict(desk.words),
        "publication": _publication(publication, desk.issue),
        "reason": _reason(desk),
        "reply": _answerable(publication),
        "contents": outline(desk.issue) if desk.medium == "web" else counts(desk.issue),
        "field": desk.slots.token,
    }


def _publication(publication: Publication, issue: Issue) -> dict[str, Any]:
    return {
        "name": issue.newsletter or publication.name,
        "sender_name": renamed(publication.sender_name, publication, issue),
        "postal_address": [line.strip() for line in publication.postal_address.splitlines() if line.strip()],
        "base_url": publication.base_url,
        "previous_url": publication.previous_url,
        "previous_title": publication.previous_title,
    }


def _reason(desk: Desk) -> str:
    issue, publication = desk.issue, desk.publication
    reason = renamed(publication.reason, publication, issue) or desk.words.get("reason", "")
    return reason.replace("{newsletter}", issue.newsletter or publication.name)


def _answerable(publication: Publication) -> bool:
    address = publication.reply_to or publication.sender_address
    return bool(address) and not NO_REPLY.search(address)


def _logo(desk: Desk, page: Page) -> dict[str, Any] | None:
    brand = desk.publication.brand
    if not brand.get("logo"):
        return None
    asked = brand.get("logo_width", "")
    authored = int(asked) if asked.isdecimal() else None
    src = brand["logo"]
    width, height = shown_size(page.images.get(src), src, authored=authored, room=authored or LOGO_PX)
    return {"src": page.address(src), "width": width, "height": height}


def _page(desk: Desk, shared: Mapping[str, Any]) -> Page:
    return Page(
        words=desk.words,
        base_url=desk.publication.base_url,
        column_px=WEB_COLUMN_PX if desk.medium == "web" else desk.design.width - 2 * desk.design.padding,
        ranks=Ranks(1),
        draw_component=partial(_component, desk, shared),
        draw_entries=_no_entries,
        images=desk.publication.images,
        embed=desk.publication.embed,
        medium=desk.medium,
        taken={"content", *(section.id for section in desk.issue.sections)},
    )


def _painter(desk: Desk, shared: Mapping[str, Any], page: Page) -> Painter:
    def draw(name: str, values: Mapping[str, Any]) -> str:
        return desk.templates.draw(_partial_of(desk, name), {**shared, **values})

    painter = Painter(draw=draw, gutter_px=desk.design.gutter, page=page, cards=_has_cards(desk))
    page.draw_entries = painter.entries
    return painter


def _no_entries(_run: Sequence[Entry], *, first: bool = True) -> str:  # noqa: ARG001 (the shape of a painter's)
    return ""


def _component(desk: Desk, shared: Mapping[str, Any], name: str, options: Mapping[str, str], body: str) -> str | None:
    partial_name = _partial_of(desk, name)
    if name in NOT_COMPONENTS or not desk.templates.has(partial_name):
        return None
    given = _Options({key: value for key, value in options.items() if value})
    if name == "sponsor":
        given = _Options(sponsored(options, desk.issue.meta))
    if "url" in given:
        given["url"] = _address(given["url"], desk.slots)
    values = {**shared, "options": given, "body": markup(body)}
    if name == "toc" and desk.medium == "mail":
        values["contents"] = listed(desk.issue)
    return desk.templates.draw(partial_name, values)


def _partial_of(desk: Desk, name: str) -> str:
    """Return the file that draws a part: on the web the one made for it, where there is one."""
    own = f"partials/web/{name}.html.j2"
    return own if desk.medium == "web" and desk.templates.has(own) else f"partials/{name}.mjml.j2"


def _address(url: str, slots: SlotTable) -> str:
    """Return an option's address if a mail may hold it: an allowed scheme, or a built-in link's field and nothing else."""
    token = slots.pattern.fullmatch(url.strip())
    if token and slots.slots[int(token[1])].name in LINK_FIELDS:
        return token[0]
    return safe_url(url) or ""
