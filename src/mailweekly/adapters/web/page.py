"""
The page around the mail, in zones: the bar, the tabs, the Markdown, the view, the findings, the status line.

Server-rendered whole, so that it can be read without JavaScript; each zone is an element with `data-zone`, and what a live reload replaces is its
inside. Refuses to know how a mail looks: the views do.

Errors: none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailweekly.adapters.web.bar import bar, send_test
from mailweekly.adapters.web.listing import counts, findings
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markdown import markdown
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.picture import Picture
from mailweekly.adapters.web.studio import IssueRow
from mailweekly.adapters.web.toolbar import panes, tabs
from mailweekly.adapters.web.views import VIEWS
from mailweekly.errors import MailweeklyError
from mailweekly.preflight.finding import Finding

__all__ = ["Page", "page", "title", "zones"]

KEYS: Final = (
    ("j k", "next and previous issue"),
    ("n p", "next and previous finding"),
    ("e", "open the line in your editor"),
    ("m", "phone, desktop, both"),
    ("d", "the author's dark"),
    ("i", "images off"),
    ("y Y", "copy the HTML, the text"),
    ("r", "render again"),
    ("f", "the mail alone, and back"),
    ("/ ⌘K", "find a view, issue, finding or command"),
    ("?", "these keys"),
    ("Esc", "close; take the keyboard back from the mail"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """One page's parts. `found` is None where the issue could not be rendered; () also before it was checked."""

    publication: str
    rows: Sequence[IssueRow]
    look: Look | None
    picture: Picture | None
    view: Markup
    switches: Markup
    found: Sequence[Finding] | None = ()
    screens: Mapping[str, str] = field(default_factory=dict)  # frame names by the kind of their screen
    can_test: bool = False  # whether tests are sent from here
    write: Markup = field(default_factory=joined)  # leads to the textarea and back
    written: Markup | None = None  # the textarea, in the place of the listing


def zones(parts: Page, *, checked: bool) -> dict[str, Markup]:
    """Return the inside of each zone; with `checked` also those that wait for the findings."""
    shown = {
        "bar": bar(parts.publication, parts.rows, parts.look, parts.picture),
        "tabs": tabs(parts.look) if parts.look else joined(),
        "panes": panes(parts.look) if parts.look else joined(),
        "switches": parts.switches,
        "banner": _banner(parts.picture),
        "view": parts.view,
        **({"write": parts.write} if parts.write else {}),
    }
    if checked and parts.picture and parts.look:
        rendered = parts.picture.rendered
        text, source, found = rendered.source_text, rendered.source, parts.found
        shown |= {
            "counts": counts(found),
            "markdown": parts.written or markdown(text, source, parts.look, found or (), parts.picture.changed),
            "findings": findings(found, parts.look, source, text),
        }
    return shown


def title(parts: Page) -> str:
    """Return what the browser's tab says."""
    copy = parts.picture.copy if parts.picture else None
    named = f"#{parts.look.number} {copy.subject}" if parts.look and copy else "Preview"
    return f"{named} · {parts.publication}"


def page(parts: Page, sheets: Sequence[str]) -> str:
    """Return the document; `sheets` are the names of the studio's own style sheets."""
    shown = zones(parts, checked=True)
    picture = parts.picture
    pane = (parts.look.pane if parts.look else "") or "mail"
    body = joined(
        element("a", {"class": "skip", "href": "#view"}, "Skip to the mail"),
        _header(parts, shown),
        element("div", {"class": "desk"}, *_zones(parts, shown)),
        element("footer", {"class": "status"}, element("p", {"id": "status", "role": "status"}, _status(picture))),
        _keys(can_test=parts.can_test),
        _palette(),
    )
    state: dict[str, str | int | bool] = {
        "data-generation": picture.generation if picture else 0,
        "data-stale": bool(picture and picture.error),
        "data-pane": pane,
    }
    document = element("html", {"lang": "en", **state}, _head(parts, sheets), element("body", None, body))
    return f"<!DOCTYPE html>\n{document}\n"


def _head(parts: Page, sheets: Sequence[str]) -> Markup:
    return element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("title", None, title(parts)),
        element("link", {"rel": "icon", "href": "/ui/icon.svg", "type": "image/svg+xml"}),
        *(element("link", {"rel": "stylesheet", "href": f"/ui/{sheet}"}) for sheet in sheets),
        element("script", {"src": "/ui/first.js"}),
        element("script", {"type": "module", "src": "/ui/studio.js"}),
    )


def _header(parts: Page, shown: Mapping[str, Markup]) -> Markup:
    nothing = joined()
    counted = element(
        "a", {"data-zone": "counts", "class": "counts", "href": "#findings"}, shown.get("counts", nothing)
    )
    return element(
        "header",
        {"class": "bar"},
        element(
            "div",
            {"class": "what"},
            _zone("bar", shown, "contents"),
            counted,
            send_test(parts.look, can_test=parts.can_test),
        ),
        element("div", {"class": "rows"}, _zone("tabs", shown, "tabrow"), _zone("panes", shown, "panerow")),
    )


