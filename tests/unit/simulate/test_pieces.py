"""A mail as a row of pieces: nothing is lost, whatever it is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.simulate.pieces import COMMENT, SHEET, START, TEXT, joined, pieces_of, value_of, with_attributes

MARKUP = st.text(alphabet="<>/!-=\"'abc style[]&; \n\0é", max_size=200)


@given(MARKUP)
def test_whatever_is_read_comes_out_as_it_went_in(html: str) -> None:
    assert joined(pieces_of(html)) == html


@given(MARKUP)
def test_every_piece_begins_in_its_line(html: str) -> None:
    at = 0
    for piece in pieces_of(html):
        assert piece.line == html.count("\n", 0, at) + 1
        at += len(piece.raw)


@pytest.mark.parametrize(
    ("html", "attributes"),
    [
        ("<a href=x>", {"href": "x"}),
        ("<a href='a\"b'>", {"href": 'a"b'}),
        ("<a HREF = \"a>b\" href='c'>", {"href": "a>b"}),
        ("<a b=&quot;c&amp;d>", {"b": '"c&d'}),
        ("<img/src=a/ alt>", {"src": "a/", "alt": ""}),
        ("<td style='color:red;' bgcolor>", {"style": "color:red;", "bgcolor": ""}),
    ],
)
def test_attributes_are_read_as_a_browser_does(html: str, attributes: dict[str, str]) -> None:
    assert dict(pieces_of(html)[0].attributes) == attributes


def test_an_attribute_that_is_written_again_keeps_its_value() -> None:
    piece = pieces_of("<a title='x'>")[0]
    again = pieces_of(with_attributes(piece, {"title": '"&lt;"<\''}).raw)[0]
    assert value_of(again, "title") == '"&lt;"<\''


def test_what_a_style_sheet_or_a_comment_holds_is_no_tag() -> None:
    kinds = [(one.kind, one.raw) for one in pieces_of("<style>a>b{}</style><!-- <b> --><b>x")]
    assert kinds[1] == (SHEET, "a>b{}")
    assert kinds[3] == (COMMENT, "<!-- <b> -->")
    assert [kind for kind, _ in kinds[4:]] == [START, TEXT]


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<a ",
        "<!--",
        '<a b="',
        "<a b='\"",
        "<style>",
        "</",
        "<a =",
        '<a b=">',
        "<a/",
        "<!x",
        "<a b\t",
        "=",
        "<a b=c ",
    ],
)
def test_a_hostile_mail_is_read_in_linear_time(piece: str) -> None:
    began = time.process_time()
    assert joined(pieces_of(piece * 60_000)) == piece * 60_000
    assert time.process_time() - began < 2
