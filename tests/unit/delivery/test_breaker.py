"""A send whose refusals are not the readers' doing is stopped, whole or towards one receiver; a few refusals do not stop it."""

import pytest
from tests.fakes import START

from mailweekly.delivery.breaker import OUT, ROW, WINDOW, Breaker
from mailweekly.delivery.reply import Outcome, Reply, Stage, after_reply
from mailweekly.delivery.states import State


def _refused(text: str, code: int = 550) -> Outcome:
    return after_reply(Reply(code=code, text=text, stage=Stage.RCPT), delivery_id=1, attempts=0, now=START)


ACCEPTED = Outcome(state=State.ACCEPTED, at=START)
GONE = _refused("5.1.1 no such user")
FULL = _refused("5.2.2 mailbox full", 552)
SPAM = _refused("5.7.1 this looks like spam", 554)
REFUSED = GONE


def _after(size: int, *outcomes: Outcome, receiver: str = "gmail.com") -> Breaker:
    breaker = Breaker(size=size)
    for number, outcome in enumerate(outcomes, start=1):
        breaker.observe(outcome, number, receiver)
    return breaker


def test_twenty_refusals_in_a_row_stop_the_send() -> None:
    assert not _after(1000, *[REFUSED] * (ROW - 1)).tripped
    tripped = _after(1000, *[REFUSED] * ROW).tripped
    assert "550 5.1.1 no such user" in tripped
    assert str(ROW) in tripped


@pytest.mark.parametrize("size", [2, 5, 19])
def test_a_short_list_is_judged_whole(size: int) -> None:
    assert not _after(size, *[REFUSED] * (size - 1)).tripped
    assert _after(size, *[REFUSED] * size).tripped


def test_a_list_of_one_is_never_judged() -> None:
    assert not _after(1, REFUSED).tripped


def test_an_acceptance_breaks_the_row_and_a_later_row_stops_the_send_all_the_same() -> None:
    most = [REFUSED] * (ROW - 1)
    assert not _after(1000, ACCEPTED, *most, ACCEPTED, *most).tripped
    assert "in a row" in _after(1000, *[ACCEPTED] * 20, *most, REFUSED).tripped


def test_refusals_that_differ_are_the_readers_own() -> None:
    assert not _after(1000, *[REFUSED, FULL] * 50).tripped
    assert not _after(1000, *[REFUSED] * (ROW - 1), FULL, *[REFUSED] * (ROW - 1)).tripped


@pytest.mark.parametrize("state", [State.DEFERRED, State.UNKNOWN, State.SKIPPED, State.QUEUED])
def test_what_is_neither_taken_nor_refused_does_not_break_the_row(state: State) -> None:
    mixed = [REFUSED, Outcome(state=state, at=START)] * (ROW - 1)
    assert not _after(1000, *mixed).tripped
    assert _after(1000, *mixed, REFUSED).tripped


def test_more_than_one_in_twenty_of_a_full_window_stops_the_send_and_fewer_or_sooner_do_not() -> None:
    assert not _after(9999, *[GONE, *[ACCEPTED] * 19] * 20).tripped
    assert not _after(9999, *[GONE, *[ACCEPTED] * 9] * 19, *[ACCEPTED] * 9).tripped
    tripped = _after(9999, *[GONE, *[ACCEPTED] * 9] * 20)
    assert "20 of the last 200" in tripped.tripped
    assert len(tripped.blamed) == 20


def test_the_window_forgets_what_left_it() -> None:
    early = [GONE, FULL] * 5
    assert not _after(9999, *early, *[ACCEPTED] * WINDOW, *early[:9]).tripped


def test_more_than_two_in_a_hundred_refused_by_policy_stop_the_send_once_a_hundred_are_out() -> None:
    assert not _after(9999, SPAM, SPAM, SPAM, *[ACCEPTED] * (OUT - 4)).tripped
    tripped = _after(9999, SPAM, SPAM, SPAM, *[ACCEPTED] * (OUT - 3))
    assert "policy" in tripped.tripped
    assert tripped.blamed == {1, 2, 3}
    assert not _after(9999, SPAM, SPAM, *[ACCEPTED] * (OUT - 2)).tripped


def test_refusals_for_the_readers_own_sake_are_none_by_policy() -> None:
    assert not _after(9999, GONE, FULL, GONE, FULL, *[ACCEPTED] * (OUT - 4)).tripped


def test_one_receiver_that_dislikes_us_is_paused_alone() -> None:
    breaker = Breaker(size=99_999)
    number = 0
    for _ in range(WINDOW):
        for receiver, count in (("gmail.com", 1), ("other.test", 9)):
            for _ in range(count):
                number += 1
                bad = receiver == "gmail.com" and number % 150 == 1
                breaker.observe(SPAM if bad else ACCEPTED, number, receiver)
    assert not breaker.tripped
    assert set(breaker.paused) == {"gmail.com"}
    assert "gmail.com" in breaker.paused["gmail.com"]
    assert len(breaker.blamed) > 10


def test_what_was_under_way_when_it_tripped_is_not_blamed_on_the_readers_either() -> None:
    breaker = _after(1000, *[REFUSED] * ROW)
    reason = breaker.tripped
    breaker.observe(FULL, 77, "x.test")
    breaker.observe(ACCEPTED, 78, "x.test")
    assert breaker.tripped == reason
    assert breaker.blamed == {*range(1, ROW + 1), 77}
