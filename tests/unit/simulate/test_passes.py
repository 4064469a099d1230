"""Each pass of a client: what goes in, what comes out, what is said to be gone."""

import pytest

from mailweekly.simulate.client import PASSES, simulate
from mailweekly.simulate.forced import forced
from mailweekly.simulate.images_off import images_off
from mailweekly.simulate.pieces import joined, pieces_of
from mailweekly.simulate.profile import Profile, Step
from mailweekly.simulate.view import Log

WORD = "outlook.windows"
GMAIL = "gmail.desktop-webmail"


def run(html: str, do: str, column: str = "", **options: object) -> tuple[str, list[str]]:
    """The HTML after one pass, and what was dropped."""
    options = {name.rstrip("_"): value for name, value in options.items()}
    log, profile = Log(), Profile(id="x", name="X", facts=column, tested="2020")
    after = PASSES[do](pieces_of(html), Step(do=do, options=options, tested="2021-01"), profile, log)
    return joined(after), [f"{one.line} {one.what}: {one.why} ({one.tested_on}) {one.times}" for one in log.dropped()]


@pytest.mark.parametrize(
    ("way", "left"),
    [
        ("strip", "<!DOCTYPE html>a<b>c</b>d"),
        ("mso", "<!DOCTYPE html>a<i>w</i>d"),
        ("all", "<!DOCTYPE html>ad"),
    ],
)
def test_conditional_comments_are_resolved_as_the_client_does(way: str, left: str) -> None:
    html = "<!DOCTYPE html>a<!--[if mso]><i>w</i><![endif]--><!--[if !mso]><!--><b>c</b><!--<![endif]--><!-- x -->d"
    assert run(html, "conditionals", as_=way)[0] == left


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("mso", True),
        ("gte mso 9", True),
        ("mso | IE", True),
        ("lte mso 11", False),
        ("!mso", False),
        ("IE", False),
        ("mso 16", True),
        ("mso 15", False),
        ("(gte mso 9)|(IE)", True),
        ("(mso)&(lt mso 16)", False),
        ("!IE", True),
        ("true", True),
    ],
)
def test_a_condition_holds_for_the_word_of_today(condition: str, holds: bool) -> None:
    assert run(f"<!--[if {condition}]>w<![endif]-->", "conditionals", as_="mso")[0] == ("w" if holds else "")


def test_xml_for_office_is_no_text() -> None:
    html = "<!--[if mso]><noscript><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml></noscript><![endif]-->"
    assert run(html, "conditionals", as_="mso")[0] == ""


def test_only_sheets_of_the_head_are_kept() -> None:
    html = "<head><style>a{b:c}</style></head><body>\n<style>d{e:f}</style>"
    assert run(html, "styles", keep="head") == (
        "<head><style>a{b:c}</style></head><body>\n",
        ["2 <style>: removed outside the head (2021-01) 1"],
    )
    assert "<style>" not in run(html, "styles", keep="none")[0]


def test_sheets_past_the_limit_go_the_later_ones_first() -> None:
    html = "<style>a{b:c}</style><style>" + "d" * 20 + "{e:f}</style>"
    assert run(html, "styles", limit=16)[0] == "<style>a{b:c}</style>"


def test_an_at_rule_inside_another_takes_itself_or_the_sheet_with_it() -> None:
    html = "<style>a{b:c}@media print{@media screen{d{e:f}}g{h:i}}</style>"
    assert run(html, "styles", nested="drop-sheet")[0] == ""
    left = run(html, "styles", nested="drop")[0]
    assert "screen" not in left
    assert "g{h:i;}" in left


def test_media_queries_that_are_not_answered_go() -> None:
    html = "<style>@media (max-height:9px){a{b:c}}@media only screen and (max-width:9px){d{e:f}}</style>"
    assert "max-height" not in run(html, "media", drop=["max-height"])[0]
    left, gone = run(html, "media", only=["screen", "max-width"])
    assert "max-width" in left
    assert gone == ["1 @media with max-height: the query is not answered (2021-01) 1"]


def test_declarations_the_facts_deny_go_from_attributes_and_sheets() -> None:
    left, gone = run('<style>p{opacity:1;color:red}</style>\n<p style="color:red;opacity:.5">', "features", WORD)
    assert left == '<style>p{color:red;}\n</style>\n<p style="color:red">'
    assert gone == ["1 opacity: not supported (2019-02-28) 2"]


