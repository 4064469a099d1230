"""Segments: what can be said, what is refused and where, and who is in one."""

import time
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.audience.model import Status, Subscriber
from mailweekly.audience.segment import (
    All,
    Compared,
    Dated,
    Either,
    Facet,
    FieldKind,
    Got,
    Has,
    IsSet,
    Not,
    Op,
    Segment,
    names_lists,
)
from mailweekly.audience.segment_days import day_of
from mailweekly.audience.segment_match import matches
from mailweekly.audience.segment_text import DEEPEST, MOST_TESTS, Terms, read
from mailweekly.audience.segment_values import is_of, number_of, yes_or_no
from mailweekly.audience.segment_words import LONGEST, SegmentError

NOW = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
FIELDS = {"score": FieldKind.NUMBER, "renewal": FieldKind.DATE, "vip": FieldKind.YES_NO, "city": FieldKind.TEXT}
TERMS = Terms(now=NOW, fields=FIELDS)
PRO, BETA = Has(facet=Facet.TAG, word="pro"), Has(facet=Facet.TAG, word="beta")
ANA = Subscriber(
    id=1,
    address="Ana@example.org",
    key="ana@example.org",
    name="Ana",
    tags=frozenset({"pro", "two words"}),
    lists=frozenset({"readers"}),
    data={"city": "Paris", "score": "12.5", "renewal": "2026-04-01", "vip": "TRUE", "odd": "n/a", "empty": ""},
    joined_at=datetime(2025, 1, 1, 12, tzinfo=UTC),
)


def _read(text: str) -> Segment:
    return read(text, TERMS)


def _refused(text: str) -> SegmentError | None:
    try:
        matches(_read(text), ANA)
    except SegmentError as error:
        return error
    return None


def _in(text: str, reader: Subscriber = ANA, **more: object) -> bool:
    return matches(_read(text), reader, **more)  # type: ignore[arg-type]


def test_and_binds_closer_than_or_and_not_closest() -> None:
    found = _read("tag:pro and not tag:beta or tag:beta")
    assert found == Either(parts=(All(parts=(PRO, Not(part=BETA))), BETA))
    assert _read("tag:pro AND (tag:beta OR tag:pro)") == All(parts=(PRO, Either(parts=(BETA, PRO))))


def test_quotes_hold_blanks_signs_and_keywords() -> None:
    assert _read('tag:"two words"') == Has(facet=Facet.TAG, word="two words")
    assert _read("data.city = “New York”") == Compared(key="city", kind=FieldKind.TEXT, op=Op.EQUAL, value="New York")
    assert _read("""data.city='and "or" not (x)'""").value == 'and "or" not (x)'  # type: ignore[union-attr]
    assert _read(r'data.city = "a \"b\" \\"').value == 'a "b" \\'  # type: ignore[union-attr]
    assert _read('data."my field" is set') == IsSet(what="data.my field")
    assert _read("got:76") == Got(issue="76")


def test_a_date_is_a_whole_day_of_the_publication() -> None:
    lisbon = Terms(now=NOW, zone=ZoneInfo("Europe/Lisbon"))
    found = read("joined > 2026-03-29", lisbon)  # summer time begins on that day
    assert isinstance(found, Dated)
    assert found.end - found.start == 23 * 3600
    assert read("joined = today", lisbon) == read("joined = 2026-04-01", lisbon)
    assert [_in(f"joined {sign} 2025-01-01") for sign in ("=", "!=", "<", "<=", ">", ">=")] == [
        True,
        False,
        False,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("today", "2026-03-31"),
        ("yesterday", "2026-03-30"),
        ("1 month ago", "2026-02-28"),
        ("2 weeks ahead", "2026-04-14"),
        ("1 year ago", "2025-03-31"),
        ("30 days ago", "2026-03-01"),
    ],
)
def test_days_are_said_as_people_say_them(said: str, day: str) -> None:
    assert day_of(said.split(), date(2026, 3, 31))[0] == date.fromisoformat(day)


def test_fields_are_compared_by_what_they_hold() -> None:
    for text in (
        "data.score > 9",
        "data.score = 12.50",
        "data.renewal > 2026-03-31",
        "data.renewal <= 1 day ahead",
        "data.vip = yes",
        "data.vip != no",
        "data.city starts Pa",
        'data.city contains "ari"',
        "data.city < Q",
        "data.odd is set",
        "data.empty is unset",
        "data.nothing is not set",
        "data.nothing != x",
        "name = Ana and address contains Ana@",
        "tag:PRO and list:readers and status:active and domain:Example.org",
    ):
        assert _in(text), text
    for text in ("data.score < 9", "data.nothing = x", "data.city = paris", "joined is unset", "confirmed is set"):
        assert not _in(text), text


def test_a_value_that_is_not_of_its_kind_equals_nothing() -> None:
    odd = Subscriber(id=2, address="b@example.org", key="b@example.org", data={"score": "n/a", "vip": "maybe"})
    assert not any(_in(f"data.score {sign} 1", odd) for sign in ("=", "<", "<=", ">", ">="))
    assert _in("data.score != 1 and data.vip != yes and data.vip != no and data.score is set", odd)
    assert [number_of(text) for text in ("007", "-1.5", "1e5", "1,000", "1.", ".5", "١", "1" * 16)] == [
        7.0,
        -1.5,
        *[None] * 6,
    ]
    assert [yes_or_no(text) for text in ("Yes", "0", "oui", "K")] == [True, False, None, None]
    assert is_of(FieldKind.DATE, "")
    assert not is_of(FieldKind.DATE, "2025-02-30")


