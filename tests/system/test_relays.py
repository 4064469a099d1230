"""Several relays: shares, routes, one that dies and comes back, one that refuses, a backup; and nobody gets it twice over any of them."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sink import SinkProcess
from tests.sink.certificates import papers
from tests.system.publication import Publication, addresses, ended, made

A_LITTLE = "on dot: wait 20ms ; reply 250 2.0.0 taken"
PASSWORD = "s3cret-of-the-relay"


@contextmanager
def _two(tmp_path: Path, first: str = "", second: str = "") -> Iterator[tuple[SinkProcess, SinkProcess]]:
    with SinkProcess(tmp_path, first, name="a") as a, SinkProcess(tmp_path, second, name="b") as b:
        yield a, b


def _kept_by(*sinks: SinkProcess) -> list[int]:
    return [len(sink.log.kept()) for sink in sinks]


def _wait(ready: Callable[[], bool], timeout_s: float = 30) -> None:
    end = time.monotonic() + timeout_s
    while not ready():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def _all_got_it(one: Publication, count: int, *sinks: SinkProcess) -> None:
    assert one.states() == {"accepted": count}
    assert one.violations([sink.log.path for sink in sinks]) == []
    got = Counter(message.recipient for sink in sinks for message in sink.log.kept())
    assert set(got.values()) == {1}
    assert len(got) == count


def test_two_relays_carry_their_shares(tmp_path: Path) -> None:
    one = made(tmp_path, count=800)
    with _two(tmp_path) as (a, b):
        one.relays({"a": "weight = 3", "b": "weight = 1"}, a=a.relay, b=b.relay)
        done = one.send()
    assert done.code == 0, done.err
    _all_got_it(one, 800, a, b)
    assert _kept_by(a)[0] / 800 == pytest.approx(0.75, abs=0.03)
    shown = one.run("status", "7", "--json").document["sends"][0]["relays"]
    assert {each["relay"]: each["counts"]["accepted"] for each in shown} == {
        "a": _kept_by(a)[0],
        "b": _kept_by(b)[0],
    }
    log = (one.root / "mailweekly.log").read_text("utf-8")
    assert "relay=a," in log
    assert "relay=b," in log


def test_the_share_holds_on_a_short_list_and_beside_a_slow_relay(tmp_path: Path) -> None:
    one = made(tmp_path, count=100)
    with _two(tmp_path, "on dot: wait 60ms ; reply 250 2.0.0 taken") as (a, b):
        one.relays({"a": "weight = 3\nconnections = 2", "b": "weight = 1"}, a=a.relay, b=b.relay)
        assert one.send().code == 0
    _all_got_it(one, 100, a, b)
    assert _kept_by(a)[0] == pytest.approx(75, abs=10)


def test_a_relay_that_dies_is_stepped_around_and_used_again_once_it_is_back(tmp_path: Path) -> None:
    one = made(tmp_path, count=600, connections=2)
    with _two(tmp_path, A_LITTLE, A_LITTLE) as (a, b):
        one.relays({"a": "", "b": ""}, a=a.relay, b=b.relay)
        process = one.start("send", "7", "--confirm", "--wait", "0s")
        _wait(lambda: _kept_by(a)[0] >= 30)
        a.stop()
        (at_b,) = _kept_by(b)
        _wait(lambda: _kept_by(b)[0] >= at_b + 60)
        (before,) = _kept_by(a)
        a.start()
        _wait(lambda: _kept_by(a)[0] >= before + 30)
        done = ended(process)
    unknown = one.states()["unknown"]
    assert unknown <= 2
    assert done.code == (75 if unknown else 0), done.err
    assert one.states() == Counter({"accepted": 600 - unknown, "unknown": unknown} if unknown else {"accepted": 600})
    assert one.violations([a.log.path, b.log.path]) == []
    assert "a cannot be reached" in done.err
    assert "a is back" in done.err


def test_a_killed_relay_costs_nobody_more_than_its_open_connections(tmp_path: Path) -> None:
    one = made(tmp_path, count=400, connections=3)
    with _two(tmp_path, A_LITTLE, A_LITTLE) as (a, b):
        one.relays({"a": "", "b": ""}, a=a.relay, b=b.relay)
        process = one.start("send", "7", "--confirm", "--wait", "0s")
        _wait(lambda: _kept_by(a)[0] >= 40)
        assert a._process is not None
        os.kill(a._process.pid, signal.SIGKILL)
        began = time.monotonic()
        done = ended(process)
        assert time.monotonic() - began < 20
    unknown = one.states()["unknown"]
    assert unknown <= 3
    assert done.code == (75 if unknown else 0), done.err
    assert one.states()["accepted"] == 400 - unknown
    assert one.violations([a.log.path, b.log.path]) == []


def test_a_send_killed_over_two_relays_goes_on_and_mails_nobody_twice(tmp_path: Path) -> None:
    one = made(tmp_path, count=300, connections=2)
    with _two(tmp_path, A_LITTLE, A_LITTLE) as (a, b):
        one.relays({"a": "", "b": ""}, a=a.relay, b=b.relay)
        process = one.start("send", "7", "--confirm")
        _wait(lambda: sum(_kept_by(a, b)) >= 60)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        done = one.send()
    unknown = one.states()["unknown"]
    assert unknown <= 4
    assert done.code == (75 if unknown else 0)
    assert one.violations([a.log.path, b.log.path]) == []
    assert one.states()["accepted"] == 300 - unknown


def test_a_login_that_is_refused_closes_only_that_relay_and_the_operator_is_told(tmp_path: Path) -> None:
    one, good = made(tmp_path, count=60), papers(tmp_path)
    with (
        SinkProcess(tmp_path, "login reader another", name="a", tls=good.pair) as a,
        SinkProcess(tmp_path, name="b") as b,
    ):
        one.relays({"a": "weight = 5", "b": ""}, a=f"smtp://reader@127.0.0.1:{a.port}", b=b.relay)
        one.environment |= {"MAILWEEKLY_RELAY_A_PASSWORD": PASSWORD, "MAILWEEKLY_RELAY_CA": str(good.authority)}
        done = one.send()
        tries = [line for line in a.log.lines() if line.upper().startswith("AUTH")]
    assert done.code == 0, done.err
    _all_got_it(one, 60, b)
    assert len(tries) == 1
    assert "refused the login" in done.err
    assert "the other relays go on" in done.err
    assert PASSWORD not in done.out + done.err


def test_logins_refused_everywhere_leave_everybody_queued(tmp_path: Path) -> None:
    one, good = made(tmp_path), papers(tmp_path)
    with (
        SinkProcess(tmp_path, "login reader another", name="a", tls=good.pair) as a,
        SinkProcess(tmp_path, "login reader another", name="b", tls=good.pair) as b,
    ):
        one.relays(
            {"a": "", "b": ""},
            **{sink: f"smtp://reader@127.0.0.1:{port}" for sink, port in (("a", a.port), ("b", b.port))},
        )
        secrets = {f"MAILWEEKLY_RELAY_{name}_PASSWORD": PASSWORD for name in "AB"}
        one.environment |= {**secrets, "MAILWEEKLY_RELAY_CA": str(good.authority)}
        done = one.send()
    assert done.code == 78, done.err
    assert one.states() == {"queued": 10}


def test_an_account_that_is_refused_closes_only_its_relay(tmp_path: Path) -> None:
    one = made(tmp_path, count=120)
    with _two(tmp_path, "on mail nth=6-: reply 550 5.7.60 not allowed to send as this sender") as (a, b):
        one.relays({"a": "", "b": ""}, a=a.relay, b=b.relay)
        done = one.send()
    assert done.code == 0, done.err
    _all_got_it(one, 120, a, b)
    assert _kept_by(a)[0] == 5
    assert "a: the relay refuses this sender" in done.err


def test_an_account_that_is_refused_by_the_only_relay_of_the_others_stops_for_them(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    one.readers([*addresses(20), *(f"g{n}@gmail.test" for n in range(20))])
    with _two(tmp_path, "on mail: reply 550 5.7.60 not allowed to send as this sender") as (a, b):
        one.relays({"a": "", "b": 'domains = ["gmail.test"]'}, a=a.relay, b=b.relay)
        done = one.send()
    assert done.code == 75, done.err
    assert one.states() == {"accepted": 20, "queued": 20}
    assert {message.recipient.partition("@")[2] for message in b.log.kept()} == {"gmail.test"}
    assert "5.7.60" in done.err


def test_a_domain_goes_by_its_own_relay_and_by_the_others_while_that_is_away(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    one.readers([*addresses(60), *(f"g{n}@gmail.test" for n in range(60))])
    with _two(tmp_path) as (a, b):
        one.relays({"a": "", "b": 'domains = ["gmail.test"]'}, a=a.relay, b=b.relay)
        done = one.send()
    assert done.code == 0, done.err
    _all_got_it(one, 120, a, b)
    assert {message.recipient.partition("@")[2] for message in b.log.kept()} == {"gmail.test"}
    assert {message.recipient.partition("@")[2] for message in a.log.kept()} == {"readers.test"}

    other = made(tmp_path / "other", count=1)
    other.readers([*addresses(30), *(f"g{n}@gmail.test" for n in range(30))])
    with SinkProcess(tmp_path, name="c") as c:
        other.relays({"a": "", "b": 'domains = ["gmail.test"]'}, a=c.relay, b="smtp://127.0.0.1:1")
        done = other.send()
    assert done.code == 0, done.err
    _all_got_it(other, 60, c)


def test_the_mail_of_others_never_goes_by_the_relay_of_a_domain(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    one.readers([*addresses(10), *(f"g{n}@gmail.test" for n in range(10))])
    with SinkProcess(tmp_path) as b:
        one.relays({"a": "", "b": 'domains = ["gmail.test"]'}, a="smtp://127.0.0.1:1", b=b.relay)
        began = time.monotonic()
        done = one.send()
        assert time.monotonic() - began < 20
    assert done.code == 69, done.err
    assert one.states() == {"accepted": 10, "queued": 10}
    assert one.violations(b.log.path) == []


def test_a_backup_is_used_only_once_the_others_are_gone(tmp_path: Path) -> None:
    one = made(tmp_path, count=50)
    with _two(tmp_path) as (a, b):
        one.relays({"a": "", "b": "weight = 0"}, a=a.relay, b=b.relay)
        began = time.monotonic()
        assert one.send().code == 0
        assert time.monotonic() - began < 15
    _all_got_it(one, 50, a)
    assert not b.log.events("connect")

    other = made(tmp_path / "other", count=300, connections=2)
    with SinkProcess(tmp_path, A_LITTLE, name="c") as c, SinkProcess(tmp_path, name="d") as d:
        other.relays({"a": "", "b": "weight = 0"}, a=c.relay, b=d.relay)
        process = other.start("send", "7", "--confirm", "--wait", "0s")
        _wait(lambda: _kept_by(c)[0] >= 50)
        assert not d.log.events("connect")
        c.stop()
        ended(process)
    assert other.states()["accepted"] + other.states()["unknown"] == 300
    assert other.violations([c.log.path, d.log.path]) == []
    assert _kept_by(d)[0] > 150


def test_with_every_relay_away_at_the_start_everybody_is_queued(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.relays(
        {"a": "", "b": "", "c": "weight = 0"}, a="smtp://127.0.0.1:1", b="smtp://127.0.0.1:1", c="smtp://127.0.0.1:1"
    )
    began = time.monotonic()
    done = one.send()
    assert time.monotonic() - began < 20
    assert done.code == 69
    assert done.error[1] == "a, b, c"
    assert one.states() == {"queued": 10}


def test_each_relay_keeps_its_own_pace_and_a_slow_one_holds_no_route_up(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    one.readers([*addresses(40), *(f"g{n}@gmail.test" for n in range(10))])
    with _two(tmp_path) as (a, b):
        one.relays({"a": 'rate = "20/s"', "b": 'rate = "5/s"\ndomains = ["gmail.test"]'}, a=a.relay, b=b.relay)
        done = one.send()
    assert done.code == 0, done.err
    _all_got_it(one, 50, a, b)
    for sink, rate in ((a, 20), (b, 5)):
        instants = sorted(message.t for message in sink.log.kept())
        lasted = instants[-1] - instants[0]
        assert (len(instants) - 1) / lasted == pytest.approx(rate, rel=0.15)
        assert max(sum(at <= one < at + 1 for one in instants) for at in instants) <= 1.1 * rate + 1


def test_a_relay_at_its_cap_holds_nobody_up(tmp_path: Path) -> None:
    one = made(tmp_path, count=60)
    with _two(tmp_path) as (a, b):
        one.relays({"a": 'rate = ["100/s", "7/day"]', "b": ""}, a=a.relay, b=b.relay)
        done = one.send()
    assert done.code == 0, done.err
    _all_got_it(one, 60, a, b)
    assert _kept_by(a) == [7]


def test_a_test_copy_goes_by_the_relay_of_its_domain(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    with _two(tmp_path) as (a, b):
        one.relays({"a": "", "b": 'domains = ["gmail.test"]'}, a=a.relay, b=b.relay)
        done = one.run("send", "7", "--to", "me@gmail.test", "--to", "me@mail.test")
    assert done.code == 0, done.err
    assert [message.recipient for message in a.log.kept()] == ["me@mail.test"]
    assert [message.recipient for message in b.log.kept()] == ["me@gmail.test"]
    assert "(by b)" in done.out


def test_the_plan_and_the_doctor_name_each_relay(tmp_path: Path) -> None:
    one = made(tmp_path)
    with SinkProcess(tmp_path, "offer PIPELINING LIMITS\non ehlo: reply 250-x ; reply 250 LIMITS MAILMAX=7") as a:
        tables = {"a": "weight = 3", "b": "", "c": 'domains = ["gmail.test"]', "d": "weight = 0"}
        one.relays(tables, a=a.relay, **dict.fromkeys("bcd", "smtp://127.0.0.1:1"))
        plan = one.run("plan", "7").out
        document = one.run("plan", "7", "--json").document
        doctor = one.run("doctor")
        verdicts = one.run("doctor", "--json").document["verdicts"]
    for words in (
        "a (127.0.0.1:",
        "75 % of the others",
        "25 % of the others",
        "carries gmail.test",
        "no other can be reached",
    ):
        assert words in plan
    assert [each["relay"] for each in document["relays"]] == ["a", "b", "c", "d"]
    assert [each["share"] for each in document["relays"]] == [0.75, 0.25, 0.0, 0.0]
    relays = [each for each in verdicts if each["about"] == "relay"]
    assert [each["what"][0] for each in relays] == ["a", "b", "c", "d"]
    assert [each["verdict"] for each in relays] == ["good", "fault", "fault", "fault"]
    assert "connections of 7 messages" in relays[0]["what"]
    assert doctor.code == 1
    assert json.dumps(document)


WRONG = {
    "no address": ("[relays.a]", {}, "MAILWEEKLY_RELAY_A"),
    "no table": ("[relays.a]", {"A": "smtp://127.0.0.1:1", "ZULU": "smtp://hush-hush"}, "MAILWEEKLY_RELAY_ZULU"),
    "rate 0": ('[relays.a]\nrate = "0"', {"A": "smtp://127.0.0.1:1"}, "relays.a.rate"),
    "outbox beside": ("[relays.a]\n[relays.b]", {"A": "smtp://127.0.0.1:1", "B": "outbox"}, "MAILWEEKLY_RELAY_B"),
    "two ways to say it": ("[relays.a]", {"A": "smtp://127.0.0.1:1", "": "smtp://127.0.0.1:1"}, "MAILWEEKLY_RELAY"),
    "password without TLS": (
        "[relays.a]",
        {"A": "smtp://x@relay.invalid:25?tls=none", "A_PASSWORD": "hush-hush"},
        "MAILWEEKLY_RELAY_A",
    ),
    "an unknown preset": ("[relays.a]", {"A": "hush-hush"}, "MAILWEEKLY_RELAY_A"),
    "too many for the provider": (
        "[relays.a]\nconnections = 4",
        {"A": "me@x.test@microsoft365", "A_PASSWORD": "hush-hush"},
        "relays.a.connections",
    ),
}


@pytest.mark.parametrize(("toml", "variables", "where"), WRONG.values(), ids=WRONG)
def test_what_makes_no_sense_together_is_refused_before_anything_is_connected(
    tmp_path: Path, toml: str, variables: dict[str, str], where: str
) -> None:
    one = made(tmp_path)
    path = one.root / "mailweekly.toml"
    path.write_text(f"{path.read_text('utf-8')}\n{toml}\n", "utf-8")
    one.environment = {f"MAILWEEKLY_RELAY_{name}".rstrip("_"): value for name, value in variables.items()}
    done = one.send()
    assert done.code == 78, done.err
    assert where in done.error[1]
    assert "hush-hush" not in done.out + done.err
    assert not one.states()


def test_a_check_needs_no_address(tmp_path: Path) -> None:
    """What an editor's CI runs has no secrets."""
    one = made(tmp_path)
    one.relays({"a": "", "b": ""})
    assert one.run("check", "7").code == 0


def test_a_run_over_several_relays_stops_when_it_is_asked_to(tmp_path: Path) -> None:
    one = made(tmp_path, count=500, connections=2)
    with _two(tmp_path, A_LITTLE, A_LITTLE) as (a, b):
        one.relays({"a": "", "b": "", "c": "weight = 0"}, a=a.relay, b=b.relay, c="smtp://127.0.0.1:1")
        process: subprocess.Popen[bytes] = one.start("send", "7", "--confirm")
        _wait(lambda: sum(_kept_by(a, b)) >= 40)
        process.send_signal(signal.SIGINT)
        done = ended(process, 15)
        assert done.code == 75
        assert set(one.states()) == {"accepted", "queued"}
        assert one.send().code == 0
    _all_got_it(one, 500, a, b)
