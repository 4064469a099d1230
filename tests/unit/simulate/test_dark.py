"""The author's own light and dark."""

import pytest

from mailweekly.simulate.dark import FALSE, TRUE, Scheme, in_scheme

__all__: list[str] = []


def _sheet(css: str) -> str:
    return f"<html><head><style>{css}</style></head><body></body></html>"


@pytest.mark.parametrize(
    ("written", "dark"),
    [
        ("@media (prefers-color-scheme: dark){a{}}", f"@media {TRUE}{{a{{}}}}"),
        ("@media (prefers-color-scheme:light){a{}}", f"@media {FALSE}{{a{{}}}}"),
        ("@media screen and ( prefers-color-scheme : DARK ){a{}}", f"@media screen and {TRUE}{{a{{}}}}"),
        ("@media not all and (prefers-color-scheme: dark){a{}}", f"@media not all and {TRUE}{{a{{}}}}"),
        ("@media print, (prefers-color-scheme: light){a{}}", f"@media print, {FALSE}{{a{{}}}}"),
        ("@media (prefers-color-scheme){a{}}", f"@media {TRUE}{{a{{}}}}"),
        ("@MEDIA(prefers-color-scheme: dark){a{}}", f"@MEDIA{TRUE}{{a{{}}}}"),
        ("@media/*x*/(prefers-color-scheme:/*y*/dark){a{}}", f"@media {TRUE}{{a{{}}}}"),
        (
            "@media (width>1px){@media (prefers-color-scheme:dark){a{}}}",
            f"@media (width>1px){{@media {TRUE}{{a{{}}}}}}",
        ),
    ],
)
def test_the_dark_feature_becomes_true_and_the_light_one_false(written: str, dark: str) -> None:
    assert dark in in_scheme(_sheet(written), "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_two_schemes_are_mirrors(scheme: Scheme) -> None:
    shown = in_scheme(
        _sheet("@media (prefers-color-scheme: dark){a{}}@media (prefers-color-scheme: light){b{}}"), scheme
    )
    dark, light = (TRUE, FALSE) if scheme == "dark" else (FALSE, TRUE)
    assert f"@media {dark}{{a{{}}}}@media {light}{{b{{}}}}" in shown
    assert f"color-scheme:{scheme}!important" in shown


@pytest.mark.parametrize(
    "css",
    [
        "/* @media (prefers-color-scheme: dark){ */a{}",
        'a::after{content:"@media (prefers-color-scheme: dark){"}',
        "a::after{content:'\\'@media (prefers-color-scheme: dark){'}",
        "@media (width > 600px){a{}}",
    ],
)
def test_what_is_no_such_query_is_left_alone(css: str) -> None:
    assert css in in_scheme(_sheet(css), "dark")


def test_words_about_the_feature_are_left_alone() -> None:
    words = '<p>@media (prefers-color-scheme: dark) { and media="(prefers-color-scheme: dark)"</p>'
    assert words in in_scheme(f"<html><head></head><body>{words}</body></html>", "dark")


def test_media_attributes_are_decided_too() -> None:
    mail = '<head></head><picture><source media="(prefers-color-scheme: dark)" srcset="d.png"></picture>'
    assert f'media="{TRUE}"' in in_scheme(mail, "dark")
    assert f'media="{FALSE}"' in in_scheme(mail, "light")


def test_a_mail_without_a_head_comes_back_as_it_is() -> None:
    assert in_scheme("<p>x</p>", "dark") == "<p>x</p>"


def test_unfinished_sheets_end() -> None:
    hostile = "<style>" + "/*" * 20000 + "@media " * 2000 + '"' * 999
    assert in_scheme(hostile, "dark") == hostile
    closed = in_scheme(f"<style>{'@media (' * 20000}</style>", "dark")
    assert closed.startswith("<style>")
