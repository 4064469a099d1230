"""`theme list`, `theme new`, `theme check`, as a user types them: what is written, what is found, where, and the exit code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.system.publication import ROOT, Publication, made

SHIPPED: Final = sorted(path.parent.name for path in (ROOT / "templates").glob("*/theme.toml"))
MASTHEAD: Final = "partials/masthead.mjml.j2"
FOOTER: Final = "partials/footer.mjml.j2"


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return made(tmp_path_factory.mktemp("theme"))


@pytest.fixture
def mine(one: Publication) -> Iterator[Path]:
    """A theme of one's own, taken away again."""
    folder = one.root / "templates" / "mine"
    folder.mkdir(parents=True)
    (folder / "theme.toml").write_text('[theme]\nname = "mine"\nextends = "digest"\n', encoding="utf-8")
    yield folder
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


def write(folder: Path, file: str, text: str) -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def found(one: Publication, *options: str) -> list[dict[str, Any]]:
    """The findings of `theme check mine`, infos left out."""
    result = one.run("theme", "check", "mine", "--json", *options)
    assert result.code in {0, 1}, result.err
    return [finding for finding in result.document["findings"] if finding["level"] != "info"]


def test_the_list_names_every_theme_and_what_it_is_for(one: Publication, mine: Path) -> None:
    write(mine, "theme.toml", '[theme]\nname = "mine"\nextends = "digest"\ndescription = "for Fridays"\n')
    rows = {row["name"]: row for row in one.run("theme", "list", "--json").document["themes"]}
    assert sorted(rows) == sorted([*SHIPPED, "mine"])
    assert all(rows[name]["for"] for name in SHIPPED)
    assert rows["digest"] | {"for": ""} == {
        "name": "digest",
        "for": "",
        "extends": "base",
        "place": rows["digest"]["place"],
        "origin": "shipped",
        "used": True,
    }
    assert (rows["mine"]["for"], rows["mine"]["place"]) == ("for Fridays", "templates/mine")
    assert rows["mine"]["origin"] == "publication"
    text = one.run("theme", "list").out
    assert "* digest" in text
    assert "  mine  for Fridays\n    templates/mine (the publication's, extends digest)" in text


@pytest.mark.parametrize("toml", ["", "[theme\n", "theme = 3\n", "[theme]\nextends = 4\n"])
def test_a_theme_that_cannot_be_read_is_listed_all_the_same(one: Publication, mine: Path, toml: str) -> None:
    write(mine, "theme.toml", toml)
    result = one.run("theme", "list", "--json")
    assert result.code == 0
    assert "mine" in {row["name"] for row in result.document["themes"]}


def test_a_new_theme_is_sound_builds_and_is_never_overwritten(tmp_path: Path) -> None:
    one = made(tmp_path)
    result = one.run("theme", "new", "mine", "--from", "letter", "--json")
    assert result.code == 0
    assert result.document["files"] == [
        f"templates/mine/{file}" for file in ("theme.toml", "email.css", "README.md", "partials/note.mjml.j2")
    ]
    assert 'extends = "letter"' in (one.root / "templates/mine/theme.toml").read_text("utf-8")
    assert [one.run("theme", "check", "mine", "--fail-on", "warning").code] == [0]
    settings = one.root / "mailweekly.toml"
    settings.write_text(settings.read_text("utf-8").replace('theme = "digest"', 'theme = "mine"'), encoding="utf-8")
    assert one.run("build", "7", "--json").document["theme"] == "mine"
    again = one.run("theme", "new", "mine")
    assert again.code == 77
    assert "already" in again.error[0]


def test_the_last_lines_of_a_new_theme_are_what_to_type_next(tmp_path: Path) -> None:
    out = made(tmp_path).run("theme", "new", "mine").out
    assert re.search(r'Next:\n  mailweekly theme check mine .*\n  theme = "mine" .*\n  mailweekly preview ', out)


@pytest.mark.parametrize("name", ["../x", "a b", "", ".x", "/x", "x" * 65, "a\nb"])
def test_a_name_that_cannot_be_a_folder_is_refused(one: Publication, name: str) -> None:
    result = one.run("theme", "new", name)
    assert result.code == 64
    assert not (one.root / "templates" / "x").exists()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_theme_is_never_shadowed(one: Publication, name: str) -> None:
    assert one.run("theme", "new", name).code == 77


def test_an_unknown_source_is_answered_with_the_nearest(one: Publication) -> None:
    result = one.run("theme", "new", "x", "--from", "digset")
    assert result.code == 66
    assert result.error[2].startswith("Did you mean digest? ")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_theme_has_nothing_to_mend(one: Publication, name: str) -> None:
    result = one.run("theme", "check", name, "--fail-on", "warning")
    assert result.code == 0, result.out


