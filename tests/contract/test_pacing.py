"""How fast mail may leave, as the ledger keeps it: slots, caps, receivers with a pace of their own, over processes, kills and restarts."""

import asyncio
import itertools
import os
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from mailweekly.adapters.store import sends
from mailweekly.adapters.store.ledger import SqliteLedger
from mailweekly.adapters.store.writer import Writer
from mailweekly.delivery.pace import Cap, Limit, Pacing, WarmUp
from mailweekly.delivery.ports import Claim, Route
from mailweekly.delivery.receivers import PARK_S, REST_S
from mailweekly.delivery.reply import Outcome, Reply, Stage, after_reply
from mailweekly.delivery.retry import Patience
from mailweekly.delivery.states import SendState, State

START: Final = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ROOT: Final = Path(__file__).parent.parent.parent
SLOW_DOWN: Final = Reply(code=451, text="4.3.2 not now", stage=Stage.RCPT)
RATED: Final = Reply(code=451, text="4.7.28 unusual rate", stage=Stage.RCPT)
THROTTLED: Final = Reply(code=454, text="Throttling failure: Maximum sending rate exceeded.", stage=Stage.DOT)


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    """A database of its own."""
    writer = Writer(tmp_path / "a.db")
    yield writer
    writer.close()


def _frozen(writer: Writer, *domains: str, issue: str = "1") -> int:
    """Freeze a send with one reader for each of `domains`, in this order; its id."""
    recipients = [
        sends.Recipient(
            subscriber_id=number, key=f"r{number}@{domain}", address=f"r{number}@{domain}", name="", fields={}
        )
        for number, domain in enumerate(domains, start=1)
    ]
    what = sends.Freeze(
        issue=issue,
        audience="readers",
        kind="issue",
        edition="sha256:0",
        subject="Hello",
        program=b"program",
        audience_digest="0",
        recipients=recipients,
    )
    return writer.now(lambda connection: sends.freeze(connection, what, START.timestamp()))


class Run:
    """A ledger whose clock is told, and what left when."""

    def __init__(self, writer: Writer, send_id: int, pace: Pacing, **more: object) -> None:
        self.now = START
        self.left: list[tuple[datetime, str]] = []
        self.ledger = SqliteLedger(
            writer,
            send_id,
            worker="w",
            limit=pace.total,
            pace=pace,
            now=lambda: self.now.timestamp(),  # noqa: PLW0108 - `now` changes
            **more,  # type: ignore[arg-type]
        )

    async def claim(self, limit: int = 100, route: str = "relay") -> list[Claim]:
        """Claim."""
        return list(await self.ledger.claim(limit, self.now, Route(name=route)))

    async def deliver(self, claims: list[Claim]) -> None:
        """Let bodies leave at their slots, and be taken."""
        for claim in claims:
            self.now = max(self.now, claim.slot_at)
            assert await self.ledger.intend(claim, message_id="<m@x>", at=self.now)
            await self.ledger.settle(claim, Outcome(state=State.ACCEPTED, at=self.now))
            self.left.append((claim.slot_at, claim.reader.address.partition("@")[2]))

    async def refuse(self, claim: Claim, reply: Reply) -> None:
        """Settle by a refusal."""
        await self.ledger.settle(claim, after_reply(reply, delivery_id=claim.delivery_id, attempts=0, now=self.now))

    async def go(self, seconds: float, step: float = 0.25, limit: int = 100) -> None:
        """Claim and deliver again and again for so long."""
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            claims = await self.claim(limit)
            await self.deliver(claims)
            self.now += timedelta(seconds=0.001 if claims else step)

    def to(self, domain: str) -> list[float]:
        """Return when a domain's messages left, in seconds from the start."""
        return [(at - START).total_seconds() for at, one in self.left if one == domain]

    def between(self, start: float, end: float) -> int:
        """Return how many messages left in that time, in seconds from the start."""
        return sum(start <= (at - START).total_seconds() < end for at, _ in self.left)


def _worst(instants: list[float], window: float = 1.0) -> int:
    instants = sorted(instants)
    return max((bisect_right(instants, at + window - 1e-9) - number for number, at in enumerate(instants)), default=0)


async def test_a_days_cap_is_exact_and_the_next_day_begins_another(writer: Writer) -> None:
    run = Run(writer, _frozen(writer, *["x.test"] * 100), Pacing(total=Limit(caps=(Cap(span="day", count=30),))))
    await run.go(2, limit=7)
    assert len(run.left) == 30
    assert await run.ledger.next_due() == datetime(2026, 3, 2, tzinfo=UTC)
    run.now = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
    assert not await run.claim()
    run.now = datetime(2026, 3, 2, tzinfo=UTC)
    await run.go(2)
    assert len(run.left) == 60


