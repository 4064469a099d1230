"""A send from the terminal against a real server: who gets what, what the exit code says, and that a second time is refused."""

import itertools
import re
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailweekly.adapters.store.database import Database
from mailweekly.audience.model import Suppression
from tests.sink import SinkProcess, read
from tests.system.publication import ISSUE, Publication, addresses, ended, made


def _text(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_everybody_gets_their_own_copy_once_and_a_second_send_is_refused(tmp_path: Path) -> None:
    one = made(tmp_path, count=60)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        first = one.send()
        second = one.send()
    assert first.code == 0, first.err
    assert one.violations(sink.log.path) == []
    kept = sink.log.kept()
    assert sorted(message.recipient for message in kept) == sorted(addresses(60))
    assert len({re.search(rb"List-Unsubscribe: (\S+)", message.content)[1] for message in kept}) == 60  # type: ignore[index]
    for message in kept:
        number = message.recipient.partition("@")[0][1:]
        parsed = message.parsed()
        assert f"Reader {number}," in _text(parsed, "plain")
        assert f"Reader {number}," in _text(parsed, "html")
        assert message.recipient in parsed["To"]
    assert second.code == 77
    assert "60 accepted" in second.error[0]
    assert len(sink.log.kept()) == 60


def test_without_confirm_nothing_is_sent_and_nothing_is_frozen(tmp_path: Path) -> None:
    one = made(tmp_path)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        dry = one.run("send", "7")
        planned = one.run("plan", "7", "--json")
    assert dry.code == 0
    assert "--confirm" in dry.out
    assert planned.document["recipients"] == 10
    assert not sink.log.events()
    assert not one.states()


def test_a_test_copy_goes_to_the_named_only_and_leaves_the_ledger_alone(tmp_path: Path) -> None:
    one = made(tmp_path)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        done = one.run("send", "7", "--to", "me@mail.test", "--to", "you@mail.test", "--confirm")
    assert done.code == 0, done.err
    assert sorted(message.recipient for message in sink.log.kept()) == ["me@mail.test", "you@mail.test"]
    assert all("[test]" in message.parsed()["Subject"] for message in sink.log.kept())
    assert not one.states()


def test_another_edition_than_the_one_named_is_refused(tmp_path: Path) -> None:
    one = made(tmp_path)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        digest = one.run("plan", "7", "--json").document["edition"]
        one.issue(ISSUE.replace("short", "shorter"))
        changed = one.send("7", "--edition", digest)
        digest = one.run("plan", "7", "--json").document["edition"]
        same = one.send("7", "--edition", digest)
    assert changed.code == 77
    assert same.code == 0
    assert len(sink.log.kept()) == 10


def test_each_trouble_with_a_reader_is_that_readers_alone(tmp_path: Path) -> None:
    one = made(tmp_path, count=30, connections=1)
    with SinkProcess(tmp_path, read("mixed-readers")) as sink:
        one.relay(sink.relay)
        done = one.send("7", "--wait", "0s")
        named = one.run("status", "7", "--list", "unknown")
        document = one.run("status", "7", "--list", "rejected", "--json").document
    assert done.code == 75
    assert one.violations(sink.log.path) == []
    assert one.of("deferred") == ["r2@readers.test"]
    assert one.of("rejected") == ["r3@readers.test"]
    assert one.of("unknown") == ["r4@readers.test"]
    assert one.states()["accepted"] == 27
    assert "r4@readers.test" in named.out
    (rejected,) = document["sends"][0]["people"]
    assert rejected["address"] == "r3@readers.test"
    assert rejected["reply"] == "550 5.1.1 no such user"


@pytest.mark.parametrize("choice", ["--assume-accepted", "--resend"])
def test_the_unknown_ones_are_listed_by_name_and_settled_only_by_the_editors_word(tmp_path: Path, choice: str) -> None:
    one = made(tmp_path, count=12, connections=2)
    with SinkProcess(tmp_path, "on dot to=r4@* times=1: keep ; reset\non dot to=r6@* times=1: close") as sink:
        one.relay(sink.relay)
        first = one.send()
        named = one.run("status", "7", "--list", "unknown")
        again = one.send()
        got = len(sink.log.kept())
        settled = one.run("resolve", "7", choice)
        last = one.send()
    unknown = ["r4@readers.test", "r6@readers.test"]
    assert first.code == 75
    assert all(address in named.out for address in unknown)
    assert again.code != 0
    assert got == 11
    assert settled.code == 0
    if choice == "--resend":
        assert last.code == 0, last.err
        assert one.violations(sink.log.path, resent=unknown) == []
        assert sorted(message.recipient for message in sink.log.kept()).count("r4@readers.test") == 2
    else:
        assert last.code == 77
        assert one.violations(sink.log.path) == []
        assert len(sink.log.kept()) == 11
    assert one.states()["accepted"] == 12


@pytest.mark.parametrize("stage", ["mail", "rcpt", "dot"])
def test_a_relay_that_closes_with_421_loses_nobody(tmp_path: Path, stage: str) -> None:
    one = made(tmp_path, count=12, connections=1)
    with SinkProcess(tmp_path, f"on {stage} nth=5: reply 421 4.3.2 shutting down ; close") as sink:
        one.relay(sink.relay)
        done = one.send()
    assert done.code == 0, done.err
    assert one.violations(sink.log.path) == []
    assert one.states() == {"accepted": 12}


@pytest.mark.parametrize("name", ["limit-per-connection", "limit-of-connections", "reply-slow"])
def test_a_relay_with_limits_gets_everything_in_the_end(tmp_path: Path, name: str) -> None:
    one = made(tmp_path, count=25, connections=4)
    with SinkProcess(tmp_path, read(name)) as sink:
        one.relay(sink.relay)
        done = one.send()
    assert done.code == 0, done.err
    assert one.violations(sink.log.path) == []
    assert one.states() == {"accepted": 25}


def test_a_relay_that_refuses_everybody_stops_the_send_and_the_rest_stays_waiting(tmp_path: Path) -> None:
    one = made(tmp_path, count=50, connections=1)
    with SinkProcess(tmp_path, "on rcpt nth=1-20: reply 550 5.7.1 no mail from you") as sink:
        one.relay(sink.relay)
        stopped = one.send()
        waiting = one.states()
        status = one.run("status", "7")
        again = one.send()
    assert stopped.code == 75
    assert waiting == {"rejected": 20, "queued": 30}
    assert "paused" in status.out
    assert "5.7.1 no mail from you" in stopped.err
    assert again.code == 0, again.err
    assert one.states() == {"rejected": 20, "accepted": 30}
    assert one.violations(sink.log.path) == []


def test_a_refusal_of_the_sender_is_nobodys_bounce(tmp_path: Path) -> None:
    one = made(tmp_path, count=30, connections=1)
    with SinkProcess(tmp_path, "on mail nth=1: reply 550 5.7.1 sender refused") as sink:
        one.relay(sink.relay)
        stopped = one.send()
        waiting = one.states()
        again = one.send()
    assert stopped.code == 75
    assert waiting == {"queued": 30}
    assert again.code == 0
    assert one.violations(sink.log.path) == []


def test_a_message_above_the_relays_size_stops_the_send_before_a_byte_of_it_left(tmp_path: Path) -> None:
    one = made(tmp_path)
    with SinkProcess(tmp_path, "offer PIPELINING SIZE=2000") as sink:
        one.relay(sink.relay)
        done = one.send()
    assert done.code in {65, 75, 77}
    assert one.states() == {"queued": 10}
    assert not sink.log.messages()


def test_no_second_holds_more_messages_than_the_pace_allows(tmp_path: Path) -> None:
    one = made(tmp_path, count=45, rate="15/s")
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
    instants = sorted(message.t for message in sink.log.kept())
    for first, last in itertools.pairwise(range(0, 45, 15)):
        assert instants[last] - instants[first] >= 0.95
    worst = max(sum(start <= instant < start + 1 for instant in instants) for start in instants)
    assert worst <= 17
    assert instants[-1] - instants[0] >= 44 / 15 * 0.97


def test_a_relay_that_stalls_is_not_flooded_afterwards(tmp_path: Path) -> None:
    one = made(tmp_path, count=40, rate="10/s")
    with SinkProcess(tmp_path, "on dot nth=3-6: wait 1500ms ; default") as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
    instants = sorted(message.t for message in sink.log.kept())
    worst = max(sum(start <= instant < start + 1 for instant in instants) for start in instants)
    assert worst <= 10 + 4 + 1, f"{worst} in one second, at 10/s over 4 connections"


def test_between_batches_there_is_the_pause(tmp_path: Path) -> None:
    one = made(tmp_path, count=30, batch=10, batch_pause="1s")
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
    instants = sorted(message.t for message in sink.log.kept())
    gaps = [instants[10] - instants[9], instants[20] - instants[19]]
    assert all(0.9 <= gap <= 3 for gap in gaps), gaps
    assert instants[9] - instants[0] < 0.9


def test_the_pace_outlives_a_stop(tmp_path: Path) -> None:
    one = made(tmp_path, count=30, batch=10, batch_pause="4s", connections=1)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: len(log.kept()) >= 10)
        process.terminate()
        assert ended(process).code == 75
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: len(log.kept()) >= 11)
        process.terminate()
        ended(process)
    instants = sorted(message.t for message in sink.log.kept())
    assert instants[10] - instants[9] >= 3.8


