"""
The findings as a list beside the mail: what must be mended, what should be, what is good to know; each with its place, the line, and how to mend it.

They are the very findings of `check`; nothing is left out but nothing is judged anew.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markdown import SHAPES, WORDS, aim
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.preflight.finding import Finding, Level

__all__ = ["counts", "findings"]

HEADINGS: Final = {Level.ERROR: "Must be mended", Level.WARNING: "Should be mended", Level.INFO: "For your information"}
EXCERPT_CHARACTERS: Final = 160


def counts(found: Sequence[Finding] | None) -> Markup:
    """Return how many of each level; None: the issue could not be rendered, so it was not checked."""
    if found is None:
        return element("span", {"class": "count error"}, f"{SHAPES[Level.ERROR]} not rendered")
    tally = Counter(finding.level for finding in found)
    return joined(*(_count(level, tally[level]) for level in Level))


def findings(found: Sequence[Finding] | None, look: Look, source: str, source_text: str) -> Markup:
    """Return the list, worst first; a line of the issue links to the Markdown."""
    if found is None:
        return element("p", {"class": "quiet"}, "Not checked: mend the error first.")
    if not found:
        return element("p", {"class": "quiet"}, "Nothing found.")
    lines = source_text.split("\n")
    shown = []
    for level in Level:
        of_level = sorted(
            (finding for finding in found if finding.level is level),
            key=lambda finding: (finding.file, finding.line, finding.column),
        )
        if of_level:
            heading = element("h3", {"class": level.value}, _mark(level), f" {HEADINGS[level]} ", _tally(len(of_level)))
            shown += [heading, element("ul", None, *(_finding(one, look, source, lines) for one in of_level))]
    return joined(*shown)


def _count(level: Level, number: int) -> Markup:
    return element(
        "span",
        {"class": f"count {level.value}" + ("" if number else " none")},
        _mark(level),
        f" {number} {WORDS[level]} ",
    )


def _mark(level: Level) -> Markup:
    return element("span", {"aria-hidden": "true", "class": "shape"}, SHAPES[level])


def _tally(number: int) -> Markup:
    return element("span", {"class": "quiet"}, str(number))


def _finding(finding: Finding, look: Look, source: str, lines: Sequence[str]) -> Markup:
    known = finding.file == source and 0 < finding.line <= len(lines)
    excerpt = lines[finding.line - 1].strip()[:EXCERPT_CHARACTERS] if known else ""
    aimed = known and look.finding == aim(finding)
    more = joined(
        element("p", None, finding.why),
        element("p", None, element("code", None, finding.rule), f"  {finding.source}" if finding.source else ""),
    )
    return element(
        "li",
        {"class": finding.level.value + (" aimed" if aimed else ""), "id": f"F{finding.line}" if known else None},
        element("p", {"class": "fault"}, finding.what),
        element("code", {"class": "excerpt"}, excerpt) if excerpt else joined(),
        element("p", {"class": "mend"}, finding.mend) if finding.mend else joined(),
        element(
            "div",
            {"class": "foot"},
            _place(finding, look, known),
            element("details", None, element("summary", None, "Why"), more),
        ),
    )


def _place(finding: Finding, look: Look, known: bool) -> Markup:
    name = finding.file.rpartition("/")[2]
    if not known:
        return element("span", {"class": "place"}, f"{name}:{finding.line}" if finding.line else name)
    link: dict[str, str | int] = {
        "class": "place",
        "href": f"{look.at(finding=aim(finding)).url}#L{finding.line}",
        "data-line": finding.line,
        "title": f"{finding.file}, line {finding.line}",
    }
    opens: dict[str, str | bool] = {
        "class": "ghost",
        "data-do": "goto",
        "data-values": f'{{"line": {finding.line}}}',
        "data-script": True,
        "hidden": True,
        "title": "Open this line in your editor",
        "aria-label": f"Edit line {finding.line}",
    }
    return joined(element("a", link, f"Line {finding.line}"), element("button", opens, "Edit"))
