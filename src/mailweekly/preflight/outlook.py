"""
Rules on what Outlook makes of the HTML.

On Windows it draws by Word, which knows neither `max-width` nor the padding of a box; the new one drops every conditional comment.

Units: CSS pixels.
Source: caniemail 368 (new Outlook) and its feature tables; hteumeuleu/email-bugs 43 (T-online shows malformed comments); office-watch (Word stays
until 2029 at least).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.drawn import Drawn
from mailweekly.preflight.facts import Facts, clipped, counted
from mailweekly.preflight.images import whence
from mailweekly.preflight.looks import pixels, sides
from mailweekly.preflight.markup import Element
from mailweekly.preflight.place import Place
from mailweekly.preflight.sources import in_theme, of_style

__all__ = ["DRAWN_RULES"]

WRAPPERS: Final = 20  # the first elements of the body, among which the wrapper is
FELT: Final = 8.0  # pixels of padding that a box is seen to lack
BOXES: Final = frozenset({"p", "div", "section", "main", "center"})
WHITE: Final = "#FFFFFF"
CONDITION: Final = re.compile(r"[\s!&|()\d.]|\b(?:mso|ie|vml|lte?|gte?|true|false|windowsedition)\b", re.IGNORECASE)
HIDDEN_FORM: Final = re.compile(
    r"<!--\[if ([^\]<>]*)\]>(?!<!-->|\s*<!--\s*-->)(.*?)<!\[endif\]-->", re.DOTALL | re.IGNORECASE
)
SHOWN_FORM: Final = re.compile(
    r"<!--\[if ([^\]<>]*)\]>\s*(?:<!-->|<!--\s*-->|-->)(.*?)<!--\s*<!\[endif\]-->", re.DOTALL | re.IGNORECASE
)
REMAINS: Final = re.compile(
    r"<!--\s*\[\s*if\b[^>]*>?|<!--\s*<?!?\[\s*endif\b[^>]*>?|<!\[\s*(?:if|endif)\b[^>]*>?", re.IGNORECASE
)
TAG: Final = re.compile(r"<[^<>]*>")
HREF: Final = re.compile(r"\shref=(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
PLAIN_COMMENT: Final = re.compile(r"<!--(?!\[if|<!\[endif).*?-->", re.DOTALL | re.IGNORECASE)


def body(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield one place when the page's ground is set on `<body>` alone, which Gmail, Outlook.com and Yahoo turn into a div."""
    for element in drawn.page.of("body"):
        back, inner = drawn.light[element.index], _inner(drawn, element)
        set_here = back.back_set == element.index and back.back != WHITE
        if set_here and not any(drawn.light[one.index].back_set not in {-1, element.index} for one in inner[:WRAPPERS]):
            what = f"Only <body> has the ground {back.back}; nothing inside it repeats it."
            yield of_style(facts, drawn, element.index, ("background-color", "background"), what)