async def test_hours_and_days_hold_together(writer: Writer) -> None:
    caps = (Cap(span="h", count=10), Cap(span="day", count=25))
    run = Run(writer, _frozen(writer, *["x.test"] * 100), Pacing(total=Limit(caps=caps)))
    counts = []
    for hour in range(4):
        run.now = START + timedelta(hours=hour)
        await run.go(1)
        counts.append(len(run.left))
    assert counts == [10, 20, 25, 25]
    assert await run.ledger.next_due() == datetime(2026, 3, 2, tzinfo=UTC)


async def test_what_is_claimed_counts_and_what_is_released_does_not(writer: Writer) -> None:
    pace = Pacing(total=Limit(caps=(Cap(span="day", count=10),)))
    run = Run(writer, _frozen(writer, *["x.test"] * 30), pace)
    first = await run.claim(8)
    assert len(await run.claim(8)) == 2
    assert not await run.claim(8)
    await run.ledger.release(first)
    assert len(await run.claim(100)) == 8


async def test_a_kill_gives_nothing_away_and_costs_nothing_of_the_cap(writer: Writer) -> None:
    pace = Pacing(total=Limit(caps=(Cap(span="day", count=10),)))
    send_id = _frozen(writer, *["x.test"] * 30)
    run = Run(writer, send_id, pace)
    first, *_ = await run.claim(8)
    assert await run.ledger.intend(first, message_id="<m@x>", at=run.now)  # its body is out
    writer.now(lambda connection: sends.reap(connection, START.timestamp()))
    assert len(await Run(writer, send_id, pace).claim(100)) == 9


async def test_a_cap_holds_over_all_sends(writer: Writer) -> None:
    pace = Pacing(total=Limit(caps=(Cap(span="day", count=10),)))
    one = Run(writer, _frozen(writer, *["x.test"] * 8), pace)
    await one.go(1)
    other = Run(writer, _frozen(writer, *["y.test"] * 8, issue="2"), pace)
    await other.go(1)
    assert (len(one.left), len(other.left)) == (8, 2)


async def test_a_warm_up_is_exact_over_midnight(writer: Writer) -> None:
    limit = Limit(warm_up=WarmUp(start=date(2026, 3, 1), days=(5, 20)))
    run = Run(writer, _frozen(writer, *["x.test"] * 60), Pacing(total=limit))
    counts = []
    for day in range(3):
        run.now = START + timedelta(days=day)
        await run.go(1)
        counts.append(len(run.left))
    assert counts == [5, 25, 60]


async def test_each_relay_has_a_pace_and_a_cap_of_its_own_beside_that_of_all(writer: Writer) -> None:
    relays = {"a": Limit(rate=2), "b": Limit(caps=(Cap(span="day", count=7),))}
    pace = Pacing(total=Limit(rate=10), relays=relays)
    run = Run(writer, _frozen(writer, *["x.test"] * 200), pace)
    by_a, by_b = await run.claim(4, "a"), await run.claim(20, "b")
    assert [(one.slot_at - START).total_seconds() for one in by_a] == pytest.approx([0, 0.5, 1.0, 1.5])
    assert len(by_b) == 7
    slots = [(one.slot_at - START).total_seconds() for one in by_b]
    assert all(late - early == pytest.approx(0.1, abs=1e-5) for early, late in itertools.pairwise(slots))
    await run.deliver(by_b)
    assert not await run.claim(20, "b")
    assert await run.ledger.next_due() < datetime(2026, 3, 1, 10, tzinfo=UTC)  # type: ignore[operator] # the other one may


async def test_a_receiver_with_a_pace_keeps_it_and_holds_nobody_up(writer: Writer) -> None:
    domains = [one for _ in range(100) for one in ("gmail.com", "x.test", "googlemail.com", "y.test")]
    run = Run(writer, _frozen(writer, *domains), Pacing(domains={"gmail.com": 5.0}))
    await run.go(10)
    google = sorted(run.to("gmail.com") + run.to("googlemail.com"))
    assert len(run.to("x.test")) == len(run.to("y.test")) == 100
    assert max(run.to("x.test")) < 1
    assert _worst(google) <= 6
    assert len(google) == pytest.approx(50, abs=6)


