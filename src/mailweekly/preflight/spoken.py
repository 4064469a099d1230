"""
Rules on what a voice makes of the mail: links without a name, emoji read out one by one.

Source: WCAG 2.2 (1.1.1, 2.4.4); screen readers say the Unicode name of an emoji in full.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import Facts, clipped
from mailweekly.preflight.images import whence
from mailweekly.preflight.markup import Element, Page
from mailweekly.preflight.place import Place
from mailweekly.preflight.walk import LinkUse, Spot, TextRun

__all__ = ["EDITION_RULES", "ISSUE_RULES"]

EMOJI: Final = "[\U0001f300-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u231a-\u23ff]"
SHAPED: Final = rf"{EMOJI}[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]*"
# What is drawn as one: a flag, or pictures joined by U+200D; atomic, so that a family is never taken for a row.
ONE: Final = rf"(?>[\U0001f1e6-\U0001f1ff]{{2}}|{SHAPED}(?:\u200d{SHAPED})*)"
ONLY = re.compile(rf"(?:{ONE}\s?)+")
ROW = re.compile(rf"(?:{ONE}[ \t]?){{4,}}")


def alt_linked(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield linked images that leave their link without a name."""
    for link, images in _linked(page):
        if not link.text and not link.attributes.get("aria-label", "").strip() and not link.is_hidden:
            if any(image.attributes.get("alt", "").strip() for image in images):
                continue
            src = images[0].attributes.get("src", "")
            line, column, file = whence(facts, src)
            yield Place(line=line, column=column, file=file, what=f"The image {clipped(src)} is a link without a name.")


def emoji(facts: Facts) -> Iterator[Place]:
    """Yield headings and links of emoji alone, and rows of more than three."""
    uses: list[LinkUse | TextRun] = [*facts.texts, *facts.links]
    for use in uses:
        text = use.text.strip()
        is_link = isinstance(use, LinkUse)
        if (is_link or use.spot in {Spot.HEADING, Spot.TITLE}) and ONLY.fullmatch(text):
            yield _place(facts, use.line, text, f"A {'link' if is_link else 'heading'} is nothing but {text}.")
        elif not is_link and (row := ROW.search(text)):
            yield _place(facts, use.line, row[0].strip(), f"{row[0].strip()} is read out one by one.")


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {"a11y.emoji": emoji}
EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {"a11y.alt-linked": alt_linked}


def _place(facts: Facts, line: int, needle: str, what: str) -> Place:
    at, column = facts.at(line, needle)
    return Place(line=at, column=column, what=what)


def _linked(page: Page) -> Iterator[tuple[Element, list[Element]]]:
    """Every link that holds images, with them."""
    link: Element | None = None
    images: list[Element] = []
    for element in page.of("a", "img"):
        if element.tag == "a":
            if link and images:
                yield link, images
            link, images = element, []
        elif link and "a" in element.path:
            images.append(element)
    if link and images:
        yield link, images
