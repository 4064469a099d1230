"""The header writer, read back by Python's parsers."""

import re
from email import message_from_string, policy
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.errors import SettingsError
from mailweekly.message import headers
from mailweekly.message.values import clean

ODD = [*' "\\<>@,;:()=?_\r\n\0\u2028\u202e', "=?utf-8?q?", "?="]
ANY = st.lists(st.characters() | st.sampled_from(ODD), max_size=200).map("".join)
WORD = re.compile(r"=\?[^? ]*\?[bq]\?[^? ]*\?=")


def lines_of(field: str) -> list[str]:
    assert field.endswith("\r\n")
    lines = field[:-2].split("\r\n")
    assert not any("\r" in line or "\n" in line for line in lines)
    assert all(line.startswith(" ") and line.strip() for line in lines[1:])
    assert field.isascii()
    for line in lines:
        words = WORD.findall(line)
        assert len(line) <= (76 if words else 78)
        assert all(len(word) <= 75 for word in words)
        assert len(words) <= 1
    return lines


def unfolded(field: str) -> str:
    return field[:-2].replace("\r\n", "").partition(": ")[2]


def decoded(field: str) -> str:
    return str(make_header(decode_header(unfolded(field))))


@given(ANY)
def test_any_text_arrives_as_typed(text: str) -> None:
    field = headers.text_field("Subject", text)
    lines_of(field)
    assert decoded(field) == clean(text)
    parsed = message_from_string(field + "\r\n", policy=policy.compat32)
    assert parsed.keys() == ["Subject"]


@given(ANY)
def test_any_name_leaves_the_address_alone(name: str) -> None:
    field = headers.mailbox_field("To", name, "ada@example.org")
    lines_of(field)
    raw = unfolded(field)
    ((display, found),) = getaddresses([raw])
    assert found == "ada@example.org"
    assert not WORD.search(raw[raw.rindex("ada@") :])
    wanted = clean(name).strip()
    if len(wanted) <= 128:
        assert str(make_header(decode_header(display))) == wanted or wanted == ""


@pytest.mark.parametrize(
    "text", ["新" * 300, "é" * 300, "😀" * 150, "한글 " * 100, "a" * 500, "a " * 300, "é a" * 100, "e\u0301" * 200]
)
def test_a_long_subject_is_folded_into_short_words(text: str) -> None:
    field = headers.text_field("Subject", text)
    assert len(lines_of(field)) > 3
    assert decoded(field) == text
    modern = message_from_string(field + "\r\n", policy=policy.default)
    assert modern["Subject"] == text.strip() or " " in text


def test_adjacent_encoded_words_have_a_fold_between() -> None:
    assert re.search(r"\?==\?", headers.text_field("Subject", "新" * 300)) is None
    assert "?=\r\n =?" in headers.text_field("Subject", "新" * 300)


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("The week", "Subject: The week\r\n"),
        ("Für alle", "Subject: =?utf-8?q?F=C3=BCr_alle?=\r\n"),
        ("周报", "Subject: =?utf-8?b?5ZGo5oql?=\r\n"),
        ("=?utf-8?q?a=0D=0ABcc:_x@y?=", "Subject: =?utf-8?q?=3D=3Futf-8=3Fq=3Fa=3D0D=3D0ABcc=3A=5Fx=40y=3F=3D?=\r\n"),
        ("a\r\nBcc: x@y", "Subject: a Bcc: x@y\r\n"),
        ("a\u2028b\u202ec\0d", "Subject: a bcd\r\n"),
        ("two  blanks", "Subject: two  blanks\r\n"),
        (" ends ", "Subject: =?utf-8?q?_ends_?=\r\n"),
        ("w " * 38 + "word word", "Subject: " + "w " * 34 + "w\r\n w w w word word\r\n"),
    ],
)
def test_a_text_header_looks_so(value: str, field: str) -> None:
    assert headers.text_field("Subject", value) == field


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("", "To: a@b.example\r\n"),
        ("Ada Lovelace", "To: Ada Lovelace <a@b.example>\r\n"),
        ("Doe, Jane", 'To: "Doe, Jane" <a@b.example>\r\n'),
        ('J. "Q" \\', 'To: "J. \\"Q\\" \\\\" <a@b.example>\r\n'),
        ("x@evil.example", 'To: "x@evil.example" <a@b.example>\r\n'),
        ("李", "To: =?utf-8?b?5p2O?= <a@b.example>\r\n"),
        ("=?utf-8?q?x?=", "To: =?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?= <a@b.example>\r\n"),
    ],
)
def test_a_display_name_looks_so(name: str, field: str) -> None:
    assert headers.mailbox_field("To", name, "a@b.example") == field


def test_a_name_of_a_novel_is_cut() -> None:
    assert len(headers.mailbox_field("To", "新" * 10_000, "a@b.example")) < 1_000


@pytest.mark.parametrize("length", range(20, 301, 7))
def test_uris_of_any_length_come_back_whole_from_two_parsers(length: int) -> None:
    base = "https://news.example.org/u/"
    uris = [base + "t" * (length - len(base)), "mailto:u+" + "t" * length + "@example.org?subject=unsubscribe"]
    field = headers.uri_field("List-Unsubscribe", uris)
    assert "=?" not in field
    assert field.count("\r\n") == 2
    for chosen in (policy.compat32, policy.default):
        raw = str(message_from_string(field + "\r\n", policy=chosen)["List-Unsubscribe"])
        assert re.findall(r"<([^<>]*)>", re.sub(r"\r?\n", "", raw)) == uris


@pytest.mark.parametrize(
    "uri",
    [
        "https://a b",
        "https://é.example",
        "https://a.example/>",
        "a.example",
        "javascript:x",
        "https://a,b",
        "https://a\r\nB: c",
        "",
    ],
)
def test_what_is_no_uri_is_refused(uri: str) -> None:
    with pytest.raises(SettingsError):
        headers.uri_field("List-Help", [uri])


def test_a_uri_beyond_a_line_is_refused() -> None:
    with pytest.raises(SettingsError):
        headers.uri_field("List-Help", ["https://example.org/" + "a" * 990])


@pytest.mark.parametrize("name", ["", "Sub ject", "Subject:", "Sübject", "A\r\nBcc", "A\n", "a:b", "=?utf-8?q?a?="])
def test_a_header_name_is_letters_digits_and_hyphens(name: str) -> None:
    with pytest.raises(SettingsError):
        headers.text_field(name, "x")
    with pytest.raises(SettingsError):
        headers.token_field(name, "x")
    with pytest.raises(SettingsError):
        headers.mailbox_field(name, "", "a@b.example")


@pytest.mark.parametrize("value", ["é", "a\r\nb", "a\tb", "a  b", "", "=?utf-8?q?a?="])
def test_an_id_is_visible_ascii(value: str) -> None:
    with pytest.raises(SettingsError):
        headers.token_field("Feedback-ID", value)
