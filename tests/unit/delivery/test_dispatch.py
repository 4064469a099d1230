"""The loop from claim to outcome, on fakes: who ends where when the relay takes, refuses, vanishes or says nothing."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.fakes import START, FakeClock, FakeLane, FakeLedger, FakeRelay, Verdict, compose, readers

from mailweekly.delivery.breaker import Breaker
from mailweekly.delivery.dispatch import Dispatch, End, Ending, Way
from mailweekly.delivery.pace import Limit
from mailweekly.delivery.ports import Claim, NoAnswerError, RelayDownError, Trip, UnsuitedError, Upcoming, nobody
from mailweekly.delivery.reply import Reply, Stage
from mailweekly.delivery.states import SendState, State
from mailweekly.errors import DataError, LoginError, UnreachableError
from mailweekly.message.model import Message

GUARD_S = 10  # no test here may last longer: a loop that does not end is a fault


class Bench:
    """A ledger, a relay, a clock and the loop on them."""

    def __init__(self, count: int, says: Callable[[Message, int], Verdict] | None = None, **options: Any) -> None:
        limit = options.pop("limit", Limit())
        self.clock = FakeClock()
        self.ledger = FakeLedger(readers(count), limit=limit)
        self.relay = FakeRelay(
            says,
            doors=options.pop("doors", ()),
            max_messages=options.pop("max_messages", 0),
            grouped=options.pop("grouped", True),
        )
        self.loop = Dispatch(
            ledger=self.ledger,
            ways=[Way(relay=self.relay, connections=options.pop("connections", 3), rate=limit.rate)],
            clock=self.clock,
            compose=options.pop("compose", compose),
            wait=options.pop("wait", timedelta(minutes=10)),
            breaker=Breaker(size=options.pop("size", 1000)),
            **options,
        )

    async def run(self) -> Ending:
        """Run it, within the guard's time."""
        return await asyncio.wait_for(self.loop.run(), GUARD_S)

    def state(self, number: int) -> State:
        """Return the state of one delivery."""
        return self.ledger.rows[number].state

    @property
    def taken(self) -> list[str]:
        """Who got a message, sorted."""
        return sorted(message.recipient for message in self.relay.taken)


def _for(number: int, verdict: Verdict, *, times: int = 10**6) -> Callable[[Message, int], Verdict]:
    return lambda message, attempt: (
        verdict if message.recipient == f"r{number}@readers.test" and attempt <= times else None
    )


def _reply(code: int, text: str = "", stage: Stage = Stage.RCPT) -> Reply:
    return Reply(code=code, text=text, stage=stage)


def _spam_at_google(message: Message) -> Verdict:
    number = int(message.recipient[1:].partition("@")[0])
    bad = number % 120 == 0
    return _reply(554, "5.7.1 spam", Stage.DOT) if bad else None


async def test_everybody_gets_one_message_and_the_send_is_finished() -> None:
    bench = Bench(200)
    assert (await bench.run()).end is End.FINISHED
    assert set(bench.ledger.states().values()) == {State.ACCEPTED}
    assert bench.taken == sorted(reader.address for reader in readers(200))
    assert bench.ledger.sent is SendState.FINISHED


async def test_an_empty_send_is_finished_at_once() -> None:
    bench = Bench(0)
    assert (await bench.run()).end is End.FINISHED
    assert not bench.relay.lanes


async def test_no_more_lanes_are_opened_than_there_are_connections() -> None:
    bench = Bench(100, connections=4)
    await bench.run()
    assert len(bench.relay.lanes) <= 4
    assert all(lane.closed for lane in bench.relay.lanes)


async def test_a_spent_lane_is_closed_and_the_next_one_opened_without_a_pause() -> None:
    bench = Bench(10, connections=1, max_messages=3)
    assert (await bench.run()).end is End.FINISHED
    assert len(bench.relay.lanes) == 4
    assert all(lane.closed for lane in bench.relay.lanes)
    assert not any(seconds >= 1 for seconds in bench.clock.slept)


async def test_no_body_leaves_without_an_intent() -> None:
    class Watchful(FakeLane):
        async def deliver(self, trip: Trip, upcoming: Upcoming = nobody) -> Reply | None:
            assert not bench.ledger.intends.count(int(trip.message.message_id[2:].split("@")[0]))
            return await super().deliver(trip, upcoming)

    bench = Bench(30)
    bench.relay.open = _opens(lambda: Watchful(bench.relay))  # type: ignore[method-assign]
    await bench.run()
    assert sorted(bench.ledger.intends) == list(range(1, 31))


