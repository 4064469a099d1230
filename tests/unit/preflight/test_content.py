"""What an issue is made of: where each word counts, and where it is only spoken about."""

from datetime import date
from typing import Any

import pytest
from tests.unit.preflight.cases import only
from tests.unit.preflight.cases_words import both
from tests.unit.preflight.samples import HTML, PROSE, checked, edition, issue, picture, words

from mailweekly.issue.model import Component
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked

TODAY = date(2026, 11, 22)


def found(rule: str, subject: Checked) -> list[Finding]:
    return [item for item in check(subject) if item.rule == rule]


def said(text: str, **more: Any) -> Checked:
    return checked(issue(words(PROSE), words(text, 9), **more), text="\n" * 8 + text, today=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "© 2025 Harbour Letter",
        "Copyright (c) 2019-2024 by us",
        "© 2024. All rights reserved.",
        "© Harbour Letter 2024",
        "版权所有 © 2020 港口",
    ],
)
def test_a_year_that_has_passed_is_named_in_a_line_that_claims_rights(text: str) -> None:
    (item,) = found("content.year", said(text))
    assert (item.level, item.line) == (Level.WARNING, 9)


@pytest.mark.parametrize(
    "text",
    [
        "© 2026 Harbour Letter",
        "© 2019–2026 us",
        "The book, © 1984, lies on my desk.",
        "© by all of us",
        "In 2024 the © changed",
        "© 2031 is a novel",
    ],
)
def test_a_year_that_is_this_one_s_or_is_spoken_about_is_left_alone(text: str) -> None:
    assert found("content.year", said(text)) == []


def test_an_issue_of_before_is_judged_by_its_own_year() -> None:
    assert found("content.year", said("© 2024 Harbour Letter", meta={"date": "2024-07-05"})) == []


def test_a_picture_s_credit_keeps_its_year() -> None:
    subject = checked(issue(words(PROSE), picture(caption="© 2019 Jan Visser")), today=TODAY)
    assert found("content.year", subject) == []


def test_a_stale_year_of_the_theme_is_the_theme_s() -> None:
    subject = checked(
        edition=edition(html=HTML.replace("<p>You get", "<p>© 2020 Harbour Letter</p><p>You get")), today=TODAY
    )
    assert [item.file for item in found("content.year", subject)] == ["templates/digest/theme.toml"]


def test_what_the_editor_says_of_rights_is_not_the_theme_s() -> None:
    text = "The first edition, © 1984, lies on my desk."
    html = HTML.replace("<p>You get", f"<p>{text}</p><p>You get")
    subject = checked(issue(words(PROSE), words(text, 9)), edition=edition(html=html), today=TODAY)
    assert found("content.year", subject) == []


@pytest.mark.parametrize(
    ("text", "count"), [("Well done 🎉🎉🎉", 0), ("Well done 🎉 🎉 🎉 🎉", 1), ("👩‍👩‍👧‍👦 and 🇩🇪🇫🇷 met", 0)]
)
def test_a_row_of_emoji_is_more_than_three(text: str, count: int) -> None:
    assert len(found("a11y.emoji", said(text))) == count


def test_a_sign_that_asks_for_text_stays_text() -> None:
    html = HTML.replace("<h1>Tides", "<h1>Tides\u2122\ufe0e")
    assert found("encoding.trademark", checked(edition=edition(html=html))) == []


@pytest.mark.parametrize(
    ("text", "lang", "levels"),
    [
        ("待补充：第三条船的名字", "zh", [Level.ERROR]),
        ("这里的说明（待补充）", "zh", [Level.ERROR]),
        ("表格里的“待填写”一栏很有意思", "zh", [Level.WARNING]),
        ("Link goes here", "en", [Level.ERROR]),
        ("TODO", "zh", [Level.ERROR]),
        ("The TODO list of most scripts, TODO comments and TODO 列表", "en", []),
    ],
)
def test_notes_to_oneself_are_known_in_the_issue_s_language(text: str, lang: str, levels: list[Level]) -> None:
    assert [item.level for item in found("content.placeholder", said(text, lang=lang))] == levels


@pytest.mark.parametrize(
    ("text", "lang", "count"),
    [
        ("现在点击领取，免费领取", "zh", 2),
        ("Click below", "zh", 1),
        ("点击领取", "en", 0),
        ("They wrote “Act now!” again", "en", 0),
        ("the risk-free rate", "en", 0),
    ],
)
def test_phrases_are_those_of_the_language_and_of_english_and_not_quotations(text: str, lang: str, count: int) -> None:
    assert len(found("content.phrase", said(text, lang=lang))) == count


@pytest.mark.parametrize(
    ("options", "meta", "count"),
    [
        ({"name": "Acme"}, {}, 0),
        ({}, {"sponsor.name": "Acme"}, 0),
        ({"name": "Acme", "label": ""}, {}, 1),
        ({"label": "Anzeige"}, {}, 1),
    ],
)
def test_a_sponsor_has_a_name_and_keeps_its_label(options: dict[str, str], meta: dict[str, str], count: int) -> None:
    box = Component(name="sponsor", options=options, blocks=(), line=4)
    assert len(found("content.sponsor", checked(issue(words(PROSE), box, meta=meta)))) == count


def test_a_condition_must_part_the_readers() -> None:
    assert not found("segment.empty", checked(only("draft"), audience=both("draft")))
    turned = Component(name="unless", options={"field": "city"}, blocks=(words("No city."),), line=3)
    (item,) = found("segment.empty", checked(issue(turned), audience=both("paid")))
    assert item.what == "Every reader of this send gets the block (field=city; 2 readers)."


@pytest.mark.parametrize(
    ("subject", "names"), [("a" * 40, 0), ("a" * 41, 2), ("船" * 20, 0), ("船" * 21, 3), ("a" * 79, 8), ("🚢" * 21, 3)]
)
def test_a_row_is_counted_in_columns(subject: str, names: int) -> None:
    items = found("subject.cut", checked(edition=edition(subject=subject)))
    assert [f"of 8 inboxes {names} cut it" in item.what for item in items] == ([True] if names else [])


def test_a_linked_picture_without_words_is_one_fault_not_two() -> None:
    from mailweekly.issue.model import Note  # the parser notes it as well

    tag = '<a href="https://x.example/a"><img src="https://img.boats.example/keeper.png" alt=""></a>'
    subject = checked(
        issue(words(PROSE), picture(alt=""), notes=(Note(rule="a11y.alt-missing", line=6, what="x"),)),
        edition=edition(html=HTML.replace("<h2>", f"{tag}<h2>")),
    )
    assert [item.rule for item in check(subject) if item.rule.startswith("a11y.alt")] == ["a11y.alt-linked"]
