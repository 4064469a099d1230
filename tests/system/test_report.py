"""What `report` says of an issue: its numbers add up to the readers, whatever became of them, and it names nobody."""

import re
import time
from pathlib import Path
from typing import Any, Final

import apsw
import pytest

from tests.sink import SinkProcess
from tests.system.publication import Publication, addresses, ended, made

SCRIPT: Final = """
on rcpt to=r1@*: reply 550 5.1.1 no such user
on rcpt to=r2@*: reply 550 5.1.1 no such user
on rcpt to=r3@*: reply 552 5.2.2 mailbox full
on rcpt to=r4@*: reply 554 5.7.1 blocked for spam
on rcpt to=r5@*: reply 450 4.2.1 come back later
on dot to=r6@* times=1: reset
"""
ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


@pytest.fixture(name="one", scope="module")
def _one(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    """60 readers of four domains, of whom one is skipped, four refused, one deferred and one unknown."""
    folder = tmp_path_factory.mktemp("report")
    one = made(folder, count=60, connections=1)
    one.readers([*addresses(50), *(f"x{n}@other{n % 3}.test" for n in range(10))], extra="r50@readers.test,Again\n")
    assert one.run("subscribers", "remove", "r49@readers.test").code in {0, 66}
    with SinkProcess(folder, SCRIPT) as sink:
        one.relay(sink.relay)
        assert one.send("7", "--wait", "0s").code == 75
    return one


def _report(one: Publication, *options: str) -> Any:
    done = one.run("report", "7", "--json", *options)
    assert done.code == 0, done.err
    return done.document


def test_the_numbers_add_up_to_the_readers(one: Publication) -> None:
    (send,) = _report(one)["sends"]
    assert sum(send["counts"].values()) == send["total"]
    assert {state: count for state, count in send["counts"].items() if count} == dict(one.states())
    assert (send["counts"]["rejected"], send["counts"]["deferred"], send["counts"]["unknown"]) == (4, 1, 1)
    assert sum(send["skipped_by_reason"].values()) == send["counts"]["skipped"]
    assert send["recipients"] == send["total"] - send["left_out"]


def test_the_domains_add_up_to_the_recipients(one: Publication) -> None:
    (send,) = _report(one)["sends"]
    rows = [*send["domains"], *([send["domains_rest"]] if send["domains_rest"] else [])]
    assert sum(row["readers"] for row in rows) == send["recipients"]
    for row in rows:
        assert row["readers"] == sum(row[key] for key in ("accepted", "rejected", "deferred", "unknown", "other"))
    assert {row["domain"] for row in rows} == {"readers.test", "other0.test", "other1.test", "other2.test"}
    assert rows[0]["rejected"] == 4


def test_the_columns_over_time_add_up_to_those_accepted(one: Publication) -> None:
    (send,) = _report(one)["sends"]
    assert sum(bar["count"] for bar in send["timeline"]["accepted"]) == send["counts"]["accepted"]
    assert len(send["timeline"]["accepted"]) <= 40


def test_every_refusal_has_its_reason(one: Publication) -> None:
    (send,) = _report(one)["sends"]
    assert sum(each["readers"] for each in send["causes"] if each["kind"] == "rejected") == 4
    assert sum(each["readers"] for each in send["causes"] if each["kind"] == "deferred") == 1
    assert {"kind": "rejected", "cause": "user-unknown", "weight": "hard", "readers": 2} in send["causes"]


def test_what_came_back_and_who_left_is_counted_for_the_issue(tmp_path: Path) -> None:
    one = made(tmp_path, count=6)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
    connection = apsw.Connection(str(one.ledger))
    connection.execute("UPDATE deliveries SET bounce = 'user-unknown' WHERE key LIKE 'r1@%'")
    connection.execute("UPDATE deliveries SET bounce = 'complaint' WHERE key LIKE 'r2@%'")
    now = time.time()
    rows = [
        ("r2@readers.test", "complaint", now, "notice"),  # the same one, counted once
        ("r3@readers.test", "unsubscribed", now, "link"),
        ("r4@readers.test", "unsubscribed", now - 86_400, "link"),  # before it
        ("x9@readers.test", "unsubscribed", now, "link"),  # never mailed
        ("r5@readers.test", "complaint", now, "webhook"),
    ]
    connection.executemany("INSERT INTO suppressions VALUES (?, ?, ?, ?)", rows)
    connection.close()
    (send,) = _report(one)["sends"]
    assert (send["returned"], send["unsubscribed"], send["complaints"]) == (1, 1, 2)
    assert send["rates"]["unsubscribed"] == pytest.approx(1 / 6, abs=1e-6)
    assert {"kind": "returned", "cause": "user-unknown", "weight": "hard", "readers": 1} in send["causes"]


def test_issues_are_compared_with_those_before_them(tmp_path: Path) -> None:
    one = made(tmp_path, count=10)
    text = (one.root / "issues" / "007-seven.md").read_text("utf-8")
    with SinkProcess(tmp_path, "on rcpt to=r1@* nth=21-: reply 550 5.1.1 no") as sink:
        one.relay(sink.relay)
        for number in (7, 8, 9):
            one.issue(text.replace("number: 7", f"number: {number}"), f"{number:03d}-it.md") if number > 7 else None
            assert one.send(str(number)).code == 0
    (send,) = one.run("report", "9", "--json").document["sends"]
    assert [each["issue"] for each in send["past"]] == ["7", "8"]
    assert send["usual"]["accepted"] == 1.0
    assert send["rates"]["accepted"] == 0.9
    assert "-10.0" in one.run("report", "9").out
    assert "Nothing to compare with" in one.run("report", "7").out


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_terminal_fits_80_columns_and_names_nobody(one: Publication, encoding: str) -> None:
    done = one.run("report", "7", more={"PYTHONIOENCODING": encoding})
    assert done.code == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 80
    assert not ADDRESS.search(done.out)
    assert "\\u" not in done.out
    assert ("█" in done.out) == (encoding == "utf-8")


def test_the_page_asks_for_nothing_runs_nothing_and_names_nobody(one: Publication, tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.html"
    document = _report(one, "--html", str(path))
    text = path.read_text("utf-8")
    assert document["page"] == str(path)
    assert "<script" not in text
    assert not re.search(r"\ssrc=|href=|url\(|@import", text)
    assert not ADDRESS.search(text)
    assert [file.name for file in path.parent.iterdir()] == ["report.html"]
    assert one.run("report", "7", "--html", str(tmp_path)).code == 64


def test_before_anything_was_sent_it_says_what_to_do(tmp_path: Path) -> None:
    done = made(tmp_path, count=2).run("report", "7")
    assert done.code == 66
    assert "mailweekly plan 7" in done.error[2]


def test_of_another_audience_it_says_where_it_went(one: Publication) -> None:
    done = one.run("report", "7", "--audience", "nobody")
    assert done.code == 66
    assert "never sent to 'nobody'" in done.error[0]


def test_a_running_a_paused_and_a_cancelled_send_are_told_as_such(tmp_path: Path) -> None:
    one = made(tmp_path, count=12, connections=1)
    with SinkProcess(tmp_path, "on dot nth=5: gate hold ; default") as sink:
        one.relay(sink.relay)
        process = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: bool(log.events("held")))
        running = one.run("report", "7")
        assert one.run("pause", "7").code == 0
        sink.open("hold")
        assert ended(process).code == 75
        paused = one.run("report", "7")
        assert one.run("cancel", "7").code == 0
        cancelled = one.run("report", "7")
    assert "running" in running.out
    assert "still open" in running.out
    assert "paused" in paused.out
    assert "paused by hand" in paused.out
    assert "cancelled" in cancelled.out
    assert "called off" in cancelled.out


def test_a_correction_and_a_subject_of_markup_are_shown_as_what_they_are(tmp_path: Path) -> None:
    one = made(tmp_path, count=3)
    path = one.root / "issues" / "007-seven.md"
    text = path.read_text("utf-8")
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
        path.write_text(re.sub("title: .*", "title: '<script>alert(1)</script> & co'", text) + "\nMore.\n", "utf-8")
        assert one.send("7", "--correction").code == 0
    out = one.run("report", "7", "--html", "page.html")
    assert "(correction)" in out.out
    page = (one.root / "page.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