def test_what_is_written_for_another_client_goes_without_a_word() -> None:
    left, gone = run('<p style="mso-hide:all;-webkit-hyphens:auto;color:red">', "features", GMAIL, allow=["google"])
    assert left == '<p style="color:red">'
    assert gone == []


def test_a_property_outside_the_clients_own_list_goes() -> None:
    left, gone = run('<p style="marks:crop;color:red">', "features", GMAIL, allow=["google"])
    assert left == '<p style="color:red">'
    assert gone == ["1 marks: not supported (2021-01) 1"]


def test_units_functions_and_values_are_looked_at_too() -> None:
    left, gone = run('<p style="width:calc(1px + 2px);width:3rem;display:grid;color:red">', "features", WORD)
    assert left == '<p style="color:red">' or "display" in left
    assert len(gone) >= 2


def test_a_selector_goes_alone_where_another_stands_beside_it() -> None:
    left, gone = run("<style>a:nth-child(2), b{c:d} e:nth-child(2){f:g}</style>", "features", WORD)
    assert left == "<style>b{c:d;}\n</style>"
    assert "nth-child" in gone[0]


def test_an_at_rule_the_client_does_not_know_goes() -> None:
    assert run("<style>@media screen{a{b:c}}d{e:f}</style>", "features", WORD)[0] == "<style>d{e:f;}\n</style>"


LIMITS = [
    {"properties": ["max-width"], "only_on": ["table"]},
    {"properties": ["padding"], "only_on": ["td"]},
    {"properties": ["margin"], "negative": False, "not_values": ["auto"], "becomes": "zero"},
    {"properties": ["display"], "values": ["none"]},
    {"properties": ["background"], "becomes": "colour"},
    {"properties": ["font-weight"], "becomes": "two-weights"},
    {"properties": ["font-size"], "not_units": ["rem"]},
    {"properties": ["mso-hide"], "becomes": "hidden"},
]


@pytest.mark.parametrize(
    ("tag", "style", "left"),
    [
        ("div", "max-width:9px", ""),
        ("table", "max-width:9px", "max-width:9px"),
        ("a", "padding:1px;color:red", "color:red"),
        ("td", "padding:1px", "padding:1px"),
        ("p", "margin:2px auto", "margin:2px 0"),
        ("p", "margin:-1px 3px", "margin:0 3px"),
        ("p", "margin:1px", "margin:1px"),
        ("p", "display:inline-block", ""),
        ("p", "display:none", "display:none"),
        ("p", "background:#fff url(x) no-repeat", "background-color:#fff"),
        ("p", "background:url(x)", ""),
        ("p", "font-weight:650", "font-weight:bold"),
        ("p", "font-weight:450", "font-weight:normal"),
        ("p", "font-size:2rem", ""),
        ("p", "mso-hide:all", "display:none !important"),
    ],
)
def test_a_layout_engine_has_its_limits(tag: str, style: str, left: str) -> None:
    assert run(f'<{tag} style="{style}">', "limits", limit=LIMITS)[0] == (
        f'<{tag} style="{left}">' if left else f"<{tag}>"
    )


def test_elements_that_are_not_kept_go_and_their_text_stays() -> None:
    left, gone = run("<p>a<ruby>b</ruby><svg><svg></svg>c</svg>d", "elements", GMAIL)
    assert left == "<p>abd"
    assert [one.split(":")[0] for one in gone] == ["1 <ruby>", "1 <svg>"]


def test_an_image_of_a_format_that_is_not_shown_is_broken() -> None:
    left, gone = run('<img src="a.svg" alt="A"><img src="b.png">', "images", GMAIL)
    assert left == '<img src="data:image/png," alt="A"><img src="b.png">'
    assert gone == ["1 svg images: not shown (2023-01-15) 1"]


def test_the_body_becomes_a_div_and_loses_what_only_a_body_has() -> None:
    html = '<head><style>body{a:b}body, p{c:d}</style></head><body class="x" bgcolor="#000">y</body>'
    left, gone = run(html, "body")
    assert left == '<head><style>p{c:d;}\n</style></head><body style="margin:0"><div class="x">y</div></body>'
    assert [one.split(":")[0] for one in gone] == ["1 a rule for body or html", "1 bgcolor= on <body>"]


