"""
The views of a mail: as it is read, as plain text, as source.

The mail itself never enters this document: it is shown in frames of another origin. Text and source are escaped text.

Errors: none.
"""

import re
from typing import Final

from mailweekly.adapters.web.frames import SANDBOX
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.picture import Picture

__all__ = ["DEVICES", "empty", "read", "source", "text"]

DEVICES: Final = {"desktop": ("Desktop", 600), "phone": ("Phone", 375)}  # name, width in CSS pixels
LINK: Final = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]}'’」』）】、。，]")
# Line ends for reading only; the mail's HTML is one long line.
BETWEEN_TAGS: Final = re.compile(r">(?=<(?:/?(?:table|tbody|tr|td|div|head|body|html|style|meta|title)\b|!--))")


def read(look: Look, picture: Picture, frame: str) -> Markup:
    """Return desktop and phone side by side; `frame` is the frame's name."""
    devices = []
    for kind, (name, width) in DEVICES.items():
        scheme = "dark" if look.dark else "light"
        inside = element(
            "iframe",
            {
                "src": f"/frame/{frame}?{kind}",  # two addresses: a browser fetches one and the same address once, and then again
                "title": f"Issue {look.number}, {name.lower()}, {scheme}",
                "sandbox": SANDBOX,
                "referrerpolicy": "no-referrer",
                "loading": "lazy",
                "data-generation": picture.generation,
            },
        )
        devices.append(
            element(
                "section",
                {"class": f"device {kind}", "aria-label": f"{name}, {width} px"},
                element("h2", None, f"{name} ", element("span", {"class": "quiet"}, f"{width} px, {scheme}")),
                element(
                    "div",
                    {"class": f"screen {scheme}", "tabindex": 0, "role": "group", "aria-label": f"{name} screen"},
                    inside,
                ),
            )
        )
    stale = " stale" if picture.error else ""
    return _zone(f"read {look.number}", f"devices{stale}", *devices)


def text(look: Look, picture: Picture) -> Markup:
    """Return the text part as a mail client without HTML shows it, its links live."""
    assert picture.copy
    body = picture.copy.text
    longest = max((len(line) for line in body.splitlines()), default=0)
    note = f"{len(body.splitlines())} lines, the longest of {longest} characters"
    inside = element(
        "pre", {"class": "letter", "lang": picture.edition.lang if picture.edition else None}, _linked(body)
    )
    return _zone(
        f"text {look.number}",
        "sheet" + (" stale" if picture.error else ""),
        element("p", {"class": "quiet"}, note),
        inside,
    )


def source(look: Look, picture: Picture) -> Markup:
    """Return one of the sources with its lines numbered."""
    words, note = _source(look.of, picture)
    lines = (
        [
            element("li", {"id": f"L{at}"}, element("code", None, line or " "))
            for at, line in enumerate(words.split("\n"), 1)
        ]
        if words
        else []
    )
    listing = element("ol", {"class": f"listing {look.of}"}, *lines)
    stale = " stale" if picture.error and look.of != "markdown" else ""
    return _zone(f"source {look.of} {look.number}", f"sheet{stale}", element("p", {"class": "quiet"}, note), listing)


def empty(title: str, *lines: str) -> Markup:
    """Return what is shown where there is nothing to show: what to do next."""
    return _zone(f"empty {title}", "empty", element("h2", None, title), *(element("p", None, line) for line in lines))


def _zone(key: str, kind: str, *children: str) -> Markup:
    return element("div", {"data-zone": "view", "data-shown": key, "class": kind}, *children)


def _source(of: str, picture: Picture) -> tuple[str, str]:
    edition, copy = picture.edition, picture.copy
    if of == "markdown" or copy is None:
        return picture.rendered.source_text.rstrip("\n"), picture.rendered.source
    match of:
        case "html":
            return BETWEEN_TAGS.sub(">\n", copy.html), f"{copy.html_bytes:,} bytes; line ends added here for reading"
        case "mjml":
            mjml = edition.mjml.strip("\n") if edition else ""
            return mjml, f"{len(mjml.encode('utf-8', 'replace')):,} bytes"
    if copy.headers:
        return copy.headers, f"as they leave, for a sample reader; {edition.digest if edition else ''}"
    return "", "No message was composed, so there are no headers to show."


def _linked(words: str) -> Markup:
    parts: list[str] = []
    at = 0
    for found in LINK.finditer(words):
        attributes = {"href": found[0], "target": "_blank", "rel": "noopener noreferrer"}
        parts += [words[at : found.start()], element("a", attributes, found[0])]
        at = found.end()
    return joined(*parts, words[at:])
