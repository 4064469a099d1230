"""Hostile values: each arrives as text, and nothing else comes of it."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.message.factory import NONCE, READER, TOKENS, Page, copy, edition, expected, program, read
from tests.unit.message.test_program import ORDER, links_of

from mailweekly.message.gate import verify
from mailweekly.message.model import Reader
from mailweekly.message.values import clean

PROGRAM = program()
VALUES = [
    'Ada "the first" Lovelace',
    "O'Neill & Söhne <ltd>",
    "Ann\r\nBcc: victim@example.org",
    "Ann\nBcc: victim@example.org\n\nbody",
    "Ann\r\n\r\n.\r\nMAIL FROM:<x@y>",
    "=?utf-8?q?a=0D=0ABcc:_x@y?=",
    "=?utf-8?b?DQpCY2M6IHhAeQ==?=",
    "x =?utf-8?q?a?= =?utf-8?q?b?=",
    "Bcc: x@y",
    "\u202eevil\u202c \u2066x\u2069",
    "a\0b\x1b[31mc\x07",
    "a\u2028b\u2029c\x85d",
    "😀👩‍👩‍👧‍👧🏳️‍🌈",
    "王小明，先生",
    "مرحبا بالعالم",
    "Zalgo e\u0301\u0302\u0303\u0304\u0305",
    "{{7*7}}",
    "{% for x in y %}",
    "${7*7} %(x)s *|FNAME|*",
    TOKENS["name"],
    TOKENS["unsubscribe_url"] + TOKENS["city"],
    f"MW{NONCE}x99Z",
    "</a><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "-->x<!--",
    "<![endif]-->",
    "javascript:alert(1)",
    "&amp;&lt;",
    ".",
    "..",
    ".\n.",
    "From me",
    "-- ",
    "--=_mw_0123456789abcdef0123",
    "=",
    "=3D",
    "=\r\n",
    "a" * 1000,
    "é" * 1000,
    " lead and tail ",
    "%0d%0aBcc:x",
    "\\",
    "<x@y.example>",
    "a, b; c: d",
    "\ud800",
    "\ufffd\ufeff",
]
HOSTILE = (st.sampled_from(VALUES) | st.text(max_size=40)).flatmap(
    lambda one: st.sampled_from(VALUES).map(lambda two: one + two) | st.just(one)
)
SMUGGLING = [
    a + b"." + c
    for a in (b"\n", b"\r", b"\r\n", b"\r\r\n", b"\0\n")
    for c in (b"\n", b"\r", b"\r\n", b"\r\r\n", b"\0\r\n")
]


def shown(value: str, default: str) -> str:
    cleaned = clean(value)
    return cleaned if cleaned.strip() else default


def check(name: str, city: str) -> None:
    reader = Reader(subscriber_id=1042, address="ada@example.net", name=name, values={"city": city})
    message = copy(reader, PROGRAM)
    verify(message, PROGRAM)
    seen = read(message)
    assert [each for each, _ in seen.headers] == ORDER
    assert message.recipient == "ada@example.net"
    assert re.search(r"(^|<)ada@example\.net>?$", dict(seen.headers)["To"])
    name, city = shown(name, "friend"), shown(city, "")
    assert (seen.text, seen.html) == expected(reader, links_of(reader), name, city)
    assert seen.value("Subject") == f"{name}, the week"
    page, plain = Page(seen.html), Page(read(copy()).html)
    assert page.tags == plain.tags
    assert page.titles == [name]
    assert page.texts["greeting"] == name
    assert page.texts.get("city", "") == city
    assert not any(variant in message.content for variant in SMUGGLING)


@pytest.mark.parametrize("value", VALUES)
def test_a_hostile_value_arrives_as_text(value: str) -> None:
    check(value, value)


@settings(max_examples=250)
@given(HOSTILE, HOSTILE)
def test_any_two_values_arrive_as_text(name: str, city: str) -> None:
    check(name, city)


@pytest.mark.parametrize(
    "value", ["a\u202eb", "a\u2066b", "a\u200fb", "a\u061cb", "a\x1bb", "a\x9bb", "a\0b", "a\ud800b"]
)
def test_what_cannot_be_seen_is_gone(value: str) -> None:
    assert clean(value) == "ab"


def test_a_break_becomes_a_blank_and_joiners_stay() -> None:
    assert clean("a\r\nb\tc\u2028d") == "a b c d"
    assert clean("👩‍👩‍👧 \u0645\u06cc\u200c\u062e") == "👩‍👩‍👧 \u0645\u06cc\u200c\u062e"


@pytest.mark.parametrize(
    "body",
    [
        "\n.\n",
        "\r\n.\r\n",
        "x\r.\r\n",
        "\n.\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n",
        "." * 200,
        "\n" * 50 + ".",
        "\0\n.\0\n",
        "a\x0b.\x0c",
    ],
)
def test_an_editions_own_dots_cannot_end_the_message(body: str) -> None:
    made = program(edition(text=f"{body}{TOKENS['name']}{body}"))
    message = copy(replace(READER, name=".\r\n.\r\n"), made)
    assert not any(variant in message.content for variant in SMUGGLING)
    assert not re.search(rb"[\r\n]\.", message.content)
    verify(message, made)


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: x@y", "=?utf-8?q?a=0D=0ABcc:_x@y?=", "a\0b\x85c\u2028d", "", " ", "新" * 300, "a" * 3_000]
)
def test_any_subject_is_one_header(subject: str) -> None:
    made = program(edition(subject=subject))
    seen = read(copy(made=made))
    assert [name for name, _ in seen.headers] == ORDER
    assert seen.value("Subject") == clean(subject)
    verify(copy(made=made), made)


def test_no_reader_sees_anothers_values() -> None:
    for number in range(1, 10_001, 97):
        reader = Reader(
            subscriber_id=number,
            address=f"r{number}@example.net",
            name=f"Reader {number}.",
            values={"city": f"City {number}."},
        )
        seen = read(copy(reader, PROGRAM, delivery_id=number))
        assert (seen.text, seen.html) == expected(reader, links_of(reader), reader.name, f"City {number}.")
