"""The fault matrix is complete: every number has its tests, and each test that is named exists."""

import re

import pytest

from tests.faults.matrix import ROOT, Row, rows

DURABILITY = {"F1", "F3", "F5", "F7", "F9", "F11", "F19", "F20", "F21", "F24"}  # a wrong sender must be caught


def test_every_fault_has_a_row_and_every_row_its_tests() -> None:
    assert [row.number for row in rows()] == [f"F{number}" for number in range(1, 38)]
    assert not [row.number for row in rows() if not (row.tests and row.holds and row.how)]


def test_what_concerns_durability_is_tried_with_a_wrong_sender_too() -> None:
    assert {row.number for row in rows() if row.wrong} >= DURABILITY


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.number)
def test_each_test_a_row_names_exists(row: Row) -> None:
    for node in (*row.tests, *row.wrong):
        file, _, name = node.partition("::")
        assert re.search(rf"^(?:async )?def {name}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE), node


def test_the_operators_page_speaks_of_every_fault() -> None:
    page = (ROOT / "docs" / "howto" / "when-something-breaks.md").read_text("utf-8")
    named = {int(number) for number in re.findall(r"\bF(\d+)\b", page)}
    for begin, end in re.findall(r"^## .*\bF(\d+) to F(\d+)\b", page, re.MULTILINE):
        named.update(range(int(begin), int(end) + 1))
    assert named == set(range(1, 38))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.number)
def test_the_operators_table_says_what_the_matrix_says(row: Row) -> None:
    page = (ROOT / "docs" / "howto" / "when-something-breaks.md").read_text("utf-8")
    caught = "is caught" if row.wrong else ""
    assert f"| {row.number} | {row.fault} | {row.holds} | {row.how} | {caught} |\n" in page
