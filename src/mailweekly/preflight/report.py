"""
Findings as lines for people, and as JSON.

A line is made of pieces, each with the style a terminal may give it; colours themselves are the terminal's business, and no control character of an
issue reaches a terminal from here.

Units: columns of a terminal, 2 for an East Asian character or an emoji, 0 for a combining mark.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from mailweekly.edition.columns import width
from mailweekly.preflight.checkup import Joined
from mailweekly.preflight.facts import counted
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.silence import Silence

__all__ = [
    "SCHEMA",
    "SECRET",
    "Line",
    "clean",
    "counts",
    "json_document",
    "json_joined",
    "lines",
    "silences",
    "summary",
    "text",
]

Line = tuple[tuple[str, str], ...]  # pieces of one line: style (a level, "place", "caret", "note" or "") and text

SCHEMA: Final = 1  # raised when a field of the JSON document changes its meaning or goes
MARGIN: Final = "    "
SHOWN: Final = 96  # columns of a source line
LONGEST: Final = 20_000  # characters of a source line that are looked at around the place
SECRET: Final = frozenset({"content.secret"})  # whose line is not shown again: a report may stand in a public log
# Direction marks are needed to write a language; what turns the direction of a whole run is an attack here.
HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
JOINERS: Final = "\t\u200c\u200d"
UNPRINTABLE: Final = re.compile(r"[^\x20-\x7e\xa1-\xac\xae-\u0377]")


def text(findings: Iterable[Finding], sources: Mapping[str, str]) -> tuple[str, ...]:
    """Return lines for people: place, level, rule and fault; the source line with a caret (`sources`: file to text); why; how to mend."""
    return tuple("".join(piece for _, piece in line) for line in lines(findings, sources))


def lines(findings: Iterable[Finding], sources: Mapping[str, str], *, columns: int = SHOWN) -> tuple[Line, ...]:
    """Return what `text` does, in pieces with their styles; no source line is wider than `columns`."""
    split: dict[str, list[str]] = {}
    found: list[Line] = []
    for finding in findings:
        rows = split.setdefault(finding.file, sources.get(finding.file, "").split("\n"))
        found.append(_head(finding, finding.level.value))
        found += _excerpt(finding, rows, columns)
        found += [_said(name, words) for name, words in (("why", finding.why), ("mend", finding.mend)) if words]
    return tuple(found)


def silences(findings: Sequence[Finding], answers: Sequence[Silence]) -> tuple[Line, ...]:
    """Return findings that were answered: place, rule and fault, and the reason with its place."""
    found: list[Line] = []
    for finding, answer in zip(findings, answers, strict=True):
        where = f"{answer.file or finding.file}:{answer.line}"
        found += [_head(finding, "silenced"), _said("because", f"{answer.reason} ({where})")]
    return tuple(found)


def json_document(findings: Sequence[Finding], *, file: str, silenced: int = 0) -> str:
    """
    Return the JSON document: `schema` (1), `file`, `findings`, `counts` (by level) and `silenced` (how many).

    A finding has `rule`, `level`, `file`, `line`, `column`, `what`, `why`, `mend`, `source`.
    """
    return json.dumps(_document(findings, file, silenced), ensure_ascii=False, indent=2)


def json_joined(report: Joined, *, file: str) -> str:
    """
    Return the JSON document of one or several issues: that of `json_document`, and what came of each.

    `answered` has each silenced finding with `reason`, `by` (its file) and `by_line`; `issues` each issue's `file`, `readable`, `counts`, `silenced`.
    """
    answered = [
        {**_row(finding), "reason": answer.reason, "by": answer.file or finding.file, "by_line": answer.line}
        for finding, answer in zip(report.silenced, report.answers, strict=True)
    ]
    issues = [
        {
            "file": one,
            "readable": one not in report.unreadable,
            "counts": counts(report.of(one)),
            "silenced": sum(finding.file == one for finding in report.silenced),
        }
        for one in report.files
    ]
    document = _document(report.findings, file, len(report.silenced))
    return json.dumps({**document, "answered": answered, "issues": issues}, ensure_ascii=False, indent=2)


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """Return the number of findings by level, every level named."""
    found = {level.value: 0 for level in Level}
    for finding in findings:
        found[finding.level.value] += 1
    return found


def summary(findings: Iterable[Finding]) -> str:
    """Return "1 error, 2 warnings" or "nothing to mend"."""
    found = counts(findings)
    words = [
        counted(found[level.value], level.value, level.value if level is Level.INFO else f"{level.value}s")
        for level in Level
        if found[level.value]
    ]
    return ", ".join(words) or "nothing to mend"


def clean(line: str) -> str:
    """Return a line without characters that steer a terminal: controls, and marks that turn the direction of text."""
    return UNPRINTABLE.sub(_replaced, line)


def _replaced(found: re.Match[str]) -> str:
    char = found[0]
    return "\ufffd" if unicodedata.category(char) in HIDDEN and char not in JOINERS else char


def _document(findings: Sequence[Finding], file: str, silenced: int) -> dict[str, Any]:
    rows = [_row(finding) for finding in findings]
    return {"schema": SCHEMA, "file": file, "findings": rows, "counts": counts(findings), "silenced": silenced}


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "level": finding.level.value,
        "file": finding.file,
        "line": finding.line,
        "column": finding.column,
        "what": finding.what,
        "why": finding.why,
        "mend": finding.mend,
        "source": finding.source,
    }


def _head(finding: Finding, word: str) -> Line:
    place = clean(f"{finding.file}:{finding.line}:{finding.column}")
    return (("place", place), ("", ": "), (word, f"{word} {finding.rule}"), ("", f": {clean(finding.what)}"))


def _said(name: str, words: str) -> Line:
    return (("note", f"{MARGIN}{name}:"), ("", f" {clean(words)}"))


def _excerpt(finding: Finding, rows: Sequence[str], columns: int) -> Iterator[Line]:
    if finding.rule in SECRET or not 1 <= finding.line <= len(rows) or not rows[finding.line - 1].strip():
        return
    at = max(finding.column - 1, 0)
    begun = max(0, at - LONGEST)
    line = clean(rows[finding.line - 1][begun : at + LONGEST]).replace("\t", " ")
    at = min(at - begun, len(line))
    start = at - _fitting(line[at - 1 :: -1] if at else "", columns // 2) if width(line) > columns else 0
    lead = "…" if start or begun else ""
    shown = line[start : start + _fitting(line[start:], columns - len(lead))]
    yield (("", f"{MARGIN}{lead}{shown}{'…' if start + len(shown) < len(line) else ''}"),)
    yield (("caret", f"{MARGIN}{' ' * width(lead + line[start:at])}^"),)


def _fitting(line: str, columns: int) -> int:
    """How many characters of a line fit into so many columns."""
    count = min(len(line), columns)
    while width(line[:count]) > columns:
        count -= 1
    return count
