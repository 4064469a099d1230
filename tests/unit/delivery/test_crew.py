"""Several relays on fakes: shares by weight, routes, relays that are away and come back, and the one that refuses us."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import START, FakeClock, FakeLedger, FakeRelay, compose, readers

from mailweekly.delivery.breaker import Breaker
from mailweekly.delivery.dispatch import Dispatch, End, Ending, Way
from mailweekly.delivery.door import Door
from mailweekly.delivery.ports import EVERYBODY, RelayDownError, Route
from mailweekly.delivery.reply import Reply, Stage
from mailweekly.delivery.shares import MOST, allowance, caught_up, current_route
from mailweekly.delivery.states import State
from mailweekly.errors import LoginError, UnreachableError
from mailweekly.message.model import Reader

GUARD_S = 10
DOWN = RelayDownError("Connection refused")
REFUSED = Reply(code=550, text="5.7.60 not as this sender", stage=Stage.MAIL)


@dataclass
class Stands:
    """A door as `shares` looks at it."""

    weight: int = 1
    claimed: float = 0.0
    route: Route = EVERYBODY
    away: bool = False
    over: bool = False
    idle: bool = False
    waits_since: datetime | None = None


def _doors(*some: Stands) -> list[Door]:
    return cast("list[Door]", list(some))


def _may(doors: Sequence[Door], number: int = 0) -> int:
    return allowance(doors[number], doors, START)


def test_a_relay_alone_may_claim_whatever_it_wants() -> None:
    assert _may(_doors(Stands(claimed=10_000))) == MOST


def test_a_relay_that_is_ahead_of_its_share_waits_for_the_others() -> None:
    doors = _doors(Stands(weight=3, claimed=100), Stands(weight=1, claimed=0))
    assert _may(doors, 0) == 0
    assert _may(doors, 1) > 0


@pytest.mark.parametrize(
    "gone", [{"away": True}, {"over": True}, {"idle": True}, {"waits_since": START - timedelta(seconds=11)}]
)
def test_a_relay_that_is_gone_idle_or_stuck_is_waited_for_by_nobody(gone: dict[str, Any]) -> None:
    assert _may(_doors(Stands(claimed=5_000), Stands(**gone))) == MOST


def test_a_relay_that_waits_for_its_slots_is_waited_for() -> None:
    assert _may(_doors(Stands(claimed=5_000), Stands(waits_since=START + timedelta(seconds=30)))) == 0


def test_a_relay_of_weight_zero_claims_only_while_no_other_is_there() -> None:
    backup = Stands(weight=0)
    assert _may(_doors(backup, Stands(), Stands(away=True))) == 0
    assert _may(_doors(backup, Stands(idle=True))) == 0
    assert _may(_doors(backup, Stands(away=True), Stands(away=True))) == MOST
    routed = Stands(route=Route(name="r", domains=frozenset({"gmail.test"})))
    assert _may(_doors(backup, Stands(away=True), routed)) == MOST


def test_a_relay_with_domains_has_no_share_to_keep() -> None:
    routed = Stands(claimed=5_000, route=Route(name="r", domains=frozenset({"gmail.test"})))
    assert _may(_doors(routed, Stands())) == MOST
    assert _may(_doors(Stands(claimed=50), routed)) == MOST


@given(
    weights=st.lists(st.integers(1, 1000), min_size=2, max_size=5),
    order=st.lists(st.integers(0, 4), min_size=200, max_size=600),
    chunk=st.integers(1, MOST),
)
def test_at_any_moment_somebody_may_claim_and_the_shares_hold(weights: list[int], order: list[int], chunk: int) -> None:
    stands = [Stands(weight=one) for one in weights]
    doors = _doors(*stands)
    for turn in order:
        number = turn % len(stands)
        stands[number].claimed = caught_up(doors[number], doors) + min(_may(doors, number), chunk)
        assert any(_may(doors, one) for one in range(len(stands)))
    total = sum(one.claimed for one in stands)
    for one in stands:
        due = total * one.weight / sum(weights)
        assert one.claimed - due <= 0.05 * total + 10 * len(stands) + sum(weights) / min(weights)


def test_a_relay_that_was_away_is_owed_nothing() -> None:
    back, other = Stands(claimed=10), Stands(claimed=10_000)
    doors = _doors(back, other)
    back.claimed = caught_up(doors[0], doors)
    assert 9_000 < back.claimed <= 10_000
    assert _may(doors, 0) < 1_000
    assert caught_up(doors[1], doors) == 10_000


def test_a_relay_that_is_away_leaves_its_domains_to_the_others() -> None:
    routed = Stands(route=Route(name="g", domains=frozenset({"gmail.test"})))
    general = Stands(route=Route(name="a"))
    doors = _doors(general, routed)
    assert current_route(doors[0], doors) == Route(name="a", others=frozenset({"gmail.test"}))
    assert current_route(doors[1], doors) == routed.route
    routed.away = True
    assert current_route(doors[0], doors) == Route(name="a")


class Bench:
    """A ledger, a clock, and the loop over several relays, each under its name."""

    def __init__(self, count: int, relays: dict[str, FakeRelay], who: Sequence[Reader] = (), **ways: Any) -> None:
        self.clock = FakeClock()
        self.ledger = FakeLedger(who or readers(count))
        self.relays = relays
        self.told: list[str] = []
        for name, relay in relays.items():
            relay.name = name
        self.loop = Dispatch(
            ledger=self.ledger,
            ways=[
                Way(
                    relay=relay,
                    connections=3,
                    route=Route(name=name, domains=ways.get(name, {}).get("domains", frozenset())),
                    weight=ways.get(name, {}).get("weight", 1),
                )
                for name, relay in relays.items()
            ],
            clock=self.clock,
            compose=compose,
            wait=timedelta(minutes=10),
            breaker=Breaker(size=1000),
            tell=self.told.append,
        )

    async def run(self) -> Ending:
        return await asyncio.wait_for(self.loop.run(), GUARD_S)

    def taken(self, name: str) -> list[str]:
        return [message.recipient for message in self.relays[name].taken]

    def everybody_once(self, count: int) -> None:
        got = [one for name in self.relays for one in self.taken(name)]
        assert len(got) == len(set(got)) == count
        assert set(self.ledger.states().values()) == {State.ACCEPTED}


async def test_three_to_one() -> None:
    bench = Bench(2000, {"a": FakeRelay(), "b": FakeRelay()}, a={"weight": 3})
    assert (await bench.run()).end is End.FINISHED
    bench.everybody_once(2000)
    assert len(bench.taken("a")) == pytest.approx(1500, rel=0.04)
    assert {outcome.relay for _, outcome in bench.ledger.settled} == {"a", "b"}


async def test_a_relay_that_cannot_be_reached_is_told_of_once_and_the_others_carry_everything() -> None:
    bench = Bench(300, {"a": FakeRelay(doors=[DOWN] * 1000), "b": FakeRelay()})
    assert (await bench.run()).end is End.FINISHED
    bench.everybody_once(300)
    assert bench.told == ["a cannot be reached (Connection refused); the other relays go on"]


async def test_a_relay_that_comes_back_is_used_again() -> None:
    slow = FakeRelay(max_messages=1)
    bench = Bench(4000, {"a": FakeRelay(doors=[DOWN]), "b": slow})
    inner = slow.open

    async def open_slowly() -> Any:
        await bench.clock.sleep(0.05)
        return await inner()

    slow.open = open_slowly  # type: ignore[method-assign]
    assert (await bench.run()).end is End.FINISHED
    bench.everybody_once(4000)
    assert "a is back" in bench.told
    assert len(bench.taken("a")) > 500


async def test_with_every_relay_away_at_the_start_nobody_is_touched() -> None:
    bench = Bench(20, {name: FakeRelay(doors=[DOWN] * 50) for name in "ab"})
    with pytest.raises(UnreachableError) as caught:
        await bench.run()
    assert caught.value.place == "a, b"
    assert set(bench.ledger.states().values()) == {State.QUEUED}


async def test_a_login_that_is_refused_is_tried_once_and_closes_only_that_relay() -> None:
    bench = Bench(100, {"a": FakeRelay(doors=[LoginError("no", place="a")] * 50), "b": FakeRelay()})
    assert (await bench.run()).end is End.FINISHED
    bench.everybody_once(100)
    assert bench.told == ["no (a); the other relays go on"]


async def test_logins_refused_everywhere_end_the_run() -> None:
    bench = Bench(20, {name: FakeRelay(doors=[LoginError("no", place=name)] * 50) for name in "ab"})
    with pytest.raises(LoginError):
        await bench.run()
    assert set(bench.ledger.states().values()) == {State.QUEUED}


async def test_an_account_that_is_refused_closes_only_that_relay() -> None:
    bench = Bench(200, {"a": FakeRelay(lambda _, __: REFUSED), "b": FakeRelay()})
    assert (await bench.run()).end is End.FINISHED
    bench.everybody_once(200)
    assert len(bench.told) == 1
    assert bench.told[0].startswith("a: ")


async def test_accounts_that_are_refused_everywhere_pause_the_send() -> None:
    bench = Bench(50, {name: FakeRelay(lambda _, __: REFUSED) for name in "ab"})
    ending = await bench.run()
    assert ending.end is End.PAUSED
    assert "5.7.60" in ending.reason
    assert set(bench.ledger.states().values()) == {State.QUEUED}


def _mixed(count: int) -> list[Reader]:
    return [
        Reader(subscriber_id=number, address=f"r{number}@{'gmail.test' if number % 2 else 'readers.test'}")
        for number in range(1, count + 1)
    ]


GMAIL = {"domains": frozenset({"gmail.test"})}


async def test_a_domain_goes_by_its_relay_and_by_no_other() -> None:
    bench = Bench(0, {"a": FakeRelay(), "g": FakeRelay()}, _mixed(400), g=GMAIL)
    assert (await bench.run()).end is End.FINISHED
    bench.everybody_once(400)
    assert {one.partition("@")[2] for one in bench.taken("a")} == {"readers.test"}
    assert {one.partition("@")[2] for one in bench.taken("g")} == {"gmail.test"}


async def test_while_it_is_away_the_others_carry_its_domain() -> None:
    bench = Bench(0, {"a": FakeRelay(), "g": FakeRelay(doors=[DOWN] * 1000)}, _mixed(100), g=GMAIL)
    assert (await bench.run()).end is End.FINISHED
    bench.everybody_once(100)


async def test_a_relay_of_a_domain_never_carries_the_mail_of_others() -> None:
    bench = Bench(0, {"a": FakeRelay(doors=[DOWN] * 1000), "g": FakeRelay()}, _mixed(100), g=GMAIL)
    with pytest.raises(UnreachableError):
        await bench.run()
    assert len(bench.taken("g")) == 50
    assert list(bench.ledger.states().values()).count(State.QUEUED) == 50


async def test_a_refused_account_stops_for_those_whom_nobody_else_carries_once_the_others_are_done() -> None:
    bench = Bench(0, {"a": FakeRelay(lambda _, __: REFUSED), "g": FakeRelay()}, _mixed(100), g=GMAIL)
    ending = await bench.run()
    assert ending.end is End.PAUSED
    assert "5.7.60" in ending.reason
    assert len(bench.taken("g")) == 50


async def test_a_backup_is_not_even_connected_to_while_another_is_there() -> None:
    bench = Bench(300, {"a": FakeRelay(), "b": FakeRelay()}, b={"weight": 0})
    assert (await bench.run()).end is End.FINISHED
    assert not bench.relays["b"].lanes
    gone = Bench(300, {"a": FakeRelay(doors=[DOWN] * 1000), "b": FakeRelay()}, b={"weight": 0})
    assert (await gone.run()).end is End.FINISHED
    gone.everybody_once(300)


async def test_a_run_over_several_relays_ends_when_it_is_told_to() -> None:
    bench = Bench(5000, {"a": FakeRelay(), "b": FakeRelay(), "c": FakeRelay(doors=[DOWN] * 1000)})
    bench.loop.watch = lambda _claim, _outcome: bench.loop.stop.set() if len(bench.taken("a")) > 50 else None
    assert (await bench.run()).end is End.STOPPED
    assert State.CLAIMED not in bench.ledger.states().values()
