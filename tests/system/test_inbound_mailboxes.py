"""Mailboxes of a real Dovecot: IMAP and POP, with TLS in each form; what is stored is put away, and nothing is lost between the two."""

import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sink import SinkProcess
from tests.system.dovecot import PASSWORD, USER, Dovecot, dovecot, dovecot_path
from tests.system.publication import Publication, ended, made
from tests.system.returns import postfix_notice, rows, sent

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(dovecot_path() is None, reason="Dovecot is not installed (Debian: dovecot-imapd dovecot-pop3d)"),
]
R1 = "r1@readers.test"
REASON = "SELECT reason FROM suppressions WHERE key = ?"
LUNCH = b"From: a@b.test\r\nTo: bounces@mail.test\r\nSubject: lunch?\r\n\r\nTomorrow?\r\n"


@pytest.fixture(name="server", scope="module")
def _server() -> Iterator[Dovecot]:
    with dovecot() as one:
        yield one


@pytest.fixture(name="sink")
def _sink(tmp_path: Path) -> Iterator[SinkProcess]:
    with SinkProcess(tmp_path) as one:
        yield one


@pytest.fixture(name="one")
def _one(tmp_path: Path, sink: SinkProcess, server: Dovecot) -> Iterator[Publication]:
    one = made(tmp_path, count=8)
    one.relay(sink.relay)
    assert one.send().code == 0
    one.environment |= {"MAILWEEKLY_INBOUND_PASSWORD": PASSWORD, "MAILWEEKLY_INBOUND_CA": str(server.ca)}
    yield one
    for path in server.maildir.rglob("*"):
        if path.is_file() and path.parent.name in {"new", "cur"}:
            path.unlink()


def reads(one: Publication, address: str) -> None:
    """Name the mailbox, and rings that are waited for a minute."""
    path = one.root / "mailweekly.toml"
    text = path.read_text("utf-8").partition("\n[inbound]")[0]
    path.write_text(f'{text}\n[inbound]\nfrom = "{address}"\nevery = "60s"\n', encoding="utf-8")


def address(server: Dovecot, kind: str) -> str:
    """Return the mailbox by one of its doors."""
    user = USER.replace("@", "%40")
    return {
        "imaps": f"imaps://{user}@localhost:{server.imaps}/INBOX",
        "imap": f"imap://{user}@localhost:{server.imap}",
        "plain": f"imap://{user}@127.0.0.1:{server.imap}/INBOX?tls=none",
        "pop3s": f"pop3s://{USER}@localhost:{server.pop3s}",
        "pop3": f"pop3://{user}@localhost:{server.pop3}",
    }[kind]


@pytest.mark.parametrize("kind", ["imaps", "imap", "plain"])
def test_an_imap_mailbox_is_emptied_into_done_and_review(
    one: Publication, sink: SinkProcess, server: Dovecot, kind: str
) -> None:
    server.deliver(f"1.{kind}", postfix_notice(*sent(sink, R1), R1))
    server.deliver(f"2.{kind}", LUNCH)
    reads(one, address(server, kind))
    said = one.run("inbound", "--once", "--json")
    assert said.code == 0, said.err
    assert said.document["verdicts"] == {"suppressed": 1, "unclear": 1}
    assert (server.count(), server.count("mailweekly-done"), server.count("mailweekly-review")) == (0, 1, 1)
    assert one.run("inbound", "--json").document["taken"] == 0


@pytest.mark.parametrize("kind", ["pop3s", "pop3"])
def test_a_pop_mailbox_keeps_what_was_not_understood(
    one: Publication, sink: SinkProcess, server: Dovecot, kind: str
) -> None:
    server.deliver(f"1.{kind}", postfix_notice(*sent(sink, R1), R1))
    server.deliver(f"2.{kind}", LUNCH + b"x" * 9_000 + b"\r\n")
    reads(one, address(server, kind))
    said = one.run("inbound", "--json")
    assert said.code == 0, said.err
    assert said.document["verdicts"] == {"suppressed": 1, "unclear": 1}
    assert server.count() == 1
    again = one.run("inbound", "--json").document
    assert (again["taken"], again["seen_before"]) == (0, 0)


@pytest.mark.parametrize("kind", ["imaps", "pop3s"])
def test_a_refused_login_shows_no_password(one: Publication, server: Dovecot, kind: str) -> None:
    reads(one, address(server, kind))
    one.environment["MAILWEEKLY_INBOUND_PASSWORD"] = "not-the-one-äöü"
    said = one.run("--debug", "inbound")
    assert said.code == 78, said.err
    assert "refuses the login" in said.error[0]
    assert "not-the-one" not in said.out + said.err


def test_a_certificate_nobody_trusts_ends_before_the_login(one: Publication, server: Dovecot) -> None:
    for kind in ("imaps", "imap", "pop3s", "pop3"):
        reads(one, address(server, kind))
        one.environment["MAILWEEKLY_INBOUND_CA"] = ""
        said = one.run("inbound")
        assert said.code == 69, said.err
        assert "certificate" in said.err
        assert PASSWORD not in said.err


def test_watching_takes_what_the_server_rings_for(one: Publication, sink: SinkProcess, server: Dovecot) -> None:
    reads(one, address(server, "imaps"))
    process = one.start("inbound", "--watch")
    try:
        time.sleep(2)
        server.deliver("1.watch", postfix_notice(*sent(sink, R1), R1))
        end = time.monotonic() + 40
        while time.monotonic() < end and not rows(one, REASON, R1):
            time.sleep(0.2)
        assert rows(one, REASON, R1) == [("dead",)]
    finally:
        process.send_signal(signal.SIGTERM)
        done = ended(process)
    assert done.code == 0, done.err


def test_killed_at_any_instant_no_notice_is_lost_and_none_counts_twice(
    one: Publication, sink: SinkProcess, server: Dovecot
) -> None:
    readers = [f"r{number}@readers.test" for number in range(1, 9)]
    for number, reader in enumerate(readers):
        for copy in range(12):
            mail = postfix_notice(*sent(sink, reader), reader, status="4.2.2", said=f"452 4.2.2 <{{to}}> full ({copy})")
            server.deliver(f"{number}.{copy}", mail)
    reads(one, address(server, "imaps"))
    for wait in (0.25, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8):
        process = one.start("inbound")
        time.sleep(wait)
        process.kill()
        process.communicate()
        connection = sqlite3.connect(one.ledger)
        stored = connection.execute("SELECT count(*) FROM notices").fetchone()[0] if _has(connection) else 0
        assert stored >= server.count("mailweekly-done") + server.count("mailweekly-review")
        connection.close()
    assert one.run("inbound").code == 0
    assert (server.count(), server.count("mailweekly-done")) == (0, 96)
    assert rows(one, "SELECT count(*), count(DISTINCT digest) FROM notices") == [(96, 96)]
    assert rows(one, "SELECT count(*), count(DISTINCT notice_id) FROM bounces") == [(96, 96)]


def _has(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'notices'").fetchone())
