"""F8, F9, F11, F12, F15, F16: a relay that is slow or silent, talks too much, refuses by rate, or whose name is known now and then."""

import time
from pathlib import Path

import apsw
import pytest

from tests.faults import FULL
from tests.sink import SinkProcess
from tests.system.killpoint import ForkServer
from tests.system.publication import Publication, made
from tests.system.stand import Stand


def _ran(tmp_path: Path, server: ForkServer, script: str, *, count: int = 12, dot: str = "1s") -> tuple[Stand, int]:
    one = made(tmp_path, count=count, connections=2)
    with SinkProcess(tmp_path, script) as sink:
        one.relay(sink.relay, dot=dot)
        stand = Stand(one, sink, server, 2)
        code = stand.run()
    assert one.violations(sink.log.path) == []
    return stand, code


@pytest.mark.parametrize(
    "steps",
    [
        'keep ; raw "25x what\\r\\n"',
        'keep ; raw "999 what\\r\\n"',
        'keep ; raw "\\x00\\x01\\r\\n"',
        "keep ; reply 354 go on",
        "keep ; reset",
        "keep ; close",
        "silence",
        "close",
    ],
)
def test_no_valid_answer_to_the_dot_is_unknown_and_the_others_go_on(
    tmp_path: Path, server: ForkServer, steps: str
) -> None:
    stand, code = _ran(tmp_path, server, f"on dot nth=5: {steps}")
    assert code == 75, stand.said()
    assert stand.one.states() == {"accepted": 11, "unknown": 1}


@pytest.mark.parametrize(
    "steps",
    [
        "wait 1500ms ; default",  # after our patience is over
        'keep ; raw "250 2.0.0 one\\r\\n250 2.0.0 two\\r\\n"',
        'keep ; raw "250 2.0.0 one\\r\\n550 5.1.1 two\\r\\n"',
    ],
)
def test_a_late_or_a_second_answer_is_credited_to_nobody_else(tmp_path: Path, server: ForkServer, steps: str) -> None:
    stand, code = _ran(tmp_path, server, f"on dot nth=5: {steps}")
    states = stand.one.states()
    assert states["unknown"] <= 1
    assert states["accepted"] + states["unknown"] == 12
    assert code == (75 if states["unknown"] else 0)


@pytest.mark.parametrize(
    "script", ["on data nth=5: reply 421 4.3.2 bye ; close", "on data nth=5: reply 451 4.3.0 later"]
)
def test_a_refusal_of_the_body_before_its_begin_is_tried_again(tmp_path: Path, server: ForkServer, script: str) -> None:
    stand, code = _ran(tmp_path, server, script)
    assert code == 0, stand.said()
    assert stand.one.states() == {"accepted": 12}


@pytest.mark.skipif(not FULL, reason="slow by its nature: make faults")
def test_a_relay_that_takes_three_seconds_a_reply_takes_everything(tmp_path: Path, server: ForkServer) -> None:
    one = made(tmp_path, count=4, connections=2)
    with SinkProcess(tmp_path, "on rcpt: wait 3 ; default\non dot: wait 3 ; default") as sink:
        one.relay(sink.relay, timeout="10s", dot="10s")
        stand = Stand(one, sink, server, 2)
        assert stand.run() == 0, stand.said()
    assert one.states() == {"accepted": 4}


@pytest.mark.parametrize(("failures", "code"), [(0, 0), (1, 69)])
def test_a_name_that_is_known_now_and_then(tmp_path: Path, server: ForkServer, failures: int, code: int) -> None:
    """F15: at the door it is told; the same command goes on, and a flap in mid-send is waited out."""
    one = made(tmp_path, count=12, connections=1, messages_per_connection=4)
    with SinkProcess(tmp_path) as sink:
        one.relay(f"smtp://relay.mail.test:{sink.port}?tls=none")
        stand = Stand(one, sink, server, 1)
        first = stand.run(faulty="names", how={"failures": failures})
        assert first == code, stand.said()
        if code:
            assert one.states() == {"queued": 12}
            assert "relay.mail.test" in stand.said()
            assert stand.run(faulty="names", how={"failures": 0}) == 0
    assert one.states() == {"accepted": 12}
    assert one.violations(sink.log.path) == []


def test_a_relay_that_refuses_by_rate_marks_nobody_as_failed(tmp_path: Path, server: ForkServer) -> None:
    """F16: whoever was put off is mailed when due."""
    one = made(tmp_path, count=20, connections=2)
    with SinkProcess(tmp_path, "on rcpt nth=11-14: reply 450 4.7.1 too fast, slow down") as sink:
        one.relay(sink.relay)
        stand = Stand(one, sink, server, 2)
        for _ in range(6):
            stand.run("send", "7", "--confirm", "--wait", "0s")
            assert one.states()["rejected"] == 0
            if one.states() == {"accepted": 20}:
                break
            _due_now(one)
    assert one.states() == {"accepted": 20}
    assert one.violations(sink.log.path) == []


def _due_now(one: Publication) -> None:
    connection = apsw.Connection(str(one.ledger))
    connection.execute("UPDATE deliveries SET due_at = ? WHERE state = 'deferred'", (time.time() - 1,))
    connection.execute("DELETE FROM domains")
    connection.close()
