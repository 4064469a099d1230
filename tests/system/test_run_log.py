"""The run log: a line for each answer, no address in it, for its owner only; and it never stops a send."""

import os
import re
import signal
from pathlib import Path

import pytest

from tests.sink import SinkProcess
from tests.system.publication import ended, made, says

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ 007:s\d+: relay=127\.0\.0\.1:\d+, delay=[\d.]+, dsn=\d\.\d+\.\d+, status=(\w+) \((.*)\)"
)


def test_each_answer_is_a_line_and_no_address_stands_in_it(tmp_path: Path) -> None:
    one = made(tmp_path, count=12, connections=2)
    script = "on rcpt to=r3@*: reply 550 5.1.1 <r3@readers.test> is no user; ask postmaster@mail.test\non rcpt to=r4@*: reply 450 4.2.0 later"
    with SinkProcess(tmp_path, script) as sink:
        one.relay(sink.relay)
        assert one.send("7", "--wait", "0s").code == 75
    path = one.root / "mailweekly.log"
    text = path.read_text("utf-8")
    found = [LINE.fullmatch(line) for line in text.splitlines() if "status=" in line]
    states = sorted(match[1] for match in found if match)
    assert states == ["accepted"] * 10 + ["deferred", "rejected"]
    assert all(found), text
    assert "@" not in text
    assert re.search(r"status=rejected \(550 5\.1\.1 <s\d+> is no user; ask …\)", text)
    assert path.stat().st_mode & 0o777 == 0o600
    lines = text.splitlines()
    assert " 007: running: 12 waiting" in lines[0]
    assert " 007: waiting, next due 2" in lines[-1]


@pytest.mark.parametrize("obstacle", ["folder", "full"])
def test_a_log_that_cannot_be_written_stops_no_send(tmp_path: Path, obstacle: str) -> None:
    one = made(tmp_path, count=5)
    path = one.root / "mailweekly.log"
    if obstacle == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)  # nobody reads it: what is written goes nowhere
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        done = one.send()
    assert done.code == 0
    assert done.err.count("run log cannot be written") == 1
    assert one.states() == {"accepted": 5}


def test_a_send_whose_terminal_is_gone_is_followed_by_the_log(tmp_path: Path) -> None:
    one = made(tmp_path, count=12, connections=1)
    with SinkProcess(tmp_path, "on dot nth=4: gate hold ; default") as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stderr.close()
        sink.open("hold")
        assert process.wait(30) == 0
    text = (one.root / "mailweekly.log").read_text("utf-8")
    assert text.count("status=accepted") == 12
    assert one.states() == {"accepted": 12}


@pytest.mark.parametrize("ignored", [False, True], ids=["hang-up", "nohup"])
def test_a_hang_up_ends_a_send_in_order_unless_it_was_started_to_outlive_it(tmp_path: Path, ignored: bool) -> None:
    one = made(tmp_path, count=12, connections=1)
    with SinkProcess(tmp_path, "on dot nth=4: gate hold ; default") as sink:
        one.relay(sink.relay)
        command = one.command("send", "7", "--confirm")
        before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may have been started by nohup
        process = one.start(command=["nohup", *command] if ignored else command)
        signal.signal(signal.SIGHUP, before)
        sink.log.wait(lambda log: bool(log.events("held")))
        process.send_signal(signal.SIGHUP)
        if not ignored:
            says(process, "stopping")
        sink.open("hold")
        done = ended(process)
        assert done.code == (0 if ignored else 75)
        assert one.states() == ({"accepted": 12} if ignored else {"accepted": 4, "queued": 8})
        assert one.violations(sink.log.path) == []
