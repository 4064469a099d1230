"""
The left pane: the issue's Markdown, read-only, each line numbered, with a mark where something was found and where the last save changed it.

A mark is a link, so that it can be reached without a mouse or a script; the line itself is pointed at by `#L34`.

Errors: none.
"""

from collections.abc import Sequence
from typing import Final

from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.preflight.finding import Finding, Level

__all__ = ["SHAPES", "WORDS", "aim", "markdown"]

SHAPES: Final = {Level.ERROR: "✖", Level.WARNING: "▲", Level.INFO: "●"}  # never by colour alone
WORDS: Final = {Level.ERROR: "must", Level.WARNING: "should", Level.INFO: "fyi"}
MOST_LINES: Final = 20_000  # drawn; an issue has some hundred


def markdown(text: str, source: str, look: Look, found: Sequence[Finding], changed: tuple[int, int] = (0, 0)) -> Markup:
    """Return the listing."""
    lines = text.rstrip("\n").split("\n")[:MOST_LINES] if text else []
    worst: dict[int, Finding] = {}
    for finding in sorted(found, key=lambda one: one.level.rank):
        if finding.file == source:
            worst.setdefault(finding.line, finding)
    kinds = _kinds(lines)
    items = [
        _line(at, line, kinds[at - 1], worst.get(at), look, changed[0] <= at <= changed[1] and changed[0] > 0)
        for at, line in enumerate(lines, 1)
    ]
    return element("ol", {"class": "markdown", "data-source": source}, *items)


def aim(finding: Finding) -> str:
    """Return what points at the finding in an address."""
    return f"{finding.rule}:{finding.line}"


def _line(at: int, line: str, kind: str, finding: Finding | None, look: Look, fresh: bool) -> Markup:
    mark = joined()
    classes = [kind] if kind else []
    if finding:
        classes.append(finding.level.value)
        mark = element(
            "a",
            {
                "class": "mark",
                "href": f"{look.at(finding=aim(finding)).url}#F{at}",
                "aria-label": f"Line {at}, {WORDS[finding.level]}: {finding.what}",
                "title": finding.what,
            },
            SHAPES[finding.level],
        )
    if fresh:
        classes.append("fresh")
    if at == look.line:
        classes.append("aimed")
    return element("li", {"id": f"L{at}", "class": " ".join(classes) or None}, mark, element("code", None, line or " "))


def _kinds(lines: Sequence[str]) -> list[str]:
    """Tell front matter, headings and code apart, for the eye only."""
    kinds = []
    meta = fenced = False
    for at, line in enumerate(lines):
        stripped = line.strip()
        if stripped == "---" and (at == 0 or meta):
            meta = at == 0
            kinds.append("meta")
        elif stripped.startswith(("```", "~~~")) and not meta:
            fenced = not fenced
            kinds.append("code")
        elif meta or fenced:
            kinds.append("meta" if meta else "code")
        else:
            kinds.append("heading" if line.startswith("#") else "")
    return kinds