BROKEN: Final = {
    "toml": ("theme.toml", '[theme]\nextends = "digest"\n[light\n', "theme.toml:3:7", "theme.toml"),
    "parent": ("theme.toml", '[theme]\nname = "mine"\nextends = "digset"\n', "theme.toml:3:1", "theme.toml"),
    "colour": ("theme.toml", '[theme]\nextends = "digest"\n[light]\nink = "navy"\n', "theme.toml:4:1", "theme.colour"),
    "twin": ("theme.toml", '[theme]\nextends = "digest"\n[dark]\nnew = "#123456"\n', "theme.toml:4:1", "theme.colour"),
    "contrast": (
        "theme.toml",
        '[theme]\nextends = "digest"\n[dark]\n  body = "#333333"\n',
        "theme.toml:4:3",
        "theme.colour",
    ),
    "width": ("theme.toml", '[theme]\nextends = "digest"\nwidth = "wide"\n', "theme.toml:3:1", "theme.toml"),
    "sheet": ("email.css", ".a {\n  color: $inc;\n}\n", "email.css:2:10", "theme.css"),
    "import": ("email.css", "@import url(https://x.example/a.css);\n", "email.css:1:1", "theme.css"),
    "syntax": ("partials/note.mjml.j2", "<p>\n{% if %}</p>\n", "partials/note.mjml.j2:2:1", "theme.template"),
    "name": ("partials/row.mjml.j2", "<tr><td>{{ entri.title }}</td></tr>\n", "partials/row.mjml.j2:1:12", "theme.template"),
    "include": (MASTHEAD, '\n {% include "partials/no.j2" %}\n', f"{MASTHEAD}:2:14", "theme.template"),
    "tag": (MASTHEAD, "<mj-section>\n  {{ title }}<mj-colum></mj-colum>\n</mj-section>\n", f"{MASTHEAD}:2:14", "theme.mjml"),
    "attribute": (MASTHEAD, '<mj-section><mj-column\n colour="red"></mj-column></mj-section>\n', f"{MASTHEAD}:2:2", "theme.mjml"),
    "value": (MASTHEAD, '<mj-section padding="abc"><mj-column></mj-column></mj-section>', f"{MASTHEAD}:1:13", "theme.mjml"),
    "nesting": (MASTHEAD, "<mj-section><mj-text>x</mj-text></mj-section>", f"{MASTHEAD}:1:13", "theme.mjml"),
    "unclosed": (MASTHEAD, "<mj-section>\n<mj-column>\n</mj-section>", f"{MASTHEAD}:2:1", "theme.mjml"),
    "mj-include": (MASTHEAD, '<mj-include path="x.mjml" />', f"{MASTHEAD}:1:1", "theme.mjml"),
    "no way out": (FOOTER, "<mj-section><mj-column><mj-text>Bye.</mj-text></mj-column></mj-section>", f"{FOOTER}:1:1", "footer.unsubscribe"),
    "no links": ("partials/entry.mjml.j2", "<tr><td>{{ entry.title }}</td></tr>", ":", "theme.mail"),
    "script": (FOOTER, "<mj-raw><script>x()</script></mj-raw>", ":", "theme.mail"),
    "bad field": (FOOTER, "<mj-raw>\n{{ field('a b') }}</mj-raw>", f"{FOOTER}:2:11", "theme.mail"),
    "endless": (FOOTER, "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", ":", "theme.failed"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_theme_is_told_with_file_line_and_column(one: Publication, mine: Path, kind: str) -> None:
    file, text, place, rule = BROKEN[kind]
    write(mine, file, text)
    result = one.run("theme", "check", "mine", "--json")
    errors = [finding for finding in result.document["findings"] if finding["level"] == "error"]
    places = {
        f"{finding['file']}:{finding['line']}:{finding['column']}" for finding in errors if finding["rule"] == rule
    }
    wanted = f"templates/mine/{place}"
    assert result.code == 1
    assert wanted in places if place != ":" else places, errors
    assert all(finding["what"] and finding["why"] and finding["mend"] for finding in errors)


def test_many_faults_are_told_at_once(one: Publication, mine: Path) -> None:
    write(mine, "theme.toml", '[theme]\nextends = "digest"\n[light]\nink = "#EEEEEE"\nmuted = "#BBBBBB"\n')
    write(mine, "email.css", ".a { color: $inc; }\n.b { background: url(x); }\n")
    write(mine, "partials/note.mjml.j2", "{% if %}")
    write(mine, "partials/row.mjml.j2", "{% endfor %}")
    write(mine, MASTHEAD, '<mj-section paddin="0">\n<mj-colum></mj-colum>\n<mj-text>x</mj-text></mj-section>')
    rules = [finding["rule"] for finding in found(one)]
    assert rules.count("theme.colour") >= 4
    assert rules.count("theme.css") >= 2
    assert rules.count("theme.template") == 2
    write(mine, "partials/note.mjml.j2", "<p>{{ body }}</p>")
    write(mine, "partials/row.mjml.j2", "<tr><td>{{ entry.title }}</td></tr>")
    assert [finding["rule"] for finding in found(one)].count("theme.mjml") == 3


def test_what_is_unwise_is_a_warning_and_fails_only_where_asked(one: Publication, mine: Path) -> None:
    write(mine, "theme.toml", '[theme]\nextends = "digest"\n[light]\nmuted = "#556074"\n')
    write(mine, "email.css", ".a { color: #123456; }\n.b { color: $muted; background-color: $chip; }\n")
    warnings = found(one)
    assert {finding["level"] for finding in warnings} == {"warning"}
    assert {finding["rule"] for finding in warnings} == {"theme.inverted", "theme.fixed-colour", "theme.pair"}
    assert {(finding["file"], finding["line"]) for finding in warnings} == {
        ("templates/mine/theme.toml", 4),
        ("templates/mine/email.css", 1),
        ("templates/mine/email.css", 2),
    }
    assert one.run("theme", "check", "mine").code == 0
    assert one.run("theme", "check", "mine", "--fail-on", "warning").code == 1


def test_the_report_comes_in_the_formats_of_check(one: Publication, mine: Path) -> None:
    write(mine, MASTHEAD, "<mj-section>\n<mj-colum></mj-colum></mj-section>")
    text = one.run("theme", "check", "mine").out
    assert f"templates/mine/{MASTHEAD}:2:1: error theme.mjml: <mj-colum> is no MJML component\n    <mj-colum>" in text
    assert text.rstrip().splitlines()[-1].startswith("templates/mine: 1 error")
    github = one.run("theme", "check", "mine", "--format", "github").out
    assert f"::error file=templates/mine/{MASTHEAD},line=2,col=1,title=theme.mjml::" in github
    document = one.run("theme", "check", "mine", "--format", "json").document
    assert {"schema", "file", "findings", "counts", "silenced", "themes"} == set(document)
    assert document["themes"][0]["theme"] == "mine"


def test_the_size_of_the_mail_and_of_an_entry_is_told(one: Publication, mine: Path) -> None:
    document = one.run("theme", "check", "mine", "--json").document
    (size,) = [finding for finding in document["findings"] if finding["rule"] == "theme.size"]
    small, large = (document["themes"][0]["bytes"][str(entries)] for entries in (1, 11))
    assert f"each entry adds {round((large - small) / 10):,}" in size["what"]


def test_all_themes_are_checked_with_all(one: Publication, mine: Path) -> None:
    write(mine, "theme.toml", "[theme\n")
    result = one.run("theme", "check", "--all", "--json")
    assert result.code == 1
    assert [theme["theme"] for theme in result.document["themes"]] == sorted([*SHIPPED, "mine"])
    assert {finding["file"] for finding in result.document["findings"] if finding["level"] == "error"} == {
        "templates/mine/theme.toml"
    }


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("theme", "check", "nobody"), 66),
        (("theme", "check", "digest", "--format", "xml"), 64),
        (("theme", "check", "digest", "--fail-on", "never"), 64),
        (("theme", "check", "digest", "--all"), 64),
        (("theme", "new"), 64),
        (("theme", "burn"), 64),
    ],
)
def test_a_wrong_call_has_its_exit_code(one: Publication, arguments: tuple[str, ...], code: int) -> None:
    result = one.run(*arguments)
    assert result.code == code
    assert result.error[2]


