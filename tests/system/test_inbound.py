"""What comes back, through the command line: who is mailed no more, who is not touched, and what a crash does."""

import json
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailweekly import tokens
from tests.sink import SinkProcess
from tests.system.publication import Publication, made
from tests.system.returns import exchange_notice, postfix_notice, rows, sent

R1, R2, R3 = "r1@readers.test", "r2@readers.test", "r3@readers.test"
REASON = "SELECT reason FROM suppressions WHERE key = ?"
FULL = "452 4.2.2 <{to}>: Mailbox full"


@pytest.fixture(name="sink")
def _sink(tmp_path: Path) -> Iterator[SinkProcess]:
    with SinkProcess(tmp_path) as one:
        yield one


@pytest.fixture(name="one")
def _one(tmp_path: Path, sink: SinkProcess) -> Publication:
    one = made(tmp_path, count=4)
    one.relay(sink.relay)
    assert one.send().code == 0
    return one


def piped(one: Publication, mail: bytes, *options: str) -> Any:
    """`inbound --stdin --json`; its document."""
    done = subprocess.run(
        one.command("inbound", "--stdin", "--json", *options),
        cwd=one.root,
        env=one.surroundings(),
        input=mail,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("written", [postfix_notice, exchange_notice])
def test_who_bounced_hard_is_left_out_of_the_next_plan(
    one: Publication, sink: SinkProcess, written: Callable[[str, bytes, str], bytes]
) -> None:
    said = piped(one, written(*sent(sink, R1), R1))
    assert (said["kind"], said["verdict"], said["review"]) == ("bounce", "suppressed", False)
    assert said["bounces"][0]["hard"]
    assert rows(one, REASON, R1) == [("dead",)]
    assert rows(one, "SELECT bounce, state FROM deliveries WHERE key = ?", R1) == [("user-unknown", "accepted")]
    assert [what for (what,) in rows(one, "SELECT what FROM story WHERE key = ?", R1)][-1] == "suppressed"
    one.issue((one.root / "issues" / "007-seven.md").read_text().replace("number: 7", "number: 8"), "008-eight.md")
    assert one.run("plan", "8", "--json").document["left_out"][0]["reason"] == "dead"
    assert one.send("8").code == 0
    got = [message.recipient for message in sink.log.kept()]
    assert (got.count(R1), got.count(R2)) == (1, 2)


def test_the_same_notice_counts_once(one: Publication, sink: SinkProcess) -> None:
    mail = postfix_notice(*sent(sink, R1), R1)
    assert piped(one, mail)["new"]
    assert not piped(one, mail)["new"]
    assert rows(one, "SELECT count(*) FROM bounces") == [(1,)]


def test_a_notice_with_a_wrong_token_changes_nothing(one: Publication, sink: SinkProcess) -> None:
    path, original = sent(sink, R1)
    token = path[2:].partition("@")[0]
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")
    said = piped(one, postfix_notice(path, original, R1).replace(token.encode(), wrong.encode()))
    assert (said["verdict"], said["review"]) == ("forged", True)
    assert rows(one, REASON, R1) == []
    assert rows(one, "SELECT count(*) FROM bounces") == [(0,)]


def test_a_notice_that_anybody_could_write_suppresses_nobody_at_once(one: Publication) -> None:
    said = piped(one, postfix_notice("editor@mail.test", b"Subject: Seven\r\n\r\nHello\r\n", R1))
    assert said["verdict"] == "counted"
    assert rows(one, REASON, R1) == []
    stranger = "nobody@else.test"
    said = piped(one, postfix_notice("editor@mail.test", b"Subject: Seven\r\n\r\nHello\r\n", stranger))
    assert (said["verdict"], said["review"]) == ("unknown", True)


def test_four_soft_issues_in_three_weeks_make_a_reader_unreachable(one: Publication, sink: SinkProcess) -> None:
    text = (one.root / "issues" / "007-seven.md").read_text()
    for number in range(7, 11):
        if number > 7:
            one.issue(text.replace("number: 7", f"number: {number}"), f"{number:03}-more.md")
            assert one.send(str(number)).code == 0
        _aged(one, number, days=(10 - number) * 7)
    for number in range(4):
        said = piped(one, postfix_notice(*sent(sink, R1, number), R1, status="4.2.2", said=FULL))
        assert said["verdict"] == ("suppressed" if number == 3 else "counted"), said
    assert rows(one, REASON, R1) == [("unreachable",)]
    assert rows(one, REASON, R2) == []


def test_a_complaint_by_token_suppresses_and_one_by_address_does_not(one: Publication, sink: SinkProcess) -> None:
    assert piped(one, _complaint(sent(sink, R1)[1], R1))["verdict"] == "suppressed"
    assert rows(one, REASON, R1) == [("complaint",)]
    assert piped(one, _complaint(b"From: x@y.test\r\nSubject: Seven\r\n", R2))["verdict"] == "unknown"
    assert rows(one, REASON, R2) == []


def test_a_mail_to_the_unsubscribe_address_lets_its_reader_go_whoever_writes_it(one: Publication) -> None:
    ((number,),) = rows(one, "SELECT id FROM subscribers WHERE key = ?", R1)
    token = tokens.sign(one.keys, tokens.UNSUBSCRIBE, tokens.reader_payload(number, "readers"))
    mail = f"From: other@else.test\r\nTo: U+{token.upper()}@mail.test\r\nSubject: whatever\r\n\r\n\r\n".encode()
    assert piped(one, mail)["verdict"] == "left"
    assert rows(one, REASON, R1) == [("unsubscribed",)]
    wrong = token[:-1] + ("a" if token[-1] != "a" else "b")
    mail = f"From: {R2}\r\nTo: u+{wrong}@mail.test\r\nSubject: unsubscribe\r\n\r\n\r\n".encode()
    assert piped(one, mail)["verdict"] == "forged"
    assert rows(one, "SELECT count(*) FROM letters") == [(0,)]


def test_who_writes_unsubscribe_is_asked_once_a_week_and_leaves_by_the_link(
    one: Publication, sink: SinkProcess
) -> None:
    mail = f"From: Reader <{R2}>\r\nTo: editor@mail.test\r\nSubject: unsubscribe\r\n\r\nPlease.\r\n"
    assert piped(one, mail.encode())["verdict"] == "asked"
    assert rows(one, "SELECT kind, state FROM letters") == [("leave", "sent")]
    assert b"/u/" in sent(sink, R2)[1]
    assert piped(one, mail.replace("Please", "Again").encode())["verdict"] == "filed"
    assert rows(one, REASON, R2) == []
    for header in ("Auto-Submitted: auto-replied", "Precedence: bulk", "List-Id: <x.y>", "Return-Path: <>"):
        assert piped(one, f"{header}\r\n{mail.replace(R2, R3)}".encode())["verdict"] in {"unknown", "filed", "unclear"}
    assert rows(one, "SELECT count(*) FROM letters") == [(1,)]


def test_what_was_not_understood_waits_for_review(one: Publication) -> None:
    piped(one, b"From: a@b.test\r\nTo: editor@mail.test\r\nSubject: lunch?\r\n\r\nTomorrow?\r\n")
    listed = one.run("inbound", "review", "--json").document
    assert listed["waiting"] == 1
    number = str(listed["notices"][0]["notice"])
    assert "Tomorrow?" in one.run("inbound", "review", number).out
    assert one.run("inbound", "review", number, "--done").code == 0
    assert one.run("inbound", "review", "--json").document["waiting"] == 0
    assert one.run("inbound", "review", "999").code == 66


def test_a_maildir_is_emptied_into_done_and_review(one: Publication, sink: SinkProcess, tmp_path: Path) -> None:
    box = _maildir(tmp_path)
    (box / "new" / "1.a").write_bytes(postfix_notice(*sent(sink, R1), R1))
    (box / "cur" / "2.b:2,S").write_bytes(b"From: a@b.test\r\nSubject: lunch?\r\n\r\nTomorrow?\r\n")
    said = one.run("inbound", "--maildir", str(box), "--json")
    assert said.code == 0, said.err
    assert (said.document["taken"], said.document["verdicts"]) == (2, {"suppressed": 1, "unclear": 1})
    assert [path.name for path in (box / ".mailweekly-done" / "cur").iterdir()] == ["1.a:2,S"]
    assert [path.name for path in (box / ".mailweekly-review" / "cur").iterdir()] == ["2.b:2,"]
    assert one.run("inbound", "--maildir", str(box), "--json").document["taken"] == 0


def _aged(one: Publication, issue: int, *, days: int) -> None:
    """Let a send be so many days ago."""
    connection = sqlite3.connect(one.ledger)
    by = days * 86_400.0
    connection.execute("UPDATE sends SET created_at = created_at - ? WHERE issue = ?", (by, str(issue)))
    where = "WHERE send_id IN (SELECT id FROM sends WHERE issue = ?)"
    connection.execute(f"UPDATE deliveries SET outcome_at = outcome_at - ? {where}", (by, str(issue)))
    connection.commit()
    connection.close()


def _complaint(original: bytes, to: str) -> bytes:
    head = (
        "From: <feedback@provider.test>\r\nTo: <abuse@mail.test>\r\nSubject: complaint\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b1"\r\n\r\n--b1\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n'
        "--b1\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: x/1\r\nVersion: 1\r\n"
        f"Original-Rcpt-To: {to}\r\n\r\n--b1\r\nContent-Type: message/rfc822\r\n\r\n"
    )
    return head.encode() + original + b"\r\n--b1--\r\n"


def _maildir(folder: Path) -> Path:
    box = folder / "Maildir"
    for part in ("new", "cur", "tmp"):
        (box / part).mkdir(parents=True)
    return box


def test_one_command_takes_a_suppression_back_and_the_count_begins_anew(one: Publication, sink: SinkProcess) -> None:
    mail = postfix_notice(*sent(sink, R1), R1)
    assert piped(one, mail)["verdict"] == "suppressed"
    shown = one.run("subscribers", "show", R1)
    assert shown.code == 0, shown.err
    assert "user-unknown, issue 7, notice 1" in shown.out
    back = one.run("subscribers", "add", R1, "--again", "--note", "wrote to us")
    assert back.code == 0, back.err
    assert rows(one, REASON, R1) == []
    full = postfix_notice(*sent(sink, R1), R1, status="4.2.2", said=FULL)
    assert piped(one, full)["verdict"] == "counted"
    assert not piped(one, mail)["new"]
    assert rows(one, REASON, R1) == []


@pytest.mark.parametrize(
    "mail",
    [
        b"\x00\xff" * 5_000,
        b"Subject: =?utf-8?b?????=\r\nFrom: =?x?q?a\r\nTo: \xff\xfe\r\n\r\n" + b"--" * 9_000,
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
        + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 1_000,
        b"From: <>\r\nTo: b+" + b"a" * 60 + b"@mail.test\r\nSubject: Undelivered Mail\r\n\r\n550 5.1.1 unknown\r\n",
        b"To: u+" + b"a" * 79 + b"@mail.test\r\n\r\n",
        b"x" * 3_000_000,
    ],
)
def test_hostile_mail_changes_nobody_and_is_kept(one: Publication, mail: bytes) -> None:
    assert piped(one, mail)["review"]
    assert rows(one, "SELECT count(*) FROM notices WHERE review = 1") == [(1,)]
    assert rows(one, "SELECT count(*) FROM bounces") == [(0,)]


def test_where_nothing_can_be_stored_the_mail_server_is_asked_to_try_again(one: Publication) -> None:
    one.environment["MAILWEEKLY_DB"] = "no/such/folder.db"
    done = subprocess.run(
        one.command("inbound", "--stdin"),
        cwd=one.root,
        env=one.surroundings(),
        input=b"Subject: x\r\n\r\n",
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 75, done.stderr


def test_without_a_server_the_letter_and_its_answer_unsubscribe(one: Publication, sink: SinkProcess) -> None:
    path = one.root / "mailweekly.toml"
    text = path.read_text("utf-8").replace('base_url = "https://news.mail.test"\n', "")
    path.write_text(text.replace("[sender]\n", '[sender]\nunsubscribe_mailbox = "mail.test"\n', 1), encoding="utf-8")
    mail = f"From: Reader <{R2}>\r\nTo: editor@mail.test\r\nSubject: unsubscribe\r\n\r\n\r\n"
    assert piped(one, mail.encode())["verdict"] == "asked"
    text = sent(sink, R2)[1].replace(b"=\r\n", b"").decode()
    found = re.search(r"mailto:(u\+[a-z2-7]+@mail\.test)", text)
    assert found
    assert piped(one, f"From: {R2}\r\nTo: {found[1]}\r\n\r\n".encode())["verdict"] == "left"
    assert rows(one, REASON, R2) == [("unsubscribed",)]


def test_an_erased_reader_is_in_no_notice_any_more(one: Publication, sink: SinkProcess) -> None:
    mail = postfix_notice(*sent(sink, R1), R1)
    assert piped(one, mail)["verdict"] == "suppressed"
    done = one.run("subscribers", "erase", R1, "--confirm")
    assert done.code == 0, done.err
    assert rows(one, "SELECT raw, subject, key FROM notices") == [(None, "", "")]
    assert rows(one, "SELECT count(*) FROM bounces") == [(0,)]
    assert not piped(one, mail)["new"]
