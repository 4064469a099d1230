"""What became of a send, in figures: nobody is lost between the counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.delivery.outcomes import Cause, Outcome, Rates, domains_of, medians, span_of, timeline
from mailweekly.delivery.states import State

CELLS = st.dictionaries(
    st.tuples(st.sampled_from([f"d{n}.test" for n in range(9)]), st.sampled_from(list(State))),
    st.integers(0, 1000),
    max_size=40,
)


@given(CELLS, st.integers(0, 6))
def test_no_reader_is_lost_between_the_domains_and_the_rest(cells: dict[tuple[str, State], int], most: int) -> None:
    rows, rest = domains_of(cells, {}, most=most)
    every = [*rows, *([rest] if rest else [])]
    assert len(rows) <= most
    assert sum(row.readers for row in every) == sum(cells.values())
    for row in every:
        parts = (row.accepted, row.rejected, row.deferred, row.unknown, row.other)
        assert min(parts) >= 0
        assert sum(parts) == row.readers


@given(st.floats(0, 4e9), st.floats(0, 4e8))
def test_a_chart_has_at_most_forty_columns(first: float, lasts: float) -> None:
    span = span_of(first, first + lasts)
    assert span >= 1
    assert (first + lasts) // span - first // span <= 40


def test_the_empty_spans_between_are_columns_too() -> None:
    assert [(bar.at, bar.accepted) for bar in timeline({2: 5, 4: 1}, 60)] == [(120.0, 5), (180.0, 0), (240.0, 1)]
    assert timeline({}, 60) == ()


def test_of_nobody_there_is_no_share() -> None:
    assert Outcome(states={}).rates == Rates()
    assert Outcome(states={State.SKIPPED: 2}, left_out=2).rates.accepted is None


def test_who_was_left_out_at_the_freeze_is_no_recipient() -> None:
    one = Outcome(states={State.ACCEPTED: 6, State.EXPIRED: 1, State.REJECTED: 1, State.SKIPPED: 4}, left_out=2)
    assert (one.total, one.recipients, one.open) == (12, 10, 0)
    assert (one.rates.accepted, one.rates.refused) == (0.6, 0.2)


def test_the_usual_is_the_median_of_those_that_have_it() -> None:
    usual = medians([Rates(accepted=0.9), Rates(accepted=0.1), Rates(), Rates(accepted=1.0)])
    assert usual == Rates(accepted=0.9)


@pytest.mark.parametrize(("cause", "weight"), [("user-unknown", "hard"), ("", ""), ("not one of ours", "")])
def test_a_cause_says_what_it_weighs(cause: str, weight: str) -> None:
    assert Cause(kind="rejected", cause=cause, readers=1).weight == weight
