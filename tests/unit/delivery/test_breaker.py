"""A send that is refused alike twenty times in a row is stopped; a few refusals do not stop it."""

import pytest
from tests.fakes import START

from mailweekly.delivery.breaker import WINDOW, Breaker, observe
from mailweekly.delivery.reply import Outcome, Reply, Stage
from mailweekly.delivery.states import State

REFUSED = Outcome(state=State.REJECTED, at=START, reply=Reply(code=550, text="5.7.1 no", stage=Stage.RCPT))
ACCEPTED = Outcome(state=State.ACCEPTED, at=START)


def _after(size: int, *outcomes: Outcome) -> Breaker:
    breaker = Breaker(size=size)
    for outcome in outcomes:
        breaker = observe(breaker, outcome)
    return breaker


def test_twenty_refusals_in_a_row_stop_the_send() -> None:
    assert not _after(1000, *[REFUSED] * (WINDOW - 1)).tripped
    tripped = _after(1000, *[REFUSED] * WINDOW).tripped
    assert "550 5.7.1 no" in tripped
    assert str(WINDOW) in tripped


@pytest.mark.parametrize("size", [2, 5, 19])
def test_a_short_list_is_judged_whole(size: int) -> None:
    assert not _after(size, *[REFUSED] * (size - 1)).tripped
    assert _after(size, *[REFUSED] * size).tripped


def test_a_list_of_one_is_never_judged() -> None:
    assert not _after(1, REFUSED).tripped


def test_an_acceptance_breaks_the_row_and_a_later_row_stops_the_send_all_the_same() -> None:
    most = [REFUSED] * (WINDOW - 1)
    assert not _after(1000, ACCEPTED, *most, ACCEPTED, *most).tripped
    assert _after(1000, *[ACCEPTED] * 500, *most, REFUSED).tripped


def test_refusals_that_differ_are_the_readers_own() -> None:
    other = Outcome(state=State.REJECTED, at=START, reply=Reply(code=550, text="5.1.1 no such user", stage=Stage.RCPT))
    assert not _after(1000, *[REFUSED, other] * 100).tripped
    assert not _after(1000, *[REFUSED] * (WINDOW - 1), other, *[REFUSED] * (WINDOW - 1)).tripped


@pytest.mark.parametrize("state", [State.DEFERRED, State.UNKNOWN, State.SKIPPED, State.QUEUED])
def test_what_is_neither_taken_nor_refused_says_nothing(state: State) -> None:
    mixed = [REFUSED, Outcome(state=state, at=START)] * (WINDOW - 1)
    assert not _after(1000, *mixed).tripped
    assert _after(1000, *mixed, REFUSED).tripped


def test_once_tripped_it_keeps_its_reason() -> None:
    tripped = _after(1000, *[REFUSED] * WINDOW)
    assert observe(tripped, ACCEPTED) == tripped
