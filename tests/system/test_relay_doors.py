"""A relay that cannot be reached, trusted or entered: everybody stays waiting, the exit code says why, and no password leaves."""

import base64
import socket
from pathlib import Path

import pytest

from tests.sink import SinkProcess
from tests.sink.certificates import papers
from tests.system.publication import Publication, made

PASSWORD = "s3cret-of-the-relay"


def _secrets(password: str = PASSWORD, user: str = "reader") -> list[str]:
    plain = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    return [password, base64.b64encode(password.encode()).decode(), plain]


def _nobody_was_touched(one: Publication, sink: SinkProcess | None = None) -> None:
    assert one.states() == {"queued": 10}
    if sink:
        assert not sink.log.messages()
        assert not [line for line in sink.log.lines() if line.upper().startswith(("MAIL", "RCPT", "DATA"))]


def test_a_relay_that_is_not_there_leaves_everybody_waiting(tmp_path: Path) -> None:
    one = made(tmp_path)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        one.relay(f"smtp://127.0.0.1:{taken.getsockname()[1]}")
        done = one.send()
    assert done.code == 69
    assert "127.0.0.1" in done.error[1]
    _nobody_was_touched(one)


def test_a_relay_whose_name_nobody_knows_is_named(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.pace()
    text = (one.root / "mailweekly.toml").read_text()
    (one.root / "mailweekly.toml").write_text(text)
    one.relay("smtp://no-such-host.invalid:2525?tls=none")
    done = one.send()
    assert done.code == 69
    assert "no-such-host.invalid" in done.err
    _nobody_was_touched(one)


@pytest.mark.parametrize(
    "script",
    [
        "on connect: reply 554 5.7.1 go away ; close",
        "on connect: silence",
        "on connect: close",
        'on connect: raw "SSH-2.0-x\\r\\n" ; close',
        'on connect: flood "220-x\\r\\n"',
        'on ehlo: flood "250-x\\r\\n"',
    ],
)
def test_a_relay_with_a_bad_door_leaves_everybody_waiting(tmp_path: Path, script: str) -> None:
    one = made(tmp_path)
    with SinkProcess(tmp_path, script) as sink:
        one.relay(sink.relay, timeout="1s")
        done = one.send()
    assert done.code == 69, done.err
    assert len(done.error) == 3
    _nobody_was_touched(one, sink)


@pytest.mark.parametrize("kind", ["self-signed", "expired", "other-name"])
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_relay_whose_certificate_is_bad_gets_neither_login_nor_mail(tmp_path: Path, kind: str, scheme: str) -> None:
    one, made_papers = made(tmp_path), papers(tmp_path, kind)
    with SinkProcess(tmp_path, f"login reader {PASSWORD}", tls=made_papers.pair, implicit=scheme == "smtps") as sink:
        one.relay(f"{scheme}://reader@127.0.0.1:{sink.port}", password=PASSWORD, ca=made_papers.authority)
        done = one.send()
    assert done.code == 69, done.err
    _nobody_was_touched(one, sink)
    _keeps_its_secret(sink, done.out + done.err)
    assert not [line for line in sink.log.lines() if line.upper().startswith("AUTH")]


def _keeps_its_secret(sink: SinkProcess, shown: str) -> None:
    heard = sink.log.path.read_text()
    assert not [secret for secret in _secrets() if secret in heard or secret in shown]


STRIPPED = {
    "not offered": "offer PIPELINING 8BITMIME",
    "refused": "on starttls: reply 454 4.7.0 not now",
    "refused for good": "on starttls: reply 502 5.5.1 what",
    "closed": "on starttls: reply 220 2.0.0 go ahead ; close",
    "closed after the handshake": "on tls: close",
}


@pytest.mark.parametrize("script", STRIPPED.values(), ids=STRIPPED)
def test_without_tls_no_password_leaves(tmp_path: Path, script: str) -> None:
    one, good = made(tmp_path), papers(tmp_path)
    offered = script != STRIPPED["not offered"]
    with SinkProcess(tmp_path, f"login reader {PASSWORD}\n{script}", tls=good.pair if offered else None) as sink:
        one.relay(f"smtp://reader@127.0.0.1:{sink.port}", password=PASSWORD, ca=good.authority, timeout="2s")
        done = one.send()
    assert done.code == 69, done.err
    _nobody_was_touched(one, sink)
    _keeps_its_secret(sink, done.out + done.err)


def test_what_was_said_before_the_handshake_does_not_count_after_it(tmp_path: Path) -> None:
    """A reply injected behind the 220 must not be taken for the answer to the EHLO inside TLS."""
    script = 'on starttls: reply 220 2.0.0 go ahead ; raw "250-injected\\r\\n250 AUTH PLAIN\\r\\n" ; upgrade'
    one, good = made(tmp_path), papers(tmp_path)
    with SinkProcess(tmp_path, f"login reader {PASSWORD}\n{script}", tls=good.pair) as sink:
        one.relay(f"smtp://reader@127.0.0.1:{sink.port}", password=PASSWORD, ca=good.authority, timeout="2s")
        done = one.send()
    if done.code:
        assert done.code == 69
        _nobody_was_touched(one, sink)
    else:
        assert one.violations(sink.log.path) == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_with_a_trusted_certificate_and_the_right_password_everybody_gets_it(tmp_path: Path, scheme: str) -> None:
    one, good = made(tmp_path, count=30), papers(tmp_path)
    with SinkProcess(tmp_path, f"login reader {PASSWORD}", tls=good.pair, implicit=scheme == "smtps") as sink:
        one.relay(f"{scheme}://reader@127.0.0.1:{sink.port}", password=PASSWORD, ca=good.authority)
        done = one.send()
    assert done.code == 0, done.err
    assert one.violations(sink.log.path) == []
    assert one.states() == {"accepted": 30}
    assert not [secret for secret in _secrets() if secret in done.out + done.err]


def test_a_login_refused_is_tried_over_one_connection_once_a_mechanism(tmp_path: Path) -> None:
    one, good = made(tmp_path), papers(tmp_path)
    with SinkProcess(tmp_path, "login reader another", tls=good.pair) as sink:
        one.relay(f"smtp://reader@127.0.0.1:{sink.port}", password=PASSWORD, ca=good.authority)
        done = one.send()
        tries = [line.split()[1] for line in sink.log.lines() if line.upper().startswith("AUTH")]
    assert done.code == 78, done.err
    _nobody_was_touched(one, sink)
    assert len(tries) == len(set(tries)) >= 1
    assert len(sink.log.events("connect")) == 1
    assert not [secret for secret in _secrets() if secret in done.out + done.err]


def test_a_login_put_off_is_no_wrong_password(tmp_path: Path) -> None:
    one, good = made(tmp_path), papers(tmp_path)
    with SinkProcess(tmp_path, "on auth: reply 454 4.7.0 later\nlogin reader x", tls=good.pair) as sink:
        one.relay(f"smtp://reader@127.0.0.1:{sink.port}", password=PASSWORD, ca=good.authority)
        done = one.send()
    assert done.code in {69, 75}
    _nobody_was_touched(one, sink)


def test_a_password_never_goes_to_a_relay_elsewhere_without_tls(tmp_path: Path) -> None:
    one = made(tmp_path)
    one.relay("smtp://reader@relay.invalid:587?tls=none", password=PASSWORD)
    done = one.send()
    assert done.code == 78
    assert not one.states()
    assert PASSWORD not in done.out + done.err
