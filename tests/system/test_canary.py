"""A few first: seeds, then a share, then the hold; and a canary that is refused stops the send."""

import time
from pathlib import Path

import pytest

from tests.sink import SinkProcess
from tests.system.publication import Publication, ended, made

SEED = "me@mail.test"


def _publication(tmp_path: Path, count: int, seeds: str = "") -> Publication:
    one = made(tmp_path, count=count, connections=1)
    if seeds:
        path = one.root / "mailweekly.toml"
        path.write_text(path.read_text("utf-8") + f"\n[canary]\nseeds = [{seeds}]\n", "utf-8")
    return one


def test_the_canary_goes_first_and_the_others_after_the_hold(tmp_path: Path) -> None:
    one = _publication(tmp_path, 40)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm", "--canary", "10%", "--hold", "8s")
        sink.log.wait(lambda log: len(log.kept()) >= 4)
        time.sleep(1.2)
        held = one.run("status", "7", "--json").document["sends"][0]
        done = ended(process)
        instants = [message.t for message in sink.log.kept()]
    assert done.code == 0, done.err
    assert one.states() == {"accepted": 40}
    assert one.violations(sink.log.path) == []
    assert held["counts"]["accepted"] == 4
    assert held["canary"]["holds"]
    assert held["canary"]["size"] == held["canary"]["answered"] == 4
    assert 7.8 <= instants[4] - instants[3] <= 25
    assert "canary: 4 of 40 sent, holding until" in done.err


def test_seeds_lead_and_the_share_is_spread_over_the_domains(tmp_path: Path) -> None:
    one = _publication(tmp_path, 1, f'"{SEED.upper()}", "stranger@mail.test"')
    one.readers([*(f"a{n}@big.test" for n in range(60)), *(f"b{n}@small.test" for n in range(30)), SEED])
    plan = one.run("send", "7", "--canary", "9")
    document = one.run("send", "7", "--canary", "9", "--json").document
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        done = one.send("7", "--canary", "9", "--wait", "0s")
    assert "--canary 9 --confirm" in plan.out
    assert "not on the list 'readers': stranger@mail.test" in plan.out
    assert document["canary"] == {
        "size": 10,
        "hold_s": 1800.0,
        "seeds": [SEED.upper()],
        "seeds_not_on_list": ["stranger@mail.test"],
    }
    assert done.code == 75
    got = [message.recipient for message in sink.log.kept()]
    assert got[0] == SEED
    assert len(got) == 10
    assert sum(address.endswith("@small.test") for address in got) == 3


def test_a_hold_beyond_the_wait_ends_the_process_and_the_same_command_goes_on(tmp_path: Path) -> None:
    one = _publication(tmp_path, 40)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        command = ("--canary", "5", "--hold", "12s", "--wait", "0s")
        first = one.send("7", *command)
        second = one.send("7", *command)
        status = one.run("status", "7")
        assert first.code == second.code == 75
        assert "35 may follow from" in first.error[0]
        assert len(sink.log.kept()) == 5
        assert "canary: 5 of 40 sent, holding until" in status.out
        time.sleep(12)
        last = one.send("7", *command)
    assert last.code == 0, last.err
    assert one.states() == {"accepted": 40}
    assert one.violations(sink.log.path) == []


def test_a_kill_neither_shortens_nor_lengthens_the_hold(tmp_path: Path) -> None:
    one = _publication(tmp_path, 30)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm", "--canary", "3", "--hold", "5s")
        sink.log.wait(lambda log: len(log.kept()) >= 3)
        time.sleep(1)
        process.kill()
        ended(process)
        done = one.send("7")  # the options need not be said again
        instants = [message.t for message in sink.log.kept()]
    assert done.code == 0, done.err
    assert 4.8 <= instants[3] - instants[2] <= 20
    assert one.states() == {"accepted": 30}
    assert one.violations(sink.log.path) == []


def test_a_canary_that_is_refused_stops_the_send_until_somebody_decides(tmp_path: Path) -> None:
    one = _publication(tmp_path, 40)
    with SinkProcess(tmp_path, "on dot nth=2 times=1: reply 554 5.6.0 not like this") as sink:
        one.relay(sink.relay)
        stopped = one.send("7", "--canary", "5", "--hold", "1s")
        status = one.run("status", "7", "--json").document["sends"][0]
        taken = len(sink.log.kept())
        again = one.run("resume", "7")
    assert stopped.code == 75
    assert "1 of the 5 of the canary were refused" in stopped.error[0]
    assert status["state"] == "paused"
    assert "canary" in status["reason"]
    assert taken <= 4
    assert again.code == 0, again.err
    assert one.states() == {"accepted": 39, "rejected": 1}
    assert one.violations(sink.log.path) == []


def test_a_deferred_canary_holds_nobody_up(tmp_path: Path) -> None:
    one = _publication(tmp_path, 20)
    with SinkProcess(tmp_path, "on rcpt nth=2 times=1: reply 450 4.2.0 greylisted") as sink:
        one.relay(sink.relay)
        done = one.send("7", "--canary", "4", "--hold", "1s", "--wait", "5s")
    assert done.code == 75
    assert one.states() == {"accepted": 19, "deferred": 1}
    assert one.violations(sink.log.path) == []


def test_a_list_too_short_for_a_canary_goes_at_once(tmp_path: Path) -> None:
    one = _publication(tmp_path, 3)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        done = one.send("7", "--canary", "3")
    assert done.code == 0, done.err
    assert "too short" in done.out
    assert one.states() == {"accepted": 3}


@pytest.mark.parametrize(
    "options",
    [
        ("--hold", "5m"),
        ("--canary", "x"),
        ("--canary", "0"),
        ("--canary", "101%"),
        ("--canary", "1%", "--hold", "soon"),
    ],
)
def test_a_canary_that_cannot_be_read_is_a_wrong_call(tmp_path: Path, options: tuple[str, ...]) -> None:
    one = made(tmp_path, count=3)
    assert one.send("7", *options).code == 64
    assert not one.states()


def test_a_seed_that_is_no_address_is_named(tmp_path: Path) -> None:
    one = _publication(tmp_path, 3, '"nobody"')
    assert one.send("7", "--canary", "1").code == 78
    assert not one.states()