def test_a_reader_who_leaves_in_mid_send_is_not_mailed(tmp_path: Path) -> None:
    one = made(tmp_path, count=20, connections=1)
    with SinkProcess(tmp_path, "on dot nth=5: gate hold ; default") as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        with Database(one.ledger) as database:
            for number in (7, 19):
                database.suppress(Suppression(key=f"r{number}@readers.test", reason="unsubscribed"))
        sink.open("hold")
        done = ended(process)
    assert done.code == 0, done.err
    assert one.violations(sink.log.path) == []
    assert one.of("skipped") == ["r7@readers.test", "r19@readers.test"]
    assert one.reason("r7@readers.test") == "unsubscribed"


@pytest.mark.parametrize("change", ["edited", "deleted"])
def test_what_was_frozen_goes_on_whatever_becomes_of_the_files(tmp_path: Path, change: str) -> None:
    one = made(tmp_path, count=20, connections=1)
    with SinkProcess(tmp_path, "on dot nth=5: gate hold ; default") as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        path = one.root / "issues" / "007-seven.md"
        if change == "edited":
            one.issue(ISSUE.replace("this is short", "this is another text"))
        else:
            path.unlink()
        one.readers(addresses(25))
        process.kill()
        ended(process)
        sink.open("hold")
        again = one.send()
    assert again.code == 75, again.err
    assert one.violations(sink.log.path) == []
    assert one.states()["accepted"] + one.states()["unknown"] == 20
    assert all(b"another text" not in message.content for message in sink.log.kept())


