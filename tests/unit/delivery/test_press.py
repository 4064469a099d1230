"""Messages made ahead, in threads: the same send as one whose messages are made on the spot, and nothing in the making is lost or left behind."""

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from tests.fakes import START, FakeClock, FakeLedger, compose, readers
from tests.unit.delivery.test_dispatch import Bench

from mailweekly.adapters.engine.local import Threads
from mailweekly.delivery.desk import Aside, Desk
from mailweekly.delivery.dispatch import End
from mailweekly.delivery.pace import Limit
from mailweekly.delivery.ports import Claim
from mailweekly.delivery.press import AHEAD, Press
from mailweekly.delivery.reply import Reply, Stage
from mailweekly.delivery.states import State
from mailweekly.errors import DataError
from mailweekly.message.model import Message


@pytest.fixture
def aside() -> Iterator[Aside]:
    with Threads() as threads:
        yield threads.aside


def _later(message: Message, attempt: int) -> Reply | None:
    number = int(message.recipient[1:].partition("@")[0])
    if number % 5 == 0 and attempt == 1:
        return Reply(code=451, text="4.7.1 greylisted", stage=Stage.RCPT)
    return Reply(code=550, text="5.1.1 no such user", stage=Stage.RCPT) if number % 7 == 0 else None


@pytest.mark.parametrize("grouped", [True, False], ids=["grouped", "stepped"])
@pytest.mark.parametrize("connections", [1, 4])
async def test_made_ahead_or_on_the_spot_everybody_ends_where_they_would(
    aside: Aside, connections: int, grouped: bool
) -> None:
    ends = []
    for way in (None, aside):
        bench = Bench(100, _later, connections=connections, grouped=grouped, aside=way)
        assert (await bench.run()).end is End.FINISHED
        ends.append((bench.ledger.states(), bench.taken, sorted(bench.ledger.intends)))
    assert ends[0] == ends[1]


async def test_with_threads_no_message_is_made_in_the_loop_and_without_them_each_is(aside: Aside) -> None:
    makers: set[threading.Thread] = set()

    def noted(claim: Claim, at: datetime) -> Message:
        makers.add(threading.current_thread())
        return compose(claim, at)

    await Bench(20, compose=noted, aside=aside).run()
    assert threading.main_thread() not in makers
    makers.clear()
    await Bench(20, compose=noted).run()
    assert makers == {threading.main_thread()}


@pytest.mark.parametrize("error", [DataError("no"), ValueError("no")])
async def test_what_cannot_be_made_is_skipped_with_the_reason_and_the_others_go_on(
    aside: Aside, error: Exception
) -> None:
    def sometimes(claim: Claim, at: datetime) -> Message:
        if claim.delivery_id % 4 == 0:
            raise error
        return compose(claim, at)

    bench = Bench(40, compose=sometimes, aside=aside)
    assert (await bench.run()).end is End.FINISHED
    assert bench.state(4) is State.SKIPPED
    assert "cannot be composed" in bench.ledger.rows[4].reason
    assert len(bench.taken) == 30


async def test_a_message_put_off_is_of_the_same_instant_when_it_is_made_again(aside: Aside) -> None:
    made: dict[int, set[datetime]] = {}

    def dated(claim: Claim, at: datetime) -> Message:
        made.setdefault(claim.delivery_id, set()).add(at)
        return compose(claim, at)

    busy = Reply(code=451, text="4.3.0 later", stage=Stage.DOT)
    bench = Bench(20, lambda _, attempt: busy if attempt == 1 else None, compose=dated, aside=aside, size=10**6)
    assert (await bench.run()).end is End.FINISHED
    assert {row.attempts for row in bench.ledger.rows.values()} == {2}
    assert {number: {row.first_try_at} for number, row in bench.ledger.rows.items()} == made


