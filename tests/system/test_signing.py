"""A publication that signs: what arrives verifies, each try is the same bytes, and what is wrong with a key is said before anybody is spoken to."""

from pathlib import Path

import apsw
import pytest

from tests.dkim_check import ed25519_pem, records, rsa_pem, signed_names, signer, verdicts
from tests.sink import SinkProcess
from tests.system.publication import Publication, addresses, made

DKIM = '\n[dkim]\nselector = "mail"\nkey = "dkim.pem"\n'
SECOND = 'ed25519_selector = "ed"\ned25519_key = "dkim-ed.pem"\n'


def _signing(folder: Path, *, count: int = 10, two: bool = False) -> Publication:
    one = made(folder, count=count)
    for name, pem in (("dkim.pem", rsa_pem()), ("dkim-ed.pem", ed25519_pem())):
        (one.root / name).write_bytes(pem)
        (one.root / name).chmod(0o600)
    with (one.root / "mailweekly.toml").open("a") as settings:
        settings.write(DKIM + (SECOND if two else ""))
    return one


def test_each_copy_arrives_signed_and_verifies(tmp_path: Path) -> None:
    one = _signing(tmp_path, count=60, two=True)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        done = one.send()
        wrong = one.violations(sink.log.path)
        copy = one.run("send", "7", "--to", "editor@mail.test")
    assert (done.code, copy.code) == (0, 0), done.err + copy.err
    assert wrong == []
    kept = sink.log.kept()
    dns = records(signer("mail.test"))
    assert sorted(message.recipient for message in kept) == sorted([*addresses(60), "editor@mail.test"])
    assert all(verdicts(message.content, dns) == [True, True] for message in kept)
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(signed_names(kept[0].content))


def test_each_try_of_a_delivery_is_the_same_bytes(tmp_path: Path) -> None:
    one = _signing(tmp_path, count=6)
    with SinkProcess(tmp_path, "on dot times=3: reply 451 4.3.0 later") as sink:
        one.relay(sink.relay)
        assert one.send("7", "--wait", "0s").code == 75
        ledger = apsw.Connection(str(one.ledger))
        ledger.execute("UPDATE deliveries SET due_at = 0 WHERE state = 'deferred'")
        ledger.close()
        assert one.send("7", "--wait", "0s").code == 0
    by_reader: dict[str, set[bytes]] = {}
    for message in sink.log.messages():
        by_reader.setdefault(message.recipient, set()).add(message.content)
    assert len(sink.log.messages()) == 9
    assert {len(contents) for contents in by_reader.values()} == {1}


@pytest.mark.parametrize("fault", ["gone", "garbage", "another's domain", "locked"])
def test_a_key_that_cannot_sign_is_said_before_anybody_is_spoken_to(tmp_path: Path, fault: str) -> None:
    one = _signing(tmp_path)
    key, settings = one.root / "dkim.pem", one.root / "mailweekly.toml"
    if fault == "gone":
        key.unlink()
    elif fault == "garbage":
        key.write_text("nothing of a key")
    elif fault == "locked":
        key.write_bytes(rsa_pem(2048, b"secret"))
    else:
        settings.write_text(settings.read_text() + 'domain = "example.net"\n')
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        done = [one.send(), one.run("send", "7", "--to", "editor@mail.test")]
    assert [each.code for each in done] == [78, 78]
    assert all("dkim." in each.error[1] for each in done)
    assert not sink.log.events()
    assert not one.states()


def test_a_sender_changed_in_mid_send_is_not_signed_for(tmp_path: Path) -> None:
    one = _signing(tmp_path)
    with SinkProcess(tmp_path, "on rcpt: reply 450 4.2.1 busy") as sink:
        one.relay(sink.relay)
        assert one.send("7", "--wait", "0s").code == 75
        settings = one.root / "mailweekly.toml"
        settings.write_text(settings.read_text().replace("editor@mail.test", "editor@other.test"))
        before = len(sink.log.events())
        again = one.send("7", "--wait", "0s")
    assert again.code == 78
    assert "mail.test" in again.error[0]
    assert len(sink.log.events()) == before


def test_the_key_may_stand_in_the_environment_alone(tmp_path: Path) -> None:
    one = _signing(tmp_path, count=2)
    (one.root / "dkim.pem").unlink()
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        done = one.run("send", "7", "--confirm", more={"MAILWEEKLY_DKIM_KEY": rsa_pem().decode()})
    assert done.code == 0, done.err
    dns = records(signer("mail.test"))
    assert [verdicts(message.content, dns) for message in sink.log.kept()] == [[True], [True]]
