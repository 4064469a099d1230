"""The faults of rules that know several: each form is found, each lawful neighbour is not."""

from dataclasses import replace

import pytest
from tests.unit.preflight.samples import (
    HTML,
    NONCE,
    SETTINGS,
    SLOTS,
    TEXT,
    UNSUBSCRIBE,
    checked,
    edition,
    header,
    issue,
    link,
    message,
    picture,
    words,
)

from mailweekly.edition.model import Slot
from mailweekly.issue.model import Paragraph
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Level
from mailweekly.preflight.place import Checked

LONG = "word " * 60
FIELD = f"MW{NONCE}x2Z"
WAY_OUT = f'<a href="{UNSUBSCRIBE}" style="font-size:14px">Unsubscribe</a>'


def found(subject: Checked, rule: str) -> list[Level]:
    return [item.level for item in check(subject) if item.rule == rule]


def page(old: str, new: str, **more: object) -> Checked:
    assert old in HTML
    return checked(edition=edition(html=HTML.replace(old, new), **more))


def mail(**changes: str | None) -> Checked:
    return checked(edition=edition(), message=message(header(**changes)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (WAY_OUT, ""),
        (WAY_OUT, WAY_OUT.replace(">Unsubscribe<", "><")),
        (WAY_OUT, f'<div style="display: none"><p>{WAY_OUT}</p></div>'),
        (WAY_OUT, WAY_OUT.replace("14px", "11.5px")),
        (WAY_OUT, "<p>" + "word " * 21_000 + "</p>" + WAY_OUT),
        (WAY_OUT, f"<!--[if mso]>{WAY_OUT}<![endif]-->"),
    ],
)
def test_a_way_out_that_cannot_be_seen_is_none(old: str, new: str) -> None:
    assert found(page(old, new), "footer.unsubscribe") == [Level.ERROR]


def test_the_text_part_needs_its_own_way_out() -> None:
    assert found(checked(edition=edition(text=TEXT.replace(UNSUBSCRIBE, ""))), "footer.unsubscribe") == [Level.ERROR]


def test_a_theme_that_leaves_the_postal_address_out_is_at_fault() -> None:
    assert found(page("<p>1 Quay Lane, 20457 Hamburg</p>", ""), "footer.address") == [Level.ERROR]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "https://boats.example/u/abc",
        "<http://boats.example/u/abc>",
        "<mailto:u@boats.example>, <https://boats.example/u/abc>",
        "<https://boats.example/u/abc>, <https://boats.example/u/def>",
        "<https://boats.example/u/abc>, <mailto:a@boats.example>, <mailto:b@boats.example>",
        "<https://boats.example/u/\r\n abc>",
        "\r\n <https://boats.example/u/abc>",
        "<https://boats.example/ü>",
        "<mailto:u@boats.example>",  # although there is a base_url
    ],
)
def test_a_list_unsubscribe_that_providers_cannot_read_is_an_error(value: str | None) -> None:
    assert found(mail(List_Unsubscribe=value), "header.unsubscribe") == [Level.ERROR]


@pytest.mark.parametrize(
    "value", ["<https://boats.example/u/abc>", "<https://boats.example/u/abc>,\r\n <mailto:u@boats.example?subject=x>"]
)
def test_a_lawful_list_unsubscribe_is_not(value: str) -> None:
    assert found(mail(List_Unsubscribe=value), "header.unsubscribe") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"To": "Ada <=?utf-8?q?ada?=@example.net>"},
        {"Message_Id": "=?utf-8?q?x?= <7.abc@news.boats.example>"},
        {"Subject": "x" * 50 + " =?utf-8?q?" + "a" * 40 + "?="},
        {"Subject": "=?utf-8?q?a?==?utf-8?q?b?="},
    ],
)
def test_an_encoded_word_against_its_rules_is_an_error(fields: dict[str, str]) -> None:
    assert Level.ERROR in found(mail(**fields), "header.encoded-word")


def test_lawful_encoded_words_are_not() -> None:
    subject = "=?utf-8?q?" + "a" * 50 + "?=\r\n =?utf-8?q?" + "b" * 50 + "?="
    assert found(mail(Subject=subject, To="=?utf-8?b?QWRh?= <ada@example.net>"), "header.encoded-word") == []


@pytest.mark.parametrize(
    "fields",
    [
        {"From": '"a@b.example" <letter@news.boats.example>'},
        {"From": "Letter <letter@elsewhere.example>", "Message_Id": "<7@elsewhere.example>"},
    ],
)
def test_a_sender_who_does_not_fit_is_named(fields: dict[str, str]) -> None:
    assert set(found(mail(**fields), "header.from-domain")) == {Level.WARNING}


def test_answers_to_another_organisation_are_named() -> None:
    assert found(mail(Reply_To="me@gmail.com"), "header.reply") == [Level.WARNING]


