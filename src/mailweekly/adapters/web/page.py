"""
The page around the mail: what is open, how large, what is wrong, and where to go from here.

Server-rendered whole, so that it can be read without JavaScript; each `data-zone` is what a live reload replaces. Buttons carry the key that presses
them in `data-key`. Refuses to know how a mail looks: views.py draws that.

Units: sizes in bytes, shown in kB of 1,000.
Source: Gmail cuts a message whose HTML is larger than 102 kB (102,400 bytes).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.picture import Picture
from mailweekly.adapters.web.studio import IssueRow
from mailweekly.adapters.web.toolbar import toolbar
from mailweekly.errors import MailweeklyError

__all__ = ["CLIP_BYTES", "Page", "page"]

CLIP_BYTES: Final = 102_400
NEAR_BYTES: Final = 92_160  # 90 %: a longer subject or one more reader's field may cross it
KEYS: Final = (
    ("1 2 3", "Read, Text, Source"),
    ("d", "dark and light, as the author wrote them"),
    ("j k", "next and previous issue"),
    ("r", "render again"),
    ("?", "these keys"),
    ("Esc", "close this"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page's parts."""

    publication: str
    rows: Sequence[IssueRow]
    look: Look | None
    picture: Picture | None
    view: Markup
    counts: Markup
    findings: Markup


def page(parts: Page) -> str:
    """Return the document."""
    body = joined(
        element("a", {"class": "skip", "href": "#view"}, "Skip to the mail"),
        _header(parts),
        element(
            "div",
            {"class": "desk"},
            element("main", {"id": "view", "tabindex": "-1"}, _banner(parts.picture), parts.view),
            element(
                "aside",
                {"id": "findings", "aria-label": "Findings"},
                element("div", {"data-zone": "findings", "class": "findings"}, parts.findings),
            ),
        ),
        _footer(parts.picture),
        _keys(),
    )
    picture = parts.picture
    state = {"data-generation": picture.generation if picture else 0, "data-broken": bool(picture and picture.error)}
    html = element("html", {"lang": "en", **state}, _head(parts), element("body", None, body))
    return f"<!DOCTYPE html>\n{html}\n"


def _head(parts: Page) -> Markup:
    copy = parts.picture.copy if parts.picture else None
    named = f"#{parts.look.number} {copy.subject}" if parts.look and copy else "Preview"
    return element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("title", None, f"{named} · {parts.publication}"),
        element("link", {"rel": "icon", "href": "/ui/icon.svg", "type": "image/svg+xml"}),
        element("link", {"rel": "stylesheet", "href": "/ui/studio.css"}),
        element("script", {"type": "module", "src": "/ui/studio.js"}),
    )


def _header(parts: Page) -> Markup:
    picture = parts.picture
    return element(
        "header",
        {"class": "bar"},
        element(
            "div",
            {"data-zone": "bar", "class": "what"},
            element("h1", None, parts.publication, element("span", {"class": "quiet"}, " preview")),
            _picker(parts),
            _subject(picture),
            _size(picture),
            element("a", {"data-zone": "counts", "class": "counts", "href": "#findings"}, parts.counts),
        ),
        toolbar(parts.look, parts.rows) if parts.look else joined(),
    )


def _picker(parts: Page) -> Markup:
    current = parts.look.number if parts.look else None
    options = [
        element("option", {"value": row.number, "selected": row.number == current}, f"#{row.number}  {row.title}"[:80])
        for row in parts.rows
    ]
    return element(
        "form",
        {"class": "picker", "action": "/", "method": "get"},
        element("label", {"for": "issue", "class": "unseen"}, "Issue"),
        element("select", {"id": "issue", "name": "issue"}, *options),
        element("button", {"class": "plain", "data-without-script": True}, "Open"),
    )


def _subject(picture: Picture | None) -> Markup:
    if not (picture and picture.copy and picture.edition):
        return element("p", {"class": "subject"}, "")
    copy = picture.copy
    return element(
        "p",
        {"class": "subject", "lang": picture.edition.lang or None, "dir": picture.edition.dir or None},
        element("span", {"class": "unseen"}, "Subject: "),
        element("b", {"title": copy.subject}, copy.subject or "(no subject)"),
        element("span", {"class": "unseen"}, " Preheader: "),
        element(
            "span",
            {"class": "quiet preheader", "title": copy.preheader},
            copy.preheader or "(no preheader)",
        ),
    )


def _size(picture: Picture | None) -> Markup:
    size = picture.copy.html_bytes if picture and picture.copy else 0
    words = f"{size / 1000:.1f} of {CLIP_BYTES / 1000:.0f} kB"
    verdict = "clipped by Gmail" if size > CLIP_BYTES else "near Gmail's limit" if size > NEAR_BYTES else ""
    meter = {
        "min": 0,
        "max": CLIP_BYTES,
        "low": NEAR_BYTES,
        "high": CLIP_BYTES - 1,
        "optimum": 0,
        "value": min(size, CLIP_BYTES),
    }
    return element(
        "p",
        {"class": "size"},
        element("meter", {**meter, "aria-label": "Size of the HTML part"}, words),
        element("span", None, words),
        element("strong", None, f" {verdict}") if verdict else joined(),
    )


def _banner(picture: Picture | None) -> Markup:
    """Return the three lines of the error, and what is shown meanwhile."""
    told: tuple[tuple[MailweeklyError | None, str], ...] = ()
    if picture:
        kept = "Below, greyed: the last good rendering." if picture.copy else ""
        told = (
            (picture.error, kept),
            (picture.uncomposed, "No message could be composed: fields show their defaults."),
        )
    banners = [_lines(error, meanwhile) for error, meanwhile in told if error]
    return element("div", {"data-zone": "banner", "role": "alert"}, *banners)


def _lines(error: MailweeklyError, meanwhile: str) -> Markup:
    lines = [("what", error.what), ("place", error.place), ("hint", error.hint), ("quiet", meanwhile)]
    return element("div", {"class": "error"}, *(element("p", {"class": name}, line) for name, line in lines if line))


def _footer(picture: Picture | None) -> Markup:
    words = ""
    if picture:
        words = "not rendered" if picture.error else f"rendered in {picture.took_ms} ms"
    return element(
        "footer", {"class": "status"}, element("p", {"id": "status", "role": "status", "data-zone": "status"}, words)
    )


def _keys() -> Markup:
    rows = [element("div", None, element("dt", None, *_caps(keys)), element("dd", None, words)) for keys, words in KEYS]
    return element(
        "dialog",
        {"id": "keys", "aria-label": "Keys"},
        element("h2", None, "Keys"),
        element("dl", None, *rows),
        element("form", {"method": "dialog"}, element("button", {"class": "button"}, "Close")),
    )


def _caps(keys: str) -> list[Markup]:
    return [joined(element("kbd", None, key), " ") for key in keys.split()]
