"""
The mail before it is opened: its row in the lists of Gmail, Outlook and Apple Mail, light and dark, above the issues before it.

Subject and what follows are cut by display width, by the very figures that `check` uses. Where a list is narrower or wider on a reader's screen, it
cuts elsewhere.

Units: columns.
Errors: none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.rows import cut, sender, snippet
from mailweekly.adapters.web.views.view import Scene, View
from mailweekly.edition.columns import width
from mailweekly.preflight.inbox import ROWS

__all__ = ["VIEW", "Inbox", "InboxRow"]

ROWS_SHOWN: Final = 3
NOW: Final = "9:41"  # an hour as good as any: the mail has not been sent
WHOLE_LINE: Final = 113  # columns of Gmail's one line, which subject and preheader share, at a window of 1,440 px


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxRow:
    """A mail in a list."""

    sender: str
    subject: str
    snippet: str
    date: str = ""  # as the list shows it; empty: not known
    lang: str = ""


def _no_former(_number: int) -> Sequence[InboxRow]:
    return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbox:
    """The desk of this view."""

    former: Callable[[int], Sequence[InboxRow]] = _no_former  # the issues before one, the newest first


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A list of mails as one program draws it."""

    kind: str  # of its looks
    where: str
    row: str  # in ROWS


PLACES: Final = {
    "Gmail": (
        Place(kind="gmail gmail-web", where="on the web", row="Gmail on the web"),
        Place(kind="gmail", where="on a phone", row="Gmail on a phone"),
    ),
    "Outlook": (
        Place(kind="outlook outlook-web", where="on the web", row="Outlook on the web"),
        Place(kind="outlook outlook-desk", where="on the desktop", row="Outlook on the desktop"),
    ),
    "Apple Mail": (
        Place(kind="apple apple-mac", where="on macOS", row="Apple Mail on macOS"),
        Place(kind="apple", where="on iOS", row="Apple Mail on iOS"),
    ),
}


def _draw(scene: Scene) -> Markup:
    rows = (_own(scene), *_former(scene)[: ROWS_SHOWN - 1])
    makers = [
        element(
            "section",
            {"aria-label": maker},
            element("h2", None, maker),
            *(_list(place, rows) for place in places),
        )
        for maker, places in PLACES.items()
    ]
    return element("div", {"class": "sheet inbox"}, *makers, _elsewhere(rows[0]))


def _note(_: Scene) -> Markup:
    words = "Cut by display width, where each program cuts; East Asian characters count double."
    return element("p", {"class": "quiet"}, words)


def _own(scene: Scene) -> InboxRow:
    copy, edition = scene.copy, scene.picture.edition
    name = sender(copy.headers) or (edition.newsletter if edition else "") or scene.studio.publication
    return InboxRow(
        sender=name,
        subject=copy.subject or "(no subject)",
        snippet=snippet(copy.html),
        date=NOW,
        lang=edition.lang if edition else "",
    )


def _former(scene: Scene) -> Sequence[InboxRow]:
    desk = scene.studio.desk(Inbox)
    if desk:
        return desk.former(scene.look.number)
    earlier = sorted((row for row in scene.rows if row.number < scene.look.number), key=lambda row: -row.number)
    return [InboxRow(sender=scene.studio.publication, subject=row.title, snippet="") for row in earlier]


def _list(place: Place, rows: Sequence[InboxRow]) -> Markup:
    subject, after = ROWS[place.row]
    heading = element(
        "h3", None, f"{place.where} ", element("span", {"class": "quiet"}, _verdict(rows[0], subject, after))
    )
    lists = [
        element(
            "ol",
            {"class": f"mails {place.kind} {scheme}", "aria-label": f"{place.row}, {scheme}"},
            *(_row(row, place, is_new=at == 0) for at, row in enumerate(rows)),
            *(_blank() for _ in range(ROWS_SHOWN - len(rows))),
        )
        for scheme in ("light", "dark")
    ]
    scrolled: dict[str, str | int] = {
        "class": "schemes",
        "tabindex": 0,
        "role": "group",
        "aria-label": f"{place.row}, light and dark",
    }
    return joined(heading, element("div", scrolled, *lists))


def _row(row: InboxRow, place: Place, *, is_new: bool) -> Markup:
    subject, after = ROWS[place.row]
    subject_shown = cut(row.subject, subject)
    room = min(after, WHOLE_LINE - width(subject_shown) - 3) if place.kind.endswith("gmail-web") else after
    words = {"lang": row.lang or None}
    return element(
        "li",
        {"class": "new" if is_new else None},
        element("span", {"class": "face", "aria-hidden": "true"}, row.sender[:1].upper()),
        element("bdi", {"class": "from"}, row.sender),
        element("span", {"class": "when"}, row.date),
        element(
            "span",
            {"class": "words"},
            element("bdi", {"class": "topic", **words}, subject_shown),
            element("bdi", {"class": "after", **words}, cut(row.snippet, room)),
        ),
    )


def _blank() -> Markup:
    """Return a row of somebody else's, where there are too few issues to fill the list."""
    return element(
        "li",
        {"class": "blank", "aria-hidden": "true"},
        element("span", {"class": "face"}, " "),
        element("span", {"class": "from"}, element("i")),
        element("span", {"class": "when"}),
        element("span", {"class": "words"}, element("i"), element("i")),
    )


def _verdict(row: InboxRow, subject: int, after: int) -> str:
    taken = width(row.subject)
    said = f"cut after {subject} of {taken} columns" if taken > subject else f"whole, {taken} of {subject} columns"
    return f"{said}; preview text up to {after}"


def _elsewhere(row: InboxRow) -> Markup:
    drawn = {place.row for places in PLACES.values() for place in places}
    others = [
        element(
            "li",
            None,
            f"{name}: ",
            element("bdi", {"lang": row.lang or None}, cut(row.subject, subject)),
            element("span", {"class": "quiet"}, f" {_verdict(row, subject, after)}"),
        )
        for name, (subject, after) in ROWS.items()
        if name not in drawn
    ]
    return element(
        "section",
        {"aria-label": "Elsewhere"},
        element("h2", None, "Elsewhere"),
        element("ul", {"class": "drops"}, *others),
    )


VIEW: Final = View(
    name="inbox",
    title="Inbox",
    key="2",
    about="its row in Gmail, Outlook and Apple Mail, light and dark",
    draw=_draw,
    tools=_note,
)
