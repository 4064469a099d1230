"""The real issues in every theme there is: no link and no word is lost, no line of text too wide, nothing clipped, time in proportion to size."""

import re
import time
from dataclasses import replace
from functools import lru_cache
from html import unescape
from pathlib import Path

import pytest
from tests.editions import DAMAGED, PUBLICATION, REAL, THEMES, issue, theme
from wcwidth import wcswidth

from mailweekly.edition.model import Edition
from mailweekly.edition.render import render
from mailweekly.issue.model import Entry, Issue
from mailweekly.preflight.walk import LinkUse, TextRun, walk

pytestmark = pytest.mark.real_input

CLIPPED = 102_400  # bytes of HTML that Gmail shows
COLUMNS = 76
WORD = re.compile(
    r"[^\W\u2e80-\U0003ffff]{3,}|[\u3041-\u30ff\u3400-\ud7ff\U00020000-\U0003ffff]"
)  # a character of Chinese is one: links begin between any two
ADDRESS = re.compile(r"<?(?:https?://|mailto:|MW[0-9a-f]{10}x)\S+")


@lru_cache(maxsize=32)
def made(name: str, theme_name: str, folder: Path) -> tuple[Issue, Edition]:
    found = issue(name, folder)
    return found, render(found, theme(theme_name), PUBLICATION)


def words(markup: str) -> set[str]:
    bare = re.sub(r"<style.*?</style>|<head.*?</head>|<!--.*?-->|<[^>]+>", " ", markup, flags=re.DOTALL)
    return set(re.findall(r"\w+", unescape(bare)))


@pytest.mark.parametrize("theme_name", THEMES)
@pytest.mark.parametrize("name", REAL)
def test_every_link_and_every_word_is_in_both_parts(real_input: Path, name: str, theme_name: str) -> None:
    found, edition = made(name, theme_name, real_input)
    uses = list(walk(found))
    links = {use.url for use in uses if isinstance(use, LinkUse)}
    written = {word for use in uses if isinstance(use, TextRun) for word in WORD.findall(use.text)}
    assert len(links) > 5
    assert len(written) > 50
    html, text = unescape(edition.html), "".join(edition.text.split())
    assert not {url for url in links if url not in html}
    assert not {url for url in links if url.removeprefix("mailto:") not in edition.text}
    assert not {word for word in written if word not in text}
    shown = "".join(sorted(words(edition.html)))
    assert {word for word in written if word not in shown} <= {"star", "stars"}  # a badge says them


@pytest.mark.parametrize("theme_name", THEMES)
@pytest.mark.parametrize("name", REAL)
def test_a_line_of_text_is_no_wider_than_76_columns_but_for_an_address(
    real_input: Path, name: str, theme_name: str
) -> None:
    for line in made(name, theme_name, real_input)[1].text.split("\n"):
        address = ADDRESS.search(line)
        before = line[: address.start()] if address else line
        assert wcswidth(before) <= COLUMNS, line


@pytest.mark.parametrize("theme_name", THEMES)
@pytest.mark.parametrize("name", REAL)
def test_no_real_issue_is_clipped(real_input: Path, name: str, theme_name: str) -> None:
    assert len(made(name, theme_name, real_input)[1].html.encode()) < CLIPPED


@pytest.mark.parametrize("theme_name", THEMES)
def test_sixty_entries_are_not_clipped(real_input: Path, theme_name: str) -> None:
    found = issue(DAMAGED, real_input)
    entries = [item for part in found.sections for item in part.items if isinstance(item, Entry)]
    many = replace(found.sections[0], items=tuple((entries * 3)[:60]))
    edition = render(replace(found, sections=(many,)), theme(theme_name), PUBLICATION)
    assert edition.text.count("://") >= len(edition.entry_urls) == 60
    assert len(edition.html.encode()) < CLIPPED


def test_issue_78_in_digest_takes_half_of_what_is_shown(real_input: Path) -> None:
    assert len(made(DAMAGED, "digest", real_input)[1].html.encode()) <= 52 * 1024


@pytest.mark.parametrize("theme_name", THEMES)
def test_thirty_times_the_content_takes_thirty_times_as_long(real_input: Path, theme_name: str) -> None:
    found = issue(DAMAGED, real_input)

    def seconds(times: int) -> float:
        grown = replace(found, sections=tuple(replace(part, items=part.items * times) for part in found.sections))
        start = time.process_time()
        render(grown, theme(theme_name), PUBLICATION)
        return time.process_time() - start

    seconds(1)
    assert min(seconds(30), seconds(30)) <= 14 * min(
        seconds(3), seconds(3)
    )  # other work on the machine counts a little
