"""The rule on mail programs: what it tells, of whom, where, and what it keeps silent about, line by line."""

from dataclasses import replace

import pytest
from tests.unit.edition.factory import FOLDERS, PUBLICATION, theme
from tests.unit.preflight.samples import HTML, SETTINGS, checked, edition

from mailweekly.edition.render import render
from mailweekly.issue.parse import parse
from mailweekly.preflight.check import check
from mailweekly.preflight.clients import DEFAULT_CLIENTS, Harmless, harmless
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked
from mailweekly.preflight.table import rules
from mailweekly.settings import ClientSettings
from mailweekly.simulate.facts import slugs
from mailweekly.simulate.profile import profiles
from mailweekly.simulate.uses import uses_of

SHIPPED = tuple(sorted(set(FOLDERS) - {"base"}))
# For each line of harmless.toml, by its first feature or by what it holds: a piece that it covers, and one like it that it does not.
PIECES = {
    "media": ("<style>@media print{p{clip-path:none}}</style>", "<style>p{clip-path:none}</style>"),
    "html-style": ("<style></style>", "<link>"),
    "data-ogs": ("<style>[data-ogsc] p{color:red}</style>", "<style>[lang] p{color:red}</style>"),
    "x-apple-data-detectors": (
        "<style>a[x-apple-data-detectors]{color:red}</style>",
        "<style>a[href]{color:red}</style>",
    ),
    "html-meta-color-scheme": ('<meta name="color-scheme">', "<video>"),
    "html-target": ("<a target=_blank>", "<bdi>"),
    "css-cursor": ('<a style="cursor:pointer">', '<a style="resize:none">'),
    "html-body": ("<body>", "<bdi>"),
    "html-aria-label": ('<p aria-label="x">', "<p hidden>"),
    "html-lang": ('<td lang="en">', "<td hidden>"),
    "html-loading-attribute": ('<img loading="lazy">', '<img srcset="a 2x">'),
    "css-opacity": ('<img style="opacity:.5">', '<p style="opacity:.5">'),
    "css-word-break": ('<p style="word-break:break-word">', '<p style="writing-mode:vertical-rl">'),
    "css-height": ('<td style="height:1px">', '<td style="min-height:1px">'),
    "css-overflow": ('<div style="overflow:hidden">', '<div style="overflow:scroll">'),
    "css-border-radius": ('<td style="border-radius:3px">', '<td style="border-image:url(x)">'),
    "css-box-shadow": ('<td style="box-shadow:0 0 1px red">', '<td style="filter:blur(1px)">'),
    "css-margin": ('<p style="margin:0">', '<p style="margin:-9px">'),
    "css-min-width": ('<p style="min-width:9px">', '<p style="min-height:9px">'),
    "css-unit-calc": ('<div style="width:calc(9px - 9%)">', '<td style="width:calc(9px - 9%)">'),
    "css-text-decoration": ('<a style="text-decoration:none">', '<a style="text-emphasis:dot">'),
    "css-pseudo-class-hover": ("<style>a:hover{color:red}</style>", "<style>a:lang(en){color:red}</style>"),
    "css-transition": ('<p style="transition:all 1s">', '<p style="transform:none">'),
    "css-sytem-ui": ('<p style="font-family:system-ui, Arial">', '<p style="font-family:system-ui">'),
    "css-font-kerning": ('<p style="font-kerning:none">', '<p style="font-stretch:condensed">'),
    "css-outline": ('<p style="outline:none">', '<p style="outline:1px solid red">'),
    "css-display-flex": ('<p style="display:flex">', '<p style="columns:2">'),
    "css-modern-color": ('<p style="color:oklch(50% 0 0)">', '<p style="width:clamp(1px,2px,3px)">'),
    "css-at-font-face": ("<style>@font-face{src:url(x)}</style>", "<style>@supports (a:b){p{color:red}}</style>"),
    "css-max-width": ('<div style="max-width:9px">', '<div style="min-height:9px">'),
    "image-svg": ('<img src="a.svg">', '<img src="a.tiff">'),
    "html-srcset": ('<img srcset="a 2x">', "<p hidden>"),
    "html-form": ("<form>", "<progress>"),
}


def found(subject: Checked) -> list[Finding]:
    return [one for one in check(subject, levels={}) if one.rule == "client.unsupported"]


