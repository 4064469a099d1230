"""
What must hold of every finished edition; each breach is a build error, never a warning.

Tags are looked at, not text: an article about `@import` or `<script>` is a fine article.

Errors: ThemeError for what a theme did, IssueError for what the issue holds. The words say which promise was broken.
Source: Gmail drops style past 16,384 characters; each promise has a measured loss behind it, and a test that names it.
"""

import re
from collections.abc import Iterator, Sequence
from html import unescape
from typing import Final

from mailweekly.edition.armour import DEEPEST, TAG, VOID
from mailweekly.errors import IssueError, ThemeError

__all__ = ["ATTRIBUTE", "check_finished", "check_inlined", "variant_fault"]

LARGEST: Final = 2_000_000  # bytes; Gmail's clipping is preflight's rule, this is the ceiling of what is worth building
STYLE_LIMIT: Final = 16_384  # characters of <style>
ATTRIBUTE: Final = re.compile(r"""([^\s=/"'<>]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
HREF: Final = re.compile(r"""\shref=(?:"([^"]*)"|'([^']*)')""")
STYLE: Final = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL | re.IGNORECASE)
ACTIVE: Final = frozenset(
    {"script", "iframe", "form", "object", "embed", "video", "audio", "base", "frame", "input", "link", "svg", "math"}
)
ADDRESSES: Final = frozenset({"href", "src", "action", "background", "formaction", "poster", "xlink:href"})
ACTIVE_SCHEME: Final = re.compile(r"(?:javascript|vbscript|data|file|blob):")
CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
CONTENT: Final = re.compile(r"\A(?:.*\n){0,20}?=+\n")  # the text part's head: what stands before it is the title
KEPT: Final = ("!important", "<!--[if", "<![endif]-->", "<v:", "@media", "[data-ogs", "<!--mw:")


def check_inlined(before: str, after: str, place: str) -> None:
    """
    Compare mrml's HTML with the inlined one: nothing that dark mode, phones and Outlook live by may be fewer.

    Errors: ThemeError, also where mrml wrote a character in its debug form.
    """
    for mark in KEPT:
        if after.count(mark) < before.count(mark):
            raise ThemeError(f"inlining lost {before.count(mark) - after.count(mark)} times {mark!r}", place=place)
    if found := re.search(r"<[a-z][^<>]*\\u\{[^<>]*>", before):
        raise ThemeError(f"the compiler corrupted a character: {found[0][:80]}", place=place)
    if "data-premailer" in after and "data-premailer" not in before:
        raise ThemeError("the inliner left its own mark behind", place=place)


def check_finished(html: str, text: str, urls: Sequence[str], *, place: str, source: str) -> None:
    """Raise ThemeError or IssueError where the finished edition breaks a promise."""
    fault = next(_faults(html), None)
    if fault:
        raise ThemeError(f"the finished mail has {fault}", place=place, hint="the theme's templates decide this")
    linked = {unescape(found[1] or found[2] or "") for found in HREF.finditer(html)}
    for url in urls:
        if url not in linked:
            raise ThemeError(
                f"an entry's link is missing in the mail: {url}",
                place=place,
                hint="the entry's partial must link entry.url",
            )
        if url not in text:
            raise IssueError(f"an entry's link is missing in the text part: {url}", place=source)


def variant_fault(html: str, text: str, leave: Sequence[str]) -> str:
    """Return what is wrong with one variant of a finished edition, "" if nothing; `leave` are the tokens of the link to unsubscribe."""
    fault = next(_faults(html), "")
    if fault:
        return fault
    if unclosed := _unclosed(html):
        return f"tags that do not pair: <{unclosed}>"
    if not any(f'"{token}"' in html for token in leave) or not any(token in text for token in leave):
        return "no link to unsubscribe"
    return "" if CONTENT.sub("", text.rpartition("\n-- \n")[0]).strip() else "nothing in it but head and foot"


def _unclosed(html: str) -> str:
    """Return the name of the first tag that is not closed in order, or "". What only Outlook reads is left out."""
    opened: list[str] = []
    for found in TAG.finditer(html):
        name = (found[2] or "").lower()
        if not name or found[4] or name in VOID:
            continue
        if not found[1]:
            opened.append(name)
        elif not opened or opened.pop() != name:
            return name
    return opened[-1] if opened else ""


def _faults(html: str) -> Iterator[str]:
    if not html.startswith("<!DOCTYPE html>"):
        yield "no doctype at its start"
    head = re.match(r"<!DOCTYPE html>\s*<html\b([^>]*)>", html)
    if not head or ' lang="' not in head[1] or ' dir="' not in head[1] or 'lang="und"' in head[1]:
        yield "no language and direction on <html>"
    styles = STYLE.findall(html)
    if sum(map(len, styles)) > STYLE_LIMIT:
        yield f"more than {STYLE_LIMIT} characters of style"
    if any("@import" in style.lower() for style in styles):
        yield "@import in a style sheet"
    if found := CONTROLS.search(html):
        yield f"a control character: U+{ord(found[0]):04X}"
    if len(html.encode("utf-8", "surrogatepass")) > LARGEST:
        yield f"more than {LARGEST} bytes"
    yield from _tag_faults(html)


def _tag_faults(html: str) -> Iterator[str]:
    depth = 0
    for found in TAG.finditer(html):
        name = (found[2] or "").lower()
        if not name:
            continue
        if name in ACTIVE:
            yield f"an active element: <{name}>"
        if not found[1] and found[3]:
            yield from _attribute_faults(name, found[3])
        if not found[4] and name not in VOID:
            depth += -1 if found[1] else 1
        if depth > DEEPEST:
            yield f"tags nested more than {DEEPEST} deep"


def _attribute_faults(name: str, attributes: str) -> Iterator[str]:
    given = {found[1].lower(): found[2] or found[3] or found[4] or "" for found in ATTRIBUTE.finditer(attributes)}
    if name == "img" and ("alt" not in given or not given.get("width", "").isdigit()):
        yield f"an image without alt or width: <img{attributes[:120]}>"
    for attribute, value in given.items():
        if attribute.startswith("on"):
            yield f"an event handler: {attribute}"
        elif attribute in ADDRESSES and ACTIVE_SCHEME.match(re.sub(r"[\s\x00-\x1f]", "", unescape(value)).lower()):
            yield f"an active address: {value[:60]!r}"
