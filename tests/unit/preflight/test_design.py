"""The rules on the finished HTML: silent about the shipped themes, and each mutation of a good mail is met by the rule it breaks, alone."""

import re
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from tests.unit.edition.factory import FOLDERS, PUBLICATION
from tests.unit.preflight.cases_design import DESIGN_CASES

from mailweekly.edition.render import render
from mailweekly.edition.theme import load
from mailweekly.issue.damage import repair
from mailweekly.issue.parse import parse
from mailweekly.preflight.check import DRAWN_RULES, check
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked
from mailweekly.preflight.probes import probe_settings

ROOT = Path(__file__).parents[3]
THEMES = ("digest", "letter", "plain", "bulletin")
LINKED = "\n\nRead [the manual](https://example.org/manual) before you go on with it.\n"
SAMPLE = next((ROOT / "issues").glob("001-*.md")).read_text("utf-8") + LINKED
RULES = {*DRAWN_RULES, "head.apple"}


def made(text: str, theme: str, source: str = "issues/001.md", **files: str) -> Checked:
    """An issue in a shipped theme, or in a child of it with these files."""
    folders = dict(FOLDERS)
    name = theme
    if files:
        name = "child"
        named = {"email": "email.css", "settings": "theme.toml", "dark": "dark.css", "phone": "phone.css"}
        folders["child"] = {"theme.toml": f'[theme]\nextends = "{theme}"\n'}
        folders["child"] = {
            **folders["child"],
            **{named.get(key, f"partials/{key}.mjml.j2"): body for key, body in files.items()},
        }
    loaded, issue = load(name, folders), parse(text, source=source)
    return Checked(
        issue=issue,
        text=text,
        edition=render(issue, loaded, PUBLICATION),
        settings=probe_settings(),
        theme=loaded,
    )


@lru_cache
def sample(theme: str) -> Checked:
    """The sample issue in a theme."""
    return made(SAMPLE, theme)


def told(subject: Checked) -> list[Finding]:
    """What the rules of this file say, infos left out."""
    return [one for one in check(subject) if one.rule in RULES and one.level is not Level.INFO]


def changed(old: str, new: str, theme: str = "digest") -> list[Finding]:
    """What is said of the sample's HTML with one thing changed."""
    subject = sample(theme)
    assert subject.edition is not None
    html, number = re.subn(old, new, subject.edition.html)
    assert number
    return told(replace(subject, edition=replace(subject.edition, html=html)))


@pytest.mark.parametrize("theme", THEMES)
def test_a_shipped_theme_has_no_fault_with_the_sample(theme: str) -> None:
    assert told(sample(theme)) == []


@pytest.mark.real_input
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    "name", ["78", "haskell-weekly-499", "keji-aihaozhe-390", "python-chaoliu-159", "this-week-in-rust-665"]
)
def test_a_shipped_theme_has_no_fault_with_a_real_issue(real_input: Path, name: str, theme: str) -> None:
    if name == "78":
        mended = repair((real_input / "python-trending-weekly-78.md").read_text("utf-8"))
        assert mended is not None
        text = mended.text
    else:
        text = (real_input / "other-newsletters" / f"{name}.md").read_text("utf-8")
    assert [(one.rule, one.file, one.what) for one in told(made(text, theme, f"issues/{name}.md"))] == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (r"color:#3B4252", "color:#A0A8B4", "a11y.contrast"),
        (
            r"(?<=</head><body style=\")[^\"]*|(?<=<td class=\"bc\" bgcolor=\"#095A52\" style=\")background-color:#095A52",
            "background-color:#FFFFFF;opacity:.99",
            "a11y.contrast",
        ),
        (r"color:#C3CCD8!important", "color:#3B4252!important", "a11y.contrast-dark"),
        (r"\[data-ogsc\] \.tx>div", "[data-ogsc] .gone", "dark.twins"),
        (r"</h1>", "</h1><p style='display:none'>A captain</p>", "a11y.hidden-content"),
        (r"text-decoration:underline(?=[^>]*>the manual)", "text-decoration:none", "a11y.link-look"),
        (
            r"font-size:16px;line-height:1\.6(?=;text-align:left;color:#3B4252)",
            "font-size:14px;line-height:1.6",
            "a11y.text-size",
        ),
        (r"max-width:600px", "max-width:760px", "layout.width"),
        (r"padding:12px 22px", "padding:4px 22px", "a11y.target"),
        (r"</h1>", "</h1><![if mso]>", "html.conditional-form"),
        (r"<h1", "<!--[if mso]><p>Only a captain</p><![endif]--><h1", "html.conditional-only"),
        (
            r"<style type=\"text/css\">:root",
            '<style type="text/css">@media (max-width:9px){@font-face{font-family:a}}:root',
            "css.nested-at-rule",
        ),
        (r"<h1", "<div style='position:absolute'>A captain</div><h1", "css.layout"),
    ],
)
def test_a_mutation_is_met_by_its_own_rule_alone(old: str, new: str, rule: str) -> None:
    found = changed(old, new)
    assert Counter(one.rule for one in found).keys() == {rule}


def test_a_fault_of_the_theme_names_the_line_of_its_style_sheet() -> None:
    found = told(made(SAMPLE, "digest", email=".tx p { margin: 0; }\n.tx .s { font-size: 11px; line-height: 1.5; }\n"))
    assert [(one.rule, one.file, one.line) for one in found] == [("a11y.text-size", "templates/child/email.css", 2)]


def test_a_bad_theme_is_met_by_each_rule_it_breaks() -> None:
    bad = """\
.tx p { color: #9AA3AF; }
.tx a { text-decoration: none; }
.tx .s { font-size: 10px; }
.tx .e { display: flex; }
.tx .t { color: hsl(220, 40%, 20%); }
.page { background-color: #FFFFFF; }
"""
    phone = ".tx [lang] { margin: 0; }\n"
    rules = {one.rule for one in told(made(SAMPLE, "digest", email=bad, phone=phone))}
    assert {"a11y.contrast", "a11y.link-look", "a11y.text-size", "css.layout", "css.color", "css.selector"} <= rules


def test_each_example_is_told_by_its_rule_before_any_other_of_its_kind() -> None:
    for rule, case in DESIGN_CASES.items():
        before = {(one.rule, one.what) for one in check(case.good)}
        extra = {one.rule for one in check(case.bad) if (one.rule, one.what) not in before} & RULES
        assert rule in extra
        assert extra - {rule} <= {"a11y.contrast-dark"}, rule


@pytest.mark.parametrize(
    "html",
    [
        "",
        "<" * 500,
        "<div>" * 5_000,
        "<style>" + "@media{" * 5_000,
        "<style>" + "a " * 5_000 + "{color:red}</style><p>x",
        "<!DOCTYPE html><body style='color:" + "(" * 20_000 + "'><p>word",
        "<p style='font-size:999999999999999999999px;line-height:1e9'>word</p>",
        "<p style='padding:a b c d;margin:1px 2px;width:calc(1px)'>word</p><img width='9" + "9" * 5_000 + "'>",
        "<!--[if mso]>" * 2_000,
    ],
)
def test_hostile_html_gives_findings_and_no_fault(html: str) -> None:
    subject = sample("digest")
    assert subject.edition is not None
    check(replace(subject, edition=replace(subject.edition, html=html)))
