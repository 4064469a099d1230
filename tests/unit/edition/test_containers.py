"""The page of containers: complete, and each of its examples is what it says it is, in all three media."""

import re
from html import unescape
from pathlib import Path
from typing import Final

import pytest
from tests.unit.edition.factory import theme

from mailweekly.edition.model import Publication
from mailweekly.edition.render import render
from mailweekly.edition.web import web_page
from mailweekly.issue.containers import CONTAINERS
from mailweekly.issue.parse import parse

ROOT: Final = Path(__file__).parents[3]
PAGE: Final = ROOT / "docs" / "reference" / "containers.md"
PUBLICATION: Final = Publication(
    name="Small Tools Weekly",
    base_url="https://weekly.example.org",
    previous_url="https://weekly.example.org/archive/11",
    previous_title="Things that break",
)
PICTURE_BYTES: Final = 40 * 1024


def whole(example: str) -> str:
    """Return an issue that holds an example and nothing else."""
    return f"---\nnumber: 12\ntitle: A headline\npreheader: Before\nlang: en\nlead: none\n---\n\n{example}\n".replace(
        "lead: none\n", "" if ".lead" in example else "lead: none\n"
    )


def parts() -> dict[str, tuple[str, str]]:
    """Return each piece of the page: name -> its example, and what it says the text part says."""
    found = re.findall(r"\n## ([^\n]+)\n.*?\n````markdown\n(.*?)\n````\n.*?```text\n(.*?)\n```\n", _page(), re.DOTALL)
    return {name: (example, said) for name, example, said in found}


def _page() -> str:
    return PAGE.read_text("utf-8") if PAGE.is_file() else ""


def test_each_container_is_described() -> None:
    headings = re.findall(r"(?m)^## (.+)$", re.sub(r"(?ms)^````.*?^````", "", _page()))
    assert set(" ".join(headings).split()) >= CONTAINERS
    assert list(parts()) == headings


@pytest.mark.parametrize("name", parts())
def test_each_example_is_read_without_a_finding(name: str) -> None:
    notes = parse(whole(parts()[name][0]), source="issues/12.md").notes
    assert [note for note in notes if name != "draft" or "draft" not in note.what.lower()] == []


@pytest.mark.parametrize("name", parts())
def test_each_example_is_drawn_in_all_three_media(name: str) -> None:
    example, said = parts()[name]
    parsed = parse(whole(example), source="issues/12.md")
    edition, page = render(parsed, theme(), PUBLICATION), web_page(parsed, theme(), PUBLICATION)
    assert said in re.sub(r"\n{3,}", "\n\n", re.sub(r"<!--mw:.*?-->", "", edition.text))
    for html in (edition.html, page):
        left_out = "in=web" if html is edition.html else "segment=paid"
        for word in re.findall(r"[A-Z][a-z]+(?: [a-z]+)+", _prose(example, left_out)):
            assert word in _seen(html), word


def test_the_page_shows_pictures_that_exist_and_are_small() -> None:
    shown = re.findall(r"\]\((\.\./img/containers/[^)]+)\)", _page())
    assert len(shown) > 30
    for name in shown:
        picture = PAGE.parent / name
        assert picture.is_file(), name
        assert picture.stat().st_size <= PICTURE_BYTES, name


def _prose(example: str, left_out: str) -> str:
    """Return an example's lines of plain words, without what this medium leaves out."""
    kept = re.sub(rf"::: (?:draft|only {left_out})\n.*?\n:::", "", example, flags=re.DOTALL)
    return "\n".join(line for line in kept.splitlines() if re.match(r"[A-Z]", line) and not re.search(r"[`\[*]", line))


def _seen(html: str) -> str:
    return " ".join(unescape(re.sub(r"<!--.*?-->|<style.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)).split())
