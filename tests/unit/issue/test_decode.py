"""Bytes to text: strict, and helpful about it."""

import pytest

from mailweekly.errors import IssueError
from mailweekly.issue.decode import MAX_BYTES, decode


def test_a_clean_file_is_its_text() -> None:
    assert decode("# 题 🦄\n".encode(), source="a.md") == "# 题 🦄\n"


def test_a_byte_order_mark_and_every_line_end_are_made_one() -> None:
    assert decode("\ufeffa\r\nb\rc\u2028d\u2029e\n".encode(), source="a.md") == "a\nb\nc\nd\ne\n"


@pytest.mark.parametrize(
    ("raw", "guess"),
    [
        ("día\n".encode("utf-16"), "UTF-16"),
        ("a title\n".encode("utf-16-le"), "UTF-16"),
        (b"plain text with caf\xe9 in it", "Latin-1"),
        ("这是中文".encode("gb18030"), "GB18030"),
        (b"\x89PNG\x00 and more text here and here", "binary"),
    ],
)
def test_what_is_not_utf8_is_refused_with_a_guess(raw: bytes, guess: str) -> None:
    if b"\x00" in raw and not raw.startswith((b"\xff\xfe", b"\x89")):
        raw += b"\xff"
    with pytest.raises(IssueError) as caught:
        decode(raw, source="a.md")
    assert guess in caught.value.hint


@pytest.mark.parametrize("raw", [b"ok\nab\xc0\xafc", b"ok\nab\xffc", b"ok\nab\xed\xa0\x80c"])
def test_the_first_bad_byte_is_named_by_line_and_byte(raw: bytes) -> None:
    with pytest.raises(IssueError) as caught:
        decode(raw, source="issues/7.md")
    assert caught.value.place == "issues/7.md:2"
    assert "byte 3 of line 2" in caught.value.what


def test_more_than_a_megabyte_is_refused() -> None:
    assert decode(b"a" * MAX_BYTES, source="a.md")
    with pytest.raises(IssueError, match="too large"):
        decode(b"a" * (MAX_BYTES + 1), source="a.md")
