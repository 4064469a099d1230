"""Lists in containers, single entries, leads and dates: what an editor means by them."""

import pytest

from mailweekly.issue.model import Component, ListBlock, Paragraph, Rule
from mailweekly.issue.parse import parse

ENTRY = "1、[One](https://a.example/1)\n\nA blurb.\n\n"


@pytest.mark.parametrize("name", ["poll", "columns", "figure", "button", "previous", "toc", "note", "quote"])
def test_a_list_of_links_in_a_container_is_a_list(name: str) -> None:
    options = " url=https://b.example" if name == "button" else ""
    listed = "- [Good](https://p.example/1)\n- [Bad](https://p.example/2)\n"
    issue = parse(f"# T\n\n## S\n\n{ENTRY}## P\n\nProse.\n\n::: {name}{options}\n{listed}:::\n")
    assert len(issue.entries) == 1
    assert not [note for note in issue.notes if note.rule == "issue.empty-entry"]
    container = issue.sections[1].items[-1]
    assert isinstance(container, Component)
    assert isinstance(container.blocks[0], ListBlock)


def test_a_single_entry_without_a_blurb_is_an_entry_and_not_a_list() -> None:
    assert not parse("# T\n\n## S\n\n1、[One](https://a.example/1)\n").sections[0].link_list
    assert parse("# T\n\n## S\n\n1、[A](https://a.example/1)\n\n2、[B](https://a.example/2)\n").sections[0].link_list


@pytest.mark.parametrize("lead", ["9", "nobody"])
def test_a_lead_that_no_entry_is_is_noted(lead: str) -> None:
    notes = parse(f"---\nlead: {lead}\n---\n# T\n\n## S\n\n{ENTRY}").notes
    assert [(note.rule, note.line) for note in notes] == [("issue.directive", 2)]


def test_a_number_leads_in_the_first_section_that_has_it() -> None:
    issue = parse(f"---\nlead: 1\n---\n# T\n\n## A\n\nProse.\n\n## B\n\n{ENTRY}## C\n\n{ENTRY}")
    assert [sorted(entry.flags) for entry in issue.entries] == [["lead"], []]


@pytest.mark.parametrize("written", ["2026-13-40", "2026-02-30", "2026/13/01", "2026年13月40日", "0000-01-01"])
def test_a_day_that_no_calendar_has_is_noted_and_left_out(written: str) -> None:
    issue = parse(f"---\ndate: '{written}'\n---\n# T\n\nText.\n")
    assert "date" not in issue.meta
    assert [note.rule for note in issue.notes] == ["issue.front-matter"]


@pytest.mark.parametrize("written", ["2026-02-28", "2024-02-29T10:00:00Z", "last Friday"])
def test_other_dates_stay_as_written(written: str) -> None:
    issue = parse(f"---\ndate: '{written}'\n---\n# T\n\nText.\n")
    assert (issue.meta["date"], issue.notes) == (written, ())


def test_text_right_above_a_rule_in_columns_is_text() -> None:
    (columns,) = parse("# T\n\n::: columns\nLeft.\n---\nRight.\n:::\n").intro
    assert isinstance(columns, Component)
    assert [type(block) for block in columns.blocks] == [Paragraph, Rule, Paragraph]


def test_first_is_no_fault_where_nothing_can_lead() -> None:
    assert parse("---\nlead: first\n---\n# T\n\nText.\n").notes == ()


def test_an_impossible_day_in_a_file_name_is_no_date() -> None:
    assert "date" not in parse("# T\n\nText.\n", source="2026-13-40-name.md").meta
