"""
Findings as SARIF, which code-scanning pages and editors read.

Every rule of the book is described, whether it was broken or not. A finding that was answered is a result with a suppression and its justification.
Files are named from the publication's folder; columns are counted in UTF-16 code units, as the format and its readers expect them.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0 with errata 01: columnKind, 3.14.17; partialFingerprints, 3.27.17; suppression, 3.35.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from mailweekly.preflight.checkup import Joined
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.page import home_of, rule_page
from mailweekly.preflight.report import SECRET, clean
from mailweekly.preflight.silence import Silence
from mailweekly.preflight.table import Rule, rules

__all__ = ["sarif_document"]

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final[Mapping[Level, str]] = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "note"}
BASE: Final = "%SRCROOT%"  # the name that GitHub and the viewers give the repository's folder
FINGERPRINT: Final = "lineHash/v1"
LONGEST: Final = 500  # characters of a snippet
AUTOMATION: Final = "mailweekly/check/"


def sarif_document(report: Joined, *, version: str, prefix: str = "") -> str:
    """Return the document; `version` is the program's, `prefix` leads from the repository to the publication ("news/")."""
    book = dict(rules())
    everything = [*report.findings, *report.silenced]
    for finding in everything:
        book.setdefault(finding.rule, _unknown(finding))
    index = {rule: number for number, rule in enumerate(book)}
    files = tuple(dict.fromkeys((*report.files, *(finding.file for finding in everything))))
    places = _Places(sources=report.sources, files=files, prefix=prefix)
    run = {
        "tool": {"driver": _driver(book.values(), version)},
        "automationDetails": {"id": AUTOMATION},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {BASE: {"description": {"text": "The folder of the publication, or of its repository."}}},
        "artifacts": [places.artifact(file) for file in files],
        "invocations": [{"executionSuccessful": not report.unreadable}],
        "results": _results(report, index, places),
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


class _Places:
    """Where files and lines are, as SARIF names them."""

    def __init__(self, *, sources: Mapping[str, str], files: Sequence[str], prefix: str) -> None:
        self._lines = {file: text.split("\n") for file, text in sources.items()}
        self._index = {file: number for number, file in enumerate(files)}
        self._prefix = prefix

    def line(self, file: str, number: int) -> str:
        """Return a line of a file; empty: it is not known."""
        known = self._lines.get(file, ())
        return known[number - 1] if 1 <= number <= len(known) else ""

    def artifact(self, file: str) -> dict[str, Any]:
        """Return the description of a file."""
        kind = {"sourceLanguage": "markdown"} if file.endswith(".md") else {}
        return {"location": self._uri(file), **kind}

    def location(self, file: str, number: int, column: int = 1, *, snippet: bool = False) -> dict[str, Any]:
        """Return a place in a file; the column in code points."""
        line = self.line(file, number)
        region: dict[str, Any] = {"startLine": max(number, 1)}
        if line:
            region["startColumn"] = _utf16(line[: max(column, 1) - 1]) + 1
        if line and snippet:
            region["snippet"] = {"text": clean(line[:LONGEST])}
        return {"physicalLocation": {"artifactLocation": {**self._uri(file), **self._number(file)}, "region": region}}

    def _uri(self, file: str) -> dict[str, Any]:
        uri = quote(self._prefix + file, safe="/!$&'()*+,;=@~-._")
        return {"uri": f"file://{quote(file)}"} if file.startswith("/") else {"uri": uri, "uriBaseId": BASE}

    def _number(self, file: str) -> dict[str, Any]:
        return {"index": self._index[file]} if file in self._index else {}


def _driver(book: Iterable[Rule], version: str) -> dict[str, Any]:
    return {
        "name": "mailweekly",
        "version": version,
        "informationUri": home_of(""),
        "rules": [_described(rule) for rule in book],
    }


def _described(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title or rule.id},
        "fullDescription": {"text": rule.why or rule.title or rule.id},
        "helpUri": home_of(rule.id),
        "help": {"text": f"{rule.why}\n\n{rule.mend}".strip() or rule.id, "markdown": rule_page(rule)},
        "defaultConfiguration": {"level": LEVELS[rule.level]},
        "properties": {"tags": [rule.id.partition(".")[0]]},
    }


def _unknown(finding: Finding) -> Rule:
    return Rule(
        id=finding.rule, level=finding.level, stages=("I",), title=finding.rule, why=finding.why, mend=finding.mend
    )


def _results(report: Joined, index: Mapping[str, int], places: _Places) -> list[dict[str, Any]]:
    answers: list[Silence | None] = [*[None] * len(report.findings), *report.answers]
    seen: Counter[str] = Counter()
    results = []
    for finding, answer in zip((*report.findings, *report.silenced), answers, strict=True):
        base = _fingerprint(finding, places)
        seen[base] += 1
        result = {
            "ruleId": finding.rule,
            "ruleIndex": index[finding.rule],
            "level": LEVELS[finding.level],
            "message": {"text": f"{finding.what} {finding.mend}".strip() or finding.rule},
            "locations": [
                places.location(finding.file, finding.line, finding.column, snippet=finding.rule not in SECRET)
            ],
            "partialFingerprints": {FINGERPRINT: f"{base}:{seen[base]}"},
        }
        results.append({**result, "suppressions": [_suppression(answer, finding, places)]} if answer else result)
    return results


def _suppression(answer: Silence, finding: Finding, places: _Places) -> dict[str, Any]:
    return {
        "kind": "external" if answer.file else "inSource",
        "status": "accepted",
        "justification": answer.reason,
        "location": places.location(answer.file or finding.file, answer.line),
    }


def _fingerprint(finding: Finding, places: _Places) -> str:
    """What stays the same when lines above come and go; two of one kind are told apart by their number."""
    words = " ".join(places.line(finding.file, finding.line).split()) or finding.what
    parts = f"{finding.rule}\0{finding.file}\0{words}"
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
