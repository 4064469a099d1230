"""A correction: to those who got the issue, and only them; as another edition, with its own Message-IDs."""

from email.message import EmailMessage
from pathlib import Path

from mailweekly.adapters.store.database import Database
from mailweekly.audience.model import Suppression
from tests.ledger_check import deliveries
from tests.sink import SinkProcess
from tests.system.publication import ISSUE, Publication, addresses, made

CORRECTED = ISSUE.replace(
    "title: Seven\n",
    'title: Seven\ncorrection: "The first link was **wrong**; it is [this one](https://one.test/right)."\n',
)


def _text(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def _sent(tmp_path: Path, sink: SinkProcess) -> Publication:
    """Return a publication whose issue went to ten, of whom one was refused and one is unknown; r5 left since, r6 is off the list, r11 is new."""
    one = made(tmp_path, count=10, connections=1)
    one.relay(sink.relay)
    assert one.send().code == 75
    with Database(one.ledger) as database:
        database.suppress(Suppression(key="r5@readers.test", reason="unsubscribed"))
    one.readers([address for address in addresses(11) if address != "r6@readers.test"])
    return one


SCRIPT = "on rcpt to=r3@* times=1: reply 550 5.1.1 no\non dot to=r4@* times=1: reset"


def test_a_correction_goes_to_those_who_got_the_issue_and_only_them(tmp_path: Path) -> None:
    with SinkProcess(tmp_path, SCRIPT) as sink:
        one = _sent(tmp_path, sink)
        before = len(sink.log.kept())
        one.issue(CORRECTED)
        plan = one.run("plan", "7", "--correction", "--json").document
        dry = one.run("send", "7", "--correction")
        assert len(sink.log.kept()) == before
        done = one.send("7", "--correction")
        kept = sink.log.kept()
    expected = [f"r{number}@readers.test" for number in (1, 2, 7, 8, 9, 10)]
    assert plan["kind"] == "correction"
    assert plan["recipients"] == 6
    reasons = sorted(one["reason"] for one in plan["left_out"])
    assert reasons == ["left the list since", "not known whether the issue came", "unsubscribed"]
    assert "--correction --confirm" in dry.out
    assert done.code == 0, done.err
    assert sorted(message.recipient for message in kept[before:]) == sorted(expected)
    ids = {message.recipient: message.message_id for message in kept[:before]}
    for message in kept[before:]:
        assert message.message_id != ids[message.recipient]
        parsed = message.parsed()
        assert "The first link was wrong" in _text(parsed, "plain")
        assert "https://one.test/right" in _text(parsed, "html")
    rows = deliveries(one.ledger)
    assert len({row.send_id for row in rows}) == 2
    assert one.violations(sink.log.path) == []


def test_without_a_change_there_is_nothing_to_correct_and_each_correction_is_its_own(tmp_path: Path) -> None:
    one = made(tmp_path, count=4)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        early = one.send("7", "--correction")
        assert one.send().code == 0
        same = one.send("7", "--correction")
        one.issue(CORRECTED)
        assert one.send("7", "--correction").code == 0
        twice = one.send("7", "--correction")
        back = one.issue()
        again = one.run("plan", "7", "--correction")
        one.issue(CORRECTED.replace("wrong", "very wrong"))
        assert one.send("7", "--correction").code == 0
        status = one.run("status", "7", "--json").document
        refused = one.send("7")
        kept = sink.log.kept()
    assert early.code == same.code == twice.code == again.code == 77
    assert back.exists()
    assert [send["kind"] for send in status["sends"]] == ["issue", "correction", "correction-2"]
    assert refused.code == 77
    assert one.violations(sink.log.path) == []
    assert len(kept) == 12
    assert len({message.message_id for message in kept}) == 12


def test_a_correction_goes_on_by_the_same_command_and_can_be_steered(tmp_path: Path) -> None:
    one = made(tmp_path, count=12, connections=1)
    with SinkProcess(tmp_path, "on dot nth=15: gate hold ; default") as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
        one.issue(CORRECTED)
        process = one.start("send", "7", "--correction", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        assert one.run("pause", "7").code == 0
        sink.open("hold")
        assert process.wait(30) == 75
        assert len(sink.log.kept()) == 15
        assert one.send("7").code == 77  # the issue itself is over
        assert one.run("resume", "7").code == 0
        kept = sink.log.kept()
    assert len(kept) == 24
    assert len({message.message_id for message in kept}) == 24
    assert one.violations(sink.log.path) == []
    process.communicate()


def test_the_issue_must_be_over_before_it_is_corrected(tmp_path: Path) -> None:
    one = made(tmp_path, count=12, connections=1)
    with SinkProcess(tmp_path, "on dot nth=5: gate hold ; default") as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        one.run("pause", "7")
        sink.open("hold")
        process.communicate(timeout=30)
        one.issue(CORRECTED)
        early = one.send("7", "--correction")
        one.run("cancel", "7")
        done = one.send("7", "--correction")
        kept = sink.log.kept()
    assert early.code == 77
    assert "still being sent" in early.error[0]
    assert done.code == 0, done.err
    assert len(kept) == 10
    assert len({message.recipient for message in kept}) == 5


def test_a_correction_killed_in_mid_send_goes_on_and_reaches_nobody_twice(tmp_path: Path) -> None:
    one = made(tmp_path, count=40, connections=2)
    with SinkProcess(
        tmp_path, "on rcpt to=r3@* times=1: reply 550 5.1.1 no\non dot nth=55: gate hold ; default"
    ) as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
        one.issue(CORRECTED)
        process = one.start("send", "7", "--correction", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        process.kill()
        process.communicate()
        sink.open("hold")
        again = one.send("7", "--correction")
        unknown = [row.address for row in deliveries(one.ledger) if row.state == "unknown"]
    assert again.code in {0, 75}, again.err
    assert len(unknown) <= 2
    assert one.violations(sink.log.path) == []
