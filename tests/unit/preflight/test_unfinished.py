"""Marks of unfinished work: where they are found, and when they stop a send."""

from importlib.resources import files
from pathlib import Path

import pytest

from mailweekly.issue.parse import parse
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Level
from mailweekly.preflight.place import Checked

ERROR, WARNING = Level.ERROR, Level.WARNING
SAMPLE = Path(__file__).parents[3] / "issues" / "001-small-tools-that-last.md"


def marks(text: str) -> list[tuple[int, Level]]:
    """Line and level of every mark found in an issue's text."""
    found = check(Checked(issue=parse(text, source="issues/007.md"), text=text))
    return [(item.line, item.level) for item in found if item.rule == "content.placeholder"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("# N #7: TODO\n\nWords.\n", [(1, ERROR)]),
        ("---\nnumber: 7\ntitle: TODO find a title\npreheader: the TODO ink\n---\n\nWords.\n", [(3, ERROR), (4, WARNING)]),
        ("# N #7: T\n\n## TODO\n\nWords.\n", [(3, ERROR)]),
        ("# N #7: T\n\n## S\n\n1. [TODO the title](https://boats.example/)\n\nWords.\n", [(5, ERROR)]),
        ("# N #7: T\n\nWe wrote [TODO](https://boats.example/) about it.\n", [(3, ERROR)]),
        ("# N #7: T\n\n[Boats](https://TODO) and more.\n", [(3, ERROR)]),
        ("# N #7: T\n\nSee [boats](https://example.org/TODO) and more.\n", [(3, ERROR)]),
        ("# N #7: T\n\nSee [boats](https://boats.example/TODO) and more.\n", [(3, WARNING)]),
        ("# N #7: T\n\nThe first line,\nTODO the second.\n", [(4, ERROR)]),
        ("# N #7: T\n\n- one\n- TODO two\n\n> TODO three\n", [(4, ERROR), (6, ERROR)]),
        ("# N #7: T\n\nA plain TODO ink\nand another TODO ink.\n", [(3, WARNING), (4, WARNING)]),
        ("# N #7: T\n\nShown as `TODO` here.\nThen a TODO ink.\n", [(4, WARNING)]),
    ],
)  # fmt: skip
def test_a_mark_is_found_at_its_line_and_stops_a_send_where_it_leads_or_stands_alone(
    text: str, wanted: list[tuple[int, Level]]
) -> None:
    assert marks(text) == wanted


@pytest.mark.parametrize(
    "words",
    [
        "`TODO`",
        "```\nTODO: x\n```",
        "[x](https://boats.example/todo-list)",
        "[x](https://boats.example/todo)",
        "[x](https://example.org/)",
    ],
)
def test_code_and_ordinary_links_are_no_marks(words: str) -> None:
    assert marks(f"# N #7: T\n\nWords {words}\n" if "\n" not in words else f"# N #7: T\n\n{words}\n") == []


def test_the_untouched_scaffold_cannot_be_sent() -> None:
    text = files("mailweekly.adapters.files").joinpath("starter", "issue.md").read_text("utf-8")
    filled = text.replace("@NUMBER@", "2").replace("@TITLE@", "Two").replace("@DATE@", "2026-11-27")
    lines = [number for number, line in enumerate(filled.split("\n"), 1) if "TODO" in line]
    assert lines
    assert marks(filled) == [(line, ERROR) for line in lines]


def test_the_sample_issue_is_finished() -> None:
    assert marks(SAMPLE.read_text("utf-8")) == []
