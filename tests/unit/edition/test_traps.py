"""The traps of mrml and premailer, asked of every theme that ships; those of single functions are asked where the function is tested."""

import re
from html import unescape
from typing import Final
from urllib.parse import urlsplit

import pytest
from mjml import mjml2html
from tests.editions import PUBLICATION, SOURCES, THEMES, made, theme

from mailweekly.edition.model import Edition
from mailweekly.edition.render import render
from mailweekly.issue.parse import parse

SAFE: Final = frozenset(
    [
        "mjml",
        "mj-head",
        "mj-title",
        "mj-breakpoint",
        "mj-attributes",
        "mj-all",
        "mj-class",
        "mj-raw",
        "mj-style",
        "mj-body",
        "mj-wrapper",
        "mj-section",
        "mj-group",
        "mj-column",
        "mj-text",
        "mj-image",
        "mj-button",
        "mj-table",
        "mj-divider",
        "mj-spacer",
    ]
)
INLINE: Final = "a|abbr|b|code|em|i|img|kbd|mark|small|span|strong|sub|sup|u"
ODD: Final = "🐿️ 👨‍👩‍👧 สวัสดี नमस्ते e\u0301 a\u00a0b a\u3000b \\u{41} 1️⃣ ÅÖ"
FETCHES: Final = re.compile(r"""<(?:link|script|iframe|object|embed)\b|@import|@font-face|\burl\(""", re.IGNORECASE)

each_theme = pytest.mark.parametrize("name", THEMES)


def built(name: str, source: str) -> Edition:
    """Return an issue in a theme."""
    return render(parse(source), theme(name), PUBLICATION)


@each_theme
def test_a_theme_uses_only_components_that_the_compiler_draws_well(name: str) -> None:
    used = set(re.findall(r"<(mj[\w-]*)", made(name, "everything").edition.mjml))
    assert used <= SAFE, used - SAFE


@each_theme
def test_odd_characters_come_out_of_every_slot_as_they_went_in(name: str) -> None:
    source = f'# News #1: {ODD}\n\n{ODD}\n\n## {ODD}\n\n1、[{ODD}](https://example.org/)\n\n![{ODD}](images/wide.png "{ODD}")\n'
    source += f'\n::: note title="{ODD}"\nx\n:::\n'
    html = built(name, source).html
    assert "\\u{fe0f}" not in html
    assert "\\u{a0}" not in html
    label = re.search(r'aria-label="([^"]*)"', html)
    assert label
    assert " ".join(ODD.split()) in unescape(label[1])  # a Subject has one kind of blank
    alts = [unescape(found) for found in re.findall(r'<img\b[^>]*\salt="([^"]*)"', html)]
    assert [alt for alt in alts if alt] == [ODD]
    assert unescape(re.sub(r"<[^>]+>", "", html)).count("👨‍👩‍👧") >= 5


@each_theme
@pytest.mark.parametrize("issue", SOURCES)
def test_nothing_is_fetched_but_the_issues_own_pictures(name: str, issue: str) -> None:
    html = made(name, issue).edition.html
    assert not FETCHES.search(re.sub(r"<!--\[if.*?<!\[endif\]-->", "", html, flags=re.DOTALL))
    sources = {unescape(found) for found in re.findall(r"""\s(?:src|background)=["']([^"']*)""", html)}
    assert {urlsplit(found).hostname for found in sources} <= {"weekly.example.org", "img.example.org"}


@each_theme
@pytest.mark.parametrize("issue", SOURCES)
def test_a_theme_links_nowhere_the_issue_does_not(name: str, issue: str) -> None:
    edition = made(name, issue).edition
    links = {unescape(found) for found in re.findall(r'<a\b[^>]*\shref="([^"]*)"', edition.html)}
    foreign = {link for link in links if edition.nonce not in link and link not in unescape(SOURCES[issue])}
    assert {urlsplit(link).hostname for link in foreign} <= {"weekly.example.org"}, foreign


@each_theme
def test_what_dark_mode_phones_and_outlook_live_by_is_all_there(name: str) -> None:
    one = made(name, "everything")
    raw, html = one.raw, one.html
    assert html.startswith("<!DOCTYPE html>")
    assert html.count("<v:") == raw.count("<v:")
    assert "@media (prefers-color-scheme:dark)" in html
    assert "[data-ogsc]" in html
    assert "#outlook a" in html
    assert "data-premailer" not in html
    assert re.findall(r"<!--mw:.*?-->", html) == re.findall(r"<!--mw:.*?-->", raw) != []
    outlook = [
        re.sub(
            r"<!--\[if [^\]]*\]>|<!\[endif\]-->|\s",
            "",
            "".join(re.findall(r"<!--\[if.*?<!\[endif\]-->", one, re.DOTALL)),
        )
        for one in (raw, html)
    ]
    assert outlook[0] == outlook[1]


