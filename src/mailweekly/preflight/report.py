"""
Findings as lines for people, as JSON, as annotations of GitHub.

Plain text only: colours are the terminal's business, and no control character of an issue reaches a terminal from here.

Units: columns of a terminal, 2 for an East Asian character.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mailweekly.preflight.facts import counted, width
from mailweekly.preflight.finding import Finding, Level

__all__ = ["SCHEMA", "clean", "counts", "github", "json_document", "summary", "text"]

SCHEMA: Final = 1  # raised when a field of the JSON document changes its meaning or goes
MARGIN: Final = "    "
SHOWN: Final = 96  # columns of a source line
SECRET: Final = frozenset({"content.secret"})  # whose line is not shown again: a report may stand in a public log
GITHUB: Final[Mapping[Level, str]] = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}


def text(findings: Iterable[Finding], sources: Mapping[str, str]) -> tuple[str, ...]:
    """Return lines for people: place, level, rule and fault; the source line with a caret (`sources`: file to text); why; how to mend."""
    lines: list[str] = []
    for finding in findings:
        lines.append(
            clean(
                f"{finding.file}:{finding.line}:{finding.column}: {finding.level.value} {finding.rule}: {finding.what}"
            )
        )
        lines += _excerpt(finding, sources.get(finding.file, ""))
        lines += [
            f"{MARGIN}{name}: {clean(words)}" for name, words in (("why", finding.why), ("mend", finding.mend)) if words
        ]
    return tuple(lines)


def json_document(findings: Sequence[Finding], *, file: str, silenced: int = 0) -> str:
    """
    Return the JSON document: `schema` (1), `file`, `findings`, `counts` (by level) and `silenced` (how many).

    A finding has `rule`, `level`, `file`, `line`, `column`, `what`, `why`, `mend`, `source`.
    """
    rows = [
        {
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
        for finding in findings
    ]
    document = {"schema": SCHEMA, "file": file, "findings": rows, "counts": counts(findings), "silenced": silenced}
    return json.dumps(document, ensure_ascii=False, indent=2)


def github(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return one workflow command a finding, which GitHub shows beside the line."""
    return tuple(
        f"::{GITHUB[finding.level]} file={_property(finding.file)},line={finding.line},col={finding.column},"
        f"title={_property(finding.rule)}::{_escaped(f'{finding.what} {finding.mend}'.strip())}"
        for finding in findings
    )


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
    return "".join(
        "\ufffd" if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char not in "\t\u200d" else char
        for char in line
    )


def _excerpt(finding: Finding, source: str) -> list[str]:
    lines = source.split("\n")
    if finding.rule in SECRET or not 1 <= finding.line <= len(lines) or not lines[finding.line - 1].strip():
        return []
    line = clean(lines[finding.line - 1]).replace("\t", " ")
    start = max(0, min(finding.column - 1, len(line)) - SHOWN // 2) if width(line) > SHOWN else 0
    shown = _cut(line[start:])
    before = ("…" if start else "") + line[start : finding.column - 1]
    return [f"{MARGIN}{'…' if start else ''}{shown}", f"{MARGIN}{' ' * width(before)}^"]


def _cut(line: str) -> str:
    if width(line) <= SHOWN:
        return line
    kept = line[:SHOWN]
    while width(kept) > SHOWN:
        kept = kept[:-1]
    return f"{kept}…"


def _property(value: str) -> str:
    return _escaped(value).replace(":", "%3A").replace(",", "%2C")


def _escaped(value: str) -> str:
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
