"""The reference of themes is complete, and what the how-to types works and shows what it says."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Final

import pytest

from mailweekly.edition.render import desk_for
from mailweekly.edition.styles import SHEETS
from mailweekly.edition.template import templates
from mailweekly.edition.values import values_for
from mailweekly.preflight.theme import RULES
from tests.system.publication import ROOT, Publication, made
from tests.unit.edition.factory import PUBLICATION, entry, issue, section, theme

REFERENCE: Final = (ROOT / "docs" / "reference" / "themes.md").read_text("utf-8")
HOWTO: Final = (ROOT / "docs" / "howto" / "a-theme-of-your-own.md").read_text("utf-8")
BLOCKS: Final = re.findall(r"^```(\w*)\n(.*?)^```$", HOWTO, re.DOTALL | re.MULTILINE)
TYPED: Final = [line for language, block in BLOCKS if language == "sh" for line in block.splitlines() if line.strip()]


def named(word: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", "\n".join(re.findall(r"`[^`]*`", REFERENCE))) is not None


def test_each_value_a_template_may_see_is_described() -> None:
    chosen = theme()
    desk = desk_for(issue(section("S", entry())), chosen, PUBLICATION, templates(chosen))
    values = values_for(desk)
    assert [name for name in values if not named(name)] == []
    for name in ("theme", "publication", "byline", "type", "words"):
        assert [f"{name}.{key}" for key in values[name] if not named(key)] == []
    assert [key for key in values["groups"][0][0] if not named(key)] == []


def test_each_colour_sheet_rule_and_partial_is_described() -> None:
    base = tomllib.loads((ROOT / "templates" / "base" / "theme.toml").read_text("utf-8"))
    partials = [path.name.partition(".")[0] for path in (ROOT / "templates" / "base" / "partials").glob("*.mjml.j2")]
    wanted = [*base["light"], *base["theme"], *SHEETS, *RULES, *partials]
    assert [name for name in wanted if not named(name)] == []


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    found = made(tmp_path_factory.mktemp("howto"))
    found.issue("---\nnumber: 1\ntitle: One\ntheme: mine\n---\n\nHello.\n", "001-one.md")
    for path in (found.root / "issues").glob("001-s*.md"):
        path.unlink()
    return found


def test_what_the_how_to_types_works_in_its_order(one: Publication) -> None:
    for line in TYPED:
        command = shlex.split(line)[1:]
        if command != ["preview"]:  # it stays until it is ended; the tests of the preview type it
            result = one.run(*command)
            assert result.code == 0, (line, result.err)
    assert ["theme", "check", "mine"] in [shlex.split(line)[1:] for line in TYPED]


def test_what_the_how_to_shows_is_what_is_said(one: Publication, tmp_path: Path) -> None:
    folder = one.root / "templates" / "shown"
    (folder / "partials").mkdir(parents=True)
    shown = [block for _, block in BLOCKS if ": error " in block]
    assert len(shown) == 2
    (folder / "theme.toml").write_text(
        f'[theme]\nextends = "digest"\n{chr(10) * 10}[light]\nink = "#C0C0C0"\n', "utf-8"
    )
    assert shown[0].replace("/mine/", "/shown/") in one.run("theme", "check", "shown").out
    (folder / "theme.toml").write_text('[theme]\nextends = "digest"\n', "utf-8")
    (folder / "partials" / "masthead.mjml.j2").write_text(
        "<mj-section>\n<mj-colum></mj-colum>\n</mj-section>\n", "utf-8"
    )
    assert shown[1].replace("/mine/", "/shown/") in one.run("theme", "check", "shown").out


@pytest.mark.parametrize(("language", "file"), [("toml", "theme.toml"), ("css", "email.css")])
def test_what_the_how_to_writes_is_sound(one: Publication, language: str, file: str) -> None:
    (block,) = [block for written, block in BLOCKS if written == language]
    folder = one.root / "templates" / f"written-{language}"
    folder.mkdir(parents=True)
    (folder / "theme.toml").write_text('[theme]\nextends = "digest"\n', "utf-8")
    with (folder / file).open("a", encoding="utf-8") as opened:
        opened.write(block)
    result = one.run("theme", "check", folder.name, "--fail-on", "warning")
    assert result.code == 0, result.out