def _zones(parts: Page, shown: Mapping[str, Markup]) -> list[Markup]:
    middle = element(
        "main",
        {"id": "view", "tabindex": "-1"},
        _zone("switches", shown, "switches"),
        _zone("banner", shown, role="alert"),
        _zone("view", shown, "view", tabindex="0", role="group", **{"aria-label": "The view"}),
    )
    right = element(
        "aside",
        {"id": "findings", "class": "pane right", "aria-label": "Findings"},
        element("div", {"class": "pane-head"}, element("h2", None, "Findings"), *_steps()),
        _scroll("The findings", _zone("findings", shown, "findings")),
    )
    left = _left(parts, shown)
    return [left, _grip("left", "Width of the Markdown"), middle, _grip("right", "Width of the findings"), right]


def _left(parts: Page, shown: Mapping[str, Markup]) -> Markup:
    name = parts.picture.rendered.source.rpartition("/")[2] if parts.picture else ""
    edit: dict[str, str | bool] = {
        "class": "ghost",
        "data-do": "goto",
        "data-key": "e",
        "data-values": '{"line": 1}',
        "data-script": True,
        "hidden": True,
        "title": "Open in your editor (e)",
    }
    heading = element("h2", {"title": name}, name or "Markdown")
    return element(
        "section",
        {"id": "markdown", "class": "pane left", "aria-label": "Markdown"},
        element(
            "div", {"class": "pane-head"}, heading, _zone("write", shown, "contents"), element("button", edit, "Edit")
        ),
        _scroll("The issue's Markdown", _zone("markdown", shown)),
    )


def _scroll(name: str, inside: Markup) -> Markup:
    return element("div", {"class": "scroll", "tabindex": "0", "role": "group", "aria-label": name}, inside)


def _steps() -> list[Markup]:
    steps = []
    for key, name, sign in (("p", "Previous finding", "↑"), ("n", "Next finding", "↓")):
        attributes: dict[str, str | bool] = {
            "class": "button square ghost",
            "data-key": key,
            "data-ui": "before" if key == "p" else "after",
            "title": f"{name} ({key})",
            "aria-label": name,
            "data-script": True,
            "hidden": True,
        }
        steps.append(element("button", attributes, sign))
    return steps


def _grip(side: str, name: str) -> Markup:
    attributes: dict[str, str | int | bool] = {
        "class": f"grip {side}",
        "role": "separator",
        "tabindex": 0,
        "aria-orientation": "vertical",
        "aria-label": name,
        "aria-valuemin": 0,
        "aria-valuemax": 640,
        "aria-valuenow": 320,
        "data-grip": side,
        "data-script": True,
        "hidden": True,
    }
    return element("div", attributes)


def _zone(name: str, shown: Mapping[str, Markup], kind: str = "", **more: str) -> Markup:
    return element("div", {"data-zone": name, "class": kind or None, **more}, shown.get(name, joined()))


def _banner(picture: Picture | None) -> Markup:
    """Return the three lines of the error, and what is shown meanwhile."""
    told: tuple[tuple[MailweeklyError | None, str], ...] = ()
    if picture:
        kept = "Below, greyed: the last good rendering." if picture.copy else ""
        told = (
            (picture.error, kept),
            (picture.uncomposed, "No message could be composed: fields show their defaults."),
        )
    return joined(*(_lines(error, meanwhile) for error, meanwhile in told if error))


def _lines(error: MailweeklyError, meanwhile: str) -> Markup:
    lines = [("what", error.what), ("place", error.place), ("hint", error.hint), ("quiet", meanwhile)]
    return element("div", {"class": "error"}, *(element("p", {"class": name}, line) for name, line in lines if line))


def _status(picture: Picture | None) -> str:
    if picture is None:
        return ""
    return "not rendered" if picture.error else f"rendered in {picture.took_ms} ms"


def _keys(*, can_test: bool) -> Markup:
    there = [view for view in VIEWS if view.key and (can_test or view.name != "test")]
    views = [(view.key, f"{view.title}: {view.about}") for view in there]
    own = [pair for view in VIEWS for pair in view.keys]
    rows = [
        element("div", None, element("dt", None, *_caps(keys)), element("dd", None, words))
        for keys, words in (*views, *KEYS, *own)
    ]
    switch = element(
        "label",
        None,
        element("input", {"type": "checkbox", "id": "single-keys", "checked": True}),
        " Single keys are on",
    )
    return element(
        "dialog",
        {"id": "keys", "aria-label": "Keys"},
        element("h2", None, "Keys"),
        element("dl", None, *rows),
        element("form", {"method": "dialog"}, switch, element("button", {"class": "button"}, "Close")),
    )


def _palette() -> Markup:
    field: dict[str, str | bool] = {
        "id": "wanted",
        "type": "text",
        "role": "combobox",
        "aria-expanded": "true",
        "aria-controls": "found",
        "aria-autocomplete": "list",
        "aria-label": "Find a view, issue, finding or command",
        "placeholder": "View, issue, finding or command",
        "autocomplete": "off",
        "spellcheck": "false",
    }
    listed = element("ul", {"id": "found", "role": "listbox", "aria-label": "Found"})
    return element("dialog", {"id": "palette", "aria-label": "Find"}, element("input", field), listed)


def _caps(keys: str) -> list[Markup]:
    return [joined(element("kbd", None, key), " ") for key in keys.split()]