async def test_a_refused_reader_is_rejected_and_the_others_go_on() -> None:
    bench = Bench(40, _for(7, _reply(550, "5.1.1 no such user")))
    assert (await bench.run()).end is End.FINISHED
    assert bench.state(7) is State.REJECTED
    assert len(bench.taken) == 39
    assert bench.ledger.rows[7].reply == _reply(550, "5.1.1 no such user")


async def test_a_reader_put_off_waits_and_is_tried_again_within_the_wait() -> None:
    bench = Bench(5, _for(2, _reply(451, "4.7.1 greylisted"), times=1))
    assert (await bench.run()).end is End.FINISHED
    assert bench.state(2) is State.ACCEPTED
    assert bench.ledger.rows[2].attempts == 2
    assert bench.clock.now() >= START + timedelta(minutes=4)


async def test_without_time_to_wait_the_loop_says_when_the_next_is_due() -> None:
    bench = Bench(5, _for(2, _reply(451, "4.7.1 greylisted")), wait=timedelta(0))
    ending = await bench.run()
    assert ending.end is End.WAITING
    assert ending.due_at == bench.ledger.rows[2].due_at
    assert ending.due_at is not None
    assert timedelta(minutes=4) <= ending.due_at - START <= timedelta(minutes=7)
    assert bench.ledger.sent is SendState.RUNNING


async def test_a_message_put_off_carries_the_same_date_on_its_next_try() -> None:
    dates: list[datetime] = []

    def dated(claim: Claim, at: datetime) -> Message:
        dates.append(at)
        return compose(claim, at)

    bench = Bench(1, _for(1, _reply(451, "4.3.0 later", Stage.DOT), times=2), compose=dated, wait=timedelta(hours=1))
    assert (await bench.run()).end is End.FINISHED
    assert len(dates) == 3
    assert len(set(dates)) == 1


async def test_silence_after_the_dot_is_unknown_and_never_mailed_again() -> None:
    bench = Bench(20, _for(4, NoAnswerError("reset after the final dot")))
    assert (await bench.run()).end is End.FINISHED
    assert bench.state(4) is State.UNKNOWN
    assert bench.relay.tries["r4@readers.test"] == 1
    assert bench.ledger.rows[4].reason == "reset after the final dot"
    assert len(bench.taken) == 19


async def test_a_connection_lost_before_the_dot_costs_nobody_anything() -> None:
    bench = Bench(20, _for(4, RelayDownError("reset at DATA"), times=2))
    assert (await bench.run()).end is End.FINISHED
    assert bench.state(4) is State.ACCEPTED
    assert len(bench.taken) == len(set(bench.taken)) == 20


async def test_a_message_that_cuts_its_connection_three_times_waits_its_turn() -> None:
    bench = Bench(20, _for(4, RelayDownError("reset at DATA")), wait=timedelta(0))
    ending = await bench.run()
    assert ending.end is End.WAITING
    assert bench.state(4) is State.DEFERRED
    assert bench.relay.tries["r4@readers.test"] == 3
    assert len(bench.taken) == 19


async def test_a_421_puts_the_message_back_and_opens_another_connection() -> None:
    bench = Bench(30, _for(9, _reply(421, "4.7.0 too many", Stage.MAIL), times=2))
    assert (await bench.run()).end is End.FINISHED
    assert bench.state(9) is State.ACCEPTED
    assert bench.ledger.rows[9].attempts == 1


async def test_a_421_to_the_dot_means_the_message_was_not_taken() -> None:
    bench = Bench(3, _for(2, _reply(421, "4.3.2 going down", Stage.DOT), times=1))
    assert (await bench.run()).end is End.FINISHED
    assert len(bench.taken) == len(set(bench.taken)) == 3


async def test_a_reader_whose_relay_always_says_421_does_not_keep_the_loop_for_ever() -> None:
    bench = Bench(5, _for(3, _reply(421, "4.7.0 not now", Stage.RCPT)), wait=timedelta(0))
    ending = await bench.run()
    assert ending.end is End.WAITING
    assert bench.state(3) in {State.DEFERRED, State.QUEUED}
    assert len(bench.taken) == 4


async def test_a_refusal_of_the_account_stops_the_send_and_marks_nobody() -> None:
    bench = Bench(50, lambda *_: _reply(550, "5.7.26 unauthenticated mail", Stage.DOT))
    ending = await bench.run()
    assert ending.end is End.PAUSED
    assert "5.7.26" in ending.reason
    assert set(bench.ledger.states().values()) == {State.QUEUED}
    assert bench.ledger.sent is SendState.PAUSED
    assert bench.ledger.reason == ending.reason


