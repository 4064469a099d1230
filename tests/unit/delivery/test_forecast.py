"""How long a send takes under its limits: by its pace, its pauses, its caps, and the slowest of its receivers."""

from datetime import date

import pytest

from mailweekly.delivery.forecast import how_long
from mailweekly.delivery.pace import Cap, Limit, Pacing, WarmUp

NOON = 1_800_014_400.0  # 2027-01-15 12:00 UTC
DAY = 86_400.0


def _seconds(count: int, **values: object) -> float:
    return how_long(count, Pacing(total=Limit(**values)), now=NOON).seconds  # type: ignore[arg-type]


@pytest.mark.parametrize(("count", "seconds"), [(0, 0), (1, 0), (2, 0.1), (1001, 100)])
def test_a_pace_alone(count: int, seconds: float) -> None:
    assert _seconds(count, rate=10) == pytest.approx(seconds)


def test_pauses_come_after_each_batch() -> None:
    assert _seconds(250, rate=10, batch=100, batch_pause_s=60) == pytest.approx(24.9 + 120)


def test_no_limit_takes_no_time() -> None:
    assert _seconds(1_000_000) == 0


def test_what_a_day_does_not_hold_waits_for_the_next() -> None:
    assert _seconds(100, caps=(Cap(span="day", count=100),)) == 0
    assert _seconds(101, caps=(Cap(span="day", count=100),)) == DAY / 2
    assert _seconds(350, caps=(Cap(span="day", count=100),)) == DAY * 2.5


def test_what_left_already_is_counted() -> None:
    found = how_long(60, Pacing(total=Limit(caps=(Cap(span="day", count=100),))), now=NOON, taken={"2027-01-15": 50})
    assert (found.seconds, found.held_by) == (DAY / 2, "day")


def test_a_pace_and_caps_together() -> None:
    limit = {"rate": 1.0, "caps": (Cap(span="h", count=600), Cap(span="day", count=6_000))}
    assert _seconds(600, **limit) == pytest.approx(599)
    assert _seconds(1_200, **limit) == pytest.approx(3_600 + 599, abs=2)
    assert _seconds(6_001, **limit) == pytest.approx(DAY / 2, abs=2)


def test_a_warm_up_is_a_stair_of_days() -> None:
    limit = Limit(warm_up=WarmUp(start=date(2027, 1, 15), days=(50, 100)))
    assert how_long(50, Pacing(total=limit), now=NOON).seconds == 0
    assert how_long(150, Pacing(total=limit), now=NOON).seconds == DAY / 2
    assert how_long(5_000, Pacing(total=limit), now=NOON).seconds == DAY * 1.5


def test_the_slowest_receiver_decides() -> None:
    pacing = Pacing(total=Limit(rate=100), domains={"gmail.com": 5.0})
    found = how_long(1_000, pacing, now=NOON, receivers={"gmail.com": 501})
    assert (found.seconds, found.held_by) == (100, "gmail.com")


def test_a_million_over_years_is_answered_at_once() -> None:
    assert _seconds(1_000_000, caps=(Cap(span="day", count=100),)) == pytest.approx(DAY * 10_000, rel=0.01)
