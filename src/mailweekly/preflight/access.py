"""
Rules on reading without eyes, without images or without a mouse: language, headings, tables, alt texts, link texts.

Source: WCAG 2.2 (1.1.1, 1.3.1, 2.4.4, 3.1.1).
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from mailweekly.preflight.facts import Facts, clipped, counted, spread
from mailweekly.preflight.finding import Level
from mailweekly.preflight.images import whence
from mailweekly.preflight.lists import words
from mailweekly.preflight.markup import Element, Page
from mailweekly.preflight.place import Place
from mailweekly.preflight.urls import normal
from mailweekly.preflight.walk import ImageUse, LinkUse, Spot

__all__ = ["EDITION_RULES", "ISSUE_RULES"]

NUMBERED_NAME = re.compile(
    r"(?:screen ?shot|screenshot|bildschirmfoto|captura|capture|img|dsc|image|pasted image|photo|微信图片|截图|截屏|スクリーンショット)"
    r"(?:[\W\d_]|\b(?:at|um|às|à|de|a las|am|pm)\b)*"
)
WRAPPERS: Final = 20  # the first elements of the body, among which the wrapper is: preheader divs stand before it
DASHES: Final = " \t.,:;!?…‥。、，：；！？()（）[]<>«»→›>\"'“”‘’"


def link_text(facts: Facts) -> Iterator[Place]:
    """Yield links whose text does not say where they go, and texts that name two places."""
    targets: dict[str, dict[str, LinkUse]] = defaultdict(dict)
    for link in facts.links:
        text = link.text.strip(DASHES).casefold()
        if not text or link.spot is Spot.COMPONENT:
            continue
        if text in words("links", "empty_texts"):
            yield _place(facts, link, f"“{clipped(link.text)}” does not say where the link goes.")
        elif _is_bare(link):
            yield _place(facts, link, f"The text of the link is its address, {clipped(link.text)}.")
        else:
            targets[text].setdefault(normal(link.url), link)
    for uses in targets.values():
        if len(uses) > 1:
            second = list(uses.values())[1]
            what = f"“{clipped(second.text)}” is the text of links to {counted(len(uses), 'page', 'different pages')}."
            yield _place(facts, second, what)


def alt_generated(facts: Facts) -> Iterator[Place]:
    """Yield alt texts that a program could have written."""
    for use in facts.images:
        reason = _empty_alt(facts, use)
        if reason:
            line, column = facts.at(use.line, use.image.alt)
            yield Place(line=line, column=column, what=f"The alt text “{clipped(use.image.alt)}” {reason}.")


def alt_absent(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield images whose tag has no alt attribute at all: screen readers then read out the file's name."""
    for element in page.of("img"):
        if "alt" not in element.attributes:
            line, column, file = whence(facts, element.attributes.get("src", ""))
            src = clipped(element.attributes.get("src", ""))
            yield Place(
                line=line, column=column, file=file, what=f"The image {src} has no alt at all.", level=Level.ERROR
            )


def lang(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield one place when language or direction is missing on `<html>` or on the wrapper, which some webmails keep alone."""
    root = page.of("html")
    missing = [f"{name} on <html>" for name in ("lang", "dir") if not root or not root[0].attributes.get(name)]
    inner = [element for element in page.elements if "body" in element.path and not element.for_outlook]
    wrapped = [name for name in ("lang", "dir") if any(element.attributes.get(name) for element in inner[:WRAPPERS])]
    missing += [f"{name} on the wrapper" for name in ("lang", "dir") if name not in wrapped]
    if missing:
        yield Place(file=facts.theme_file, what=f"The HTML lacks {spread(missing)}.")


def headings(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield headings that do not form a table of contents: one h1, and no level left out."""
    found = [element for element in page.of("h1", "h2", "h3", "h4", "h5", "h6") if not element.is_hidden]
    tops = [element for element in found if element.tag == "h1"]
    if len(tops) != 1:
        yield Place(file=facts.theme_file, what=f"The HTML has {counted(len(tops), 'h1', 'h1')} instead of one.")
    last = 0
    for element in found:
        level = int(element.tag[1])
        if level > last + 1 and last:
            yield Place(
                file=facts.theme_file, what=f"“{clipped(element.text)}” is an {element.tag} right under an h{last}."
            )
        last = level


def table_role(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield layout tables that are announced as data, and data tables that are not, or whose headings head nothing."""
    faults: dict[str, int] = defaultdict(int)
    for table, cells in _tables(page):
        is_layout = table.attributes.get("role", "") in {"presentation", "none"}
        if cells and is_layout:
            faults["with heading cells, marked as layout"] += 1
        elif cells and any(not cell.attributes.get("scope") for cell in cells):
            faults["whose heading cells have no scope"] += 1
        elif not cells and not is_layout:
            faults['without role="presentation"'] += 1
    for fault, number in faults.items():
        yield Place(file=facts.theme_file, what=f"The HTML has {counted(number, 'table', 'tables')} {fault}.")


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {
    "a11y.alt-generated": alt_generated,
    "a11y.link-text": link_text,
}
EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {
    "a11y.alt-missing": alt_absent,
    "a11y.headings": headings,
    "a11y.lang": lang,
    "a11y.table-role": table_role,
}


def _place(facts: Facts, link: LinkUse, what: str) -> Place:
    line, column = facts.at(link.line, f"[{link.text}]", link.text)
    return Place(line=line, column=column, what=what)


def _is_bare(link: LinkUse) -> bool:
    text = link.text.strip().lower()
    bare = link.url.lower().partition("//")[2].rstrip("/")
    return text.startswith(("http://", "https://")) or (len(bare) > 0 and text.rstrip("/") == bare and "/" in bare)


def _empty_alt(facts: Facts, use: ImageUse) -> str:
    alt = use.image.alt.strip().casefold()
    if not alt:
        return ""
    name = PurePosixPath(unquote(_path(use.image.src))).name.casefold()
    plain = {re.sub(r"[-_+.\s]+", " ", word).strip() for word in (name, name.rpartition(".")[0])}
    if alt == name or re.sub(r"[-_+.\s]+", " ", alt).strip() in plain - {""}:
        return "is the name of the file"
    if use.caption and alt == use.caption.strip().casefold():
        return "repeats the caption"
    if alt == facts.issue.title.strip().casefold():
        return "repeats the issue's title"
    is_empty = alt.strip(DASHES) in words("images", "empty_alts") or NUMBERED_NAME.fullmatch(alt)
    return "says nothing of what it shows" if is_empty else ""


def _path(src: str) -> str:
    try:
        return urlsplit(src).path
    except ValueError:
        return src


def _tables(page: Page) -> list[tuple[Element, list[Element]]]:
    """Every table with the heading cells that are its own."""
    found: list[tuple[Element, list[Element]]] = []
    around: list[tuple[Element, list[Element]]] = []
    for element in page.of("table", "th"):
        around = [pair for pair in around if len(pair[0].path) < len(element.path)]
        if element.tag == "table":
            around.append((element, []))
            found.append(around[-1])
        elif around:
            around[-1][1].append(element)
    return found
