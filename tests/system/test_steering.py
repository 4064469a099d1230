"""A send steered from another terminal: paused, gone on with, called off, and watched."""

import time
from pathlib import Path

import pytest

from tests.sink import SinkProcess
from tests.system.publication import addresses, ended, made

GATED = "on dot nth=5: gate hold ; default"


@pytest.mark.parametrize("offer", ["", "offer 8BITMIME SMTPUTF8\n"], ids=["pipelined", "lock-step"])
def test_a_pause_takes_effect_at_the_next_message_and_resume_goes_on(tmp_path: Path, offer: str) -> None:
    one = made(tmp_path, count=20, connections=1)
    with SinkProcess(tmp_path, offer + GATED) as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        paused = one.run("pause", "7", "--json")
        sink.open("hold")
        done = ended(process)
        assert paused.code == 0, paused.err
        assert paused.document["paused"] == 1
        assert paused.document["sends"][0]["state"] == "paused"
        assert done.code == 75
        assert "paused by hand" in done.err
        assert one.states() == {"accepted": 5, "queued": 15}
        assert one.violations(sink.log.path) == []
        status = one.run("status", "7")
        assert "paused by hand" in status.out
        assert "mailweekly resume 7" in status.out
        again = one.run("resume", "7")
    assert again.code == 0, again.err
    assert one.states() == {"accepted": 20}
    assert one.violations(sink.log.path) == []


def test_a_pause_does_not_wait_for_a_slow_pace(tmp_path: Path) -> None:
    one = made(tmp_path, count=20, connections=2, rate="6/min")
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.kept()))
        began = time.monotonic()
        assert one.run("pause", "7").code == 0
        done = ended(process)
    assert done.code == 75
    assert time.monotonic() - began < 5
    assert one.states()["queued"] == 19


def test_pausing_twice_is_no_error_and_send_goes_on_as_resume_does(tmp_path: Path) -> None:
    one = made(tmp_path, count=20, connections=1)
    with SinkProcess(tmp_path, GATED) as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        assert one.run("pause", "7").code == 0
        twice = one.run("pause", "7")
        sink.open("hold")
        assert ended(process).code == 75
        assert twice.code == 0
        assert "already" in twice.out
        assert one.send().code == 0
    assert one.states() == {"accepted": 20}


def test_cancel_of_a_running_send_skips_whoever_waits_and_it_never_goes_on(tmp_path: Path) -> None:
    one = made(tmp_path, count=20, connections=1)
    with SinkProcess(tmp_path, GATED) as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm", "--json")
        sink.log.wait(lambda log: bool(log.events("held")))
        cancelled = one.run("cancel", "7")
        sink.open("hold")
        done = ended(process)
        assert cancelled.code == 0, cancelled.err
        assert done.code == 0, done.err
        assert done.document["state"] == done.document["ended"] == "cancelled"
        assert one.states() == {"accepted": 5, "skipped": 15}
        assert one.reason("r20@readers.test") == "called off"
        for command in (("send", "7", "--confirm"), ("resume", "7"), ("cancel", "7"), ("pause", "7")):
            assert one.run(*command).code == 77, command
        assert len(sink.log.kept()) == 5
    assert one.violations(sink.log.path) == []


def test_cancel_of_a_paused_send_skips_the_rest(tmp_path: Path) -> None:
    one = made(tmp_path, count=20, connections=1)
    with SinkProcess(tmp_path, GATED) as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        one.run("pause", "7")
        sink.open("hold")
        ended(process)
        cancelled = one.run("cancel", "7", "--json")
    assert cancelled.document["skipped"] == 15
    assert cancelled.document["sends"][0]["state"] == "cancelled"
    assert one.states() == {"accepted": 5, "skipped": 15}


def test_cancel_of_a_killed_send_leaves_nobody_between_two_states(tmp_path: Path) -> None:
    one = made(tmp_path, count=20, connections=1)
    with SinkProcess(tmp_path, GATED) as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        process.kill()
        ended(process)
        assert one.run("cancel", "7").code == 0
        states = one.states()
        assert states["unknown"] <= 1
        assert states["skipped"] == 20 - 4 - states["unknown"]
        assert set(states) <= {"accepted", "unknown", "skipped"}
    assert one.violations(sink.log.path) == []


@pytest.mark.parametrize("command", ["pause", "resume", "cancel"])
def test_where_nothing_is_open_steering_is_refused(tmp_path: Path, command: str) -> None:
    one = made(tmp_path, count=2)
    assert one.run(command, "7").code == 77
    one.relay("outbox")
    assert one.send().code == 0
    refused = one.run(command, "7", "--json")
    assert refused.code == 77
    assert refused.document["error"]["exit"] == 77
    assert one.run(command, "nowhere.md").code == 66


def test_status_names_speed_domains_and_relays(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    one.readers([*addresses(6), "x1@other.test", "x2@other.test"])
    with SinkProcess(tmp_path, "on rcpt to=x1@*: reply 550 5.1.1 no such user") as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
        document = one.run("status", "7", "--json").document
    (send,) = document["sends"]
    assert send["domains"][0]["domain"] == "other.test"
    assert send["domains"][0]["rejected"] == 1
    assert "no such user" in send["domains"][0]["last_refusal"]
    assert send["domains"][1] == {
        "domain": "readers.test",
        "total": 6,
        "accepted": 6,
        "rejected": 0,
        "deferred": 0,
        "waiting": 0,
        "last_refusal": "",
    }
    (relay,) = send["relays"]
    assert relay["counts"] == {"accepted": 7, "rejected": 1}
    assert relay["relay"] in sink.relay
    assert send["rate"]["recent"] > 0
    assert [event["what"] for event in send["events"]][-1] == "finished"
    assert send["canary"] is None


def test_watch_shows_plain_lines_and_ends_with_the_send(tmp_path: Path) -> None:
    one = made(tmp_path, count=24, connections=1, rate="3/s")
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.kept()))
        watched = one.run("status", "7", "--watch")
        assert ended(process).code == 0
    assert watched.code == 0, watched.err
    lines = watched.out.splitlines()
    assert len([line for line in lines if "running" in line]) >= 2
    assert any("a second now" in line for line in lines)
    assert "finished, 24 accepted" in lines[-1]


def test_watch_goes_with_no_other_form(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    assert one.run("status", "--watch").code == 66
    assert one.run("status", "--watch", "--json").code == 64
