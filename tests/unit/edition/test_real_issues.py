"""The real issues: every link in both parts, sizes, speed."""

import re
import time
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from tests.unit.edition.factory import PUBLICATION, theme

from mailweekly.edition.model import Edition
from mailweekly.edition.render import render
from mailweekly.issue.damage import repair
from mailweekly.issue.model import Issue
from mailweekly.issue.parse import parse

pytestmark = pytest.mark.real_input

OTHERS = ("haskell-weekly-499", "keji-aihaozhe-390", "python-chaoliu-159", "this-week-in-rust-665")
FULL_CARD = 1_400  # bytes a further full card may cost


def other(folder: Path, name: str) -> Issue:
    """Return one of the four newsletters from elsewhere."""
    return parse((folder / "other-newsletters" / f"{name}.md").read_text("utf-8"), source=f"issues/{name}.md")


@pytest.fixture(scope="module")
def issue_78(real_input: Path) -> Issue:
    """Issue 78, repaired."""
    mended = repair((real_input / "python-trending-weekly-78.md").read_text("utf-8"))
    assert mended is not None
    return parse(mended.text, source="issues/078.md")


@pytest.fixture(scope="module")
def edition_78(issue_78: Issue) -> Edition:
    """Issue 78 in the theme digest."""
    return render(issue_78, theme(), PUBLICATION)


def words(markup: str) -> set[str]:
    """Return the words a page shows."""
    bare = re.sub(r"<style.*?</style>|<head.*?</head>|<!--.*?-->|<[^>]+>", " ", markup, flags=re.DOTALL)
    return set(re.findall(r"\w{3,}", unescape(bare)))


def test_issue_78_fits_twice_into_what_gmail_shows(edition_78: Edition) -> None:
    assert len(edition_78.html.encode()) <= 52 * 1024


def test_issue_78_has_its_25_links_in_both_parts(edition_78: Edition) -> None:
    assert len(edition_78.entry_urls) == 25
    for url in edition_78.entry_urls:
        assert url in edition_78.text
        assert url in unescape(edition_78.html)


def test_a_further_full_card_costs_little(issue_78: Issue, edition_78: Edition) -> None:
    first = issue_78.sections[0]
    more = replace(first, items=(*first.items, *first.items[1:]))
    grown = render(replace(issue_78, sections=(more, *issue_78.sections[1:])), theme(), PUBLICATION)
    added = len(first.entries) - 1
    assert (len(grown.html.encode()) - len(edition_78.html.encode())) / added <= FULL_CARD


def test_issue_78_uses_few_sections_of_the_layout(edition_78: Edition) -> None:
    assert edition_78.mjml.count("<mj-section") - 1 <= 5  # one stands in mj-attributes


@pytest.mark.parametrize("name", OTHERS)
def test_an_issue_from_elsewhere_loses_no_word_and_fits(real_input: Path, name: str) -> None:
    issue = other(real_input, name)
    edition = render(issue, theme(), PUBLICATION)
    assert len(edition.html.encode()) < 102_400
    for url in edition.entry_urls:
        assert url in edition.text
    said = "".join(edition.text.split())
    added = {word for word in words(edition.html) if word not in said}
    assert added <= {"Read", "focus", "Share", "issue"}  # the theme's own words
    assert not live_marks(edition)


def live_marks(edition: Edition) -> list[str]:
    """Return what of Markdown is left to be seen."""
    return re.findall(r"\]\(http|\*\*\w", re.sub(r"<[^>]+>", "", edition.html))


def test_building_is_quick_and_linear(issue_78: Issue) -> None:
    def seconds(one: Issue, times: int) -> float:
        taken = []
        for _ in range(times):
            start = time.process_time()
            render(one, theme(), PUBLICATION)
            taken.append(time.process_time() - start)
        return min(taken)

    tenfold = replace(issue_78, sections=tuple(replace(part, items=part.items * 10) for part in issue_78.sections))
    seconds(issue_78, 2)
    once, ten = seconds(issue_78, 5), seconds(tenfold, 2)
    assert once <= 0.1  # the bar is 50 ms on a quiet machine; tests run beside each other
    assert ten <= 12 * once