def test_classes_and_ids_get_a_prefix_in_tags_and_selectors() -> None:
    left, _ = run('<style>.a.b #c, p:not(.d), [class="a"]{e:f}</style><p class="a b" id="c">', "prefix", with_="m_")
    assert '<p class="m_a m_b" id="m_c">' in left
    assert ".m_a.m_b #m_c" in left
    assert ":not(.m_d)" in left
    assert '[class="a"]' in left


def test_a_wrapper_of_the_clients_own_stands_inside_the_body() -> None:
    assert run("<body>x</body>", "wrap", class_="moz-text-html")[0] == '<body><div class="moz-text-html">x</div></body>'


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("call +49 30 1234567 now", "+49 30 1234567"),
        ("(555) 123-4567", "(555) 123-4567"),
        ("on 12 March 2026,", "12 March 2026"),
        ("March 12, 2026", "March 12, 2026"),
        ("RFC 5321, 4.2.5 and 1,000,000", ""),
        ("version 3.11.2 of 2024-07-05", ""),
        ("issue 78 has 25 links", ""),
    ],
)
def test_phone_numbers_and_dates_become_links_and_nothing_else(text: str, linked: str) -> None:
    left, gone = run(f"<p>{text}</p><a>{text}</a>", "links", kinds=["phone", "date"])
    assert left.count("<a href=") == bool(linked)
    assert bool(gone) == bool(linked)
    if linked:
        assert f">{linked}</a>" in left


def test_a_mail_may_forbid_such_links() -> None:
    html = '<meta name="format-detection" content="telephone=no">+49 30 1234567'
    assert run(html, "links", kinds=["phone"], unless="format-detection") == (html, [])


def test_the_mail_is_cut_where_gmail_cuts_it() -> None:
    left, gone = run("<p>" + "é" * 100 + "</p><p>lost</p>", "clip", bytes=103)
    assert left.startswith("<p>" + "é" * 50 + "<div")
    assert "[Message clipped]" in left
    assert "lost" not in left
    assert gone == ["1 everything from here on: the client cuts at 103 bytes (2021-01) 1"]
    assert run("<p>short</p>", "clip", bytes=12) == ("<p>short</p>", [])
    assert run("<p>short</p>", "clip", bytes=11)[1]


def test_full_inversion_reaches_styles_sheets_and_attributes() -> None:
    html = '<head><style>p{color:#000}</style></head><td bgcolor="#FFFFFF" style="color:black;border:1px solid rgb(255,255,255)">'
    left = joined(forced(pieces_of(html), "full"))
    assert "p{color:#DBDBDB;}" in left
    assert 'bgcolor="#212121"' in left
    assert "black" not in left
    assert "rgb(255" not in left
    assert "html{background-color:#" in left


def test_partial_inversion_leaves_what_is_dark_already() -> None:
    left = joined(forced(pieces_of('<td style="background:#0A0A0A;color:#F0F0F0">'), "partial"))
    assert "background:#0A0A0A;color:#F0F0F0" in left


def test_outlook_com_marks_what_it_changed_and_the_authors_rules_stay() -> None:
    html = (
        "<head><style>[data-ogsc] .a{color:#123456!important}@media (prefers-color-scheme:dark){.a{color:#654321}}</style></head>"
        '<td class="a" style="color:#000000;background-color:#FFFFFF">'
    )
    left = joined(forced(pieces_of(html), "partial", marks=True))
    assert 'data-ogsc="#000000" data-ogsb="#FFFFFF"' in left
    assert "#123456" in left
    assert "#654321" in left


def test_images_off_keeps_words_and_size_and_drops_what_lies_behind() -> None:
    html = '<style>p{background:url(x);color:red}</style><td background="x"><img src="a.png" width="40" height="20" alt="A boat">'
    left = joined(images_off(pieces_of(html)))
    assert "a.png" not in left
    assert 'alt="A boat"' in left
    assert 'width="40" height="20"' in left
    assert "width:40px;max-width:100%;height:20px" in left
    assert "url(" not in left
    assert "<td>" in left


def test_the_authors_dark_is_shown_where_the_client_has_it() -> None:
    html = "<head><style>@media (prefers-color-scheme:dark){p{color:#fff}}</style></head><p>x"
    assert "999999" in simulate(html, "apple-mail").html
    assert "999999" not in simulate(html, "apple-mail", dark=True).html
    assert "p{" not in simulate(html, "gmail-web", dark=True).html
