"""
Rules on what a mail is for those who do not see it, see it without images, or in another direction of script; and on what only some programs follow.

Units: CSS pixels.
Source: WCAG 2.2, 1.3.2, 2.3.3 and 4.1.2; caniemail (srcset, picture, local anchors).
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.drawn import Drawn
from mailweekly.preflight.facts import Facts, clipped, counted, width
from mailweekly.preflight.images import whence
from mailweekly.preflight.looks import pixels
from mailweekly.preflight.markup import Element, Run
from mailweekly.preflight.place import Place
from mailweekly.preflight.sight import BLOCKS
from mailweekly.preflight.sources import in_theme, of_style, of_text, shown, the_theme

__all__ = ["DRAWN_RULES"]

WRAPPERS: Final = 20  # the first elements of the body, among which the wrapper is
MOSTLY: Final = 0.6  # of the area
LITTLE: Final = 400  # columns of text, the foot's included: with more there is enough to read
COLUMN: Final = 205.0  # square pixels that a column of 16 px type takes, its line included
SHAPE: Final = 0.6  # height of a picture by its width, where nobody says
SIGNS: Final = 64.0  # pixels; narrower images are signs, not pictures
LETTERS: Final = 20  # of right-to-left script, from which on a block has an order to lose
ANIMATED: Final = re.compile(r"^(?:-webkit-|-moz-)?animation(?:-name)?$")
CALM: Final = re.compile(r"prefers-reduced-motion", re.IGNORECASE)
FILLER: Final = re.compile(r"[\s\u00ad\u034f\u200b-\u200f\u2007\u2060\ufeff]*")


def article(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield one place when the wrapper is not named as one document."""
    page = drawn.page
    inner = [one for one in page.elements if "body" in one.path and not one.for_outlook][:WRAPPERS]
    found = [one for one in inner if one.attributes.get("role") == "article"]
    lacks = [] if found else ['role="article"']
    if found:
        given = found[0].attributes
        lacks += [] if given.get("aria-roledescription") == "email" else ['aria-roledescription="email"']
        named = " ".join(given.get("aria-label", "").split()) == " ".join(page.edition.subject.split())
        lacks += [] if named or given.get("aria-labelledby") else ["aria-label with the subject"]
    if lacks:
        yield the_theme(facts, f"The wrapper lacks {' and '.join(lacks)}.")