async def test_when_the_first_twenty_are_all_refused_the_rest_stay_waiting() -> None:
    bench = Bench(100, lambda *_: _reply(550, "5.1.1 no such user"), connections=1)
    ending = await bench.run()
    assert ending.end is End.PAUSED
    counts = await bench.ledger.counts()
    assert counts == {State.REJECTED: 20, State.QUEUED: 80}


async def test_the_refusals_that_stopped_the_send_are_named_to_the_ledger() -> None:
    bench = Bench(100, lambda *_: _reply(550, "5.1.1 no such user"), connections=1)
    await bench.run()
    assert len(bench.ledger.void) == 20


async def test_a_receiver_that_refuses_by_policy_is_left_alone_and_the_others_are_served() -> None:
    bench = Bench(5_000, lambda message, _: _spam_at_google(message), size=9_999)
    for number, row in bench.ledger.rows.items():
        if number % 10 == 0:
            domain = "googlemail.com" if number % 20 == 0 else "gmail.com"
            row.reader = replace(row.reader, address=f"r{number}@{domain}")
    ending = await bench.run()
    assert ending.end is End.PAUSED
    assert "gmail.com" in ending.reason
    assert set(bench.ledger.shut_out) == {"gmail.com"}
    waiting = {row.reader.address.partition("@")[2] for row in bench.ledger.rows.values() if row.state is State.QUEUED}
    assert waiting == {"gmail.com", "googlemail.com"}
    assert len(bench.ledger.void) > 10


async def test_too_many_connections_put_the_reader_off_and_close_this_one() -> None:
    bench = Bench(40, _for(3, _reply(432, "4.3.2 concurrent connections", Stage.MAIL), times=1))
    assert (await bench.run()).end is End.FINISHED
    assert bench.state(3) is State.ACCEPTED
    assert bench.ledger.rows[3].attempts == 2
    assert len(bench.relay.lanes) > 1


async def test_a_reader_whose_message_cannot_be_composed_is_skipped_with_the_reason() -> None:
    def fails(claim: Claim, at: datetime) -> Message:
        if claim.delivery_id == 3:
            raise DataError("the field 'city' holds a control character")
        return compose(claim, at)

    bench = Bench(10, compose=fails)
    assert (await bench.run()).end is End.FINISHED
    assert bench.state(3) is State.SKIPPED
    assert "city" in bench.ledger.rows[3].reason
    assert 3 not in bench.ledger.intends
    assert len(bench.taken) == 9


async def test_an_address_the_relay_cannot_carry_is_skipped_and_the_lane_goes_on() -> None:
    bench = Bench(10, _for(3, UnsuitedError("needs-smtputf8")), connections=1)
    assert (await bench.run()).end is End.FINISHED
    assert bench.state(3) is State.SKIPPED
    assert bench.ledger.rows[3].reason == "needs-smtputf8"
    assert len(bench.relay.lanes) == 1


async def test_a_reader_who_left_meanwhile_is_skipped_at_the_last_look() -> None:
    bench = Bench(10)
    bench.ledger.suppressed["r6@readers.test"] = "unsubscribed"
    assert (await bench.run()).end is End.FINISHED
    assert bench.state(6) is State.SKIPPED
    assert "r6@readers.test" not in bench.taken


async def test_a_stop_ends_what_has_begun_and_puts_the_rest_back() -> None:
    bench = Bench(200, lambda *_: bench.loop.stop.set() if len(bench.relay.taken) >= 9 else None)
    ending = await bench.run()
    assert ending.end is End.STOPPED
    counts = await bench.ledger.counts()
    assert set(counts) == {State.ACCEPTED, State.QUEUED}
    assert 9 <= counts[State.ACCEPTED] <= 13
    assert counts[State.ACCEPTED] == len(bench.taken)


async def test_after_a_stop_the_same_ledger_goes_on_where_it_was() -> None:
    bench = Bench(100, lambda *_: bench.loop.stop.set() if len(bench.relay.taken) >= 30 else None)
    await bench.run()
    again = Bench(0)
    again.loop.ledger = bench.ledger
    assert (await again.run()).end is End.FINISHED
    assert sorted(bench.taken + again.taken) == sorted(reader.address for reader in readers(100))


async def test_a_stop_does_not_wait_for_a_slot_that_is_far_away() -> None:
    bench = Bench(10, limit=Limit(rate=0.001), connections=2)
    bench.loop.watch = lambda *_: bench.loop.stop.set()
    ending = await bench.run()
    assert ending.end is End.STOPPED
    assert len(bench.taken) == 1
    assert State.CLAIMED not in await bench.ledger.counts()


