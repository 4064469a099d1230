"""What an issue is called: by heading, front matter and file name."""

import pytest

from mailweekly.issue.parse import parse
from mailweekly.issue.titles import read_file_name, read_title


@pytest.mark.parametrize(
    ("heading", "newsletter", "number", "headline"),
    [
        ("Python Trending Weekly #78: Why async", "Python Trending Weekly", 78, "Why async"),
        ("科技爱好者周刊（第 390 期）：没有语料", "科技爱好者周刊", 390, "没有语料"),
        ("Python 潮流周刊#159：Python 3.15 预览", "Python 潮流周刊", 159, "Python 3.15 预览"),
        ("潮流周刊第159期：题", "潮流周刊", 159, "题"),
        ("Issue 412", "", 412, ""),
        ("This Week in Rust 665", "This Week in Rust", 665, ""),
        ("Foo Weekly - Issue 12", "Foo Weekly", 12, ""),
        ("Notes No. 5 – Tools", "Notes", 5, "Tools"),
        ("#78 A day", "", 78, "A day"),
        ("Goodbye Python 2", "", None, "Goodbye Python 2"),
        ("C#12: what is new", "", None, "C#12: what is new"),
        ("C# 12: what is new", "", None, "C# 12: what is new"),
        ("Fix for bug #123 in X", "", None, "Fix for bug #123 in X"),
        ("Year in review 2024", "", None, "Year in review 2024"),
        ("No more: x", "", None, "No more: x"),
        ("Version #1.5: x", "", None, "Version #1.5: x"),
    ],
)
def test_a_heading_is_taken_apart_only_where_it_says_so(
    heading: str, newsletter: str, number: int | None, headline: str
) -> None:
    title = read_title(heading)
    assert (title.newsletter, title.number, title.headline) == (newsletter, number, headline)


def test_a_bare_number_is_believed_when_something_else_says_it() -> None:
    assert read_title("Rust Things 7", 7).number == 7
    assert read_title("Rust Things 7", 8).number is None


@pytest.mark.parametrize(
    ("source", "number", "date"),
    [
        ("issue-412.md", 412, ""),
        ("issues/haskell-weekly-499.md", 499, ""),
        ("078-title.md", 78, ""),
        ("2026-08-19-this-week.md", None, "2026-08-19"),
        ("2026-08-19-665-x.md", 665, "2026-08-19"),
        ("2024-review.md", None, ""),
        ("issue.md", None, ""),
    ],
)
def test_a_file_name_tells_number_and_date(source: str, number: int | None, date: str) -> None:
    found = read_file_name(source)
    assert (found.number, found.date) == (number, date)


def test_an_issue_without_any_title_is_named_by_its_file() -> None:
    issue = parse("Hello.\n", source="issues/2024-05-06-12-hello.md")
    assert (issue.number, issue.meta["date"], issue.title, issue.heading) == (12, "2024-05-06", "", "")


def test_front_matter_wins_and_a_different_number_is_noted() -> None:
    issue = parse("---\nnumber: 3\n---\n# Weekly #4: x\n", source="005-x.md")
    assert issue.number == 3
    assert [note.rule for note in issue.notes if note.rule == "issue.number"] == ["issue.number", "issue.number"]


def test_a_heading_that_repeats_the_front_matter_is_the_title() -> None:
    issue = parse("---\ntitle: What\n---\n# News #7: What\n\ntext")
    assert (issue.newsletter, issue.number, issue.title, issue.heading) == ("News", 7, "What", "News #7: What")
    assert not issue.sections


def test_any_other_first_level_heading_is_a_section() -> None:
    issue = parse("Title: News 665\nNumber: 665\n\n## A\n\nx\n\n# Quote\n\n> q\n")
    assert [section.level for section in issue.sections] == [2, 1]
    assert issue.newsletter == "News"


def test_a_logo_in_the_heading_is_not_lost() -> None:
    issue = parse("# ![Acme](https://a.example/l.png)\n\ntext")
    assert issue.title == "Acme"
    assert len(issue.intro) == 2


def test_a_linked_title_keeps_its_link() -> None:
    assert parse("# [News #3: t](https://a.example)\n").meta["title_url"] == "https://a.example"