async def test_where_only_a_paced_receiver_is_left_its_pace_is_used_up(writer: Writer) -> None:
    run = Run(writer, _frozen(writer, *["gmail.com"] * 400), Pacing(domains={"gmail.com": 10.0}))
    await run.go(20, step=0.5)
    google = run.to("gmail.com")
    assert _worst(google) <= 11.5
    assert 0.98 * 200 <= len(google) <= 212


async def test_a_row_that_may_not_go_is_parked_and_a_claim_looks_at_a_bounded_number(writer: Writer) -> None:
    count = 20_000
    domains = ["gmail.com"] * count + ["x.test"] * 3
    send_id = _frozen(writer, *domains)
    writer.now(
        lambda connection: connection.execute("UPDATE deliveries SET due_at = 1 WHERE domain = 'x.test'").fetchall()
    )
    run = Run(writer, send_id, Pacing(domains={"gmail.com": 0.01}))
    began, longest, found = time.perf_counter(), 0.0, 0
    for _ in range(60):
        at = time.perf_counter()
        claims = await run.claim(100)
        longest = max(longest, time.perf_counter() - at)
        await run.deliver(claims)
        found = len(run.to("x.test"))
        run.now += timedelta(milliseconds=500)
        if found == 3:
            break
    assert found == 3
    assert longest < 1.0
    assert time.perf_counter() - began < 30
    late = writer.now(lambda c: c.execute("SELECT max(due_at) FROM deliveries").fetchone()[0])  # type: ignore[index]
    assert late <= run.now.timestamp() + PARK_S


async def test_trouble_halves_a_receivers_pace_once_and_it_rises_again(writer: Writer) -> None:
    run = Run(writer, _frozen(writer, *["x.test"] * 3_000), Pacing(total=Limit(rate=10)))
    for claim in await run.claim(3):
        await run.refuse(claim, SLOW_DOWN)
    run.now += timedelta(seconds=1)
    await run.go(20, limit=4)
    assert run.between(1, 21) == pytest.approx(20 * 5, rel=0.15)
    run.now += timedelta(minutes=5)
    await run.go(20, limit=4)
    assert run.between(321, 341) == pytest.approx(200, rel=0.1)


async def test_a_receiver_that_names_a_rate_rests_ten_minutes_and_the_others_go_on(writer: Writer) -> None:
    domains = [one for _ in range(40) for one in ("yahoo.com", "x.test", "ymail.com")]
    run = Run(writer, _frozen(writer, *domains), Pacing())
    (first, *others) = await run.claim(1)
    assert not others
    await run.refuse(first, RATED)
    await run.go(5)
    assert len(run.to("x.test")) == 40
    assert run.to("yahoo.com") == run.to("ymail.com") == []
    due = await run.ledger.next_due()
    assert due is not None
    assert timedelta(seconds=200) < due - START
    run.now = START + timedelta(seconds=REST_S + 2)
    await run.go(20)
    assert len(run.to("yahoo.com")) + len(run.to("ymail.com")) > 20


async def test_rests_are_as_short_as_the_scale_says(writer: Writer) -> None:
    run = Run(writer, _frozen(writer, *["x.test"] * 20), Pacing(scale=0.001))
    await run.refuse((await run.claim(1))[0], RATED)
    run.now += timedelta(seconds=1)
    assert await run.claim()


async def test_a_relay_that_throttles_rests_a_minute_and_goes_at_half_its_pace(writer: Writer) -> None:
    run = Run(writer, _frozen(writer, *["x.test"] * 900), Pacing(total=Limit(rate=20)))
    await run.refuse((await run.claim(1))[0], THROTTLED)
    assert not await run.claim()
    assert await run.ledger.next_due() == START + timedelta(seconds=60)
    run.now = START + timedelta(seconds=60)
    await run.go(10, limit=6)
    assert run.between(60, 70) == pytest.approx(10 * 20 / 2 / 0.8, rel=0.1)  # it rises by a quarter a minute


async def test_greylisting_and_a_full_mailbox_slow_nobody_down(writer: Writer) -> None:
    run = Run(writer, _frozen(writer, *["x.test"] * 50), Pacing())
    for claim, text in zip(await run.claim(2), ["4.7.1 greylisted", "4.2.2 full"], strict=True):
        await run.refuse(claim, Reply(code=451, text=text, stage=Stage.RCPT))
    assert len(await run.claim()) == 48


