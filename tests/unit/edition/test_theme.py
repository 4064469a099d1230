"""Themes: chains, tokens, contrast, style sheets."""

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.unit.edition.factory import FOLDERS, PUBLICATION, entry, issue, section, theme

from mailweekly.edition.colour import contrast, shade, toward
from mailweekly.edition.design import read
from mailweekly.edition.model import Theme
from mailweekly.edition.render import render
from mailweekly.edition.styles import sheets
from mailweekly.edition.theme import fingerprint, lineage, load
from mailweekly.errors import ThemeError


def refused(name: str, folders: Mapping[str, Mapping[str, str]]) -> ThemeError:
    """Return the error of loading and reading a theme."""
    with pytest.raises(ThemeError) as caught:
        read(load(name, folders), {})
    return caught.value


def child(toml: str, **files: str) -> Theme:
    """Return a theme that extends digest."""
    return load("child", {**FOLDERS, "child": {"theme.toml": f'[theme]\nextends = "digest"\n{toml}', **files}})


def test_the_nearest_file_wins_and_every_file_stays_reachable() -> None:
    own = child("", **{"partials/entry.mjml.j2": "mine"})
    assert own.files["partials/entry.mjml.j2"] == "mine"
    assert own.files["digest/partials/entry.mjml.j2"] == FOLDERS["digest"]["partials/entry.mjml.j2"]
    assert own.origins["partials/entry.mjml.j2"] == "templates/child/partials/entry.mjml.j2"
    assert own.origins["partials/note.mjml.j2"] == "templates/base/partials/note.mjml.j2"
    assert lineage(own) == ("child", "digest", "base")


def test_a_place_given_is_the_place_shown() -> None:
    own = load("digest", FOLDERS, places={"digest": "/shipped/digest"})
    assert own.origins["theme.toml"] == "/shipped/digest/theme.toml"


def test_an_unknown_parent_is_told_with_the_line_that_asks_for_it() -> None:
    error = refused("a", {"a": {"theme.toml": '# x\n[theme]\nname = "a"\nextends = "nobody"\n'}})
    assert error.place == "templates/a/theme.toml:4:1"
    assert "nobody" in error.what


def test_themes_that_extend_each_other_are_refused() -> None:
    assert (
        "ring"
        in refused("a", {"a": {"theme.toml": '[theme]\nextends="b"'}, "b": {"theme.toml": '[theme]\nextends="a"'}}).what
    )


@pytest.mark.parametrize(
    ("toml", "line", "said"),
    [
        ("[light\n", 3, "not TOML"),
        ('[light]\nink = "red"\n', 4, "not a colour"),
        ('[light]\nink = "#EEEEEE"\n', 4, "contrast of"),
        ('[dark]\nbody = "#222222"\n', 4, "dark: body #222222"),
        ('[light]\nmine = "#123456"\n', 4, "missing in [dark]"),
        ('[pairs]\ntext = [["ink", "nowhere"]]\n', 4, "lacks: 'nowhere'"),
        ('[pairs]\ntext = ["ink"]\n', 4, "not a pair"),
        ("[words]\nen = 3\n", 3, "`words`"),
    ],
)
def test_a_mistake_in_theme_toml_is_told_with_its_line(toml: str, line: int, said: str) -> None:
    files = {"theme.toml": f'[theme]\nextends = "digest"\n{toml}'}
    assert said in (error := refused("child", {**FOLDERS, "child": files})).what
    assert re.fullmatch(rf"templates/child/theme\.toml:{line}:\d+", error.place)


@pytest.mark.parametrize(
    ("brand", "said"),
    [
        ({"color": "green"}, "not a colour"),
        ({"light.nothing": "#000000"}, "no colour 'nothing'"),
        ({"colour": "#000000"}, "unknown"),
        ({"light.body": "#EEEEEE"}, "contrast"),
    ],
)
def test_a_mistake_in_the_brand_is_told(brand: dict[str, str], said: str) -> None:
    with pytest.raises(ThemeError) as caught:
        read(theme(), brand)
    assert said in caught.value.what
    assert caught.value.place.startswith("mailweekly.toml: brand.")


