"""
What must hold of every finished web page; each breach is a build error, never a warning.

Nothing that runs, nothing that loads but pictures, no mark of a merge field, ids unique and every link within the page with its goal, headings
without a gap, alt on every image, every entry's link there.

Errors: ThemeError.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from itertools import pairwise
from typing import Final

from mailweekly.edition.armour import TAG
from mailweekly.edition.promises import ATTRIBUTE
from mailweekly.errors import ThemeError

__all__ = ["check_page"]

LARGEST: Final = 4_000_000  # bytes; the largest issue there may be, drawn, is a quarter of it
DEEPEST: Final = 160  # nested tags; a page has about 25, and what an editor may nest adds less than 100
ACTIVE: Final = frozenset(
    {"script", "iframe", "form", "object", "embed", "video", "audio", "base", "frame", "frameset", "input", "textarea"}
    | {"svg", "math", "template", "portal", "applet", "noscript"}
)
ADDRESSES: Final = frozenset({"href", "src", "action", "background", "formaction", "poster", "srcset", "ping", "cite"})
ACTIVE_SCHEME: Final = re.compile(r"(?:javascript|vbscript|data|blob|cid|file):")
CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
VOID: Final = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
HEADING: Final = re.compile(r"h([1-6])")
SHEET: Final = re.compile(r"<style>.*?</style>", re.DOTALL)


def check_page(html: str, urls: Sequence[str], *, nonce: str, place: str) -> None:
    """Raise ThemeError where the finished page breaks a promise."""
    if fault := next(_faults(html, nonce), None):
        raise ThemeError(f"the finished page has {fault}", place=place, hint="the theme's web templates decide this")
    linked = {unescape(given["href"]) for name, given in _tags(html) if name == "a" and "href" in given}
    if missing := next((url for url in urls if url not in linked), ""):
        hint = "the entry's web partial must link entry.url"
        raise ThemeError(f"an entry's link is missing on the page: {missing}", place=place, hint=hint)


def _faults(html: str, nonce: str) -> Iterator[str]:
    if not re.match(r'<!DOCTYPE html>\s*<html lang="[^"]+" dir="(?:ltr|rtl)">', html):
        yield "no doctype, language and direction at its start"
    if found := CONTROLS.search(html):
        yield f"a control character: U+{ord(found[0]):04X}"
    if len(html.encode("utf-8", "surrogatepass")) > LARGEST:
        yield f"more than {LARGEST} bytes"
    if nonce and f"MW{nonce}x" in html:
        yield "a merge field nobody filled"
    tags = list(_tags(html))
    for name, given in tags:
        yield from _tag_faults(name, given)
    yield from _depth_faults(html)
    yield from _anchor_faults(tags)
    yield from _heading_faults(tags)


def _tags(html: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield each opening tag and its attributes; what is inside the style sheet is none."""
    for found in TAG.finditer(SHEET.sub("", html)):
        if found[2] and not found[1]:
            given = {one[1].lower(): one[2] or one[3] or one[4] or "" for one in ATTRIBUTE.finditer(found[3])}
            yield found[2].lower(), given


def _tag_faults(name: str, given: Mapping[str, str]) -> Iterator[str]:
    if name in ACTIVE or (name == "link" and given.get("rel") not in {"canonical", "alternate"}):
        yield f"an active element: <{name}>"
    if name == "meta" and given.get("http-equiv", "").lower() == "refresh":
        yield "a page that leaves by itself"
    if name == "img" and "alt" not in given:
        yield f"an image without alt: {given.get('src', '')[:80]}"
    for attribute, value in given.items():
        if attribute.startswith("on"):
            yield f"an event handler: {attribute}"
        elif attribute in ADDRESSES and ACTIVE_SCHEME.match(re.sub(r"[\s\x00-\x1f]", "", unescape(value)).lower()):
            yield f"an active address: {value[:60]!r}"
        elif attribute == "style" and re.search(r"url\s*\(|expression|\\", unescape(value), re.IGNORECASE):
            yield f"a style that loads: {value[:60]!r}"


def _depth_faults(html: str) -> Iterator[str]:
    depth = 0
    for found in TAG.finditer(html):
        if found[2] and not found[4] and found[2].lower() not in VOID:
            depth += -1 if found[1] else 1
            if depth > DEEPEST:
                yield f"tags nested more than {DEEPEST} deep"
                return


def _anchor_faults(tags: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    ids = Counter(unescape(given["id"]) for _, given in tags if "id" in given)
    if twice := next((name for name, times in ids.items() if times > 1), ""):
        yield f"an id that stands twice: {twice[:60]!r}"
    for name, given in tags:
        goal = unescape(given.get("href", ""))
        if name == "a" and len(goal) > 1 and goal.startswith("#") and goal[1:] not in ids and "rel" not in given:
            yield f"a link to nothing: {goal[:60]!r}"


def _heading_faults(tags: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    levels = [int(found[1]) for name, _ in tags if (found := HEADING.fullmatch(name))]
    if levels[:1] != [1] or levels.count(1) != 1:
        yield "not exactly one first heading, at its start"
    if gap := next((after for before, after in pairwise(levels) if after > before + 1), 0):
        yield f"headings with a gap before an h{gap}"
