"""Issue 78 and four other newsletters: nothing is missed, and nobody cries wolf."""

import time
from collections import Counter
from pathlib import Path

import pytest

from mailweekly.issue.damage import repair
from mailweekly.issue.parse import parse
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked

pytestmark = pytest.mark.real_input


def findings(text: str, source: str) -> tuple[Finding, ...]:
    return check(Checked(issue=parse(text, source=source), text=text))


def test_issue_78_as_received_says_once_that_it_is_damaged(real_input: Path) -> None:
    text = (real_input / "python-trending-weekly-78.md").read_text(encoding="utf-8")
    found = findings(text, "issues/python-trending-weekly-78.md")
    loud = Counter(item.rule for item in found if item.level is not Level.INFO)
    assert loud == {"encoding.mojibake": 1, "a11y.alt-missing": 3}
    assert [item.level for item in found if item.rule == "encoding.mojibake"] == [Level.ERROR]


def test_issue_78_repaired_lacks_three_alt_texts_and_nothing_else(real_input: Path) -> None:
    mended = repair((real_input / "python-trending-weekly-78.md").read_text(encoding="utf-8"))
    assert mended is not None
    found = findings(mended.text, "issues/python-trending-weekly-78.md")
    assert [(item.rule, item.line) for item in found if item.level is not Level.INFO] == [
        ("a11y.alt-missing", 68),
        ("a11y.alt-missing", 86),
        ("a11y.alt-missing", 108),
    ]
    assert Counter(item.rule for item in found if item.level is Level.INFO) == {"link.cheap-tld": 2}


@pytest.mark.parametrize(
    "name", ["haskell-weekly-499", "keji-aihaozhe-390", "python-chaoliu-159", "this-week-in-rust-665"]
)
def test_an_issue_from_elsewhere_has_no_error_and_is_checked_quickly(real_input: Path, name: str) -> None:
    text = (real_input / "other-newsletters" / f"{name}.md").read_text(encoding="utf-8")
    parsed = parse(text, source=f"issues/{name}.md")
    begun = time.process_time()
    found = check(Checked(issue=parsed, text=text))
    assert time.process_time() - begun < 2
    assert [item for item in found if item.level is Level.ERROR] == []
    lines = text.count("\n") + 1
    assert all(1 <= item.line <= lines for item in found)