async def test_a_pause_by_hand_takes_effect_at_the_next_message() -> None:
    bench = Bench(200)

    def watch(*_: object) -> None:
        if len(bench.relay.taken) >= 20:
            bench.ledger.sent = SendState.PAUSED

    bench.loop.watch = watch
    ending = await bench.run()
    assert ending.end is End.PAUSED
    counts = await bench.ledger.counts()
    assert set(counts) == {State.ACCEPTED, State.QUEUED}
    assert counts[State.ACCEPTED] <= 20 + 3


async def test_messages_leave_no_earlier_than_their_slots() -> None:
    bench = Bench(30, limit=Limit(rate=2))
    await bench.run()
    assert bench.clock.now() - START >= timedelta(seconds=29 / 2)


async def test_a_relay_that_is_not_there_at_the_start_stops_the_send_at_once() -> None:
    bench = Bench(50, doors=[RelayDownError("connection refused")] * 99)
    with pytest.raises(UnreachableError, match="connection refused"):
        await bench.run()
    assert set(bench.ledger.states().values()) == {State.QUEUED}
    assert bench.clock.now() - START < timedelta(seconds=5)


async def test_a_login_refused_is_tried_once_and_everybody_stays_waiting() -> None:
    bench = Bench(50, doors=[LoginError("The relay refused the login (535).")] * 99, connections=4)
    with pytest.raises(LoginError):
        await bench.run()
    assert set(bench.ledger.states().values()) == {State.QUEUED}
    assert len(bench.relay._doors) == 98


async def test_an_outage_in_mid_send_is_sat_out() -> None:
    bench = Bench(
        60, _for(5, RelayDownError("lost"), times=1), connections=1, doors=[None, *[RelayDownError("down")] * 6]
    )
    assert (await bench.run()).end is End.FINISHED
    assert len(bench.taken) == 60
    assert bench.clock.now() - START < timedelta(minutes=5)


async def test_an_outage_of_a_quarter_of_an_hour_ends_the_run_with_everybody_waiting() -> None:
    bench = Bench(60, lambda *_: RelayDownError("lost"), connections=1, doors=[None, *[RelayDownError("down")] * 500])
    with pytest.raises(UnreachableError, match="down"):
        await bench.run()
    assert set(bench.ledger.states().values()) == {State.QUEUED}
    assert timedelta(minutes=15) < bench.clock.now() - START < timedelta(minutes=20)


async def test_the_ledger_failing_ends_the_loop_and_resends_nothing() -> None:
    bench = Bench(20, connections=1)
    settle = bench.ledger.settle

    async def full(claim: Claim, outcome: Any) -> None:
        raise UnreachableError("The database cannot be written: disk full.")

    def settles(claim: Claim, outcome: Any) -> Any:
        return full(claim, outcome) if len(bench.relay.taken) >= 5 else settle(claim, outcome)

    bench.ledger.settle = settles  # type: ignore[method-assign]
    with pytest.raises(UnreachableError, match="disk full"):
        await bench.run()
    counts = await bench.ledger.counts()
    assert counts == {State.ACCEPTED: 4, State.SENDING: 2, State.QUEUED: 14}  # the sixth had its intent, and never left
    assert len(bench.taken) == 5


async def test_an_intent_that_cannot_be_written_lets_no_body_leave() -> None:
    bench = Bench(20, connections=1)
    intend = bench.ledger.intend

    async def full(claim: Claim, **values: Any) -> bool:
        if claim.delivery_id == 6:
            raise UnreachableError("The database cannot be written: disk full.")
        return await intend(claim, **values)

    bench.ledger.intend = full  # type: ignore[method-assign]
    with pytest.raises(UnreachableError):
        await bench.run()
    assert len(bench.taken) == 5
    assert await bench.ledger.counts() == {State.ACCEPTED: 5, State.QUEUED: 15}


async def test_every_outcome_is_told_to_whoever_watches() -> None:
    seen: list[State] = []
    bench = Bench(10, _for(2, _reply(550, "5.1.1 gone")), watch=lambda _, outcome: seen.append(outcome.state))
    await bench.run()
    assert sorted(state.value for state in seen) == ["accepted"] * 9 + ["rejected"]


def _opens(make: Callable[[], FakeLane]) -> Callable[[], Any]:
    async def opened() -> FakeLane:
        return make()

    return opened