@pytest.mark.parametrize("name", ["base", "digest"])
def test_every_pair_of_a_shipped_theme_keeps_its_contrast_even_inverted(name: str) -> None:
    design = read(theme(name), {})
    for front, back in (("ink", "card"), ("body", "card"), ("muted", "card"), ("accent", "card"), ("footer", "page")):
        assert contrast(design.light[front], design.light[back]) >= 6.0
        assert contrast(design.dark[front], design.dark[back]) >= 4.5


@pytest.mark.parametrize("hue", range(0, 360, 15))
@pytest.mark.parametrize("value", [0.2, 0.6, 1.0])
def test_any_brand_colour_gives_a_readable_theme(hue: int, value: float) -> None:
    import colorsys

    red, green, blue = colorsys.hsv_to_rgb(hue / 360, 0.9, value)
    colour = f"#{round(red * 255):02X}{round(green * 255):02X}{round(blue * 255):02X}"
    read(theme(), {"color": colour})


def test_contrast_is_wcags() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#68748A", "#EEF1F5") == pytest.approx(4.16, abs=0.02)


def test_a_shade_keeps_to_what_a_screen_can_show() -> None:
    assert shade("#FF0000", lightness=0.5, chroma=3.0).startswith("#")
    assert contrast(toward("#FFD400", "#FFFFFF", ratio=4.5, darker=True), "#FFFFFF") >= 4.5


def test_a_colour_written_once_yields_its_dark_rule_and_both_twins() -> None:
    own = child("", **{"email.css": ".mine { color: $ink; background-color: $card; padding-$start: 3px; }"})
    found = sheets(own, read(own, {}), lang="ar", direction="rtl")
    assert ".mine{color:#14213D;background-color:#FFFFFF;padding-right:3px}" in found.inlined
    media = found.kept[found.kept.index("@media (prefers-color-scheme:dark)") :]
    assert ".mine{color:#F0F6FC!important}" in media or ".mine" in media.split("{color:#F0F6FC!important}")[0]
    assert "[data-ogsc] .mine" in media
    assert "[data-ogsb] .mine" in media
    assert "padding-right" not in media


@pytest.mark.parametrize(
    ("css", "line", "said"),
    [
        (".a { color: $nothing; }", 1, "$nothing"),
        ("\n@media print { .a { color: red; } }", 2, "'@'"),
        (".a { background: url(https://e.example/x.png); }", 1, "url("),
        (".a { color: red;\n\n", 1, "not a CSS rule"),
        ("/* one\ntwo */ .a { b: c; } </style>", 2, "'</'"),
    ],
)
def test_a_mistake_in_a_style_sheet_is_told_with_its_line(css: str, line: int, said: str) -> None:
    own = child("", **{"email.css": css})
    with pytest.raises(ThemeError) as caught:
        sheets(own, read(own, {}), lang="en", direction="ltr")
    assert said in caught.value.what
    assert re.fullmatch(rf"templates/child/email\.css:{line}:\d+", caught.value.place)


def test_the_fingerprint_tells_any_change_but_not_where_the_theme_lies() -> None:
    assert fingerprint(load("digest", FOLDERS)) == fingerprint(load("digest", FOLDERS, places={"base": "elsewhere"}))
    assert fingerprint(load("digest", FOLDERS)) != fingerprint(child(""))


def test_a_component_of_ones_own_is_a_file() -> None:
    from tests.unit.edition.factory import paragraph

    from mailweekly.issue.model import Component

    own = child("", **{"partials/event.mjml.j2": "<p><b>{{ options.when }}</b>{{ options.nothing }}</p>{{ body }}"})
    block = Component(name="event", options={"when": "Friday <1>"}, blocks=(paragraph("Come."),), line=1)
    html = render(issue(section("S", block)), own, PUBLICATION).html
    assert "Friday &lt;1&gt;</b></p><p" in html


def test_the_editions_theme_and_brand_are_part_of_its_digest() -> None:
    one = issue(section("S", entry()))
    first = render(one, theme(), PUBLICATION)
    assert render(one, theme(), PUBLICATION).digest == first.digest
    assert render(one, theme(**{"phone.css": ".x { color: $ink; }"}), PUBLICATION).digest != first.digest
    assert render(one, theme(), replace(PUBLICATION, reason="Because.")).digest != first.digest
