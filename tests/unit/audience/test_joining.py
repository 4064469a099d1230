"""What a sign-up leads to."""

import pytest

from mailweekly.audience.joining import LINK_S, QUIET_S, Known, Step, may_confirm, step_for

NOW = 2_000_000_000.0
WANTED = frozenset({"readers"})


@pytest.mark.parametrize(
    ("known", "step"),
    [
        (Known(), Step.CONFIRM),
        (Known(active=True, lists=WANTED), Step.ALREADY),
        (Known(active=True, lists=frozenset({"extra"})), Step.CONFIRM),
        (Known(suppressed="unsubscribed"), Step.CONFIRM),
        (Known(active=True, lists=WANTED, suppressed="unsubscribed"), Step.CONFIRM),
        (Known(suppressed="complaint"), Step.NOTHING),
        (Known(suppressed="dead"), Step.NOTHING),
        (Known(suppressed="blocked"), Step.NOTHING),
        (Known(lettered_at=NOW - QUIET_S + 1), Step.NOTHING),
        (Known(lettered_at=NOW - QUIET_S - 1), Step.CONFIRM),
    ],
)
def test_each_standing_leads_to_its_letter(known: Known, step: Step) -> None:
    assert step_for(known, WANTED, NOW) is step


@pytest.mark.parametrize(
    ("used", "suppressed", "suppressed_at", "age_s", "may"),
    [
        (False, "", 0.0, 10.0, True),
        (True, "", 0.0, 10.0, False),
        (False, "", 0.0, LINK_S + 1, False),
        (False, "unsubscribed", NOW - 20, 10.0, True),
        (False, "unsubscribed", NOW - 5, 10.0, False),
        (False, "complaint", NOW - 20, 10.0, False),
    ],
)
def test_a_link_makes_a_reader_once_and_not_of_who_left_since(
    used: bool, suppressed: str, suppressed_at: float, age_s: float, may: bool
) -> None:
    found = may_confirm(asked_at=NOW - age_s, used=used, suppressed=suppressed, suppressed_at=suppressed_at, now=NOW)
    assert found is may
