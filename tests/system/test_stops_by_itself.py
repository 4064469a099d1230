"""A send that stops by itself, and how it goes on: by the editor's word, or when its cap allows."""

from pathlib import Path

from tests.sink import SinkProcess
from tests.system.publication import made


def _rate(root: Path, written: str) -> None:
    settings = root / "mailweekly.toml"
    settings.write_text(settings.read_text("utf-8").replace('rate = "0"', f"rate = {written}"), "utf-8")


def test_refusals_that_stopped_the_send_are_put_back_by_the_editors_word_and_everybody_gets_it_once(
    tmp_path: Path,
) -> None:
    one = made(tmp_path, count=50, connections=1)
    with SinkProcess(tmp_path, "on rcpt nth=1-20: reply 550 5.7.1 no mail from you") as sink:
        one.relay(sink.relay)
        stopped = one.send()
        alone = one.run("resolve", "7", "--rejected")
        taken_back = one.run("resolve", "7", "--resend", "--rejected")
        waiting = one.states()
        again = one.send()
        nothing_left = one.run("resolve", "7", "--resend", "--rejected")
    assert stopped.code == 75
    assert alone.code == 64
    assert (taken_back.code, waiting) == (0, {"queued": 50})
    assert "20 refused readers put back" in taken_back.out
    assert again.code == 0, again.err
    assert "no refusals" in nothing_left.out
    assert one.states() == {"accepted": 50}
    assert one.violations(sink.log.path) == []


def test_refusals_that_stopped_nothing_stay_refused(tmp_path: Path) -> None:
    one = made(tmp_path, count=30, connections=1)
    with SinkProcess(tmp_path, "on rcpt to=r3@*: reply 550 5.1.1 no such user") as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
        assert "no refusals" in one.run("resolve", "7", "--resend", "--rejected").out
    assert one.states() == {"accepted": 29, "rejected": 1}


def test_a_cap_that_is_reached_ends_the_run_and_says_when_it_goes_on(tmp_path: Path) -> None:
    one = made(tmp_path, count=30)
    _rate(one.root, '["500/s", "12/day"]')
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        first = one.send("7", "--wait", "0")
        second = one.send("7", "--wait", "0")
        assert (first.code, second.code) == (75, 75)
        assert "00:00 UTC" in first.err
        assert len(sink.log.kept()) == 12
    assert one.states() == {"accepted": 12, "queued": 18}
    assert one.violations(sink.log.path) == []


def test_a_connection_that_is_refused_for_its_number_costs_nobody_the_issue(tmp_path: Path) -> None:
    one = made(tmp_path, count=40, connections=4)
    script = "on mail nth=9: reply 432 4.3.2 concurrent connections limit exceeded"
    with SinkProcess(tmp_path, script) as sink:
        one.relay(sink.relay)
        done = one.run("send", "7", "--confirm", more={"MAILWEEKLY_RETRY_SCALE": "0.005"})
    assert done.code == 0, done.err
    assert one.states() == {"accepted": 40}
    assert one.violations(sink.log.path) == []