def test_status_is_where_somebody_stands_or_why_they_are_out() -> None:
    out = Subscriber(id=3, address="c@example.org", key="c@example.org", status=Status.SUPPRESSED)
    assert _in("status:suppressed and status:unsubscribed", out, reason="unsubscribed")
    assert not _in("status:complaint", out, reason="unsubscribed")
    assert _in("got:76 and not got:77", got={"76"})


@pytest.mark.parametrize(
    ("text", "column", "says", "hint"),
    [
        ("", 0, "empty", "tag:pro"),
        ("tag:pro and joned > 2025-01-01", 12, "no test 'joned'", "Did you mean joined?"),
        ("tags:pro", 0, "no test", "Did you mean tag:?"),
        ("city = Paris", 0, "no test", "data.city"),
        ("tag:pro tag:beta", 8, "nothing joins", "and or or"),
        ("tag:pro && tag:beta", 8, "not of this grammar", "Write and"),
        ("data.city == Paris", 10, "comparison is missing", "Write =."),
        ("data.city = New York", 16, "nothing joins", "quotes"),
        ("data.city =", 11, "value is missing", "quotes"),
        ("(tag:pro", 0, "never closed", ")"),
        ("tag:pro)", 7, "never opened", "Take it out"),
        ('tag:"pro', 4, "never closed", "quote"),
        ("tag: pro", 4, "word is missing", "without a blank"),
        ("joined > 2025-02-30", 9, "no date", "2025-01-31"),
        ("joined > soon", 9, "no date", "30 days ago"),
        ("joined contains 2025", 7, "is a date", "joined >"),
        ("data.vip > yes", 9, "neither is more", "= yes"),
        ("data.vip = perhaps", 11, "neither yes nor no", "= yes"),
        ("data.score > many", 13, "no number", "12.5"),
        ("data.score contains 1", 11, "no text", "="),
        ("data.points > 5", 14, "whether 'points' is a number", "[fields]"),
        ("status:gone", 7, "no status", "It is one of"),
        ("status:unsubscribd", 7, "no status", "Did you mean unsubscribed"),
        ("domain:nowhere", 7, "no domain", "example.org"),
        ("tag:pro and not opened:76", 23, "Nothing is known of opens", "got:76"),
        ("clicked:76", 8, "Nothing is known of clicks", "got:76"),
        ("tag:pro and", 11, "A test is missing", "tag:"),
        ("not and", 4, "A test is missing", "tag:"),
        ("tag:pro; DROP TABLE subscribers", 9, "nothing joins", "quotes"),
        ("1 = 1", 0, "no test", "A test is one of"),
    ],
)
def test_a_segment_that_cannot_be_read_points_at_the_place_and_says_what_to_write(
    text: str, column: int, says: str, hint: str
) -> None:
    with pytest.raises(SegmentError) as caught:
        _read(text)
    assert (caught.value.column, says in caught.value.what, hint in caught.value.hint) == (column, True, True), (
        caught.value.column,
        caught.value.what,
        caught.value.hint,
    )


def test_the_caret_stands_below_the_place_also_behind_wide_letters_and_in_long_texts() -> None:
    with pytest.raises(SegmentError) as caught:
        _read("tag:上海 and x")
    line, caret = caught.value.pointed.split("\n")
    assert (line, len(caret)) == ("tag:上海 and x", 14)
    with pytest.raises(SegmentError) as caught:
        _read("tag:a or " * 100 + "\x1b[31m")
    line, caret = caught.value.pointed.split("\n")
    assert len(line) <= 72
    assert "\x1b" not in line
    assert line[len(caret) - 1 :].startswith(" [31m")


def test_depth_length_and_the_number_of_tests_are_bounded_and_soon_refused() -> None:
    began = time.perf_counter()
    assert _read("(" * DEEPEST + "tag:pro" + ")" * DEEPEST) == PRO
    long = ["(" * 1_990, "not " * 490, "tag:a or " * (MOST_TESTS + 1), "x" * (LONGEST + 1), '"' + "\\" * 1_990]
    for text in long:
        with pytest.raises(SegmentError):
            _read(text)
    assert time.perf_counter() - began < 1


def test_a_segment_knows_whether_it_names_lists() -> None:
    assert names_lists(_read("tag:pro and not (got:1 or list:readers)"))
    assert not names_lists(_read("tag:list"))


@given(st.text(max_size=60))
def test_any_text_is_a_segment_or_an_error_with_a_column(text: str) -> None:
    error = _refused(text)
    assert error is None or (0 <= error.column <= len(text) and error.pointed.count("\n") == 1 and error.hint)


PIECES = [
    "tag:",
    "pro",
    "(",
    ")",
    "not",
    "and",
    "or",
    "=",
    '"',
    "data.city",
    "joined",
    ">",
    "today",
    "is",
    "set",
    "'",
    "\\",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))
def test_any_words_of_the_grammar_in_any_order_are_a_segment_or_an_error(text: str) -> None:
    error = _refused(text)
    assert error is None or 0 <= error.column <= len(text)
