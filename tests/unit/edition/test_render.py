"""The edition as a whole: what every mail has, and what follows from the issue."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.unit.edition.factory import (
    PUBLICATION,
    entry,
    field,
    issue,
    paragraph,
    rendered,
    section,
    text,
    theme,
    token,
)

from mailweekly.edition.model import Publication
from mailweekly.edition.render import render
from mailweekly.issue.model import Component, Heading, Image, Picture


def test_a_mail_starts_with_its_doctype_and_says_its_language() -> None:
    html = rendered(entry()).html
    assert html.startswith("<!DOCTYPE html>")
    assert re.search(r'<html lang="en" dir="ltr"', html)
    assert '<div aria-label="Example Weekly #1: A headline" aria-roledescription="email"' in html
    assert 'role="article"' in html
    assert "<title>Example Weekly #1: A headline</title>" in html


def test_the_head_keeps_apple_and_dark_mode_in_hand() -> None:
    html = rendered(entry()).html
    for name in ("x-apple-disable-message-reformatting", "format-detection", "color-scheme", "supported-color-schemes"):
        assert f'<meta name="{name}"' in html
    assert "@media (prefers-color-scheme:dark)" in html
    assert "[data-ogsc] " in html
    assert "[data-ogsb] " in html


def test_nothing_is_fetched_from_anywhere_but_what_the_issue_names() -> None:
    html = rendered(entry(url="https://only.example/x"), publication=Publication(name="W")).html
    hosts = set(re.findall(r"https?://([^/\"'<> )]+)", html)) - {"www.w3.org"}
    assert hosts == {"only.example"}
    assert "<link" not in html
    assert "@import" not in html


def test_there_is_exactly_one_first_heading_and_no_level_is_skipped() -> None:
    deep = section(
        "Deep",
        Heading(level=5, children=(text("x"),), line=1),
        Heading(level=4, children=(text("y"),), line=2),
        entry("9"),
    )
    html = render(
        issue(section("One", entry(), entry("2")), deep, section("Sub", paragraph("p"), level=4)), theme(), PUBLICATION
    ).html
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", html)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_masthead_counts_entries_and_needs_no_plural() -> None:
    html = render(issue(section("Podcasts & Videos", entry(), emoji="🐢")), theme(), PUBLICATION).html
    assert re.search(r"Podcasts &amp; Videos&#160;|Podcasts &amp; Videos\xa0", html)
    assert re.search(r'<b class="cv"[^>]*>1</b>', html)


def test_a_sections_emoji_is_hidden_from_screen_readers() -> None:
    html = render(issue(section("Projects", entry(), emoji="🐿️")), theme(), PUBLICATION).html
    assert html.count("🐿️") == html.count('<span aria-hidden="true">🐿️</span>') == 2


def test_the_entry_an_issue_opens_with_is_its_lead_and_keeps_its_number() -> None:
    html = rendered(entry("1", "First", "https://one.example/"), entry("2", "Second", "https://two.example/")).html
    assert html.count(">First</a>") == 1
    assert "Read it at one.example" in html
    assert re.search(r'<span class="ln"[^>]*>1</span>', html)


@pytest.mark.parametrize(("wanted", "shown"), [("none", 0), ("first", 1), ("2", 1)])
def test_the_front_matter_decides_about_the_lead(wanted: str, shown: int) -> None:
    html = rendered(entry("1", "First"), entry("2", "Second", "https://two.example/"), meta={"lead": wanted}).html
    assert html.count('class="lt"') == shown
    if wanted == "2":
        assert re.search(r'class="lt"[^>]*><a class="tl" href="https://two.example/"', html)


def test_an_entry_inside_a_condition_is_never_the_lead() -> None:
    only = Component(
        name="only", options={"segment": "paid"}, blocks=(entry("1", "Paid", "https://paid.example/"),), line=3
    )
    edition = rendered(only, entry("2"), entry("3"))
    assert 'class="lt"' not in edition.html
    assert set(edition.conditions) == {
        "segment=paid",
        "!segment=paid",
    }  # the second entry is the first for those who do not pay
    assert re.search(r"<!--mw:if segment=paid-->.*https://paid\.example/.*<!--mw:fi-->", edition.html, re.DOTALL)
    assert re.search(r"<!--mw:if segment=paid-->\n.*https://paid\.example/.*\n<!--mw:fi-->", edition.text, re.DOTALL)


def test_a_compact_section_draws_rows_but_its_picks_as_cards() -> None:
    items = (entry("1"), entry("2", flags=frozenset({"pick"})), entry("3"))
    html = render(issue(section("Quick", *items, layout="compact"), meta={"lead": "none"}), theme(), PUBLICATION).html
    assert html.count('class="rt"') == 2
    assert html.count('class="t"') == 1


def test_a_list_of_links_is_drawn_as_one_list() -> None:
    items = tuple(replace(entry(str(at), f"T{at}", f"https://{at}.example/"), blocks=()) for at in (3, 4, 5))
    html = render(issue(section("Links", *items, link_list=True)), theme(), PUBLICATION).html
    assert re.search(r'<ol start="3"', html)
    assert len(re.findall(r"<li\b", html)) == 3
    assert 'class="d"' not in html


def test_sections_without_headings_to_show_cost_no_section_of_the_layout() -> None:
    few = render(issue(section("One", entry())), theme(), PUBLICATION).mjml
    many = render(issue(*(section(f"S{at}", entry()) for at in range(30))), theme(), PUBLICATION).mjml
    assert few.count("<mj-section") == many.count("<mj-section")


@pytest.mark.parametrize(
    "bare",
    [
        {"title": "", "heading": "", "number": None, "newsletter": ""},
        {"title": "", "heading": "Only words"},
        {"number": None},
    ],
)
def test_an_issue_of_prose_without_sections_or_title_is_a_mail_too(bare: dict[str, object]) -> None:
    edition = render(issue(intro=(paragraph("Hello there, this is all of it."),), **bare), theme(), PUBLICATION)
    assert "Hello there" in edition.html
    assert "Hello there" in edition.text
    assert edition.html.count("<h1") == 1
    assert edition.subject


def test_right_to_left_mail_is_set_from_the_right() -> None:
    edition = render(issue(section("مقالات", entry(title="عنوان")), lang="ar"), theme(), PUBLICATION)
    assert re.search(r'<html lang="ar" dir="rtl"', edition.html)
    assert "direction:rtl" in edition.html
    assert "text-align:right" in edition.html
    assert edition.dir == "rtl"


@pytest.mark.parametrize(
    ("lang", "font", "line"),
    [
        ("zh-CN", "PingFang SC", "1.7"),
        ("zh-TW", "PingFang TC", "1.7"),
        ("ja", "Hiragino", "1.7"),
        ("de", "Segoe UI", "1.6"),
    ],
)
def test_a_language_brings_its_fonts_and_its_line_height(lang: str, font: str, line: str) -> None:
    html = render(issue(section("S", entry()), lang=lang), theme(), PUBLICATION).html
    assert font in html
    assert f"line-height:{line};" in html


def test_chinese_is_never_set_in_italics() -> None:
    from mailweekly.issue.model import Styled

    html = render(
        issue(
            section("S", entry("1", "t", "https://e.example/", paragraph(Styled(tag="em", children=(text("重"),))))),
            lang="zh",
        ),
        theme(),
        PUBLICATION,
    ).html
    assert re.search(r'<em style="font-style:normal;font-weight:600">重</em>', html)


def test_the_foot_says_who_why_where_and_how_to_leave() -> None:
    edition = rendered(entry())
    assert "You get this because you subscribed to Example Weekly." in edition.html
    assert "1 Sample Street" in edition.html
    slots = {slot.name for slot in edition.slots}
    assert {"unsubscribe_url", "preferences_url", "web_url"} <= slots
    where = next(at for at, slot in enumerate(edition.slots) if slot.name == "unsubscribe_url")
    assert f'href="{token(where)}"' in edition.html
    assert token(where) in edition.text


def test_without_a_base_url_nothing_is_promised_that_needs_one() -> None:
    edition = rendered(entry(), publication=Publication(name="W"))
    assert [slot.name for slot in edition.slots] == ["unsubscribe_url"]


def test_the_issues_fields_keep_their_numbers_and_the_themes_follow() -> None:
    edition = rendered(entry("1", f"Hi {token(0)}"), entry("2"), fields=(field("name", "friend"),))
    assert edition.slots[0].name == "name"
    assert edition.slots[0].default == "friend"
    assert edition.slots[1].name == "web_url"
    assert token(0) in edition.html
    assert token(0) in edition.text


def test_the_preheader_is_hidden_without_colour_or_opacity_and_stands_first() -> None:
    html = rendered(entry()).html
    body = html[html.index("<body") :]
    first = re.search(r'<div class="pre" style="([^"]*)">([^<]*)</div>', body)
    assert first
    assert first[1] == "display:none;max-height:0;overflow:hidden;mso-hide:all"
    assert first[2] == "A blurb of one sentence."
    assert body.index("<table") > first.start()
    assert body.count("\u2007") >= 60
    assert "mj-preview" not in html


def test_the_preheader_never_repeats_the_subject() -> None:
    edition = rendered(
        entry("1", "T", "https://e.example/", paragraph("Same words.")), entry("2"), meta={"subject": "Same words"}
    )
    assert edition.preheader == "A blurb of one sentence."


def test_a_picture_has_alt_and_width_and_never_pushes_the_page_apart() -> None:
    picture = Picture(image=Image(src="images/x.png", alt="", width=2000), caption="A caption", url="", line=1)
    html = rendered(entry("1", "T", "https://e.example/", picture), entry("2"), meta={"lead": "none"}).html
    found = re.search(r"<img[^>]*>", html)
    assert found
    assert 'alt=""' in found[0]
    assert 'width="492"' in found[0]
    assert 'src="https://weekly.example.org/images/x.png"' in found[0]
    assert "width:100%" in found[0]
    assert "A caption" in html


def test_a_linked_picture_without_words_is_named_by_where_it_leads() -> None:
    html = rendered(
        Picture(image=Image(src="https://e.example/x.png", alt=""), caption="", url="https://github.com/a/b", line=1)
    ).html
    assert 'alt="a/b"' in html


def test_a_page_without_style_elements_still_has_its_colours_and_sizes() -> None:
    html = re.sub(r"<style.*?</style>", "", rendered(entry(), entry("2")).html, flags=re.DOTALL)
    assert re.search(r'<h1 class="h1" style="[^"]*color:#FFFFFF', html)
    assert re.search(r'<a class="tl" [^>]*style="[^"]*color:#14213D', html)
    assert re.search(r'<div[^>]*style="[^"]*background-color:#FFFFFF', html)


def test_buttons_are_high_enough_for_a_thumb() -> None:
    html = rendered(entry(), entry("2")).html
    button = re.search(r'class="bt"[^>]*style="([^"]*)"', html)
    assert button
    assert "padding:12px 22px" in button[1]
    assert "line-height:22px" in button[1]


def test_every_layout_table_is_marked_as_one() -> None:
    html = re.sub(r"<!--.*?-->", "", rendered(entry(), entry("2")).html, flags=re.DOTALL)
    assert all('role="presentation"' in table for table in re.findall(r"<table\b[^>]*>", html))


def test_base_alone_is_a_theme() -> None:
    edition = render(issue(section("S", entry(), entry("2"))), theme("base"), PUBLICATION)
    assert "A headline" in edition.html
    assert edition.theme == "base"


def test_style_stays_far_below_what_gmail_drops() -> None:
    html = rendered(entry()).html
    assert sum(len(style) for style in re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL)) < 8_192


def test_a_brand_colour_recolours_both_schemes_and_keeps_its_contrast() -> None:
    for colour in ("#0B6B62", "#B4005A", "#FFD400", "#1D4ED8", "#808080", "#000000", "#FFFFFF"):
        html = rendered(entry(), entry("2"), publication=replace(PUBLICATION, brand={"color": colour})).html
        assert "#095A52" not in html
        assert "#5FD3BF" not in html


def test_a_logo_is_drawn_with_alt_and_width() -> None:
    html = rendered(entry(), publication=replace(PUBLICATION, brand={"logo": "logo.png", "logo_width": "120"})).html
    assert re.search(
        r'<img class="li" src="https://weekly.example.org/logo.png" alt="Example Weekly" width="120"', html
    )


def test_stars_are_a_badge_in_the_mail_and_words_in_the_text() -> None:
    said = rendered(entry("1"), entry("2", "T", "https://github.com/a/b", paragraph("Fast. (2.7K stars)"), stars=2700))
    assert "★" in said.html
    assert "(2.7K stars)" not in said.html
    assert "Fast. (2.7K stars)" in said.text
    bare = rendered(entry("1"), entry("2", stars=2700))
    assert "2.7K stars" in bare.text


def test_what_is_only_for_the_web_or_the_text_is_not_in_the_mail() -> None:
    blocks = tuple(
        Component(name=name, options={"in": where}, blocks=(paragraph(f"{name}-{where}"),), line=1)
        for name in ("only", "unless")
        for where in ("mail", "web", "text")
    )
    edition = rendered(*blocks)
    assert [word for word in re.findall(r"(?:only|unless)-\w+", edition.html) if edition.html] == [
        "only-mail",
        "unless-web",
        "unless-text",
    ]
    assert re.findall(r"(?:only|unless)-\w+", edition.text) == ["only-mail", "only-text", "unless-web"]


def test_the_lines_a_condition_marks_hold_nothing_that_ends_a_comment() -> None:
    only = Component(name="only", options={"segment": "a--><script>x"}, blocks=(paragraph("x"),), line=1)
    edition = rendered(only)
    assert edition.conditions == ("segment=a%2D%2D%3E%3Cscript%3Ex",)
    assert "<script" not in edition.html


def test_a_cut_condition_leaves_the_mail_without_the_block() -> None:
    only = Component(name="only", options={"segment": "paid"}, blocks=(paragraph("paid words"),), line=1)
    whole = rendered(paragraph("before"), only, paragraph("after"))
    without = rendered(paragraph("before"), paragraph("after"))
    assert re.sub(r"<!--mw:if \S+-->.*?<!--mw:fi-->", "", whole.html, flags=re.DOTALL) == without.html
