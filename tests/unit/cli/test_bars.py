"""Charts in characters: they fit, nobody vanishes, and ASCII is ASCII."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.cli.bars import WIDTH, bars, columns, sparks

ROWS = st.lists(
    st.tuples(st.text("abc.-", max_size=60), st.integers(0, 10**7), st.text("xy ", max_size=20)), max_size=12
)


@given(ROWS, st.booleans())
def test_bars_fit_and_whoever_is_there_is_seen(rows: list[tuple[str, int, str]], blocks: bool) -> None:
    drawn = bars(rows, blocks=blocks)
    assert len(drawn) == len(rows)
    for line, (_, count, _) in zip(drawn, rows, strict=True):
        assert len(line) <= WIDTH
        assert any(mark in line for mark in "#█▉▊▋▌▍▎▏") == (count > 0)
        assert blocks or line.isascii()


@given(st.lists(st.integers(0, 10**7), max_size=41), st.booleans())
def test_columns_fit_80(values: list[int], blocks: bool) -> None:
    drawn = columns(values, "12-31 23:59:59", "12-31 23:59:59", blocks=blocks)
    assert bool(drawn) == any(values)
    assert all(len(line) <= 80 for line in drawn)
    assert blocks or "".join(drawn).isascii()


@pytest.mark.parametrize(
    ("values", "blocks", "shown"),
    [([0.0, 0.5, 1.0], True, "▁▅█"), ([None, 1.0], True, " █"), ([0.0, 0.0], False, "__"), ([], True, "")],
)
def test_sparks_rise_from_zero(values: list[float | None], blocks: bool, shown: str) -> None:
    assert sparks(values, blocks=blocks) == shown
