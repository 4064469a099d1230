"""No window ever holds more than the pace allows: across grants, processes, restarts and a clock that is set back."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.delivery.pace import SLACK_S, Limit, Slots, grant

BASE = 1_800_000_000.0
STEPS = st.lists(st.tuples(st.floats(0, 30), st.integers(1, 40)), min_size=1, max_size=12)


def _run(limit: Limit, steps: list[tuple[float, int]]) -> list[float]:
    slots, now = Slots(), BASE
    granted: list[float] = []
    for wait, count in steps:
        now += wait
        slots, instants = grant(slots, limit, count=count, now=now)
        assert all(instant >= now for instant in instants)
        granted += instants
    return granted


@given(st.floats(0.05, 200), STEPS)
def test_no_second_holds_more_than_the_rate(rate: float, steps: list[tuple[float, int]]) -> None:
    granted = _run(Limit(rate=rate), steps)
    assert granted == sorted(granted)
    gaps = [late - early for early, late in itertools.pairwise(granted)]
    assert all(gap >= 1 / rate - 1e-6 for gap in gaps)


@given(st.floats(0.5, 100), st.integers(1, 30), st.floats(0.1, 60), STEPS)
def test_after_each_batch_comes_its_pause(
    rate: float, batch: int, pause: float, steps: list[tuple[float, int]]
) -> None:
    granted = _run(Limit(rate=rate, batch=batch, batch_pause_s=pause), steps)
    for number in range(batch, len(granted), batch):
        assert granted[number] - granted[number - 1] >= pause - 1e-6


@given(st.floats(0.5, 100), STEPS)
def test_a_restart_changes_nothing_because_the_row_is_all_there_is(rate: float, steps: list[tuple[float, int]]) -> None:
    limit = Limit(rate=rate, batch=7, batch_pause_s=3)
    slots, now = Slots(), BASE
    granted: list[float] = []
    for wait, count in steps:
        now += wait
        slots = Slots(next_at=slots.next_at, in_batch=slots.in_batch, granted_at=slots.granted_at)  # read back
        slots, instants = grant(slots, limit, count=count, now=now)
        granted += instants
    assert granted == _run(limit, steps)


def test_one_grant_of_many_and_many_grants_of_one_give_the_same_slots() -> None:
    limit = Limit(rate=10, batch=4, batch_pause_s=2)
    assert _run(limit, [(0, 50)]) == pytest.approx(_run(limit, [(0, 1)] * 50))


def test_a_batch_at_a_rate_has_exactly_this_timetable() -> None:
    granted = _run(Limit(rate=2, batch=3, batch_pause_s=10), [(0, 4), (0, 4)])
    assert [instant - BASE for instant in granted] == [0, 0.5, 1, 11.5, 12, 12.5, 23, 23.5]


def test_what_was_not_used_is_not_saved_up() -> None:
    granted = _run(Limit(rate=10), [(0, 1), (60, 5)])
    assert granted[1:] == pytest.approx([BASE + 60 + step / 10 for step in range(5)])


def test_without_a_rate_everybody_may_go_at_once() -> None:
    assert set(_run(Limit(), [(0, 100)])) == {BASE}


def test_a_clock_set_back_by_days_does_not_stop_the_send_for_days() -> None:
    slots, _ = grant(Slots(), Limit(rate=1), count=10, now=BASE)
    _, granted = grant(slots, Limit(rate=1), count=2, now=BASE - 3 * 86_400)
    assert granted == (BASE - 3 * 86_400, BASE - 3 * 86_400 + 1)


def test_a_clock_that_steps_back_a_little_is_waited_out() -> None:
    slots, _ = grant(Slots(), Limit(rate=1), count=10, now=BASE)
    _, granted = grant(slots, Limit(rate=1), count=1, now=BASE - SLACK_S + 1)
    assert granted[0] == BASE + 10


def test_a_clock_set_forward_by_days_grants_no_more_than_before() -> None:
    granted = _run(Limit(rate=5), [(0, 10), (3 * 86_400, 10)])
    assert all(late - early >= 0.2 - 1e-6 for early, late in itertools.pairwise(granted))
