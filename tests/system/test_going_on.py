"""A send taken up again: with who has left since, as the edition it was, whatever the issue says by now; and no secret in an error."""

from pathlib import Path

import pytest

from tests.sink import SinkProcess
from tests.system.publication import ISSUE, Publication, addresses, ended, made, says


def _interrupted(tmp_path: Path, sink: SinkProcess, after: int) -> Publication:
    """Return a publication whose send to twelve readers was stopped after some of them."""
    one = made(tmp_path, count=12, connections=1)
    one.relay(sink.relay)
    process = one.start("send", "7", "--confirm")
    sink.log.wait(lambda log: bool(log.events("held")))
    process.terminate()
    says(process, "stopping")  # else the reply may be there before the signal
    sink.open("hold")
    assert ended(process).code == 75
    assert one.states()["accepted"] == after
    return one


def test_whoever_left_by_the_list_file_since_is_not_mailed(tmp_path: Path) -> None:
    with SinkProcess(tmp_path, "on dot nth=4: gate hold ; default") as sink:
        one = _interrupted(tmp_path, sink, 4)
        rows = [
            f"{address},Reader {number},{'unsubscribed' if number == 12 else 'active'}"
            for number, address in enumerate(addresses(12), 1)
        ]
        (one.root / "subscribers" / "readers.csv").write_text("\n".join(["email,name,status", *rows]) + "\n", "utf-8")
        done = one.send()
    assert done.code == 0, done.err
    assert one.violations(sink.log.path) == []
    assert one.of("skipped") == [addresses(12)[11]]
    assert addresses(12)[11] not in {message.recipient for message in sink.log.kept()}


def test_another_list_in_the_issue_strands_nobody(tmp_path: Path) -> None:
    with SinkProcess(tmp_path, "on dot nth=4: gate hold ; default") as sink:
        one = _interrupted(tmp_path, sink, 4)
        one.issue(ISSUE.replace("title: Seven", "title: Other\nlist: other"))
        done = one.send()
    assert done.code == 0, done.err
    assert "reads differently" in done.err
    assert one.states() == {"accepted": 12}
    assert one.violations(sink.log.path) == []


def test_another_edition_than_the_one_named_does_not_go_on(tmp_path: Path) -> None:
    with SinkProcess(tmp_path, "on dot nth=4: gate hold ; default") as sink:
        one = _interrupted(tmp_path, sink, 4)
        refused = one.send("7", "--edition", "sha256:0000")
        assert refused.code == 77
        assert len(sink.log.kept()) == 4


def test_a_field_in_an_address_is_encoded_in_both_parts(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    one.issue(ISSUE.replace("https://one.test/first", "https://one.test/x{{ city }}y"))
    (one.root / "subscribers" / "readers.csv").write_text(
        'email,name,city\nr1@readers.test,Reader 1,"x/y ""z>"\n', "utf-8"
    )
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
        (message,) = sink.log.kept()
    parsed = message.parsed()
    for kind in ("plain", "html"):
        part = parsed.get_body((kind,))
        assert part is not None
        assert "https://one.test/xx%2Fy%20%22z%3Ey" in str(part.get_content())


@pytest.mark.parametrize(
    "relay", ["smtp://user:SG.s3cret", "smtp://u:s3cret@host:587", "smtp://s3cret\u2100im@host:587"]
)
def test_a_password_in_the_wrong_place_is_not_shown(tmp_path: Path, relay: str) -> None:
    one = made(tmp_path, count=1)
    done = one.run("doctor", more={"MAILWEEKLY_RELAY": relay})
    assert done.code == 78
    assert "s3cret" not in done.out + done.err


def test_a_broken_line_of_the_secrets_file_is_named_by_its_number_alone(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    path = one.root / ".env"
    path.write_text(path.read_text() + "MAILWEEKLY_RELAY_PASSWORD='abc\nhunter2\n", "utf-8")
    done = one.run("status")
    assert done.code == 78
    assert ".env:" in done.err
    assert "hunter2" not in done.err
    assert "abc" not in done.err


def test_a_result_nobody_can_read_stops_no_send(tmp_path: Path) -> None:
    one = made(tmp_path, count=3)
    one.relay("outbox")
    process = one.start(command=["/bin/sh", "-c", f"{' '.join(one.command('send', '7', '--confirm'))} | true"])
    assert ended(process).code == 0
    assert one.states() == {"accepted": 3}
