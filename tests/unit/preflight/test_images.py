"""Images of the publication: there, or not, and from where readers load them."""

from dataclasses import replace

from tests.unit.preflight.samples import SETTINGS, checked, issue, picture

from mailweekly.issue.parse import parse
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Level
from mailweekly.preflight.images import local_sources
from mailweekly.preflight.place import Checked

LOCAL = issue(picture("../img/keeper.png"))
THERE = frozenset({"../img/keeper.png"})


def spoken(subject: Checked) -> list[tuple[str, Level, str]]:
    """What the rules on images say."""
    return [(item.rule, item.level, item.what) for item in check(subject) if item.rule.startswith("image.")]


def test_an_image_that_is_there_names_the_address_readers_will_ask() -> None:
    ((rule, level, what),) = spoken(checked(LOCAL, image_files=THERE))
    assert (rule, level) == ("image.file", Level.WARNING)
    assert "from https://boats.example/img/keeper.png" in what


def test_a_missing_image_is_an_error_with_or_without_a_base_url() -> None:
    for settings in (SETTINGS, replace(SETTINGS, base_url=""), None):
        assert [(one[0], one[1]) for one in spoken(checked(LOCAL, image_files=frozenset(), settings=settings))] == [
            ("image.file", Level.ERROR)
        ]


def test_nobody_is_told_of_files_nobody_looked_for() -> None:
    assert spoken(checked(LOCAL)) == []


def test_only_paths_are_files_and_images_in_html_count() -> None:
    text = '# N #7: T\n\n<p><img src="a&amp;b.png" alt="x"></p>\n\n![y](/img/c%20d.png) ![z](https://boats.example/e.png)\n'
    assert local_sources(parse(text)) == {"a&b.png", "/img/c%20d.png"}