def test_one_click_without_a_page_is_an_error() -> None:
    subject = replace(mail(List_Unsubscribe="<mailto:u@boats.example>"), settings=replace(SETTINGS, base_url=""))
    assert found(subject, "header.one-click") == [Level.ERROR]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('href="https://boats.example/winter', f'href="{FIELD}'),
        ('href="https://boats.example/winter', f'href="https://{FIELD}/winter'),
        ('style="font-size:14px"', f'style="color:{FIELD}"'),
        ('width="544"', f'width="{FIELD}"'),
        ("h1 {", f"h1 {{ content: '{FIELD}' }} h1 {{"),
        ('href="https://boats.example/winter', f'href="https://boats.example/{UNSUBSCRIBE}'),
    ],
)
def test_a_field_where_nothing_makes_it_safe_is_an_error(old: str, new: str) -> None:
    assert found(page(old, new, slots=(*SLOTS, Slot(name="site"))), "field.context") == [Level.ERROR]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("boat=3", f"boat={FIELD}"),
        ("The keeper on the stairs", f"For {FIELD}"),
        ("Tides and tables</h1>", f"Tides for {FIELD}</h1>"),
    ],
)
def test_a_field_in_text_or_behind_the_host_is_safe(old: str, new: str) -> None:
    assert found(page(old, new, slots=(*SLOTS, Slot(name="site"))), "field.context") == []


@pytest.mark.parametrize(("characters", "level"), [(9_000, Level.WARNING), (17_000, Level.ERROR)])
def test_style_sheets_warn_before_they_are_cut(characters: int, level: Level) -> None:
    assert found(page("h1 {", "/*" + "x" * characters + "*/ h1 {"), "css.style-size") == [level]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("h1 {", "h1 { background: url( 'https://x.example/a.png' ) } h1 {"),
        ("</head>", '<link rel="stylesheet" href="a.css"></head>'),
        ('style="font-size:14px"', 'style="background:url(//x.example/a)"'),
    ],
)
def test_styles_from_elsewhere_are_found_wherever_they_stand(old: str, new: str) -> None:
    assert found(page(old, new), "css.remote") == [Level.ERROR]


@pytest.mark.parametrize(
    "tag",
    [
        "<form>",
        '<p onclick="x">',
        '<a href=" JavaScript:x">',
        "<!--[if mso]><script></script><![endif]-->",
        "<svg onload=x>",
    ],
)
def test_what_runs_is_found_wherever_it_stands(tag: str) -> None:
    assert found(page("<h1>", tag + "<h1>"), "html.active") == [Level.ERROR]


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("TODO: name the boat", Level.ERROR),
        ("Boats (TK) and tides", Level.ERROR),
        ("Lorem ipsum dolor", Level.ERROR),
        ("See [link] for more", Level.ERROR),
        ("It finds TODO and other marks in code", Level.WARNING),
    ],
)
def test_a_mark_that_may_be_the_subject_is_only_a_warning(text: str, level: Level) -> None:
    assert found(checked(issue(words(LONG), words(text))), "content.placeholder")[:1] == [level]


@pytest.mark.parametrize("text", ["https://x.example/TODO", "TODO-list", "stocks", "a ticker: TKO"])
def test_a_mark_inside_a_word_is_none(text: str) -> None:
    assert found(checked(issue(words(LONG), words(text))), "content.placeholder") == []


@pytest.mark.parametrize(
    ("src", "alt", "caption"),
    [
        ("images/tide-table.png", "tide table", ""),
        ("images/tide-table.png", "tide-table.png", ""),
        ("https://boats.example/%E6%BD%AE.png", "潮", ""),
        ("a.png", "image", ""),
        ("a.png", "The boats", "The boats"),
        ("a.png", "Tides and tables", ""),
    ],
)
def test_an_alt_text_that_a_program_could_have_written_is_named(src: str, alt: str, caption: str) -> None:
    assert found(checked(issue(words(LONG), picture(src, alt, caption))), "a11y.alt-generated") == [Level.WARNING]


@pytest.mark.parametrize(
    "text", ["点击这里", "  Click here! ", "https://boats.example/winter", "boats.example/winter", "mehr"]
)
def test_a_link_text_that_says_nothing_is_named(text: str) -> None:
    uses = Paragraph(children=(link("https://boats.example/winter", text),), line=5)
    assert found(checked(issue(words(LONG), uses)), "a11y.link-text") == [Level.WARNING]


@pytest.mark.parametrize(
    "subject", ["Sale today!!", "Earn $$$ at home", "ALL HANDS ON DECK NOW", "快来看！！好消息在这里"]
)
def test_a_subject_that_shouts_is_named(subject: str) -> None:
    assert found(checked(edition=edition(subject=subject)), "subject.shouting") == [Level.WARNING]


@pytest.mark.parametrize("subject", ["PEP 765: what it bans", "NASA, ESA", "第 390 期：没有语料"])
def test_an_acronym_does_not_shout(subject: str) -> None:
    assert found(checked(edition=edition(subject=subject)), "subject.shouting") == []


def test_a_relative_image_is_found_once_nothing_can_complete_it() -> None:
    html = HTML.replace("https://img.boats.example/keeper.png", "images/keeper.png")
    subject = checked(issue(words(LONG), picture("images/keeper.png", line=3)), edition=edition(html=html))
    assert [(item.line, item.file) for item in check(subject) if item.rule == "image.url"] == [
        (3, "issues/007-tides.md")
    ]
