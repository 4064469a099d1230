"""What an editor has answered is silent, counted, and never more than was meant."""

import json

import pytest
from tests.unit.preflight.samples import checked, issue, link, note, words

from mailweekly.issue.model import Note, Paragraph
from mailweekly.preflight.check import Review, review
from mailweekly.preflight.place import Checked

LONG = "word " * 60
TEXT = """---
check:
  ignore:
    - {rule: link.insecure}
---

<!-- mailweekly: allow link.insecure because it is old -->
[The winter ferry](http://a.example/)

[The winter ferry](http://b.example/)
"""


def whole(*notes: Note, **meta: str) -> Checked:
    uses = (link("http://a.example/", "A", 8), link("http://b.example/", "B", 10))
    values = {key.replace("_", "."): value for key, value in meta.items()}
    return checked(issue(words(LONG), Paragraph(children=uses, line=8), notes=notes, meta=values), TEXT)


def rows(found: Review) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    return [(item.rule, item.line) for item in found.findings], [(item.rule, item.line) for item in found.silenced]


def allow(rule: str, words_after: str = "because it is old", line: int = 7) -> Note:
    """A comment as the parser notes it."""
    return Note(rule="check.allow", line=line, what=rule, mend=words_after)


def ignored(**row: str) -> str:
    return json.dumps([row])


def test_a_comment_silences_its_block_and_no_other() -> None:
    found = review(whole(allow("link.insecure")))
    assert rows(found) == ([("link.insecure", 10)], [("link.insecure", 8)])


def test_the_front_matter_silences_the_whole_issue() -> None:
    found = review(whole(check_ignore=ignored(rule="link.insecure", reason="old")))
    assert rows(found) == ([], [("link.insecure", 8), ("link.insecure", 10)])


def test_a_match_narrows_a_silence() -> None:
    found = review(whole(check_ignore=ignored(rule="link.insecure", reason="old", match="b.example")))
    assert rows(found) == ([("link.insecure", 8)], [("link.insecure", 10)])


@pytest.mark.parametrize(
    "silence",
    [allow("link.insecure", ""), allow("link.insecur"), allow(""), allow("encoding.mojibake")],
)
def test_a_void_silence_is_a_finding_and_silences_nothing(silence: Note) -> None:
    found = review(whole(silence))
    assert rows(found) == ([("check.silence", 7), ("link.insecure", 8), ("link.insecure", 10)], [])


def test_a_silence_left_over_is_a_finding() -> None:
    found = review(whole(allow("link.shortener")))
    assert ("check.silence", 7) in rows(found)[0]


def test_a_silence_of_a_rule_that_was_not_asked_is_not_called_left_over() -> None:
    assert "check.silence" not in {item.rule for item in review(whole(allow("subject.length"))).findings}


def test_a_fixed_rule_is_never_silenced() -> None:
    found = review(checked(issue(notes=(note("link.scheme", 8), allow("link.scheme"))), TEXT))
    assert rows(found) == ([("check.silence", 7), ("link.scheme", 8)], [])


@pytest.mark.parametrize("written", ["{", "7", '"link.insecure"', "[[]]", '[{"rule": {"a": 1}}]', "null", "[null]"])
def test_a_malformed_list_of_silences_is_a_finding_and_no_traceback(written: str) -> None:
    found = review(whole(check_ignore=written))
    assert found.silenced == ()