def test_a_second_send_at_the_same_time_says_so_and_leaves(tmp_path: Path) -> None:
    one = made(tmp_path, count=20)
    with SinkProcess(tmp_path, "on dot nth=5: gate hold ; default") as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        second = one.send()
        sink.open("hold")
        done = ended(process)
    assert second.code == 75
    assert str(process.pid) in second.error[0]
    assert done.code == 0
    assert one.violations(sink.log.path) == []
    assert one.states() == {"accepted": 20}


def test_two_sends_started_together_mail_nobody_twice(tmp_path: Path) -> None:
    one = made(tmp_path, count=30)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        both = [one.start("send", "7", "--confirm") for _ in range(3)]
        codes = sorted(ended(process).code for process in both)
    assert codes[0] == 0
    assert set(codes[1:]) <= {75, 77}
    assert one.violations(sink.log.path) == []
    assert one.states() == {"accepted": 30}


def test_a_lock_left_by_a_dead_sender_is_taken_over(tmp_path: Path) -> None:
    one = made(tmp_path, count=10, connections=1)
    with SinkProcess(tmp_path, "on dot nth=3 times=1: gate hold ; default") as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        process.kill()
        ended(process)
        begin = time.monotonic()
        assert one.send().code == 75
        assert time.monotonic() - begin < 20
    assert one.violations(sink.log.path) == []