def test_a_theme_of_the_settings_that_is_not_there_is_the_settings_fault(tmp_path: Path) -> None:
    one = made(tmp_path)
    settings = one.root / "mailweekly.toml"
    settings.write_text(settings.read_text("utf-8").replace('theme = "digest"', 'theme = "digset"'), encoding="utf-8")
    result = one.run("theme", "check")
    assert result.code == 78
    assert result.error[1] == "mailweekly.toml: theme"
    assert "Did you mean digest?" in result.error[2]
    assert one.run("theme", "list").code == 0


def test_a_brand_that_cannot_be_read_is_told_at_its_line(tmp_path: Path) -> None:
    one = made(tmp_path)
    with (one.root / "mailweekly.toml").open("a", encoding="utf-8") as file:
        file.write('\n[brand]\ncolor = "#0B6B62"\n"light.body" = "#EEEEEE"\n')
    lines = (one.root / "mailweekly.toml").read_text("utf-8").splitlines()
    errors = [f for f in one.run("theme", "check", "--json").document["findings"] if f["level"] == "error"]
    assert {(f["file"], f["line"]) for f in errors} == {
        ("mailweekly.toml", lines.index('"light.body" = "#EEEEEE"') + 1)
    }


def test_build_and_check_tell_a_themes_fault_with_line_and_column(one: Publication, mine: Path) -> None:
    write(mine, MASTHEAD, "<mj-section>\n  <mj-colum></mj-colum></mj-section>")
    one.issue("---\nnumber: 8\ntitle: Eight\ntheme: mine\n---\n\nHello.\n", "008-eight.md")
    for command in ("build", "check"):
        result = one.run(command, "8")
        assert result.code == 65
        assert result.error[1] == f"templates/mine/{MASTHEAD}:2:3"


def test_an_error_with_json_is_one_document(one: Publication) -> None:
    result = one.run("theme", "check", "nobody", "--json")
    assert json.loads(result.out)["error"]["exit"] == 66
