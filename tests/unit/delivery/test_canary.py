"""The canary: its size, and what speaks against going on."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailweekly.delivery.canary import HOLD, Canary, canary, verdict
from mailweekly.delivery.states import State


@pytest.mark.parametrize(
    ("text", "readers", "size"),
    [
        ("1%", 1000, 10),
        ("1%", 1001, 11),
        ("1%", 5, 1),
        ("0.1%", 1_000_000, 1000),
        ("50", 1000, 50),
        ("50", 20, 20),
        (" 5 % ", 100, 5),
        ("100%", 7, 7),
        ("3%", 100, 3),
        ("7%", 100, 7),
        ("1%", 0, 0),
    ],
)
def test_a_canary_is_a_share_or_a_number_and_one_at_least(text: str, readers: int, size: int) -> None:
    assert canary(text).size(readers) == size
    assert canary(text).hold == HOLD


@pytest.mark.parametrize("text", ["", "x", "0", "0%", "-1", "101%", "1.5", "1e3", "1 %%", "½", "٣", "9" * 5000])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="1% or 50"):
        canary(text)


@given(st.integers(1, 10_000), st.floats(0.0001, 1), st.integers(0, 10_000))
def test_a_canary_is_never_more_than_everybody(number: int, share: float, readers: int) -> None:
    for one in (Canary(number=number), Canary(share=share)):
        assert min(1, readers) <= one.size(readers) <= readers
    assert Canary(number=1, hold=timedelta(0)).hold == timedelta(0)


@pytest.mark.parametrize(
    ("accepted", "rejected", "stops"),
    [(19, 1, False), (18, 2, True), (10, 0, False), (9, 1, True), (0, 1, True), (95, 5, False)],
)
def test_more_than_one_refused_in_twenty_speaks_against_it(accepted: int, rejected: int, stops: bool) -> None:
    reason = verdict({State.ACCEPTED: accepted, State.REJECTED: rejected, State.SKIPPED: 50})
    assert bool(reason) is stops
    if stops:
        assert reason == f"{rejected} of the {accepted + rejected} of the canary were refused"


def test_who_left_meanwhile_and_who_is_deferred_speak_for_nothing() -> None:
    assert not verdict({State.SKIPPED: 9, State.DEFERRED: 1, State.UNKNOWN: 1, State.EXPIRED: 3})
    assert not verdict({})