async def test_a_receiver_that_is_shut_waits_without_a_time_until_the_send_is_resumed(writer: Writer) -> None:
    send_id = _frozen(writer, *["x.test", "gmail.com"] * 10)
    run = Run(writer, send_id, Pacing())
    await run.ledger.shut("gmail.com", "refused by policy")
    await run.go(2)
    assert len(run.to("x.test")) == 10
    assert run.to("gmail.com") == []
    assert await run.ledger.next_due() is None
    writer.now(lambda connection: sends.resume(connection, send_id, START.timestamp()))
    await run.go(2)
    assert len(run.to("gmail.com")) == 10


async def test_a_clock_set_back_starts_afresh(writer: Writer) -> None:
    pace = Pacing(total=Limit(rate=5), domains={"gmail.com": 1.0})
    run = Run(writer, _frozen(writer, *["x.test", "gmail.com"] * 60), pace)
    await run.go(5, limit=2)
    await run.refuse((await run.claim(1))[0], SLOW_DOWN)
    back = -3 * 86_400.0
    run.now = START + timedelta(seconds=back)
    await run.go(10, limit=2)
    assert run.between(back, back + 10) == pytest.approx(50, abs=8)
    assert 4 <= sum(at < 0 for at in run.to("gmail.com")) <= 12


async def test_the_time_a_send_was_paused_is_held_against_nobody(writer: Writer) -> None:
    send_id = _frozen(writer, "x.test")
    run = Run(writer, send_id, Pacing(), patience=Patience(give_up=timedelta(hours=1)))
    await run.refuse((await run.claim())[0], SLOW_DOWN)
    await run.ledger.pause("by hand")
    run.now += timedelta(days=2)
    writer.now(lambda connection: sends.resume(connection, send_id, run.now.timestamp()))
    await run.refuse((await run.claim())[0], SLOW_DOWN)
    assert await run.ledger.counts() == {State.DEFERRED: 1}
    run.now += timedelta(hours=2)
    await run.refuse((await run.claim())[0], SLOW_DOWN)
    assert await run.ledger.counts() == {State.EXPIRED: 1}
    cause = writer.now(lambda c: c.execute("SELECT cause FROM deliveries").fetchone())
    assert cause == ("no-answer",)


async def test_refusals_that_stopped_a_send_are_taken_back_by_the_editors_word_and_no_others(writer: Writer) -> None:
    send_id = _frozen(writer, *["x.test"] * 4)
    run = Run(writer, send_id, Pacing())
    claims = await run.claim()
    gone = Reply(code=550, text="5.1.1 no such user", stage=Stage.RCPT)
    for claim in claims:
        await run.refuse(claim, gone)
    await run.ledger.pause("all alike", [claim.delivery_id for claim in claims[:3]])
    assert await run.ledger.state() is SendState.PAUSED
    with pytest.raises(Exception, match="illegal move"):
        writer.now(lambda c: c.execute("UPDATE deliveries SET state = 'queued' WHERE state = 'rejected'").fetchall())
    assert writer.now(lambda connection: sends.put_back(connection, send_id, 0.0)) == 3
    assert await run.ledger.counts() == {State.QUEUED: 3, State.REJECTED: 1}
    assert writer.now(lambda connection: sends.put_back(connection, send_id, 0.0)) == 0
    row = writer.now(lambda c: c.execute("SELECT code, status, reply, cause FROM deliveries WHERE id = 4").fetchone())
    assert row == (550, "5.1.1", "5.1.1 no such user", "user-unknown")


async def test_what_a_slow_relay_waits_for_the_others_need_not_wait_for(writer: Writer) -> None:
    send_id = _frozen(writer, *["x.test"] * 40)
    pace = Pacing(total=Limit(rate=10), relays={"slow": Limit(rate=0.5), "quick": Limit()})
    ledger = SqliteLedger(writer, send_id, worker="w", limit=pace.total, pace=pace, now=START.timestamp)
    slow = await ledger.claim(5, START, Route(name="slow"))
    quick = await ledger.claim(5, START, Route(name="quick"))
    assert [(one.slot_at - START).total_seconds() for one in slow] == pytest.approx([0, 2, 4, 6, 8], abs=1e-5)
    assert [(one.slot_at - START).total_seconds() for one in quick] == pytest.approx(
        [0.5, 0.6, 0.7, 0.8, 0.9], abs=1e-5
    )