def mail(piece: str, **clients: object) -> Checked:
    """The sample's edition with a piece more, checked for programs of our choice."""
    settings = replace(SETTINGS, clients=ClientSettings(**clients))  # type: ignore[arg-type]
    return checked(edition=edition(html=HTML.replace("</body>", f"{piece}</body>")), settings=settings)


def name_of(line: Harmless) -> str:
    return line.features[0] if line.features else line.holds or line.where[0]


def covers(line: Harmless, html: str) -> bool:
    everyone = (use for profile in profiles().values() for use in uses_of(html, profile))
    return any(line.covers(use) for use in everyone)


@pytest.mark.parametrize("line", harmless(), ids=name_of)
def test_each_line_of_what_is_harmless_covers_its_case_and_not_the_next(line: Harmless) -> None:
    covered, other = PIECES[name_of(line)]
    assert covers(line, covered)
    assert not covers(line, other)
    assert line.why.endswith(".")


def test_what_is_harmless_names_features_and_rules_there_are() -> None:
    for line in harmless():
        assert set(line.features) <= set(slugs()), line
        assert not line.rule or line.rule in rules(), line.rule


def test_a_finding_names_the_programs_the_feature_and_the_day_of_its_test() -> None:
    (one,) = found(mail('<p style="filter:blur(1px)">x</p>', check=("outlook-word", "apple-mail")))
    assert one.level is Level.INFO
    assert one.what == "filter (1 time) is not kept by Outlook for Windows (Word engine) (tested 2024-01-03)."


def test_what_is_known_in_part_or_not_at_all_is_never_told() -> None:
    assert (
        found(mail('<p style="text-indent:2em;letter-spacing:1px;cursor:pointer">x</p>', check=("outlook-word",))) == []
    )


def test_a_feature_is_told_once_for_all_programs_and_all_places() -> None:
    (one,) = found(mail('<p style="filter:blur(1px)">x</p>' * 3))
    assert "3 times" in one.what
    assert "Gmail in a browser" in one.what
    assert "Apple" not in one.what


@pytest.mark.parametrize(("share", "level"), [(19.0, Level.INFO), (20.0, Level.WARNING), (60.0, Level.WARNING)])
def test_from_a_fifth_of_the_readers_on_it_is_a_warning(share: float, level: Level) -> None:
    (one,) = found(mail('<p style="filter:blur(1px)">x</p>', check=("outlook-word",), shares={"outlook-word": share}))
    assert one.level is level
    assert f"{share:g} % of the readers" in one.what


def test_what_only_word_reads_is_not_held_against_others() -> None:
    piece = "<!--[if !mso]><!--><p style='filter:blur(1px)'>x</p><!--<![endif]-->"
    assert found(mail(piece, check=("outlook-word",))) == []
    assert found(mail(piece, check=("gmail-web",)))


def test_a_tag_of_the_issues_own_is_told_at_its_line() -> None:
    subject = replace(mail("<ruby>x</ruby>"), text="# A\n\nOne\n\nTwo <ruby>x</ruby>\n")
    (one,) = found(subject)
    assert (one.file, one.line, one.column) == (subject.issue.source, 5, 5)


def test_a_publication_may_correct_a_fact() -> None:
    own = '[client]\nid = "outlook-word"\n[[fact]]\nfeature = "css-filter"\nsupport = "y"\ntested = "2026-01"\n'
    subject = mail('<p style="filter:blur(1px)">x</p>', check=("outlook-word",))
    assert found(subject)
    assert found(replace(subject, profiles={"clients/word.toml": own})) == []


def test_the_usual_programs_are_ones_there_are() -> None:
    assert set(DEFAULT_CLIENTS) <= set(profiles())


@pytest.mark.parametrize("name", SHIPPED)
def test_the_sample_issue_has_few_infos_and_nothing_above(name: str) -> None:
    from pathlib import Path

    text = (Path(__file__).parents[3] / "issues" / "001-small-tools-that-last.md").read_text("utf-8")
    issue = parse(text, source="issues/001.md")
    told = found(checked(issue, text, edition=render(issue, theme(name), PUBLICATION), theme=theme(name)))
    assert len(told) <= 3
    assert all(one.level is Level.INFO for one in told)
