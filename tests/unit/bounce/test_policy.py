"""The policy counted in issues, as a table; and, over any history, what it must never do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mailweekly.bounce.cause import CAUSES, Weight
from mailweekly.bounce.policy import IN_A_ROW, QUIET, SPAN, Decision, Event, Happened, Standing, after, decide

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = 7 * DAY
SOFT = [word for word, weight in CAUSES.items() if weight is Weight.SOFT]
HARD = [word for word, weight in CAUSES.items() if weight is Weight.HARD]
NEVER = [word for word, weight in CAUSES.items() if weight not in {Weight.SOFT, Weight.HARD}]


def sent(number: int, at: datetime | None = None) -> Event:
    return Event(happened=Happened.ACCEPTED, at=at or START + number * WEEK, issue=str(number))


def bounced(
    number: int, reason: str = "mailbox-full", *, late: timedelta = timedelta(hours=1), proven: bool = True
) -> Event:
    at = START + number * WEEK + late
    return Event(happened=Happened.BOUNCED, at=at, issue=str(number), reason=reason, proven=proven)


def weeks(*numbers: int, reason: str = "mailbox-full") -> list[Event]:
    return [event for number in numbers for event in (sent(number), bounced(number, reason))]


def stands(events: list[Event], now: datetime | None = None) -> Decision:
    return decide(events, now or max(event.at for event in events)).decision


@pytest.mark.parametrize("reason", HARD)
def test_an_address_that_takes_no_mail_is_dead_at_once(reason: str) -> None:
    assert stands([sent(0), bounced(0, reason)]) is Decision.DEAD


@pytest.mark.parametrize("reason", SOFT)
def test_four_bounced_issues_in_a_row_over_three_weeks_are_unreachable(reason: str) -> None:
    assert stands(weeks(0, 1, 2, reason=reason)) is Decision.GOOD
    standing = decide(weeks(0, 1, 2, 3, reason=reason), START + 4 * WEEK)
    assert standing.decision is Decision.UNREACHABLE
    assert "0, 1, 2, 3" in standing.why


@pytest.mark.parametrize("reason", [*NEVER, "complaint", "no-such-word", ""])
def test_what_the_reader_is_not_to_blame_for_never_counts(reason: str) -> None:
    assert stands(weeks(*range(30), reason=reason)) is Decision.GOOD


def test_many_notices_of_one_issue_are_one_bounce() -> None:
    events = [*weeks(0), *(bounced(0, late=hours * timedelta(hours=3)) for hours in range(1, 30))]
    assert len(decide(events, START + 6 * DAY).row) == 1


def test_four_issues_of_a_daily_letter_are_not_yet_three_weeks() -> None:
    days = [Event(happened=Happened.BOUNCED, at=START + n * DAY, issue=str(n), reason="quota") for n in range(25)]
    assert stands(days[:20]) is Decision.GOOD
    assert stands(days[:22]) is Decision.UNREACHABLE


def test_an_issue_that_stays_quiet_for_five_days_breaks_the_row() -> None:
    events = [*weeks(0, 1, 2), sent(3), *weeks(4)]
    assert stands(events) is Decision.GOOD
    assert [issue for issue, _ in decide(events, START + 4 * WEEK + DAY).row] == ["4"]


def test_an_issue_that_bounces_late_does_not_break_the_row_before_five_days() -> None:
    events = [*weeks(0, 1, 2), sent(3), bounced(3, late=QUIET - timedelta(minutes=1))]
    assert stands(events) is Decision.UNREACHABLE


def test_the_row_is_broken_only_up_to_the_issue_that_arrived() -> None:
    arrived = sent(0)
    next_day = Event(happened=Happened.BOUNCED, at=START + DAY, issue="0b", reason="quota")
    assert [issue for issue, _ in decide([arrived, next_day], START + 6 * DAY).row] == ["0b"]


def test_a_late_notice_of_an_earlier_issue_does_not_outlive_a_later_one_that_arrived() -> None:
    early, later = sent(0), sent(0, START + DAY)
    later = Event(happened=Happened.ACCEPTED, at=later.at, issue="0b")
    events = [early, later, bounced(0, late=2 * DAY)]
    assert decide(events, START + 7 * DAY).row == ()


@pytest.mark.parametrize(
    ("happened", "decision"),
    [
        (Happened.COMPLAINED, Decision.COMPLAINT),
        (Happened.LEFT, Decision.UNSUBSCRIBED),
        (Happened.THEIRS, Decision.THEIRS),
    ],
)
def test_a_complaint_an_opt_out_and_a_provider_s_list_count_at_once(happened: Happened, decision: Decision) -> None:
    assert stands([sent(0), Event(happened=happened, at=START + DAY)]) is decision


def test_a_complaint_stays_a_complaint_whatever_comes_after() -> None:
    events = [
        Event(happened=Happened.COMPLAINED, at=START),
        bounced(0, "user-unknown"),
        Event(happened=Happened.LEFT, at=START + WEEK),
    ]
    assert stands(events) is Decision.COMPLAINT


def test_a_complaint_outweighs_a_dead_address() -> None:
    assert (
        stands([bounced(0, "user-unknown"), Event(happened=Happened.COMPLAINED, at=START + DAY)]) is Decision.COMPLAINT
    )


@pytest.mark.parametrize(
    "events", [weeks(0, reason="user-unknown"), weeks(0, 1, 2, 3), [Event(happened=Happened.COMPLAINED, at=START)]]
)
def test_an_editor_s_word_undoes_it_and_the_count_begins_anew(events: list[Event]) -> None:
    undone = Event(happened=Happened.UNDONE, at=START + 4 * WEEK)
    standing = decide([*events, undone], START + 5 * WEEK)
    assert (standing.decision, standing.row, standing.doubtful) == (Decision.GOOD, (), "")


def test_a_hard_bounce_that_anybody_could_have_written_waits_for_a_second_issue() -> None:
    first = [sent(0), bounced(0, "user-unknown", proven=False), bounced(0, "user-unknown", late=DAY, proven=False)]
    assert stands(first) is Decision.GOOD
    assert len(decide(first, START + 2 * DAY).row) == 1
    assert stands([*first, sent(1), bounced(1, "user-unknown", proven=False)]) is Decision.DEAD


def test_a_forged_hard_bounce_of_a_reader_who_then_gets_an_issue_is_forgotten() -> None:
    events = [bounced(0, "user-unknown", proven=False), sent(1), sent(2), bounced(2, "user-unknown", proven=False)]
    assert stands(events) is Decision.GOOD


def test_a_proven_hard_bounce_after_a_doubtful_one_counts_at_once() -> None:
    assert stands([bounced(0, "user-unknown", proven=False), bounced(0, "user-unknown", late=DAY)]) is Decision.DEAD


def test_events_of_the_future_are_not_looked_at_and_order_does_not_matter() -> None:
    events = weeks(0, 1, 2, 3)
    assert decide(events[::-1], START + 4 * WEEK) == decide(events, START + 4 * WEEK)
    assert decide(events, START + WEEK).decision is Decision.GOOD


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        after(Standing(), Event(happened=Happened.ACCEPTED, at=datetime(2026, 3, 2)))  # noqa: DTZ001 - that is the fault


class Histories(RuleBasedStateMachine):
    """Any history of one reader, with a plain model beside it: what was ever said of them."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.number, self.standing = START, 0, Standing()
        self.blamed: set[str] = set()
        self.hard = self.final = False

    def happens(self, happened: Happened, **more: object) -> None:
        issue = str(self.number)
        self.standing = after(self.standing, Event(happened=happened, at=self.now, issue=issue, **more))  # type: ignore[arg-type]

    @rule(days=st.integers(1, 12))
    def time_passes(self, days: int) -> None:
        self.now += days * DAY

    @rule()
    def an_issue_is_accepted(self) -> None:
        self.number += 1
        self.happens(Happened.ACCEPTED)

    @rule(reason=st.sampled_from(SOFT))
    def it_bounces_for_now(self, reason: str) -> None:
        self.blamed.add(str(self.number))
        self.happens(Happened.BOUNCED, reason=reason)

    @rule(reason=st.sampled_from(NEVER))
    def it_is_refused_by_policy(self, reason: str) -> None:
        before = self.standing.decision
        self.happens(Happened.BOUNCED, reason=reason)
        assert self.standing.decision is before

    @rule(reason=st.sampled_from(HARD), proven=st.booleans())
    def it_bounces_for_good(self, reason: str, proven: bool) -> None:
        self.blamed.add(str(self.number))
        before = self.standing.decision
        self.happens(Happened.BOUNCED, reason=reason, proven=proven)
        self.hard = True
        assert not proven or before is not Decision.GOOD or self.standing.decision is Decision.DEAD

    @rule()
    def they_complain(self) -> None:
        self.happens(Happened.COMPLAINED)
        self.final = True

    @rule()
    def the_editor_takes_it_back(self) -> None:
        self.happens(Happened.UNDONE)
        self.blamed, self.hard, self.final = set(), False, False
        assert self.standing.decision is Decision.GOOD

    @invariant()
    def nobody_is_suppressed_without_cause(self) -> None:
        match self.standing.decision:
            case Decision.DEAD:
                assert self.hard
            case Decision.UNREACHABLE:
                assert len(self.blamed) >= IN_A_ROW
                assert self.standing.row[-1][1] - self.standing.row[0][1] >= SPAN - DAY
            case Decision.COMPLAINT:
                assert self.final
            case _:
                assert not self.final

    @invariant()
    def an_issue_is_counted_once(self) -> None:
        issues = [issue for issue, _ in self.standing.row]
        assert len(issues) == len(set(issues))
        assert set(issues) <= self.blamed


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=60, stateful_step_count=40, deadline=None, database=None)