async def test_what_is_due_later_is_not_made_yet(aside: Aside) -> None:
    dates: dict[int, datetime] = {}

    def dated(claim: Claim, at: datetime) -> Message:
        dates[claim.delivery_id] = at
        assert claim.slot_at - at <= timedelta(seconds=1)
        return compose(claim, at)

    bench = Bench(12, compose=dated, aside=aside, limit=Limit(rate=0.2))
    assert (await bench.run()).end is End.FINISHED
    assert max(dates.values()) - min(dates.values()) >= timedelta(seconds=50)


async def test_a_stop_puts_back_what_is_in_the_making(aside: Aside) -> None:
    bench = Bench(500, aside=aside)
    done = 0

    def watched(*_: object) -> None:
        nonlocal done
        done += 1
        if done == 20:
            bench.loop.stop.set()

    bench.loop.watch = watched
    assert (await bench.run()).end is End.STOPPED
    states = set(bench.ledger.states().values())
    assert states == {State.ACCEPTED, State.QUEUED}
    assert 20 <= len(bench.taken) < 500


class Slow:
    """Threads that make nothing until they are let."""

    def __init__(self) -> None:
        self.asked: list[tuple[Callable[[], Message], asyncio.Future[Message]]] = []

    def aside(self, work: Callable[[], Message]) -> "asyncio.Future[Message]":
        """Take the work in."""
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.asked.append((work, future))
        return future

    def make(self, number: int) -> None:
        """Do one piece of it."""
        work, future = self.asked[number]
        try:
            future.set_result(work())
        except DataError as error:
            future.set_exception(error)


def _press(slow: Slow, lanes: int = 2, make: Callable[[Claim, datetime], Message] = compose) -> Press:
    clock = FakeClock()
    desk = Desk(
        ledger=FakeLedger(readers(1)),
        clock=clock,
        compose=make,
        wait=timedelta(0),
        stop=asyncio.Event(),
        settled=lambda *_: None,
        fail=lambda _: None,
        stop_send=lambda _: None,
        tell=lambda _: None,
        cool_down=timedelta(0),
        aside=slow.aside,
    )
    return Press(desk, lanes)


def _claims(count: int, later_s: float = 0) -> list[Claim]:
    slot = START + timedelta(seconds=later_s)
    return [
        Claim(delivery_id=number, fence=1, reader=reader, attempts=0, first_try_at=None, slot_at=slot)
        for number, reader in enumerate(readers(count), start=1)
    ]


async def test_no_more_are_in_the_making_than_a_few_for_each_lane_and_the_next_follows() -> None:
    slow = Slow()
    press = _press(slow, lanes=2)
    press.extend(_claims(50))
    assert len(slow.asked) == 2 * AHEAD
    assert not press.is_ready()
    slow.make(1)
    assert not press.is_ready()  # the first in order is not that one
    slow.make(0)
    assert press.is_ready()
    assert press.pop().claim.delivery_id == 1
    assert len(slow.asked) == 2 * AHEAD + 1
    assert len(press) == 49


async def test_what_is_thrown_away_is_neither_made_nor_spoken_of() -> None:
    def broken(claim: Claim, at: datetime) -> Message:
        raise DataError("no")

    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    slow = Slow()
    press = _press(slow, make=broken)
    claims = _claims(9)
    press.extend(claims)
    slow.make(0)
    assert press.clear() == claims
    assert len(press) == 0
    assert all(future.cancelled() for _, future in slow.asked[1:])
    slow.asked.clear()
    await asyncio.sleep(0)
    gc.collect()  # an error nobody looked at is told when it goes
    assert not told


async def test_a_claim_far_off_is_made_when_its_turn_has_come() -> None:
    slow = Slow()
    press = _press(slow)
    press.extend(_claims(1, later_s=3600))
    assert not slow.asked
    sheet = press.pop()
    waiting = asyncio.ensure_future(press.awaited(sheet))
    await asyncio.sleep(0)
    slow.make(0)
    message, at = press.message(await waiting)
    assert (message.recipient, at) == ("r1@readers.test", START)
