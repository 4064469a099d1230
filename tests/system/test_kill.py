"""
kill -9 at every instant: nobody is lost, nobody is mailed twice, and at most one message an open connection is in doubt.

Each test of the promise also runs against a wrong sender, and there it must find the fault.
"""

import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from mailweekly.adapters.store.database import Database
from mailweekly.audience.model import Suppression
from tests.sink import SinkProcess, read
from tests.system.killpoint import ForkServer, fork_server
from tests.system.publication import ISSUE, Publication, ended, made
from tests.system.stand import SEND, Stand, stood

POINTS = (
    "after-claim",
    "after-intent",
    "in-body",
    "before-dot",
    "after-dot",
    "before-outcome",
    "after-outcome",
    "in-freeze",
    "after-freeze",
)
SOAK_S = float(os.environ.get("MAILWEEKLY_SOAK", "0"))  # seconds; set by `make soak`


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point_nobody_is_lost_and_nobody_mailed_twice(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, point: str
) -> None:
    stand = stood(tmp_path, sink, server)
    nth = 1 if point in {"in-freeze", "after-freeze", "after-claim"} else 5
    assert stand.run(point=point, nth=nth) == -signal.SIGKILL
    if stand.one.states():
        assert stand.one.violations(stand.log.path, running=True) == []
    stand.kept_the_promise()
    assert sum(stand.one.states().values()) == 12