@each_theme
def test_every_picture_has_alt_and_width_and_keeps_the_width_it_was_given(name: str) -> None:
    one = made(name, "everything")
    pictures = re.findall(r"<img\b[^>]*>", one.html)
    assert len(pictures) >= 5
    for picture in pictures:
        assert re.search(r'\salt="', picture), picture
        assert re.search(r'\swidth="\d+"', picture), picture
    widths = [re.findall(r'<img\b[^>]*\swidth="(\d+)"', html) for html in (one.raw, one.html)]
    assert widths[0] == widths[1]


@each_theme
@pytest.mark.parametrize("issue", ["sample", "arabic", "chinese", "bare"])
def test_the_preheader_stands_first_and_is_hidden_without_colour_or_opacity(name: str, issue: str) -> None:
    html = made(name, issue).edition.html
    body = html[html.index("<body") :]
    first = re.search(r'<div class="pre"[^>]*style="([^"]*)"', body)
    assert first
    assert "display:none" in first[1]
    assert not re.search(r"color|opacity|font-size", first[1])
    assert not re.search(r"\w", re.sub(r"<!--.*?-->|<[^>]*>", "", body[: first.start()], flags=re.DOTALL))


@each_theme
@pytest.mark.parametrize(
    ("issue", "lang", "way"), [("sample", "en", "ltr"), ("arabic", "ar", "rtl"), ("chinese", "zh-Hans", "ltr")]
)
def test_language_and_direction_are_said_at_the_root(name: str, issue: str, lang: str, way: str) -> None:
    head = made(name, issue).edition.html[:200]
    assert f'lang="{lang}"' in head
    assert f'dir="{way}"' in head


@each_theme
def test_building_a_theme_says_nothing_on_stderr(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    built(name, SOURCES["everything"])
    assert capfd.readouterr() == ("", "")


@each_theme
def test_no_rule_of_a_theme_is_one_the_inliner_leaves_out(name: str) -> None:
    css = made(name, "everything").css
    left_out = re.findall(
        r"[^{};]*:(?:is|not|where|has|hover|before|after|focus)\b[^{]*|[^{};]*\*[^{]*\{|rgb\([^,)]*/", css
    )
    assert not left_out


@each_theme
def test_a_field_survives_every_place_it_may_stand_in(name: str) -> None:
    source = (
        "# News #1: for {{ name }}\n\n[go {{ name }}](https://example.org/{{ city }}/x?q={{ name }}) "
        "![picture for {{ name }}](images/small.png){width=96}\n\n::: button url=https://example.org/?c={{ city }}\n{{ name }}\n:::\n\n`{{ name }}`\n"
    )
    edition = built(name, source)
    token = rf"MW{edition.nonce}x\d+Z"
    assert re.search(rf'href="https://example\.org/{token}/x\?q={token}"', edition.html)
    assert re.search(rf'href="https://example\.org/\?c={token}"', edition.html)
    assert re.search(rf'alt="picture for {token}"', edition.html)
    assert "{{ name }}" in unescape(re.sub(r"<[^>]+>", "", edition.html))
    assert re.search(token, edition.text)
    assert re.search(token, edition.subject)


@each_theme
@pytest.mark.parametrize("issue", SOURCES)
def test_no_blank_of_a_theme_is_a_line_end_between_two_words(name: str, issue: str) -> None:
    mjml = made(name, issue).edition.mjml
    assert not re.findall(rf"[^\n]{{0,60}}</(?:{INLINE})>[ \t]*\n\s*<(?:{INLINE})\b[^\n]{{0,60}}", mjml)


def test_the_compiler_drops_a_blank_that_is_a_line_end_which_mjml_does_not() -> None:
    def drawn(gap: str) -> str:
        return mjml2html(
            f"<mjml><mj-body><mj-section><mj-column><mj-text><b>a</b>{gap}<i>b</i></mj-text></mj-column></mj-section></mj-body></mjml>"
        )

    assert "<b>a</b> <i>b</i>" in drawn(" ")
    assert "<b>a</b><i>b</i>" in drawn("\n")


def test_a_line_end_between_two_words_of_the_editor_stays_a_blank() -> None:
    for source in (
        "**a**\n*b*",
        "<b>a</b>\n<i>b</i>",
        "<p><b>a</b>\n<i>b</i></p>",
        "[a](https://example.org/a)\n[b](https://example.org/b)",
    ):
        edition = built(THEMES[0], f"# T\n\nWords.\n\n{source}\n")
        assert re.search(r">a</(?:b|strong|a)> <(?:i|em|a)\b[^>]*>b<", edition.html), source
