"""The sink itself: it speaks SMTP as a good server does, errs as its script says, and writes down before it answers."""

import contextlib
import os
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sink import ScriptError, SinkProcess, parse
from tests.sink.certificates import papers
from tests.sink.script import DIALOGUES

LETTER = "From: a@x.test\r\nTo: b@x.test\r\nMessage-ID: <1@x.test>\r\n\r\n.dotted\r\n..twice\r\n"


@contextlib.contextmanager
def _client(sink: SinkProcess) -> Iterator[smtplib.SMTP]:
    client = smtplib.SMTP("127.0.0.1", sink.port, timeout=10)
    try:
        yield client
    finally:
        client.close()


def test_what_a_client_sends_is_kept_octet_for_octet(tmp_path: Path) -> None:
    with SinkProcess(tmp_path) as sink, _client(sink) as client:
        for number in range(3):
            client.sendmail("a@x.test", [f"b{number}@x.test"], LETTER)
        client.quit()
    kept = sink.log.kept()
    assert [one.recipient for one in kept] == ["b0@x.test", "b1@x.test", "b2@x.test"]
    assert {one.content for one in kept} == {LETTER.encode()}
    assert kept[0].message_id == "<1@x.test>"
    assert kept[0].sender == "a@x.test"


def test_commands_out_of_order_are_refused_as_a_real_server_does(tmp_path: Path) -> None:
    with SinkProcess(tmp_path) as sink, _client(sink) as client:
        assert client.docmd("MAIL FROM:<a@x.test>")[0] == 503
        client.ehlo()
        assert client.docmd("RCPT TO:<a@x.test>")[0] == 503
        assert client.docmd("DATA")[0] == 554
        assert client.docmd("FROBNICATE")[0] == 502


def test_rules_act_on_recipient_number_and_connection(tmp_path: Path) -> None:
    script = "on rcpt to=bad@*: reply 550 5.1.1 no\non mail connection=1 message=2: reply 421 4.7.0 enough ; close"
    with SinkProcess(tmp_path, script) as sink:
        with _client(sink) as client:
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                client.sendmail("a@x.test", ["bad@x.test"], LETTER)
            with pytest.raises(smtplib.SMTPException):
                client.sendmail("a@x.test", ["good@x.test"], LETTER)
        with _client(sink) as client:
            client.sendmail("a@x.test", ["good@x.test"], LETTER)
            client.sendmail("a@x.test", ["good2@x.test"], LETTER)
    assert [one.recipient for one in sink.log.kept()] == ["good@x.test", "good2@x.test"]


def test_a_refused_message_is_logged_but_not_kept(tmp_path: Path) -> None:
    with (
        SinkProcess(tmp_path, "on dot: reply 554 5.6.0 no") as sink,
        _client(sink) as client,
        pytest.raises(smtplib.SMTPDataError),
    ):
        client.sendmail("a@x.test", ["b@x.test"], LETTER)
    assert len(sink.log.messages()) == 1
    assert not sink.log.kept()


