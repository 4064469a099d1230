"""
The bar over everything: which issue, its subject and preheader, how large it is and where its bytes lie, what was found, and sending a test.

Units: sizes in bytes, shown in kB of 1,000.
Source: Gmail cuts a message whose HTML is larger than 102 kB (102,400 bytes).
"""

from collections.abc import Sequence
from typing import Final

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.picture import Picture
from mailweekly.adapters.web.studio import IssueRow
from mailweekly.adapters.web.views import BY_NAME
from mailweekly.adapters.web.weight import weights

__all__ = ["CLIP_BYTES", "bar", "send_test", "size_of", "subject_of"]

CLIP_BYTES: Final = 102_400
NEAR_BYTES: Final = 92_160  # 90 %: a longer subject or one more reader's field may cross it
TITLE_CHARACTERS: Final = 80


def bar(publication: str, rows: Sequence[IssueRow], look: Look | None, picture: Picture | None) -> Markup:
    """Return the bar's inside, the counts apart: they come later."""
    return joined(
        element("h1", None, publication, element("span", {"class": "unseen"}, " preview")),
        _picker(rows, look),
        subject_of(picture),
        size_of(picture),
    )


def send_test(look: Look | None, *, can_test: bool) -> Markup:
    """Return the button that leads to the view that sends a test, if tests are sent from here."""
    view = BY_NAME.get("test")
    if not (view and look and can_test):
        return joined()
    return element(
        "a",
        {
            "class": "button primary",
            "href": look.at(view="test").url,
            "data-key": view.key,
            "title": f"{view.about} ({view.key})",
        },
        view.title,
    )


def _picker(rows: Sequence[IssueRow], look: Look | None) -> Markup:
    current = look.number if look else None
    options = [
        element(
            "option",
            {"value": row.number, "selected": row.number == current},
            f"#{row.number}  {row.title}"[:TITLE_CHARACTERS],
        )
        for row in rows
    ]
    picker = element(
        "form",
        {"class": "picker", "action": "/", "method": "get"},
        element("label", {"for": "issue", "class": "unseen"}, "Issue"),
        element("select", {"id": "issue", "name": "issue"}, *options),
        element("button", {"class": "button", "data-without-script": True}, "Open"),
    )
    return element("div", {"class": "issues"}, picker, *(_neighbours(rows, look) if look else ()))


def _neighbours(rows: Sequence[IssueRow], look: Look) -> list[Markup]:
    numbers = [row.number for row in rows]
    at = numbers.index(look.number) if look.number in numbers else -1
    found: list[Markup] = []
    for key, name, sign, place in (("k", "Previous issue", "‹", at - 1), ("j", "Next issue", "›", at + 1)):
        there = at >= 0 and 0 <= place < len(numbers)
        href = look.at(number=numbers[place], finding="", pick="").url if there else None
        attributes: dict[str, str | None] = {
            "class": "button square",
            "href": href,
            "data-key": key if there else None,
            "title": f"{name} ({key})",
            "aria-label": name,
            "role": None if there else "link",
            "aria-disabled": None if there else "true",
        }
        found.append(element("a", attributes, sign))
    return found


def subject_of(picture: Picture | None) -> Markup:
    """Return the subject and the preheader, as far as there is a mail."""
    if not (picture and picture.copy and picture.edition):
        return element("p", {"class": "subject"}, "")
    copy = picture.copy
    return element(
        "p",
        {"class": "subject", "lang": picture.edition.lang or None, "dir": picture.edition.dir or None},
        element("span", {"class": "unseen"}, "Subject: "),
        element("b", {"title": copy.subject}, copy.subject or "(no subject)"),
        element("span", {"class": "unseen"}, " Preheader: "),
        element("span", {"class": "quiet preheader", "title": copy.preheader}, copy.preheader or "(no preheader)"),
    )


def size_of(picture: Picture | None) -> Markup:
    """Return how large the HTML is, and where its bytes lie."""
    size = picture.copy.html_bytes if picture and picture.copy else 0
    words = f"{size / 1000:.1f} of {CLIP_BYTES / 1000:.0f} kB"
    verdict = "clipped by Gmail" if size > CLIP_BYTES else "near Gmail's limit" if size > NEAR_BYTES else ""
    level = "over" if size > CLIP_BYTES else "near" if size > NEAR_BYTES else "well"
    meter = element(
        "progress",
        {"max": CLIP_BYTES, "value": min(size, CLIP_BYTES), "class": level, "aria-label": "Size of the HTML part"},
        words,
    )
    pieces = weights(picture.copy.html) if picture and picture.copy else ()
    rows = [
        element(
            "tr",
            None,
            element("th", {"scope": "row"}, name),
            element("td", None, f"{part / 1000:.1f} kB"),
            element("td", None, element("progress", {"max": max(size, 1), "value": part, "aria-hidden": "true"})),
        )
        for name, part in pieces
    ]
    table = element(
        "table",
        None,
        element("caption", None, "Where the bytes lie; Gmail clips at 102 kB"),
        element("tbody", None, *rows),
    )
    return element(
        "details",
        {"class": "size", "data-pop": True},
        element(
            "summary",
            {"title": "Bytes by section"},
            meter,
            element("span", None, words),
            element("strong", None, f" {verdict}") if verdict else joined(),
        ),
        element("div", {"class": "pop"}, table),
    )
