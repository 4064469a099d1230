"""What a theme may not do to a mail: each attempt is a build error with file and line."""

import re

import pytest
from tests.unit.edition.factory import (
    FOLDERS,
    PUBLICATION,
    entry,
    field,
    issue,
    link,
    paragraph,
    rendered,
    section,
    text,
    theme,
    token,
)

from mailweekly.edition.render import render
from mailweekly.errors import IssueError, ThemeError

MAIL = FOLDERS["base"]["issue.mjml.j2"]
ENTRY = FOLDERS["digest"]["partials/entry.mjml.j2"]


def fails(file: str, content: str) -> ThemeError:
    """Return the error of rendering with one changed file."""
    with pytest.raises(ThemeError) as caught:
        render(
            issue(section("S", entry(), entry("2", "B", "https://b.example/"), entry("3", "C", "https://c.example/"))),
            theme(**{file: content}),
            PUBLICATION,
        )
    return caught.value


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("<mj-section></mj-section>", "<mj-section> cannot stand inside <mj-section>"),
        ("<mj-txt>x</mj-txt>", "is no MJML component"),
        ('<mj-column><mj-text colour="red">x</mj-text></mj-column>', "no attribute 'colour'"),
        ("<mj-column><mj-text>x</mj-column>", "<mj-text> is never closed"),
        ("<mj-text>x</mj-text>", "<mj-text> cannot stand inside <mj-section>"),
        ("<mj-column><mj-text><p>x</mj-text></mj-column>", "<p> is never closed"),
        ('<mj-include path="/etc/passwd" />', "cannot be drawn"),
        ("<table></table>", "is no MJML component"),
        ("<mj-column><mj-text>1 < 2</mj-text></mj-column>", "not a tag"),
    ],
)
def test_a_mistake_in_mjml_is_told_with_template_and_line(broken: str, said: str) -> None:
    masthead = f"<mj-section>\n<mj-column></mj-column>\n{broken}\n</mj-section>\n"
    error = fails("partials/masthead.mjml.j2", masthead)
    assert said in error.what
    column = max(1, broken.find("1 <") + 3 if "1 <" in broken else broken.find(said.split(maxsplit=1)[0]) + 1)
    column = broken.find("colour") + 1 if "colour" in broken else column
    assert error.place == f"templates/child/partials/masthead.mjml.j2:3:{column}"


def test_a_near_miss_is_offered_its_right_name() -> None:
    error = fails("partials/masthead.mjml.j2", '<mj-section background-colr="#FFFFFF"></mj-section>')
    assert error.hint == "did you mean 'background-color'?"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("{{ entry.titel }}", "has no attribute 'titel'"),
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{% if %}", "Expected an expression"),
        ("{% include 'partials/none.j2' %}", "no file 'partials/none.j2'"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ 1 // 0 }}", "division"),
        ("{{ [1, 2] | random }}", "No filter named 'random'"),
        ("{{ lipsum() }}", "'lipsum' is undefined"),
        ("{% for x in range(10000000) %}{% endfor %}", "Range too big"),
        ("{{ [].append(1) }}", "unsafe"),
        ("{{ field('a b') }}", "cannot be one"),
    ],
)
def test_a_mistake_in_a_template_is_told_with_file_and_line(broken: str, said: str) -> None:
    error = fails("partials/entry.mjml.j2", f"<tr>\n<td>\n{broken}</td></tr>")
    assert said in error.what
    assert re.fullmatch(r"templates/child/partials/entry\.mjml\.j2:3:\d+", error.place)


def test_a_template_that_includes_itself_is_an_error_not_a_death() -> None:
    assert fails("partials/entry.mjml.j2", "{% include 'partials/entry.mjml.j2' %}").what


def test_nesting_that_would_kill_the_compiler_is_an_error() -> None:
    deep = "<mj-section><mj-column><mj-text>" + "<div>" * 9100 + "</div>" * 9100 + "</mj-text></mj-column></mj-section>"
    assert "nested more than 100 deep" in fails("partials/masthead.mjml.j2", deep).what


@pytest.mark.parametrize(
    ("masthead", "said"),
    [
        ("<script>x()</script>", "active element"),
        ('<iframe src="https://e.example"></iframe>', "active element"),
        ('<p onclick="x()">x</p>', "event handler"),
        ('<a href="java&#115;cript:x()">x</a>', "active address"),
        ('<img src="https://e.example/x.png" width="3" />', "without alt or width"),
        ('<img src="https://e.example/x.png" alt="" width="100%" />', "without alt or width"),
    ],
)
def test_what_no_mail_may_hold_fails_the_build(masthead: str, said: str) -> None:
    error = fails(
        "partials/masthead.mjml.j2", f"<mj-section><mj-column><mj-text>{masthead}</mj-text></mj-column></mj-section>"
    )
    assert said in error.what


def test_a_theme_that_drops_an_entrys_link_fails_the_build() -> None:
    assert "link is missing" in fails("partials/entry.mjml.j2", "<tr><td>{{ entry.title }}</td></tr>").what


@pytest.mark.parametrize(
    "spoken",
    [
        "@import url(x)",
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "data-premailer",
        "\\u{1F600}",
        "<!--mw:fi-->",
    ],
)
def test_an_article_may_speak_of_what_a_mail_may_not_do(spoken: str) -> None:
    edition = rendered(entry("1", spoken, "https://e.example/", paragraph(spoken)), entry("2"))
    assert spoken.partition("<")[0] in edition.html


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("<p style=\"color:{{ field('colour') }}\">x</p>", "in the attribute 'style'"),
        ("<a href=\"{{ field('mine') }}\">x</a>", "at the start of a URL"),
        ("<a href=\"{{ field('unsubscribe_url') }}/more\">x</a>", "at the start of a URL"),
        ("<a href=\"https://{{ field('host') }}/x\">x</a>", "at the start of a URL"),
        ("<td width=\"{{ field('w') }}\">x</td>", "in the attribute 'width'"),
        ("<!--[if mso]><p style=\"color:{{ field('c') }}\">x</p><![endif]-->", "in the attribute 'style'"),
        ("<!-- {{ field('c') }} -->", "comment"),
    ],
)
def test_a_field_in_a_place_no_value_may_reach_fails_the_build(broken: str, said: str) -> None:
    masthead = f"<mj-section><mj-column><mj-text>\n{broken}</mj-text></mj-column></mj-section>"
    error = fails("partials/masthead.mjml.j2", masthead)
    assert said in error.what
    if "unsubscribe" not in broken:
        assert error.place == "templates/child/partials/masthead.mjml.j2:2"


def test_the_editors_field_at_the_start_of_a_link_is_told_with_its_line() -> None:
    with pytest.raises(IssueError) as caught:
        rendered(paragraph(link(token(0), "x")), fields=(field("website", line=12),))
    assert caught.value.place == "issues/001.md:12"


def test_fields_are_allowed_in_text_alt_and_behind_a_host() -> None:
    edition = rendered(
        paragraph(link(f"https://e.example/?u={token(0)}", "x"), text(token(1))),
        paragraph(link(token(2), "leave")),
        fields=(field("id"), field("name"), field("unsubscribe_url")),
    )
    assert f"?u={token(0)}" in edition.html


def test_a_token_of_no_slot_fails_the_build() -> None:
    with pytest.raises(ThemeError):
        rendered(paragraph(token(99)))


def test_a_theme_that_holds_the_issues_mark_is_refused() -> None:
    assert "mark" in fails("partials/masthead.mjml.j2", f"<mj-section></mj-section><!-- {token(0)} -->").what