def test_a_gate_holds_a_message_until_it_is_told(tmp_path: Path) -> None:
    with (
        SinkProcess(tmp_path, "on dot nth=1: gate hold ; default") as sink,
        socket.create_connection(("127.0.0.1", sink.port)) as raw,
    ):
        raw.sendall(b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n")
        time.sleep(0.1)
        raw.sendall(b"Subject: x\r\n\r\nx\r\n.\r\n")
        sink.log.wait(lambda log: bool(log.events("held")))
        assert not sink.log.messages()
        sink.open("hold")
        sink.log.wait(lambda log: bool(log.kept()))


def test_a_message_is_in_the_log_before_its_answer_and_outlives_a_kill_of_the_sink(tmp_path: Path) -> None:
    with SinkProcess(tmp_path) as sink, _client(sink) as client:
        client.sendmail("a@x.test", ["b@x.test"], LETTER)
        assert sink._process is not None
        os.kill(sink._process.pid, signal.SIGKILL)
        sink._process.wait()
    assert len(sink.log.kept()) == 1


def test_a_kill_step_kills_the_victim(tmp_path: Path) -> None:
    with SinkProcess(tmp_path, "on rcpt: kill") as sink, _client(sink) as client:
        victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        sink.victim(victim.pid)
        time.sleep(0.2)
        client.ehlo()
        client.mail("a@x.test")
        client.sock.sendall(b"RCPT TO:<b@x.test>\r\n")  # type: ignore[union-attr]
        assert victim.wait(10) == -signal.SIGKILL


def test_an_empty_body_is_seen_as_what_it_is(tmp_path: Path) -> None:
    with SinkProcess(tmp_path) as sink, socket.create_connection(("127.0.0.1", sink.port)) as raw:
        raw.sendall(b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n")
        time.sleep(0.1)
        raw.sendall(b".\r\nQUIT\r\n")
        sink.log.wait(lambda log: bool(log.kept()))
    assert sink.log.kept()[0].size == 0


@pytest.mark.parametrize(
    "ending", [b"\r\n.\n", b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\n.\r", b"\r.\n", b"\r\n\0.\r\n"], ids=repr
)  # fmt: skip
@pytest.mark.parametrize("lenient", [True, False])
def test_a_lenient_sink_ends_a_body_where_a_strict_one_does_not(tmp_path: Path, ending: bytes, lenient: bool) -> None:
    with (
        SinkProcess(tmp_path, "lenient" if lenient else "") as sink,
        socket.create_connection(("127.0.0.1", sink.port)) as raw,
    ):
        raw.sendall(b"EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n")
        time.sleep(0.1)
        raw.sendall(b"Subject: x\r\n\r\nx" + ending + b"MAIL FROM:<evil@x>\r\n\r\n.\r\n")
        sink.log.wait(lambda log: bool(log.kept()))
        time.sleep(0.05)
    smuggled = "MAIL FROM:<evil@x>" in sink.log.lines()
    assert smuggled is lenient


@pytest.mark.parametrize("implicit", [True, False], ids=["implicit", "starttls"])
def test_tls_and_login_work_as_announced(tmp_path: Path, implicit: bool) -> None:
    made = papers(tmp_path)
    context = ssl.create_default_context(cafile=str(made.authority))
    with SinkProcess(tmp_path, "login reader s3cret", tls=made.pair, implicit=implicit) as sink:
        client: smtplib.SMTP
        if implicit:
            client = smtplib.SMTP_SSL("127.0.0.1", sink.port, context=context, timeout=10)
        else:
            client = smtplib.SMTP("127.0.0.1", sink.port, timeout=10)
            client.ehlo()
            assert not client.has_extn("auth")
            client.starttls(context=context)
        with client:
            with pytest.raises(smtplib.SMTPAuthenticationError):
                client.login("reader", "wrong")
            client.login("reader", "s3cret")
            client.sendmail("a@x.test", ["b@x.test"], LETTER)
    assert len(sink.log.kept()) == 1


@pytest.mark.parametrize("kind", ["self-signed", "expired", "other-name"])
def test_each_bad_certificate_is_bad(tmp_path: Path, kind: str) -> None:
    made = papers(tmp_path, kind)
    context = ssl.create_default_context(cafile=str(made.authority))
    with SinkProcess(tmp_path, tls=made.pair) as sink, _client(sink) as client, pytest.raises(ssl.SSLError):
        client.starttls(context=context)


@pytest.mark.parametrize("path", sorted(DIALOGUES.glob("*.txt")), ids=lambda path: path.stem)
def test_every_dialogue_can_be_read(path: Path) -> None:
    assert parse(path.read_text(encoding="utf-8")).rules or "lenient" in path.stem


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "on rcpt",
        "on knock: close",
        "on rcpt colour=red: close",
        "on rcpt: dance",
        "on rcpt: reply soon",
        "on dot: raw x",
    ],
)
def test_a_wrong_script_is_refused_by_its_line(line: str) -> None:
    with pytest.raises(ScriptError, match="line 2"):
        parse(f"# fine\n{line}")


def test_the_sink_is_fast_enough_not_to_be_the_bottleneck(tmp_path: Path) -> None:
    count = 3000
    one = b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n" + b"Message-ID: <1@x>\r\n\r\n" + b"x" * 7000 + b"\r\n.\r\n"
    with SinkProcess(tmp_path) as sink, socket.create_connection(("127.0.0.1", sink.port)) as raw:
        raw.sendall(b"EHLO x\r\n")
        begin = time.monotonic()
        raw.sendall(one * count)
        sink.log.wait(lambda log: log.path.read_bytes().count(b'"e": "message"') == count, timeout_s=30)
        rate = count / (time.monotonic() - begin)
    assert rate > 500, f"{rate:.0f} messages a second"
