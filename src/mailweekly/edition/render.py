"""
`render`: an Issue, a Theme and a Publication in, an Edition out. The same three give the same bytes, in any process, for ever.

The way: values for the templates -> Jinja -> MJML -> checks -> mrml -> premailer -> checks of the finished documents -> digest. Nothing here reads a
file, a clock, the network or the environment; the issue's text is never a template.

Errors: ThemeError with template and line, IssueError with the issue's line.
"""

import hashlib
import json
from dataclasses import asdict, replace
from functools import partial
from typing import Any, Final

from mailweekly.edition.compiler import compiled, origin
from mailweekly.edition.conditions import asked_in
from mailweekly.edition.contexts import check_contexts
from mailweekly.edition.design import read
from mailweekly.edition.evened import evened
from mailweekly.edition.images import embedded_in
from mailweekly.edition.inliner import inlined, tightened
from mailweekly.edition.language import direction
from mailweekly.edition.model import Edition, Publication, Theme
from mailweekly.edition.page import told_address
from mailweekly.edition.plaintext import plain_text
from mailweekly.edition.promises import check_finished, check_inlined
from mailweekly.edition.pruned import pruned
from mailweekly.edition.sections import visible
from mailweekly.edition.slots import SlotTable, named
from mailweekly.edition.styles import sheets
from mailweekly.edition.template import Templates, templates
from mailweekly.edition.theme import fingerprint
from mailweekly.edition.values import Desk, values_for
from mailweekly.errors import ThemeError
from mailweekly.issue.model import Issue

__all__ = ["MAIL", "desk_for", "finished", "render", "written_at"]

MAIL: Final = "issue.mjml.j2"


def render(issue: Issue, theme: Theme, publication: Publication) -> Edition:
    """Return the edition every reader gets, the personal slots still open. Errors: ThemeError, IssueError."""
    return finished(desk_for(issue, theme, publication, templates(theme)))


def finished(desk: Desk) -> Edition:
    """Return the edition that a desk holds everything for. Errors: ThemeError, IssueError."""
    issue, theme, publication = desk.issue, desk.theme, desk.publication
    values = values_for(desk)
    mjml = desk.templates.draw(MAIL, values)
    html = _html(desk, mjml)
    text = plain_text(
        issue,
        publication,
        desk.words,
        field=desk.slots.token,
        address=partial(told_address, publication),
        reason=values["reason"],
    )
    text = evened(html, text, publication.base_url, desk.slots)
    check_contexts(html, text, issue, theme, desk.slots)
    urls = tuple(entry.url for section in issue.sections for entry in visible(section) if entry.url)
    check_finished(html, text, urls, place=theme.origins.get(MAIL, MAIL), source=issue.source)
    return _edition(desk, values, html, text, mjml, urls)


def desk_for(issue: Issue, theme: Theme, publication: Publication, drawn_by: Templates, *, strict: bool = True) -> Desk:
    """Return everything one rendering has at hand; not `strict`, colours and style sheets may have faults. Errors: ThemeError."""
    lang = issue.lang or publication.lang or "en"
    way = issue.dir or direction(lang)
    design = read(theme, publication.brand, strict=strict)
    if any(issue.nonce in text for text in theme.files.values()):
        raise ThemeError(
            "the theme holds a mark of this issue", place=theme.name, hint="merge fields are asked for by field('name')"
        )
    return Desk(
        issue=issue,
        publication=publication,
        design=design,
        templates=drawn_by,
        styles=sheets(theme, design, lang=lang, direction=way, strict=strict),
        slots=SlotTable(issue.nonce, issue.fields),
        words=design.spoken(lang),
        lang=lang,
        dir=way,
        theme=theme,
    )


def _html(desk: Desk, mjml: str) -> str:
    place = partial(written_at, desk, mjml)
    raw = compiled(mjml, place)
    full = inlined(raw, desk.styles.inlined)
    check_inlined(raw, full, desk.theme.origins.get(MAIL, MAIL))
    return pruned(tightened(full), desk.styles.inlined)


def written_at(desk: Desk, mjml: str, offset: int) -> str:
    """Return template, line and column of an offset of the MJML, by drawing it again with each line marked."""
    traced = Templates(desk.theme.files, desk.theme.origins, traced=True)
    again = replace(desk, templates=traced, slots=SlotTable(desk.issue.nonce, desk.issue.fields))
    marked = traced.draw(MAIL, values_for(again))
    return origin(marked, traced.files, offset, mjml) or desk.theme.origins.get(MAIL, MAIL)


def _edition(desk: Desk, values: dict[str, Any], html: str, text: str, mjml: str, urls: tuple[str, ...]) -> Edition:
    issue, table = desk.issue, desk.slots
    told, before = str(values["subject"]), str(values["preheader"])
    canonical = {
        "subject": named(told, table),
        "preheader": named(before, table),
        "html": named(html, table),
        "text": named(text, table),
        "theme": fingerprint(desk.theme),
        "publication": asdict(desk.publication),
    }
    digest = hashlib.sha256(json.dumps(canonical, sort_keys=True, ensure_ascii=True).encode()).hexdigest()
    return Edition(
        number=issue.number,
        newsletter=issue.newsletter or desk.publication.name,
        title=issue.title,
        subject=told,
        preheader=before,
        lang=desk.lang,
        dir=desk.dir,
        theme=desk.theme.name,
        html=html,
        text=text,
        mjml=mjml,
        nonce=issue.nonce,
        slots=table.slots,
        digest=f"sha256:{digest}",
        entry_urls=urls,
        conditions=asked_in(html, text),
        embedded=embedded_in(html, desk.publication),
    )
