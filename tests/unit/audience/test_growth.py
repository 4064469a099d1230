"""The chart of an audience, and a list file cut."""

from datetime import date, timedelta

import pytest

from mailweekly.audience.cutting import lines_of, without
from mailweekly.audience.growth import chart, periods, span_of

TODAY = date(2026, 11, 23)
DAY = (TODAY - date(1970, 1, 1)).days
BO = "bo@example.org"


def test_weeks_turn_into_months_for_an_older_audience() -> None:
    assert span_of({DAY - 100: 1}, TODAY) == "week"
    assert span_of({DAY - 1_000: 1}, TODAY) == "month"
    assert span_of({}, TODAY) == "week"


def test_every_period_is_there_the_empty_ones_as_well() -> None:
    found = periods({DAY - 21: 3, DAY: 1}, {DAY - 7: 2}, "week", TODAY)
    assert [(one.joined, one.left) for one in found] == [(3, 0), (0, 0), (0, 2), (1, 0)]
    assert found[-1].start == TODAY - timedelta(days=TODAY.weekday())


@pytest.mark.parametrize("most", [1, 7, 99, 12_345, 1_000_000])
@pytest.mark.parametrize("span", ["week", "month"])
def test_a_chart_has_axes_and_fits_the_screen(most: int, span: str) -> None:
    joined = {DAY - number: most * (number % 5) // 4 for number in range(800)}
    left = {DAY - number: number % 3 for number in range(800)}
    for ascii_only in (False, True):
        lines = chart(periods(joined, left, span, TODAY), span, ascii_only=ascii_only)
        assert max(map(len, lines)) <= 80
        assert "2026" in lines[-1]
        assert "".join(lines).isascii() is ascii_only
    assert chart(periods({}, {}, span, TODAY), span) == ()


def test_a_hostile_day_is_no_fault() -> None:
    assert chart(periods({10**9: 1, -(10**9): 1, DAY: 1}, {}, "month", TODAY), "month")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"email\nana@example.org\nBO@example.org\n", b"email\nana@example.org\n"),
        (b"email\r\nbo@example.org\r\nana@example.org", b"email\r\nana@example.org"),
        (b'name,email\n"a\r\nb\nc",bo@example.org\n"d\ne",ana@example.org\n', b'name,email\n"d\ne",ana@example.org\n'),
        (b"email\rbo@example.org\r\rana@example.org\r", b"email\r\rana@example.org\r"),
        (b"email,name\nana@example.org,bo@example.org\n", b"email,name\nana@example.org,bo@example.org\n"),
        (
            b"email\nana@example.org\nana@example.org,x@\nBo <bo@example.org>\n",
            b"email\nana@example.org\nana@example.org,x@\n",
        ),
        (b"bo@example.org\n", b"email\n"),
        (b"\xef\xbb\xbfemail;n\nbo@example.org;x\nana@example.org;y", b"\xef\xbb\xbfemail;n\nana@example.org;y"),
    ],
)
def test_a_row_goes_and_every_other_byte_stays(before: bytes, after: bytes) -> None:
    assert without(before, lines_of(before, BO, file="f.csv")) == after


def test_a_file_in_utf_16_stays_one() -> None:
    for codec in ("utf-16-le", "utf-16-be"):
        before = "\ufeffemail,n\r\nbo@example.org,é\r\nana@example.org,ü\r\n".encode(codec)
        after = "\ufeffemail,n\r\nana@example.org,ü\r\n".encode(codec)
        assert without(before, lines_of(before, BO, file="f.csv")) == after
