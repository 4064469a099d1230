"""Quoted-printable in pieces."""

import quopri

from hypothesis import given
from hypothesis import strategies as st

from mailweekly.message import quoted

CHARACTERS = st.characters(exclude_categories=["Cs"])
TEXT = st.lists(CHARACTERS | st.sampled_from([*". \t\n=-F", "From ", "\r\n"]), max_size=300).map("".join)


def decoded(raw: bytes) -> str:
    return quopri.decodestring(raw).decode("utf-8").replace("\r\n", "\n")


def plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_lines(raw: bytes) -> None:
    assert raw.isascii()
    assert raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r")
    for line in raw.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))


@given(st.lists(TEXT, max_size=6))
def test_pieces_join_to_what_they_say(pieces: list[str]) -> None:
    raw = b"".join(quoted.encode(piece, closed=True) for piece in pieces)
    assert decoded(raw) == "".join(plain(piece) for piece in pieces)
    check_lines(raw)


@given(TEXT)
def test_an_open_end_has_no_soft_break(text: str) -> None:
    raw = quoted.encode(text, closed=False)
    assert decoded(raw) == plain(text)
    assert not raw.endswith(b"=\r\n")
    check_lines(raw)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=300))
def test_one_line_encodes_the_same_either_way(text: str) -> None:
    assert quoted.encode_line(text) == quoted.encode(text, closed=True)


def test_every_length_around_the_limit_holds() -> None:
    for filler in ("x", "é", ".", "=", " ", "😀", "From "):
        for length in range(140):
            for lead in range(4):
                text = "a" * lead + filler * length
                for closed in (True, False):
                    raw = quoted.encode(text, closed=closed)
                    assert decoded(raw) == text
                    check_lines(raw)


def test_a_dot_and_from_at_a_line_start_are_written_out() -> None:
    assert quoted.encode(".\n..a\nFrom b\nFrom", closed=True) == b"=2E\r\n=2E.a\r\n=46rom b\r\nFrom=\r\n"
    assert quoted.encode("x" * 75 + ".y", closed=True) == b"x" * 75 + b"=\r\n=2Ey=\r\n"


def test_nothing_needs_no_soft_break() -> None:
    assert quoted.encode("", closed=True) == b""
    assert quoted.encode("a\n", closed=True) == b"a\r\n"


def test_half_a_character_does_not_stop_it() -> None:
    assert quoted.encode("a\ud800b", closed=True) == b"a?b=\r\n"


def test_a_long_line_is_encoded_in_linear_time() -> None:
    assert len(quoted.encode("x" * 3_000_000, closed=True)) > 3_000_000
