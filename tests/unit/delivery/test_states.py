"""The table of moves is complete, and nothing leaves a final state but an unknown one."""

import itertools

import pytest

from mailweekly.delivery.states import MOVES, OPEN, WAITING, SendState, State, is_legal

LEGAL = {
    ("queued", "claimed"),
    ("queued", "skipped"),
    ("deferred", "claimed"),
    ("deferred", "skipped"),
    ("deferred", "expired"),
    ("claimed", "queued"),
    ("claimed", "sending"),
    ("claimed", "deferred"),
    ("claimed", "rejected"),
    ("claimed", "skipped"),
    ("sending", "accepted"),
    ("sending", "deferred"),
    ("sending", "rejected"),
    ("sending", "queued"),
    ("sending", "unknown"),
    ("unknown", "accepted"),
    ("unknown", "deferred"),
    ("unknown", "rejected"),
    ("unknown", "queued"),
}


@pytest.mark.parametrize(("old", "new"), tuple(itertools.product(State, State)), ids=str)
def test_a_move_is_legal_exactly_when_the_published_table_has_it(old: State, new: State) -> None:
    assert is_legal(old, new) is ((old.value, new.value) in LEGAL)


def test_every_state_has_its_line_in_the_table() -> None:
    assert set(MOVES) == set(State)


@pytest.mark.parametrize("state", [State.ACCEPTED, State.REJECTED, State.EXPIRED, State.SKIPPED])
def test_what_is_settled_stays_settled(state: State) -> None:
    assert not MOVES[state]


def test_nobody_is_accepted_without_an_intent_first() -> None:
    assert {old for old in State if is_legal(old, State.ACCEPTED)} == {State.SENDING, State.UNKNOWN}


def test_nobody_is_mailed_whose_row_was_not_claimed() -> None:
    assert {old for old in State if is_legal(old, State.SENDING)} == {State.CLAIMED}


def test_waiting_is_what_people_read_and_open_is_that_and_what_is_under_way() -> None:
    assert {State.QUEUED, State.CLAIMED, State.DEFERRED} == WAITING
    assert {State.QUEUED, State.CLAIMED, State.DEFERRED, State.SENDING} == OPEN


def test_the_table_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(TypeError):
        MOVES[State.ACCEPTED] = frozenset({State.QUEUED})  # type: ignore[index]


def test_a_send_has_the_five_published_states() -> None:
    assert {state.value for state in SendState} == {"scheduled", "running", "paused", "finished", "cancelled"}
