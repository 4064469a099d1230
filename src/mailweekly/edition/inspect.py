"""
A theme looked over with one issue: everything that is wrong with it, not only what a rendering stops at.

`render` ends at the first fault, for there is no mail then. Here every template is read, colours and sheets that are wrong are borne with, and every
fault of the MJML is told. Refuses to judge looks: contrast after a client's inversion, sizes and the footer's links are `preflight`'s.

Errors: IssueError where the issue, not the theme, is at fault; whatever the theme did is returned.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from mailweekly.edition.armour import depth_fault
from mailweekly.edition.components import faults as mjml_faults
from mailweekly.edition.design import faults as colour_faults
from mailweekly.edition.inspected import Inspection, ThemeFault
from mailweekly.edition.model import Edition, Publication, Theme
from mailweekly.edition.render import MAIL, desk_for, finished, written_at
from mailweekly.edition.styles import faults as sheet_faults
from mailweekly.edition.template import templates
from mailweekly.edition.values import Desk, values_for
from mailweekly.errors import ThemeError
from mailweekly.issue.model import Issue

__all__ = ["Inspection", "ThemeFault", "inspect"]

MOST: Final = 200  # faults told; more have one cause
# What partials are given besides the mail's values; an issue may hold nothing that draws one of them.
GIVEN: Final = frozenset(
    {"entry", "entries", "rows", "section", "group", "lead", "ordered", "start", "gutter", "options", "body"}
)


def inspect(issue: Issue, theme: Theme, publication: Publication) -> Inspection:
    """Return every fault of the theme that this issue brings out, and the edition if there is one. Errors: IssueError."""
    found: list[ThemeFault] = []
    edition: Edition | None = None
    try:
        found += _told("colour", colour_faults(theme, publication.brand))
        desk = desk_for(issue, theme, publication, templates(theme), strict=False)
    except ThemeError as error:
        return Inspection(faults=_unique([*found, _fault("toml", error)]))
    found += _told("css", sheet_faults(theme, desk.design))
    try:
        found += _template_faults(desk)
        drawn = list(_mjml_faults(desk))
        found += drawn
        if all(fault.is_warning for fault in drawn):
            edition = finished(desk)
    except ThemeError as error:
        found.append(_fault("template" if error.what.startswith("template:") else "mail", error))
    return Inspection(faults=_unique(found), edition=edition)


def _template_faults(desk: Desk) -> Iterator[ThemeFault]:
    try:
        known = set(values_for(desk)) | desk.templates.given | GIVEN
    except ThemeError:
        known = set()  # what a template may see is not known then, and told by drawing alone
    yield from _told("template", desk.templates.faults(desk.theme.name, known))


def _mjml_faults(desk: Desk) -> Iterator[ThemeFault]:
    mjml = desk.templates.draw(MAIL, values_for(desk))
    if (deep := depth_fault(mjml)) is not None:
        yield ThemeFault(kind="mjml", what="tags are nested too deep", place=written_at(desk, mjml, deep))
        return
    for fault, _ in zip(mjml_faults(mjml), range(MOST), strict=False):
        place = written_at(desk, mjml, fault.offset)
        yield ThemeFault(kind="mjml", what=fault.what, place=place, hint=fault.hint, is_warning=fault.is_warning)


def _told(kind: str, errors: Iterable[ThemeError]) -> Iterator[ThemeFault]:
    for error in errors:
        yield _fault(kind, error)


def _fault(kind: str, error: ThemeError) -> ThemeFault:
    return ThemeFault(kind=kind, what=error.what, place=error.place, hint=error.hint)


def _unique(found: Iterable[ThemeFault]) -> tuple[ThemeFault, ...]:
    """Return each fault once: one that is met by reading and again by drawing, or once an entry, is one."""
    by_place: dict[tuple[str, str], ThemeFault] = {}
    for fault in found:
        by_place.setdefault((fault.place, fault.what), fault)
    return tuple(by_place.values())[:MOST]
