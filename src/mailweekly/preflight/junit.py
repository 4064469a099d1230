"""
Findings as JUnit's XML, which the test pages of GitLab, Jenkins and others show.

A suite is a file, a case is a rule: the name of a case stays the same from run to run, so that those pages can tell what is new and what was mended,
and one rule broken in ten places is one red line with ten places in it. A rule with findings below the limit has passed and names them as its output;
one whose findings were all answered is skipped, with the reason.

Source: the schema of the Ant task JUnitReport, as GitLab and Jenkins read it; XML 1.0, 2.2 (characters).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mailweekly.preflight.checkup import Joined
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.report import summary
from mailweekly.preflight.table import rules

__all__ = ["junit_document"]

ASKED: Final = frozenset("IEMT")  # the stages that every check goes through
LONGEST: Final = 300  # characters of a message, which stands in a table
ILLEGAL: Final = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x84\x86-\x9f]")


def junit_document(report: Joined, *, least: Level, prefix: str = "") -> str:
    """Return the document; a rule fails from level `least` on, `prefix` leads from the repository to the publication ("news/")."""
    root = Element("testsuites", name="mailweekly check")
    others = dict.fromkeys(finding.file for finding in (*report.findings, *report.silenced))
    for file in dict.fromkeys((*report.files, *others)):
        _suite(root, report, file, least, prefix)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _suite(root: Element, report: Joined, file: str, least: Level, prefix: str) -> None:
    found, shown = report.of(file), _legal(prefix + file)
    answered = [(one, reason) for one, reason in zip(report.silenced, report.reasons, strict=True) if one.file == file]
    asked = [rule.id for rule in rules().values() if ASKED.intersection(rule.stages)] if file in report.files else []
    if file in report.unreadable:
        asked = []
    suite = SubElement(root, "testsuite", name=shown)
    for rule in sorted({*asked, *(one.rule for one in found), *(one.rule for one, _ in answered)}):
        case = SubElement(suite, "testcase", name=rule, classname=shown, file=shown, time="0")
        here = [one for one in found if one.rule == rule]
        reasons = [reason for one, reason in answered if one.rule == rule]
        _outcome(case, here, reasons, least, is_unreadable=file in report.unreadable)
    suite.set("tests", str(len(suite)))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(case.find(tag) is not None for case in suite)))


def _outcome(
    case: Element, found: Sequence[Finding], reasons: Sequence[str], least: Level, *, is_unreadable: bool
) -> None:
    if not found:
        if reasons:
            SubElement(case, "skipped", message=_short("; ".join(dict.fromkeys(reasons))))
        return
    if all(one.level.rank > least.rank for one in found):
        SubElement(case, "system-out").text = _told(found)
        return
    worst = min(found, key=lambda one: one.level.rank)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    tag = "error" if is_unreadable else "failure"
    fault = SubElement(case, tag, message=_short(f"line {worst.line}: {worst.what}{more}"), type=summary([worst])[2:])
    fault.text = _told(found)


def _told(found: Iterable[Finding]) -> str:
    return "\n".join(
        _legal(f"{one.file}:{one.line}:{one.column}: {one.level.value}: {one.what} {one.mend}".strip()) for one in found
    )


def _short(words: str) -> str:
    flat = " ".join(_legal(words).split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1] + "…"


def _legal(words: str) -> str:
    return ILLEGAL.sub("\ufffd", words)