async def test_the_bodies_of_a_slow_relay_hold_no_other_relay_up(writer: Writer) -> None:
    send_id = _frozen(writer, *["x.test"] * 10)
    pace = Pacing(total=Limit(), relays={"slow": Limit(rate=0.2), "quick": Limit(rate=100)})
    ledger = SqliteLedger(writer, send_id, worker="w", limit=pace.total, pace=pace, now=START.timestamp)
    (slow,) = await ledger.claim(1, START, Route(name="slow"))
    (quick,) = await ledger.claim(1, START, Route(name="quick"))
    assert await ledger.intend(slow, message_id="<1@x>", at=START)
    began = time.monotonic()
    assert await ledger.intend(quick, message_id="<2@x>", at=START)
    assert time.monotonic() - began < 1


async def test_a_relay_at_its_cap_is_due_tomorrow_and_the_others_now(writer: Writer) -> None:
    send_id = _frozen(writer, *["x.test"] * 10)
    pace = Pacing(total=Limit(), relays={"a": Limit(caps=(Cap(span="day", count=1),)), "b": Limit()})
    ledger = SqliteLedger(writer, send_id, worker="w", limit=pace.total, pace=pace, now=START.timestamp)
    (claim,) = await ledger.claim(5, START, Route(name="a"))
    assert await ledger.intend(claim, message_id="<1@x>", at=START)
    assert await ledger.claim(5, START, Route(name="a")) == []
    due_at = {name: await ledger.next_due(Route(name=name)) for name in "ab"}
    assert due_at["a"] == START.replace(hour=0) + timedelta(days=1)
    assert due_at["b"] is not None
    assert due_at["b"] <= START
    assert (await ledger.next_due()) == due_at["b"]


WORKER: Final = """
import asyncio, os, signal, sys, time
from datetime import UTC, datetime
from pathlib import Path
from mailweekly.adapters.store.ledger import SqliteLedger
from mailweekly.adapters.store.writer import Writer
from mailweekly.delivery.pace import Limit
from mailweekly.delivery.reply import Outcome
from mailweekly.delivery.states import State

async def main(path, rate, seconds, log, kill_after):
    writer = Writer(Path(path))
    ledger = SqliteLedger(writer, 1, worker=str(os.getpid()), limit=Limit(rate=rate))
    until = time.time() + seconds
    chunk = max(1, int(rate / 4))
    sent = 0
    with open(log, "a", buffering=1) as out:
        while time.time() < until:
            claims = await ledger.claim(chunk, datetime.now(UTC))
            for claim in claims:
                await asyncio.sleep(max(claim.slot_at.timestamp() - time.time(), 0))
                if await ledger.intend(claim, message_id="<m@x>", at=datetime.now(UTC)):
                    out.write(f"{time.time()}\\n")
                    await ledger.settle(claim, Outcome(state=State.ACCEPTED, at=datetime.now(UTC)))
                    sent += 1
                    if sent == kill_after:
                        os.kill(os.getpid(), signal.SIGKILL)
            if not claims:
                await asyncio.sleep(0.02)
    writer.close()

asyncio.run(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4], int(sys.argv[5])))
"""


@pytest.mark.parametrize(("rate", "killed_after"), [(50, 0), (200, 0), (100, 40)])
async def test_several_processes_keep_one_pace_together_and_a_kill_bursts_nothing(
    tmp_path: Path, rate: int, killed_after: int
) -> None:
    seconds = float(os.environ.get("MAILWEEKLY_SOAK", "0")) / 3 or 5.0
    path, log = tmp_path / "a.db", tmp_path / "log"
    writer = Writer(path)
    _frozen(writer, *["x.test"] * int(rate * (seconds + 4)))
    writer.close()

    def start(kill_after: int) -> subprocess.Popen[bytes]:
        arguments = [sys.executable, "-c", WORKER, str(path), str(rate), str(seconds), str(log), str(kill_after)]
        return subprocess.Popen(arguments, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})

    workers = [start(0), start(0), start(0), start(killed_after)]
    await asyncio.to_thread(lambda: [one.wait(seconds + 30) for one in workers])
    instants = sorted(float(line) for line in log.read_text().splitlines())
    assert _worst(instants) <= 1.05 * rate + 1
    steady = [at for at in instants if at >= instants[0] + 1]
    mean = (len(steady) - 1) / (steady[-1] - steady[0])
    # What is too fast fails always. What is too slow, on a machine that other tests share, says little: the long run (make soak) is exact.
    least = 0.98 if "MAILWEEKLY_SOAK" in os.environ and not killed_after else 0.75
    assert mean >= least * rate  # the killed one took some of its slots with it
    print(f"{rate}/s: mean {mean:.1f}, worst second {_worst(instants)}")
