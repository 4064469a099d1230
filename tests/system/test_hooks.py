"""Webhooks over real HTTP: who is mailed no more, what opens nothing, and that a killed server loses no report."""

import http.client
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from mailweekly import tokens
from tests.sink import SinkProcess
from tests.system.public_http import Served, served
from tests.system.publication import Publication, made
from tests.system.returns import rows
from tests.unit.adapters_inbound import signers
from tests.unit.adapters_inbound.signers import SECRETS, TOPIC, Sent

R1, R2, R3 = "r1@readers.test", "r2@readers.test", "r3@readers.test"
REASON: Final = "SELECT reason FROM suppressions WHERE key = ?"
EVENTS: Final = int(os.environ.get("MAILWEEKLY_HOOKS", "2000"))  # 100,000: make hooks
AT_ONCE: Final = int(os.environ.get("MAILWEEKLY_HOOKS_AT_ONCE", "1"))  # reports a request
LONG: Final = 10_000
SENDERS: Final = 8
READERS: Final = max(40, EVENTS // 20)
ENVIRONMENT: Final = {
    **{f"MAILWEEKLY_HOOK_{name.upper()}": secret for name, secret in SECRETS.items()},
    "MAILWEEKLY_HOOK_SENDGRID": signers.sendgrid_key(),
}


def opened(folder: Path, sink: SinkProcess, count: int) -> Publication:
    """Return a publication that has sent its issue, with every address open."""
    one = made(folder, count=count)
    one.relay(sink.relay)
    assert one.send().code == 0
    one.environment.update(ENVIRONMENT)
    (one.root / "sns.pem").write_bytes(signers.certificate())
    settings = one.root / "mailweekly.toml"
    more = f'\n[serve.hooks]\nsns_topics = ["{TOPIC}"]\nsns_certificate = "sns.pem"\n'
    settings.write_text(settings.read_text("utf-8") + more, "utf-8")
    return one


@pytest.fixture(name="one", scope="module")
def _one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publication]:
    folder = tmp_path_factory.mktemp("hooks")
    with SinkProcess(folder) as sink:
        yield opened(folder, sink, 12)


@pytest.fixture(name="server", scope="module")
def _server(one: Publication) -> Iterator[Served]:
    with served(one, end=False) as server:
        yield server
        server.process.kill()


def now() -> datetime:
    """The time that the server has."""
    return datetime.now(UTC)


def post(server: Served, name: str, sent: Sent) -> int:
    """Send a request; its status."""
    return server.ask("POST", f"/hooks/{name}", sent[1], sent[0]).status


def generic(number: object, recipient: str, **fields: Any) -> Sent:
    """A report in our own form, of now."""
    return signers.signed_generic({"id": str(number), "kind": "bounce", "recipient": recipient, **fields}, at=now())


def token_of(one: Publication, address: str) -> str:
    """Return the token of the delivery to somebody."""
    ((number,),) = rows(one, "SELECT id FROM deliveries WHERE key = ?", address)
    return tokens.sign(one.keys, tokens.RETURN_PATH, tokens.delivery_payload(number))