def test_killed_while_it_clears_up_after_a_kill_it_clears_up_the_next_time(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    stand = stood(tmp_path, sink, server)
    assert stand.run(point="after-intent", nth=4) == -signal.SIGKILL
    assert stand.run(point="in-reap", nth=1) == -signal.SIGKILL
    stand.kept_the_promise()


def test_killed_at_every_single_instant_of_three_messages(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    stand = stood(tmp_path, sink, server, count=3, connections=1).frozen()
    for nth in range(1, 500):
        twin = stand.copy(f"n{nth}")
        code = twin.run(point="any", nth=nth)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        assert twin.one.violations(twin.log.path, running=True) == [], nth
        twin.kept_the_promise()
    assert nth > 40, f"only {nth} instants were found"


def test_the_naive_order_mails_people_twice_and_is_seen(tmp_path: Path, sink: SinkProcess, server: ForkServer) -> None:
    stand = stood(tmp_path, sink, server, count=3, connections=1).frozen()
    doubles = 0
    for nth in range(2, 500, 3):
        twin = stand.copy(f"n{nth}")
        if twin.run(point="any", nth=nth, broken="naive") == 0:
            break
        twin.run(broken="naive")
        doubles += any(one.startswith("I4") for one in twin.one.violations(twin.log.path))
    assert doubles >= 3


@pytest.mark.parametrize("point", ["after-dot", "before-outcome"])
def test_the_naive_order_fails_the_named_points_too(
    tmp_path: Path, sink: SinkProcess, server: ForkServer, point: str
) -> None:
    stand = stood(tmp_path, sink, server)
    assert stand.run(point=point, nth=5, broken="naive") == -signal.SIGKILL
    time.sleep(0.3)  # what had left may still arrive
    stand.run(broken="naive")
    found = stand.one.violations(stand.log.path)
    assert [one for one in found if one.startswith("I4")], found


def test_a_checkpoint_at_the_fetch_loses_people_and_is_seen(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    stand = stood(tmp_path, sink, server, count=12, connections=2)
    assert stand.run(point="in-body", nth=3, broken="checkpoints_at_fetch") == -signal.SIGKILL
    stand.run(broken="checkpoints_at_fetch")
    found = stand.one.violations(stand.log.path)
    assert len([one for one in found if one.startswith("I2")]) >= 3, found


def test_trying_again_after_silence_mails_people_twice_and_is_seen(tmp_path: Path, server: ForkServer) -> None:
    one = made(tmp_path, count=6, connections=1)
    with SinkProcess(tmp_path, "on dot to=r4@* times=1: keep ; reset") as sink:
        one.relay(sink.relay)
        Stand(one, sink, server, 1).run(broken="retries_silence")
    found = one.violations(sink.log.path)
    assert [line for line in found if line.startswith("I4: r4@")], found


@pytest.mark.parametrize("fault", ["", "asks_once"])
def test_asking_only_once_who_left_is_seen(tmp_path: Path, server: ForkServer, fault: str) -> None:
    one = made(tmp_path, count=6, connections=1)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        stand = Stand(one, sink, server, 1).frozen()
        with Database(one.ledger) as database:
            database.suppress(Suppression(key="r5@readers.test", reason="unsubscribed"))
        stand.run(broken=fault)
    got = {message.recipient for message in sink.log.kept()}
    assert ("r5@readers.test" in got) is bool(fault)


@pytest.mark.parametrize("fault", ["", "rereads"])
def test_reading_the_issue_again_when_it_goes_on_is_seen(tmp_path: Path, server: ForkServer, fault: str) -> None:
    one = made(tmp_path, count=6, connections=1)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        stand = Stand(one, sink, server, 1)
        assert stand.run(point="after-outcome", nth=2) == -signal.SIGKILL
        one.issue(ISSUE.replace("this is short", "this is another text"))
        stand.run(broken=fault)
    found = one.violations(sink.log.path)
    assert bool([line for line in found if line.startswith("I6")]) is bool(fault), found


def test_even_without_the_lock_the_fences_let_nobody_be_mailed_twice(tmp_path: Path, server: ForkServer) -> None:
    one = made(tmp_path, count=20, connections=2)
    with SinkProcess(tmp_path, "on dot nth=5: gate hold ; default") as sink, fork_server() as other:
        one.relay(sink.relay)
        first = one.start(*SEND)
        sink.log.wait(lambda log: bool(log.events("held")))
        code = other.run(one.root, one.environment, *SEND, broken="no_lock")
        sink.open("hold")
        done = ended(first)
    assert code in {0, 75}
    assert done.code in {0, 75, 77}
    assert one.violations(sink.log.path) == []


@pytest.mark.parametrize("fate", ["keep ; kill", "kill"])
def test_killed_by_the_relay_itself_after_the_dot(tmp_path: Path, fate: str) -> None:
    """A real process, killed by the server at the very instant its message is complete."""
    one = made(tmp_path, count=12, connections=2)
    with SinkProcess(tmp_path, f"on connect connection=1: gate go ; default\non dot nth=5: {fate}") as sink:
        one.relay(sink.relay)
        process = one.start(*SEND)
        sink.log.wait(lambda log: bool(log.events("held")))
        sink.victim(process.pid)
        sink.open("go")
        assert ended(process).code == -signal.SIGKILL
        again = one.send()
    assert again.code == 75
    assert 1 <= one.states()["unknown"] <= 2
    assert one.violations(sink.log.path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_it_ends_what_has_begun_and_leaves_nobody_in_doubt(
    tmp_path: Path, number: signal.Signals
) -> None:
    one = made(tmp_path, count=100, connections=4)
    with SinkProcess(tmp_path, "on dot: wait 30ms ; default") as sink:
        one.relay(sink.relay)
        process = one.start(*SEND)
        sink.log.wait(lambda log: len(log.kept()) > 20)
        begin = time.monotonic()
        process.send_signal(number)
        stopped = ended(process)
        took = time.monotonic() - begin
        states = one.states()
        again = one.send()
    assert stopped.code == 75
    assert took < 4
    assert set(states) == {"accepted", "queued"}
    assert again.code == 0
    assert one.states() == {"accepted": 100}
    assert one.violations(sink.log.path) == []


def test_asked_twice_it_stops_at_once_and_the_doubtful_are_named(tmp_path: Path) -> None:
    one = made(tmp_path, count=20, connections=2)
    with SinkProcess(tmp_path, "on dot nth=5-6: gate never ; default") as sink:
        one.relay(sink.relay, dot="60s")
        process = one.start(*SEND)
        sink.log.wait(lambda log: len(log.events("held")) == 2)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        stopped = ended(process)
        took = time.monotonic() - begin
    assert took < 8
    assert stopped.code in {75, 130}
    with SinkProcess(tmp_path, name="second") as sink_two:
        one.relay(sink_two.relay)
        again = one.send()
    assert again.code == 75
    assert one.states() == {"accepted": 18, "unknown": 2}


def test_a_sender_frozen_for_a_while_settles_what_it_had_begun(tmp_path: Path) -> None:
    one = made(tmp_path, count=30, connections=2)
    with SinkProcess(tmp_path, "on dot nth=5: gate hold ; default") as sink:
        one.relay(sink.relay, dot="30s")
        process = one.start(*SEND)
        sink.log.wait(lambda log: bool(log.events("held")))
        process.send_signal(signal.SIGSTOP)
        sink.open("hold")
        time.sleep(1)
        process.send_signal(signal.SIGCONT)
        done = ended(process)
    assert done.code == 0, done.err
    assert one.states() == {"accepted": 30}
    assert one.violations(sink.log.path) == []


def _random_kills(one: Publication, sink: SinkProcess, *, most: int, longest_s: float, seed: int) -> int:
    """Kill the sender again and again at random instants until a run comes to its end; how often."""
    chance = random.Random(seed)
    for kill in range(most):
        process = one.start(*SEND)
        begun = len(sink.log.kept())
        while process.poll() is None and len(sink.log.kept()) == begun:
            time.sleep(0.005)
        time.sleep(chance.uniform(0, longest_s))
        if process.poll() is not None:
            ended(process)
            return kill
        os.killpg(process.pid, signal.SIGKILL)
        ended(process)
        found = one.violations(sink.log.path, running=True)
        assert found == [], f"seed {seed}, kill {kill + 1}: {found}"
    return most


def test_killed_at_random_again_and_again(tmp_path: Path) -> None:
    seed = int(os.environ.get("MAILWEEKLY_SEED", str(random.randrange(10**6))))
    print(f"seed {seed} (MAILWEEKLY_SEED={seed} repeats it)")
    one = made(tmp_path, count=400, connections=4, rate="300/s")
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        kills = _random_kills(one, sink, most=15, longest_s=0.2, seed=seed)
        last = one.send()
    states = one.states()
    assert kills >= 3
    assert last.code in {0, 75, 77}, last.err
    assert one.violations(sink.log.path) == [], f"seed {seed}"
    assert set(states) <= {"accepted", "unknown"}
    assert sum(states.values()) == 400
    assert states["unknown"] <= 4 * kills


@pytest.mark.skipif(not SOAK_S, reason="a soak lasts long: make soak (or MAILWEEKLY_SOAK=seconds)")
def test_a_soak_of_kills_against_a_relay_on_a_bad_day(tmp_path: Path) -> None:
    seed = int(os.environ.get("MAILWEEKLY_SEED", str(random.randrange(10**6))))
    end, rounds, kills = time.monotonic() + SOAK_S, 0, 0
    while time.monotonic() < end:
        rounds += 1
        folder = tmp_path / f"round{rounds}"
        folder.mkdir()
        one = made(folder, count=10_000, connections=8)
        with SinkProcess(folder, read("trouble").replace("4711", str(seed + rounds)), bodies=False) as sink:
            one.relay(sink.relay)
            kills += _random_kills(one, sink, most=60, longest_s=3, seed=seed + rounds)
            one.send("7", "--wait", "0s", timeout_s=600)
        assert one.violations(sink.log.path) == [], f"seed {seed + rounds}"
        print(f"round {rounds}, seed {seed + rounds}: {kills} kills in all, {dict(one.states())}")
        shutil.rmtree(folder)
