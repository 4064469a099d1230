"""What readers have had before: which earlier link counts, which does not, and how an earlier issue is read."""

import time
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.preflight.cases_words import before
from tests.unit.preflight.samples import PROSE, SETTINGS, checked, issue

from mailweekly.issue.parse import parse
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.past import PastIssue, remembered
from mailweekly.preflight.place import Checked

PAGE = "https://paper.example/winter"
HEAD = f"# Harbour Letter #7: Tides and tables\n\n{PROSE}\n\n## Boats\n\n"


def found(text: str, *past: PastIssue, rule: str = "link.already-sent", **more: Any) -> list[Finding]:
    parsed = parse(text, source="issues/007-tides.md")
    subject = Checked(issue=parsed, text=text, past=past, settings=SETTINGS, **more)
    return [item for item in check(subject) if item.rule == rule]


def test_an_entry_that_was_sent_names_the_issue_its_day_and_the_words_it_had() -> None:
    (item,) = found(
        f"{HEAD}1. [The ferry](http://www.paper.example/winter/?utm_source=x)\n\n    It leaves.\n", before(PAGE)
    )
    assert (item.level, item.line, item.column) == (Level.WARNING, 7, 16)
    assert item.what.endswith("was in #3, 2024-07-05, as “Winter ferry”.")


def test_the_latest_issue_is_named_and_the_others_are_counted() -> None:
    (item,) = found(f"{HEAD}1. [The ferry]({PAGE})\n", before(PAGE, number=5), before(PAGE, number=3))
    assert "#5" in item.what
    assert item.what.endswith("(and in 1 issue before).")


def test_a_link_in_passing_is_an_info_beside_entries_and_a_warning_in_a_letter() -> None:
    letter = f"# Harbour Letter #7: T\n\nRead [the page]({PAGE}) again. {PROSE}\n"
    assert [item.level for item in found(letter, before(PAGE))] == [Level.WARNING]
    beside = f"{letter}\n## Boats\n\n1. [Other](https://paper.example/other)\n"
    assert [item.level for item in found(beside, before(PAGE))] == [Level.INFO]


def test_a_page_that_stands_twice_in_the_issue_is_told_once() -> None:
    assert len(found(f"{HEAD}1. [A]({PAGE})\n2. [B]({PAGE}#part)\n", before(PAGE))) == 1


@pytest.mark.parametrize(
    "body",
    [
        "1. [Ours](https://boats.example/6)",
        "See [the home page](https://home.example/) of theirs.\n\n1. [A](https://x.example/a)",
        f"1. [A](https://x.example/a)\n\n::: sponsor name=Acme url={PAGE}\n[Acme]({PAGE})\n:::",
        f"1. [A](https://x.example/a)\n\n## [More]({PAGE})\n\n1. [B](https://x.example/b)",
        f"```\n[A]({PAGE})\n```\n\n1. [A](https://x.example/a)",
        f"Words.\n\n## [Reads]({PAGE})\n\nWords.\n\n## [Tools]({PAGE})\n\nWords.",
        "1. [A](https://x.example/a)\n\n    Write to [us](mailto:editor@boats.example).",
    ],
)
def test_what_stands_in_every_issue_is_no_news(body: str) -> None:
    pages = ("https://boats.example/6", "https://home.example", PAGE, "mailto:editor@boats.example")
    assert found(HEAD + body, *(before(page) for page in pages)) == []


def test_what_three_of_the_last_ten_issues_linked_is_furniture() -> None:
    text = f"{HEAD}1. [The ferry]({PAGE})\n"
    assert len(found(text, before(PAGE, number=6), before(PAGE, number=5))) == 1
    assert found(text, before(PAGE, number=6), before(PAGE, number=5), before(PAGE, number=4)) == []


def test_a_subject_with_another_number_is_another_subject() -> None:
    assert found(HEAD, before(PAGE, subject="Harbour Letter #6: Tides and tables"), rule="subject.repeated") == []
    (item,) = found(
        HEAD, before(PAGE, subject="harbour letter #7 — Tides & tables".replace("&", "and")), rule="subject.repeated"
    )
    assert item.line == 1


def test_nobody_asked_and_nothing_before_are_both_silent() -> None:
    assert check(checked(issue())) == check(replace(checked(issue()), past=()))


def test_an_earlier_issue_is_read_at_a_glance() -> None:
    text = (
        "---\nnumber: 61\nsubject: 'Sixty-one'\ndate: 2024-07-05\n---\n# T\n\n1. [**Bold** `code`](https://www.a.example/x/) by X\n"
        "2. ![alt](https://img.example/a.png) <https://b.example/y>\n\n<!-- [no](https://c.example/z) -->\n`[no](https://d.example)`\n\n"
        "~~~\n[no](https://e.example/q)\n~~~\n[![i](https://img.example/b.png)](https://f.example/p)\n[g]:https://g.example/r\n"
        "## [One](https://h.example/sub)\n## [Two](https://h.example/sub)\n"
    )
    one = remembered(text, file="issues/061.md", number=61)
    assert (one.subject, one.date) == ("Sixty-one", "2024-07-05")
    assert dict(one.links) == {
        "https://a.example/x": "Bold code",
        "https://b.example/y": "",
        "https://f.example/p": "i",
        "https://g.example/r": "g",
    }


def test_a_damaged_issue_is_remembered_in_its_own_words() -> None:
    told = "Le café où l’été dure encore un peu, ça va très bien"
    text = f"# T\n\n1. [{told}](https://a.example/x)\n".encode().decode("mac_roman")
    assert remembered(text, file="1.md", number=1).links == {"https://a.example/x": told}


@pytest.mark.parametrize(
    "bait", ["[", "[a](", "<http://", "`", "[[a](b)", "<!--", "```\n", "[a](http://b(c", "[x]: http://a\n", "---\n"]
)
def test_no_earlier_issue_is_slow_to_read(bait: str) -> None:
    begun = time.process_time()
    remembered(bait * (200_000 // len(bait)), file="1.md", number=1)
    assert time.process_time() - begun < 1
