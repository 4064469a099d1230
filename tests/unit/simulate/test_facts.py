"""The facts table and what finds its features."""

import importlib.machinery
import importlib.util
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from mailweekly.simulate.facts import columns, fact, slugs, state
from mailweekly.simulate.features import (
    declaration_features,
    element_features,
    image_feature,
    label,
    media_features,
    selector_features,
)
from mailweekly.simulate.pieces import pieces_of
from mailweekly.simulate.profile import profiles
from mailweekly.simulate.sheets import Declaration

TOOL = Path(__file__).parents[3] / "tools" / "client-facts"


def test_the_table_is_small_dated_and_names_its_source() -> None:
    raw = files("mailweekly.simulate").joinpath("clients.json").read_bytes()
    assert len(raw) < 40_000
    assert "MIT, (c) 2019 Rémi Parmentier" in raw.decode()
    assert state() >= "2026-05-13"
    assert len(slugs()) >= 300
    assert len(columns()) >= 40


def test_each_row_has_a_verdict_for_each_column_and_a_day() -> None:
    for slug in slugs():
        for column in columns():
            found = fact(slug, column)
            assert found.support in {"y", "n", "a", "u"}
            assert len(found.tested) == len("2026-05-13")


def test_what_is_not_in_the_table_is_unknown() -> None:
    assert fact("css-tomorrow", "gmail.ios").support == "u"
    assert fact("css-margin", "nobody.nowhere").support == "u"


def test_features_toml_names_only_features_there_are() -> None:
    table = tomllib.loads(files("mailweekly.simulate").joinpath("features.toml").read_text("utf-8"))
    never = {"css-variables-declared"}
    for kind, entries in table.items():
        names = entries["slugs"] if kind == "never" else [] if kind == "lists" else entries
        assert set(names) - set(slugs()) <= never, kind


def test_versions_are_in_their_natural_order() -> None:
    loader = importlib.machinery.SourceFileLoader("client_facts", str(TOOL))
    spec = importlib.util.spec_from_loader("client_facts", loader)
    assert spec
    tool = importlib.util.module_from_spec(spec)
    loader.exec_module(tool)
    assert tool.newest({"78.10": "n", "149.0.1": "y"}) == "y"
    assert tool.newest({"2019-08": "n", "2022-07": "y"}) == "y"
    assert tool.newest({"9.2": "n", "10.3.": "a #1"}) == "a #1"
    assert tool.newest({}) == "u"


def test_an_account_of_another_provider_has_no_style_sheets_in_gmails_apps() -> None:
    assert fact("html-style", "gmail.other-account").support == "n"
    assert fact("css-display", "gmail.other-account").support == "a"
    assert fact("css-margin", "gmail.other-account").support == "a"


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("display", "flex", {"css-display", "css-display-flex"}),
        ("width", "calc(100% - 2vh)", {"css-width", "css-unit-calc", "css-unit-percent", "css-unit-vh"}),
        ("color", "oklch(50% 0.1 20)", {"css-modern-color", "css-unit-percent"}),
        ("border-top-left-radius", "3px", {"css-border-radius", "css-unit-px"}),
        ("--x", "1", {"css-variables"}),
        ("mso-hide", "all", set()),
    ],
)
def test_a_declaration_uses_features(name: str, value: str, found: set[str]) -> None:
    assert set(declaration_features(Declaration(name, value))) == found


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("a:hover", {"css-selector-type", "css-pseudo-class-hover"}),
        (".a.b", {"css-selector-class", "css-selector-chaining"}),
        (".a .b>c", {"css-selector-class", "css-selector-descendant", "css-selector-child", "css-selector-type"}),
        ("u + .body", {"css-selector-type", "css-selector-adjacent-sibling", "css-selector-class"}),
        ("#a~[b]", {"css-selector-id", "css-selector-general-sibling", "css-selector-attribute"}),
        (
            "li:nth-child(2n+1)::before",
            {"css-selector-type", "css-pseudo-class-nth-child", "css-pseudo-element-before"},
        ),
        ("*", {"css-selector-universal"}),
        ("a:not(.b)", {"css-selector-type", "css-pseudo-class-not"}),
    ],
)
def test_a_selector_uses_features(selector: str, found: set[str]) -> None:
    assert set(selector_features(selector)) == found


def test_a_query_a_tag_and_an_image_use_features() -> None:
    assert media_features("only screen and (min-width: 480px)") == ()
    assert media_features("( prefers-color-scheme :dark )") == ("css-at-media-prefers-color-scheme",)
    assert set(element_features(pieces_of('<INPUT TYPE="Text" required>')[0])) == {"html-input-text", "html-required"}
    assert set(element_features(pieces_of('<meta name="color-scheme">')[0])) == {"html-meta-color-scheme"}
    assert image_feature("https://a.example/b.WEBP?x=1#y") == "image-webp"
    assert image_feature("data:image/svg+xml;base64,AA") == "image-svg"
    assert image_feature("data:image/png;base64,AA") == "image-base64"
    assert image_feature("cid:x@y") == ""


def test_every_feature_has_a_name_to_be_told_by() -> None:
    assert {slug: label(slug) for slug in slugs() if not label(slug).strip()} == {}
    assert label("css-pseudo-class-hover") == ":hover"
    assert label("css-pseudo-element-before") == "::before"
    assert label("html-picture") == "<picture>"
    assert label("css-unit-vh") == "the unit vh"
    assert label("css-display-flex") == "display: flex"


def test_every_client_has_a_column_a_date_and_a_source() -> None:
    assert len(profiles()) >= 9
    for profile in profiles().values():
        assert profile.facts in columns()
        assert profile.tested
        assert profile.source