def test_who_bounced_is_left_out_of_the_next_plan(one: Publication, server: Served) -> None:
    part: dict[str, Any] = {"bounceType": "Permanent", "bounceSubType": "General", "feedbackId": "f-7"}
    part["bouncedRecipients"] = [
        {"emailAddress": R1, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
    ]
    message = {"eventType": "Bounce", "bounce": part, "mail": {"source": f"b+{token_of(one, R1)}@mail.test"}}
    assert post(server, "ses", signers.sns(message, version="2")) == 200
    assert rows(one, REASON, R1) == [("dead",)]
    one.issue((one.root / "issues" / "007-seven.md").read_text().replace("number: 7", "number: 8"), "008-eight.md")
    assert one.run("plan", "8", "--json").document["left_out_by_reason"] == {"dead": 1}


def test_the_same_report_again_changes_nothing(one: Publication, server: Served) -> None:
    sent = generic("twice", R2, reason="mailbox-full", token=token_of(one, R2))
    assert [post(server, "generic", sent) for _ in range(3)] == [200, 200, 200]
    assert rows(one, "SELECT count(*) FROM bounces WHERE key = ?", R2) == [(1,)]
    assert rows(one, REASON, R2) == []


def test_a_complaint_and_a_wish_to_leave_keep_out_at_once(one: Publication, server: Served) -> None:
    complaint = {"RecordType": "SpamComplaint", "ID": 9, "Email": R3}
    assert post(server, "postmark", signers.basic(complaint)) == 200
    assert rows(one, REASON, R3) == [("complaint",)]
    assert post(server, "brevo", signers.basic({"event": "unsubscribed", "email": "r4@readers.test"})) == 200
    assert rows(one, REASON, "r4@readers.test") == [("unsubscribed",)]


def test_each_event_of_an_array_counts(one: Publication, server: Served) -> None:
    people = [f"r{number}@readers.test" for number in (5, 6, 7)]
    events = [
        {
            "event": "bounce",
            "type": "bounce",
            "status": "5.1.1",
            "reason": "550 5.1.1 user unknown",
            "email": who,
            "sg_event_id": who,
        }
        for who in people
    ]
    assert post(server, "sendgrid", signers.sendgrid(events)) == 200
    assert [rows(one, REASON, who) for who in people] == [[("dead",)]] * 3


def test_what_the_provider_suppresses_is_suppressed_here(one: Publication, server: Served) -> None:
    data = {
        "to": ["r8@readers.test"],
        "bounce": {"type": "Permanent", "subType": "Suppressed", "message": "on the list"},
    }
    assert post(server, "resend", signers.resend({"type": "email.bounced", "data": data}, at=now())) == 200
    assert rows(one, REASON, "r8@readers.test") == [("blocked",)]


def test_what_is_not_authentic_changes_nothing(one: Publication, server: Served) -> None:
    before = rows(one, "SELECT count(*) FROM notices")
    headers, body = generic("x", "r9@readers.test", reason="user-unknown")
    assert post(server, "generic", (headers, body.replace(b"r9@", b"r10@"))) == 403
    assert post(server, "generic", ({}, body)) == 403
    assert post(server, "postmark", signers.basic({"Email": "r9@readers.test"}, secret="hook:wrong")) == 403
    assert post(server, "ses", signers.sns({}, TopicArn=f"{TOPIC}2")) == 403
    assert rows(one, "SELECT count(*) FROM notices") == before


def test_mailguns_token_counts_once_whatever_stands_beside_it(one: Publication, server: Served) -> None:
    first = signers.mailgun({"event": "delivered", "id": "1", "recipient": "r9@readers.test"}, at=now(), token="t" * 50)
    forged = json.loads(first[1])
    forged["event-data"] = {"event": "complained", "id": "2", "recipient": "r9@readers.test"}
    assert post(server, "mailgun", first) == 200
    assert post(server, "mailgun", ({}, json.dumps(forged).encode())) == 403
    assert post(server, "mailgun", first) == 200
    assert rows(one, REASON, "r9@readers.test") == []


def test_a_token_of_nobodys_and_an_unknown_kind_wait_for_review(one: Publication, server: Served) -> None:
    assert post(server, "generic", generic("forged", "r10@readers.test", reason="user-unknown", token="a" * 34)) == 200
    assert post(server, "generic", generic("stranger", "nobody@elsewhere.test", reason="user-unknown")) == 200
    assert post(server, "postmark", signers.basic({"RecordType": "New", "ID": 3})) == 200
    found = rows(one, "SELECT verdict, review FROM notices ORDER BY id DESC LIMIT 3")
    assert found == [("unclear", 1), ("unknown", 1), ("forged", 1)]
    assert rows(one, REASON, "r10@readers.test") == []


def test_bodies_that_are_none_are_refused_and_the_server_lives(server: Served) -> None:
    password = signers.basic({})[0]
    assert post(server, "postmark", (password, b"{")) == 400
    assert post(server, "postmark", (password, b"[" * 200_000)) == 400
    assert post(server, "postmark", (password, b" " * 1_048_577)) == 413
    assert server.ask("POST", "/hooks/nobody", b"{}").status == 404
    assert server.ask("GET", "/hooks/postmark").status == 404
    assert server.ask("GET", "/health").status == 200


def test_every_address_is_closed_while_no_secret_opens_it(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    one.environment["MAILWEEKLY_HOOK_POSTMARK"] = ""
    with served(one) as server:
        for name in ("ses", "postmark", "mailgun", "sendgrid", "brevo", "mailjet", "resend", "generic"):
            assert post(server, name, signers.basic({"Email": R1}, secret=":")) == 404


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("POSTMARK", "no-colon-is-here"),
        ("GENERIC", "short"),
        ("SENDGRID", "nokey"),
        ("RESEND", "whsec_!"),
        ("MAILGUN", "short"),
    ],
)
def test_a_secret_that_is_none_is_refused_and_not_shown(tmp_path: Path, name: str, secret: str) -> None:
    one = made(tmp_path, count=1)
    one.environment[f"MAILWEEKLY_HOOK_{name}"] = secret
    done = one.run("serve", "--port", "0")
    assert done.code == 78
    assert name in done.error[1]
    assert f" {secret}" not in done.err


def test_no_report_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    with SinkProcess(tmp_path) as sink:
        one = opened(tmp_path, sink, READERS)
    known = [token_of(one, f"r{number}@readers.test") for number in range(1, READERS + 1)]
    waiting = list(range(EVENTS))
    port, kills, alive = 0, 0, 0.0
    while waiting:
        with served(one, "--port", str(port), end=False) as server:
            port = server.port
            taken: list[int] = []
            life = 5.0 if EVENTS > LONG else 1.5
            began = time.monotonic()
            killer = threading.Timer(life, server.process.kill)
            killer.start()
            senders = [
                threading.Thread(target=_send, args=(port, waiting[start::SENDERS], known, taken))
                for start in range(SENDERS)
            ]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
            alive += time.monotonic() - began
            killer.cancel()
            server.process.kill()
            kills += 1
        waiting = sorted(set(waiting) - set(taken))
    print(
        f"{EVENTS:,} reports, {AT_ONCE} a request, {kills} kills, {EVENTS / alive:,.0f} stored a second while it lived"
    )
    connection = sqlite3.connect(one.ledger)
    assert connection.execute("SELECT count(*), count(DISTINCT digest) FROM notices").fetchone() == (EVENTS, EVENTS)
    assert connection.execute("SELECT count(*), count(DISTINCT notice_id) FROM bounces").fetchone() == (EVENTS, EVENTS)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert kills > 1


def _send(port: int, numbers: list[int], known: list[str], taken: list[int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for start in range(0, len(numbers), AT_ONCE):
        together = numbers[start : start + AT_ONCE]
        headers, body = signers.signed_generic([_report(one, known) for one in together], at=now())
        try:
            connection.request("POST", "/hooks/generic", body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            break
        if answer.status == 200:
            taken += together
    connection.close()


def _report(number: int, known: list[str]) -> dict[str, str]:
    place = number % READERS
    told = {"id": str(number), "kind": "bounce", "reason": "mailbox-full", "token": known[place]}
    return {**told, "recipient": f"r{place + 1}@readers.test"}
