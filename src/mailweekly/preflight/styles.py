"""
Rules on CSS and on what must not be in a mail at all.

Declarations are read from parsed elements; sheets are searched only for what cannot be mistaken: remote addresses, sizes, places.

Units: characters of all `<style>` together.
Source: hteumeuleu/email-bugs 90 (Gmail's limit), caniemail (style in the body).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import Facts, counted
from mailweekly.preflight.finding import Level
from mailweekly.preflight.markup import Page
from mailweekly.preflight.place import Place

__all__ = ["EDITION_RULES"]

GMAIL_STYLE: Final = 16_384  # characters; Gmail drops blocks past it
HALF_STYLE: Final = 8_192
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
REMOTE_CSS = re.compile(r"@import\b|url\(\s*['\"]?\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
ACTIVE: Final = frozenset(
    {
        "script",
        "form",
        "iframe",
        "frame",
        "object",
        "embed",
        "applet",
        "video",
        "audio",
        "input",
        "button",
        "select",
        "textarea",
    }
)
SCRIPT_URL = re.compile(r"[\s\x00-\x20]*(?:(?:javascript|vbscript)\s*:|data\s*:\s*text/html)", re.IGNORECASE)


def style_size(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the sheets together grow towards or past Gmail's limit."""
    size = sum(len(sheet.text) for sheet in page.sheets if not sheet.for_outlook)
    if size > HALF_STYLE:
        level = Level.ERROR if size > GMAIL_STYLE else Level.WARNING
        yield Place(
            file=facts.theme_file, what=f"All <style> have {size:,} characters of {GMAIL_STYLE:,}.", level=level
        )


def remote(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place for each kind of style that is fetched from elsewhere."""
    found: Counter[str] = Counter()
    for element in page.elements:
        if element.tag == "link" and "stylesheet" in element.attributes.get("rel", "").lower():
            found['<link rel="stylesheet">'] += 1
        if REMOTE_CSS.search(element.attributes.get("style", "")):
            found["style attribute with a remote url()"] += 1
    for sheet in page.sheets:
        found["@import or remote url() in <style>"] += len(REMOTE_CSS.findall(COMMENT.sub("", sheet.text)))
    for kind, number in found.items():
        if number:
            yield Place(file=facts.theme_file, what=f"The HTML holds {kind} ({counted(number, 'time', 'times')}).")


def in_body(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when a sheet stands outside the head."""
    number = sum(1 for sheet in page.sheets if not sheet.in_head and not sheet.for_outlook)
    if number:
        yield Place(file=facts.theme_file, what=f"{counted(number, '<style> stands', '<style> stand')} outside <head>.")


def active(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield each kind of element, attribute or address that runs, plays or submits something."""
    found: dict[str, None] = {}
    for element in page.elements:
        if element.tag in ACTIVE:
            found[f"<{element.tag}>"] = None
        for name, value in element.attributes.items():
            if name.startswith("on") and len(name) > len("on"):
                found[f"{name}="] = None
            elif name in {"href", "src", "action", "background"} and SCRIPT_URL.match(value):
                found[f"a script in {name}="] = None
    for kind in found:
        yield Place(file=facts.theme_file, what=f"The HTML holds {kind}.")


EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    "css.remote": remote,
    "css.style-in-body": in_body,
    "css.style-size": style_size,
    "html.active": active,
}
