"""The MJML checker: what MJML itself takes passes, each kind of mistake is told at its place."""

import pytest

from mailweekly.edition.attributes import type_fault
from mailweekly.edition.components import Fault, faults

WHOLE = (
    '<mjml version="4"><mj-head><mj-title>T</mj-title><mj-attributes><mj-all padding="0" /><mj-class name="a" color="red" />'
    '<mj-text font-size="15px" /></mj-attributes><mj-style inline="inline">.a { color: red; }</mj-style></mj-head>'
    '<mj-body background-color="#eee"><mj-wrapper full-width="full-width"><mj-section direction="rtl" padding="0 12px 4% 0">@'
    "</mj-section></mj-wrapper></mj-body></mjml>"
)
SOUND = [
    '<mj-column width="50%" vertical-align="middle"><mj-text align="justify" line-height="1.6">a<br>b</mj-text></mj-column>',
    '<mj-column><mj-image src="x.png" alt="" width="300px" height="auto" fluid-on-mobile="true" /></mj-column>',
    '<mj-group width="100%"><mj-column><mj-divider border-color="rgba(0, 0, 0, 0.5)" border-width="1px" /></mj-column></mj-group>',
    '<mj-column><mj-social mode="vertical"><mj-social-element name="web" href="x">y</mj-social-element></mj-social></mj-column>',
    '<mj-column><mj-table cellpadding="4" role="presentation" width="100%"><tr><td>1</td></tr></mj-table></mj-column>',
    '<mj-column><mj-button letter-spacing="-0.5px" color="transparent" css-class="x" mj-class="a">Go</mj-button></mj-column>',
    "<mj-column><mj-navbar><mj-navbar-link href='/'>A</mj-navbar-link></mj-navbar></mj-column>",
    "<mj-column><mj-accordion><mj-accordion-element><mj-accordion-title>a</mj-accordion-title></mj-accordion-element></mj-accordion></mj-column>",
    "<mj-raw><!-- a note --><p>any</p></mj-raw>",
]


def told(inner: str) -> list[tuple[int, str, str]]:
    """Return offset in `inner`, words and hint of each fault."""
    whole = WHOLE.replace("@", inner)
    found: list[Fault] = list(faults(whole))
    return [(one.offset - WHOLE.index("@"), one.what, one.hint) for one in found]


@pytest.mark.parametrize("inner", SOUND)
def test_what_mjml_takes_passes(inner: str) -> None:
    assert told(inner) == []


@pytest.mark.parametrize(
    ("inner", "at", "said", "hint"),
    [
        ("<mj-colum></mj-colum>", "<mj-colum", "is no MJML component", "mj-column"),
        ("<div></div>", "<div", "is no MJML component", "HTML stands inside"),
        ("<mj-text>x</mj-text>", "<mj-text", "cannot stand inside <mj-section>", "mj-column"),
        ('<mj-column colr="x"></mj-column>', "colr", "has no attribute 'colr'", ""),
        ("<mj-column width></mj-column>", "width", "has no value", 'width="…"'),
        ("<mj-column width=50%></mj-column>", "width", "without quotes", 'width="…"'),
        ('<mj-column width="12"></mj-column>', "width", "is no length", "16px"),
        ('<mj-column padding="abc"></mj-column>', "padding", "is no length", "1 to 4 lengths"),
        ('<mj-column background-color="grün"></mj-column>', "background-color", "is no colour", "#RRGGBB"),
        (
            '<mj-column vertical-align="centre"></mj-column>',
            "vertical-align",
            "none of the words",
            "top, bottom, middle",
        ),
        ("<mj-column><mj-text><b>x</mj-text></mj-column>", "<b>", "<b> is never closed", "</b>"),
        ("<mj-column><mj-text>x</b></mj-text></mj-column>", "</b>", "was never opened", "order"),
        ("<mj-column><mj-text>1 < 2</mj-text></mj-column>", "< 2", "not a tag", "&lt;"),
        ('<mj-column css-class="a><mj-text>x</mj-text></mj-column>', "<mj-column", "quotation mark", "&quot;"),
        (
            "<mj-column><mj-text><mj-image src='x' /></mj-text></mj-column>",
            "<mj-image",
            "which holds HTML",
            "close <mj-text>",
        ),
        ('<mj-include path="x" />', "<mj-include", "cannot be drawn", "include"),
    ],
)
def test_a_mistake_is_told_where_it_stands(inner: str, at: str, said: str, hint: str) -> None:
    offset, what, help_ = told(inner)[0]
    assert said in what
    assert hint in help_
    assert offset == inner.index(at)


@pytest.mark.parametrize(
    ("html", "at", "said"),
    [
        ('<img src=x alt="a" />', "src", "the attribute 'src' has a value without quotes"),
        ('<p @click="x">y</p>', "@click", "'@click' on <p> is no attribute's name"),
    ],
)
def test_html_that_mrml_cannot_read_is_told_where_it_stands(html: str, at: str, said: str) -> None:
    inner = f"<mj-column><mj-text>{html}</mj-text></mj-column>"
    assert [(offset, what) for offset, what, _ in told(inner)] == [(inner.index(at), said)]
    assert told("<mj-column><mj-text><p hidden class='x' data-a=\"b c=d\">y<br/></p></mj-text></mj-column>") == []


def test_every_mistake_is_told_not_only_the_first() -> None:
    inner = '<mj-column widht="1px" padding="abc"><mj-txt /><mj-text colour="x">y</mj-text></mj-column>'
    assert [what.split()[0] for _, what, _ in told(inner)] == ["<mj-column>", 'padding="abc"', "<mj-txt>", "<mj-text>"]


def test_what_does_no_good_is_a_warning() -> None:
    head = "<mjml><mj-head><mj-preview>x</mj-preview><mj-font name='a' href='b' /></mj-head><mj-body></mj-body></mjml>"
    assert [(one.is_warning, one.what.split()[0]) for one in faults(head)] == [
        (True, "<mj-preview>"),
        (True, "<mj-font>"),
    ]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            "unit(px,%){1,4}",
            ["0", "1px", "1px 2%", "0 4px", "1px 2px 3px 4px"],
            ["1", "1em", "1px 2px 3px 4px 5px", "", "a"],
        ),
        ("unit(px,%,)", ["1.6", "120%", "20px"], ["1.6em", "normal"]),
        ("unitWithNegative(px,em)", ["-1px", "0.1em", "0"], ["1", "-x"]),
        ("unit(px,auto)", ["auto", "10px"], ["10%"]),
        ("enum(full-width,false,)", ["full-width", "false", ""], ["true"]),
        ("color", ["#fff", "#FFFFFF", "red", "rgb(1, 2, 3)", "transparent"], ["#ffff", "reed", "var(--x)"]),
        ("integer", ["4"], ["x"]),
        ("boolean", ["true", "false"], ["yes"]),
        ("string", ["anything"], []),
        ("", ["anything"], []),
    ],
)
def test_a_type_takes_what_mjml_takes(kind: str, good: list[str], bad: list[str]) -> None:
    assert [value for value in good if type_fault(kind, value)] == []
    assert [value for value in bad if not type_fault(kind, value)] == []