def hidden(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield each text that is hidden from eyes or from ears and said nowhere else."""
    told: set[str] = set()
    for run in drawn.page.runs:
        text = " ".join(run.text.split())
        if run.element < 0 or run.for_outlook or not any(map(str.isalpha, text)) or text in told:
            continue
        how = _hidden_by(drawn, run)
        if how and not _is_excused(drawn, run, text):
            told.add(text)
            what = f"{shown(facts, text)} is hidden by {how}."
            yield of_style(facts, drawn, run.element, ("display", "visibility", "opacity", "font-size"), what)


def image_text(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield one place when a mail is images for the most part, with few words beside them."""
    images = [(one, _area(facts, drawn, one)) for one in drawn.page.of("img") if drawn.light[one.index].is_shown]
    pictures = [(one, area) for one, area in images if area]
    columns = width(drawn.page.words)
    seen = sum(area for _, area in pictures)
    if pictures and columns < LITTLE and seen > MOSTLY * (seen + columns * COLUMN):
        share = seen / (seen + columns * COLUMN)
        what = f"About {share:.0%} of the mail is {counted(len(pictures), 'image', 'images')}, with few words beside."
        line, column, file = whence(facts, pictures[0][0].attributes.get("src", ""))
        yield Place(line=line, column=column, file=file, what=what)


def motion(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield one place when something moves and nobody who asked for rest is heard."""
    moving = any(path[-1].startswith(("@keyframes", "@-webkit-keyframes")) for path in drawn.at_rules) or any(
        ANIMATED.match(one.name) and one.value != "none" for ruling in drawn.rulings for one in ruling.rule.declarations
    )
    calm = any(CALM.search(step) for path in drawn.at_rules for step in path)
    if moving and not calm:
        yield in_theme(facts, "@keyframes|animation", "Something moves, whatever the reader has asked for.")


def rtl(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield one place when text of a right-to-left script stands in a block that runs from left to right."""
    told: dict[int, list[Run]] = {}
    for run, look in drawn.seen():
        if look.direction == "ltr":
            block = next((one for one in drawn.above(run.element) if one.tag in BLOCKS), None)
            told.setdefault(block.index if block else -1, []).append(run)
    for runs in told.values():
        text = " ".join(run.text for run in runs)
        kinds = [unicodedata.bidirectional(char) for char in text if char.isalpha()]
        right = sum(kind in {"R", "AL"} for kind in kinds)
        if right >= LETTERS and right * 2 > len(kinds):
            longest = max(runs, key=lambda run: len(run.text))
            yield of_text(
                facts, longest.text, f"{shown(facts, longest.text)} runs from right to left in a block that does not."
            )
            return


def anchors(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield links to a place inside the mail."""
    for element in drawn.page.of("a"):
        href = element.attributes.get("href", "")
        if href.startswith("#") and len(href) > 1:
            yield of_text(facts, element.text or href, f"The link {clipped(href)} leads to a place inside the mail.")


def responsive(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield each way of offering several files for one image."""
    met: dict[str, str] = {}
    for element in drawn.page.elements:
        if element.tag == "picture":
            met.setdefault("<picture>", "")
        elif element.tag in {"img", "source"} and "srcset" in element.attributes:
            met.setdefault("srcset", element.attributes.get("src", ""))
    for kind in met:
        yield in_theme(facts, re.escape(kind.strip("<>")), f"The HTML offers several files for one image by {kind}.")


DRAWN_RULES: Final[Mapping[str, Callable[[Facts, Drawn], Iterator[Place]]]] = {
    "a11y.article": article,
    "a11y.hidden-content": hidden,
    "a11y.image-text": image_text,
    "a11y.motion": motion,
    "image.responsive": responsive,
    "layout.anchor": anchors,
    "layout.rtl": rtl,
}


def _hidden_by(drawn: Drawn, run: Run) -> str:
    look = drawn.light[run.element]
    if not look.is_shown:
        return "display:none"
    if not look.is_spoken:
        return "aria-hidden"
    if not look.size:
        return "a font-size of 0"
    for element in drawn.above(run.element):
        values = drawn.own[element.index]
        if values.get("visibility") == "hidden":
            return "visibility:hidden"
        if values.get("opacity", "1").startswith("0") and not values["opacity"].strip("0."):
            return "opacity:0"
        if values.get("max-height", "1").removesuffix("px") == "0" and values.get("overflow") == "hidden":
            return "max-height:0"
    return ""


def _is_excused(drawn: Drawn, run: Run, text: str) -> bool:
    """The preheader, what another screen shows, and what is said elsewhere, are hidden for a reason."""
    before = drawn.page.runs[: drawn.page.runs.index(run)]
    opening = not any(
        other.text.strip() and not _hidden_by(drawn, other)
        for other in before
        if other.element >= 0 and not other.for_outlook
    )
    if opening and (text == " ".join(drawn.page.edition.preheader.split()) or FILLER.fullmatch(text)):
        return True
    if text in drawn.page.words:
        return True
    own = {element.index for element in drawn.above(run.element)}
    return any(
        ruling.when
        and any(one.name == "display" and one.value != "none" for one in ruling.rule.declarations)
        and any(own.intersection(drawn.selected(selector)) for selector in ruling.rule.selectors)
        for ruling in drawn.rulings
    )


def _area(facts: Facts, drawn: Drawn, image: Element) -> float:
    """Square pixels that an image takes on a screen; 0 for a sign."""
    wide = pixels(image.attributes.get("width", "")) or pixels(drawn.own[image.index].get("width", "")) or 0.0
    if wide <= SIGNS:
        return 0.0
    high = pixels(image.attributes.get("height", "")) or 0.0
    src = image.attributes.get("src", "")
    known = next((file for name, file in facts.checked.images.items() if name and src.endswith(name)), None)
    if not high and known and known.width:
        high = wide * known.height / known.width
    return wide * (high or wide * SHAPE)