def test_an_address_that_is_there_twice_gets_one_message(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.readers(["r1@readers.test", "R1@Readers.Test", "r2@readers.test", "r2@readers.test"])
    (one.root / "subscribers" / "others.csv").write_text("email\nr1@readers.test\n")
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        done = one.send()
    assert done.code == 0, done.err
    assert sorted(message.recipient for message in sink.log.kept()) == ["r1@readers.test", "r2@readers.test"]


def test_a_second_list_of_the_same_issue_leaves_out_whoever_has_it(tmp_path: Path) -> None:
    one = made(tmp_path, count=5)
    (one.root / "subscribers" / "others.csv").write_text("email\nr4@readers.test\nnew@readers.test\n")
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
        assert one.send("7", "--audience", "others").code == 0
    assert sorted(message.recipient for message in sink.log.kept()) == sorted([*addresses(5), "new@readers.test"])


def test_rows_that_are_no_readers_are_left_out_and_named_and_the_others_go(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.readers(addresses(3), extra="not an address,Nobody\nr9@readers.test,Nine\nx@@y.test,X\n")
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        planned = one.run("plan", "7", "--json")
        done = one.send()
    rejects = planned.document["rejected_rows"]
    assert [(reject["file"], reject["line"]) for reject in rejects] == [
        ("subscribers/readers.csv", 5),
        ("subscribers/readers.csv", 7),
    ]
    assert done.code == 0
    assert "readers.csv:5" in done.out
    assert sorted(message.recipient for message in sink.log.kept()) == sorted([*addresses(3), "r9@readers.test"])


def test_text_that_looks_like_the_end_of_a_message_ends_none(tmp_path: Path) -> None:
    """Each wrong end of a body, in the issue and in a reader's name, against a server that would take it."""
    one = made(tmp_path)
    wrong = ["\n.\n", "\r\n.\r\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r.\n", "\n.\r", "\r\n.\r", "\r\r\n.\r\n"]
    body = "".join(
        f"\n\nfor example{ending}MAIL FROM:<evil@x.test>\n\n.\n\n..\n\n    .\n    code\n" for ending in wrong
    )
    (one.root / "issues" / "007-seven.md").write_bytes((ISSUE + body).encode())
    one.readers(["r1@readers.test", "r2@readers.test"], extra='r3@readers.test,".\n.\nMAIL FROM:<evil@x.test>"\n')
    with SinkProcess(tmp_path, read("lenient")) as sink:
        one.relay(sink.relay)
        done = one.send()
    assert done.code in {0, 77}, done.err
    kept = sink.log.kept()
    assert len(kept) == len({message.recipient for message in kept}) >= 2
    assert not [line for line in sink.log.lines() if "evil" in line]
    assert one.violations(sink.log.path) == []


def test_nobody_ever_gets_anothers_copy(tmp_path: Path) -> None:
    one = made(tmp_path, count=400, connections=8)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
    for message in sink.log.kept():
        own = message.recipient.partition("@")[0][1:]
        others = set(re.findall(rb"Reader (\d+)", message.content)) - {own.encode()}
        assert not others
        assert set(re.findall(rb"r(\d+)@readers", message.content)) <= {own.encode()}
    assert one.violations(sink.log.path) == []


def test_everything_up_to_a_send_into_the_outbox_works_without_a_network(tmp_path: Path) -> None:
    """Everything up to `send`, with sockets forbidden in the process and its children."""
    (tmp_path / "sitecustomize.py").write_text(
        "import socket, sys\n"
        "def forbid(event, args):\n"
        "    if event in {'socket.connect', 'socket.bind', 'socket.getaddrinfo', 'socket.sendto'}:\n"
        "        sys.stderr.write(f'NETWORK {event} {args}\\n')\n"
        "        raise OSError('no network here')\n"
        "sys.addaudithook(forbid)\n"
    )
    guard = {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2] / 'src'}"}
    one = Publication(tmp_path / "weekly")
    steps = [
        ("init", str(one.root)),
        ("new", "A title"),
        ("fix", "1"),
        ("check", "1"),
        ("build", "1", "-o", "out"),
        ("plan", "1"),
        ("send", "1"),
        ("status",),
        ("send", "1", "--confirm"),
    ]
    for step in steps:
        one.root.mkdir(exist_ok=True)
        done = one.run(*step, more=guard)
        if step[0] == "init":
            text = (one.root / "mailweekly.toml").read_text()
            (one.root / "mailweekly.toml").write_text(re.sub('(?m)^(rate = "|batch = )[^"# \\n]*', r"\g<1>0", text))
        assert "NETWORK" not in done.err, f"{step}: {done.err}"
        assert done.code == 0, f"{step}: {done.err}"
    assert len(list((one.root / "outbox").glob("*.eml"))) > 100
