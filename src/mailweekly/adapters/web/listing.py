"""
The findings as a list beside the mail: level in word and shape, place, what, and how to mend it.

They are the very findings of `check`; nothing is left out but nothing is judged anew.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.preflight.finding import Finding, Level

__all__ = ["counts", "findings"]

SHAPES: Final = {Level.ERROR: "✖", Level.WARNING: "▲", Level.INFO: "●"}  # never by colour alone
WORDS: Final = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "info"}
EXCERPT_CHARACTERS: Final = 160


def counts(found: Sequence[Finding] | None) -> Markup:
    """Return how many of each level; None: the issue could not be rendered, so it was not checked."""
    if found is None:
        return element("span", {"class": "count error"}, f"{SHAPES[Level.ERROR]} not rendered")
    tally = Counter(finding.level for finding in found)
    return joined(
        *(
            element(
                "span",
                {"class": f"count {level.value}" + ("" if tally[level] else " none")},
                f"{SHAPES[level]} {_plural(tally[level], level)} ",
            )
            for level in Level
        )
    )


def findings(found: Sequence[Finding] | None, look: Look, source: str, source_text: str) -> Markup:
    """Return the list, worst first; a line of the issue links to its source."""
    heading = element("h2", None, "Findings")
    if found is None:
        return joined(heading, element("p", {"class": "quiet"}, "Not checked: mend the error first."))
    if not found:
        return joined(heading, element("p", {"class": "quiet"}, "Nothing found."))
    lines = source_text.split("\n")
    ordered = sorted(found, key=lambda finding: (finding.level.rank, finding.file, finding.line, finding.column))
    return joined(heading, element("ul", None, *(_finding(finding, look, source, lines) for finding in ordered)))


def _finding(finding: Finding, look: Look, source: str, lines: Sequence[str]) -> Markup:
    place = f"{finding.file}:{finding.line}"
    known = finding.file == source and 0 < finding.line <= len(lines)
    where = (
        element("a", {"href": f"{look.at(view='source', of='markdown').url}#L{finding.line}"}, place)
        if known
        else place
    )
    excerpt = lines[finding.line - 1].strip()[:EXCERPT_CHARACTERS] if known else ""
    source_of_rule = element("p", {"class": "quiet"}, finding.source)
    return element(
        "li",
        {"class": finding.level.value},
        element(
            "p",
            {"class": "where"},
            element("span", {"class": "level"}, f"{SHAPES[finding.level]} {WORDS[finding.level]} "),
            where,
        ),
        element("p", {"class": "fault"}, finding.what),
        element("code", {"class": "excerpt"}, excerpt) if excerpt else joined(),
        element("p", {"class": "mend"}, finding.mend) if finding.mend else joined(),
        element(
            "details", None, element("summary", None, finding.rule), element("p", None, finding.why), source_of_rule
        ),
    )


def _plural(count: int, level: Level) -> str:
    return f"{count} {WORDS[level]}" + ("" if count == 1 or level is Level.INFO else "s")