def conditional_form(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield each conditional comment that is not written as Outlook reads it: other programs show its marks."""
    html = drawn.page.edition.html
    bad = [
        f"<!--[if {found[1]}]>"
        for form in (HIDDEN_FORM, SHOWN_FORM)
        for found in form.finditer(html)
        if not found[1].strip() or CONDITION.sub("", found[1])
    ]
    left = html
    for form in (SHOWN_FORM, HIDDEN_FORM, PLAIN_COMMENT):
        left = form.sub(" ", left)
    remains = [found[0] for found in REMAINS.finditer(left)]
    bad += [one for one in remains if "endif" not in one.lower()] or remains
    for form_ in dict.fromkeys(bad):
        what = f"A conditional comment is malformed: {clipped(form_)}"
        yield in_theme(facts, re.escape(form_), what if what.endswith(".") else f"{what} is not one of the two forms.")


def conditional_only(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield text and links that stand for Outlook alone, or for all but Outlook."""
    page = drawn.page
    everywhere = _squeezed(page.words)
    links = {element.attributes.get("href", "") for element in page.of("a")}
    for run in page.runs:
        is_word = run.for_outlook and any(map(str.isalnum, run.text)) and not _is_machine(drawn, run.element)
        if is_word and _squeezed(run.text) not in everywhere:
            yield in_theme(facts, _words(run.text), f"Only Outlook on Windows shows “{clipped(run.text, 40)}”.")
    for element in page.elements:
        href = element.attributes.get("href", "")
        if element.for_outlook and href and href not in links:
            yield in_theme(facts, re.escape(href), f"Only Outlook on Windows has the link {clipped(href)}.")
    yield from _withheld(facts, drawn)


def box(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield boxes that Word draws otherwise: a `max-width` that nothing for Outlook repeats, padding around text on a ground of its own."""
    told: set[str] = set()
    for element in drawn.page.elements:
        if element.for_outlook or element.tag not in BOXES or not drawn.light[element.index].is_shown:
            continue
        name = ""
        if element.tag == "div" and _is_limited(drawn, element):
            name = "max-width"
        elif drawn.light[element.index].back_set == element.index and _is_padded(drawn, element):
            name = "padding"
        key = f"{name} {' '.join(sorted(element.classes))}"
        if name and key not in told and _has_text(drawn, element):
            told.add(key)
            what = f"Outlook on Windows does not heed the {name} of <{element.tag}>{_classed(element)}."
            yield of_style(facts, drawn, element.index, (name,), what)


def image_width(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield images without a width in whole pixels, by which Word sizes them."""
    for element in drawn.page.of("img"):
        written = element.attributes.get("width", "")
        if not written.isdecimal() or not written.strip("0"):
            src = element.attributes.get("src", "")
            said = f"the width {clipped(written, 20)}" if written else "no width"
            line, column, file = whence(facts, src)
            what = f"The image {clipped(src)} has {said}, and Outlook shows it as large as its file is."
            yield Place(line=line, column=column, file=file, what=what)


def vml(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    """Yield one place when shapes are drawn for Word."""
    found = [element for element in drawn.page.elements if element.tag.startswith("v:")]
    if found:
        yield in_theme(facts, "<v:", f"The HTML draws {counted(len(found), 'shape', 'shapes')} in VML.")


DRAWN_RULES: Final[Mapping[str, Callable[[Facts, Drawn], Iterator[Place]]]] = {
    "html.body": body,
    "html.conditional-form": conditional_form,
    "html.conditional-only": conditional_only,
    "outlook.box": box,
    "outlook.image-width": image_width,
    "outlook.vml": vml,
}


def _inner(drawn: Drawn, around: Element) -> list[Element]:
    return [one for one in drawn.page.elements[around.index + 1 :] if not one.for_outlook and one.tag != "style"]


def _is_machine(drawn: Drawn, index: int) -> bool:
    """Whether a text in a comment is settings for Outlook, not words."""
    return any(
        element.tag in {"xml", "noscript", "style"} or ":" in element.tag.removeprefix("v:").removeprefix("w:")
        for element in drawn.above(index)
    )


def _withheld(facts: Facts, drawn: Drawn) -> Iterator[Place]:
    html = drawn.page.edition.html
    for found in SHOWN_FORM.finditer(html):
        inside = found[2]
        rest = html[: found.start()] + html[found.end() :]
        text = " ".join(TAG.sub(" ", inside).split())
        if "!" not in found[1] or "<body" not in html[: found.start()]:
            continue
        if any(map(str.isalnum, text)) and _squeezed(text) not in _squeezed(TAG.sub(" ", rest)):
            yield in_theme(facts, _words(text), f"Outlook on Windows does not show “{clipped(text, 40)}”.")
            continue
        for one in HREF.findall(inside):
            if (href := one[0] or one[1]) and href not in rest:
                yield in_theme(facts, re.escape(href), f"Outlook on Windows has no link to {clipped(href)}.")


def _is_limited(drawn: Drawn, element: Element) -> bool:
    """Whether a div narrows the mail by `max-width` alone: no box for Outlook around it, and nothing narrower."""
    most = pixels(drawn.own[element.index].get("max-width", ""))
    if not most:
        return False
    around = (
        pixels(drawn.own[one.index].get("width", "") or one.attributes.get("width", ""))
        for one in drawn.above(element.parent)
    )
    return not any(around) and not _is_in_cell(drawn.page.edition.html[: element.offset])


def _is_in_cell(before: str) -> bool:
    """Whether the HTML ends inside a cell of a table that stands in conditional comments."""
    said = "".join(found[2] for found in HIDDEN_FORM.finditer(before)).lower()
    return said.count("<td") > said.count("</td")


def _is_padded(drawn: Drawn, element: Element) -> bool:
    own = drawn.own[element.index]
    around = drawn.light[element.parent].back if element.parent >= 0 else WHITE
    upper, right, lower, left = sides(own, "padding")
    felt = max(upper, lower) >= FELT or max(left, right) >= FELT
    if own.get("display") == "inline-block":  # a label, unless there is room on all sides
        felt = max(upper, lower) >= FELT and max(left, right) >= FELT
    return felt and drawn.light[element.index].back != around and not _is_told_outlook(drawn, element)


def _is_told_outlook(drawn: Drawn, element: Element) -> bool:
    """Whether a cell for Outlook around a box has the padding that the box has for others."""
    before = drawn.page.edition.html[: element.offset]
    cell = before[before.rfind("<td", 0, before.rfind("<![endif]") + 1) :].partition(">")[0]
    return _is_in_cell(before) and "padding" in cell


def _has_text(drawn: Drawn, element: Element) -> bool:
    inside = {element.index}
    for one in drawn.page.elements[element.index + 1 :]:
        if one.parent in inside:
            inside.add(one.index)
        elif not one.for_outlook and one.parent < element.index:
            break
    return any(run.element in inside and run.text.strip() for run, _ in drawn.seen())


def _classed(element: Element) -> str:
    return f' class="{clipped(element.attributes["class"], 30)}"' if element.classes else ""


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _words(text: str) -> str:
    return r"\s+".join(re.escape(word) for word in text.split()[:6])
