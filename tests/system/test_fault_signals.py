"""F2, F31, F32: asked to stop at any instant; nobody reads what it says; frozen for a while; and the late answer of a sender that wakes."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from mailweekly.adapters.store.database import Database
from tests.faults import amount, seed
from tests.sink import SinkProcess
from tests.system.killpoint import ForkServer
from tests.system.publication import made
from tests.system.stand import SEND, Stand, stood


def test_asked_to_stop_at_random_instants_it_leaves_nobody_in_doubt(
    tmp_path: Path, sink: SinkProcess, server: ForkServer
) -> None:
    start = seed()
    chance = random.Random(start)
    stand = stood(tmp_path, sink, server, count=400, connections=4, rate="500/s").frozen()
    for _ in range(amount(6, 20)):
        process = stand.begin()
        time.sleep(chance.uniform(0.1, 0.3))
        begin = time.monotonic()
        os.kill(process, chance.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP]))
        code = server.finish()
        took = time.monotonic() - begin
        assert code in {75, 0, 77, -signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP, 130}, stand.said()
        if code == 75:
            assert took < 2
        assert stand.one.states()["unknown"] == 0, f"seed {start}"
        assert set(stand.one.states()) <= {"accepted", "queued"}, f"seed {start}"
    stand.run()
    assert stand.one.states() == {"accepted": 400}
    assert stand.one.violations(stand.log.path) == []


@pytest.mark.parametrize("which", ["stdout", "stderr", "both"])
def test_closed_streams_stop_nobodys_mail(tmp_path: Path, sink: SinkProcess, server: ForkServer, which: str) -> None:
    """F31: the reading ends are closed in mid-send."""
    stand = stood(tmp_path, sink, server, count=30, rate="40/s")
    process = stand.one.start(*SEND)
    stand.log.wait(lambda log: len(log.kept()) > 3)
    assert process.stdout is not None
    assert process.stderr is not None
    for name, stream in (("stdout", process.stdout), ("stderr", process.stderr)):
        if which in {name, "both"}:
            stream.close()
    assert process.wait(30) == 0
    process.stdout.close()
    process.stderr.close()
    assert stand.one.states() == {"accepted": 30}
    assert stand.one.violations(stand.log.path) == []


def test_frozen_longer_than_the_relay_is_silent_it_goes_on_with_the_others(tmp_path: Path, server: ForkServer) -> None:
    """F32: the lid is shut while an answer is due that never comes."""
    one = made(tmp_path, count=12, connections=2)
    with SinkProcess(tmp_path, "on dot nth=5: keep ; silence") as sink:
        one.relay(sink.relay, dot="1s")
        stand = Stand(one, sink, server, 2)
        process = stand.begin()
        sink.log.wait(lambda log: len(log.kept()) >= 5)
        os.kill(process, signal.SIGSTOP)
        time.sleep(1.5)
        os.kill(process, signal.SIGCONT)
        assert server.finish() == 75, stand.said()
    states = one.states()  # the lid may shut upon the other connection's answer as well
    assert states["accepted"] + states["unknown"] == 12
    assert 1 <= states["unknown"] <= 2
    assert one.violations(sink.log.path) == []


@pytest.mark.parametrize("resent", [False, True])
def test_a_sender_that_wakes_late_settles_what_was_read_as_unknown(
    tmp_path: Path, server: ForkServer, resent: bool
) -> None:
    """Its row was given up meanwhile; its answer counts all the same, unless somebody has claimed the row anew."""
    one = made(tmp_path, count=6, connections=1)
    with SinkProcess(tmp_path, "on dot nth=3: gate hold ; default") as sink:
        one.relay(sink.relay, dot="30s")
        stand = Stand(one, sink, server, 1)
        process = stand.begin()
        sink.log.wait(lambda log: bool(log.events("held")))
        os.kill(process, signal.SIGSTOP)
        with Database(one.ledger) as database:
            assert database.reap() == 1
            assert one.states()["unknown"] == 1
            (late,) = one.of("unknown")
            if resent:
                database._writer.now(
                    lambda connection: connection.execute(
                        "UPDATE deliveries SET state = 'queued', fence = fence + 1 WHERE state = 'unknown'"
                    )
                )
        sink.open("hold")
        os.kill(process, signal.SIGCONT)
        server.finish()
        stand.run()
    assert one.states() == {"accepted": 6}
    assert one.violations(sink.log.path, resent=[late] if resent else []) == []
    assert len(sink.log.kept()) == 6 + resent
