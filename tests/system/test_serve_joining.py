"""Joining by the public side: a form, a letter, a button; the same answer to everybody, and one letter an address and day."""

import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailweekly import tokens
from tests.sink import SinkProcess
from tests.system.public_http import Served, letters, link_in, rows, served, token, until
from tests.system.publication import ISSUE, Publication, made

SAID = "Have a look at your mailbox"
STATUS = "SELECT status FROM subscribers WHERE key = ?"


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


def _setting(one: Publication, text: str) -> None:
    path = one.root / "mailweekly.toml"
    path.write_text(path.read_text("utf-8") + text, encoding="utf-8")


def _letter(sink: SinkProcess, to: str, count: int = 1) -> str:
    until(lambda: len(letters(sink, to)) >= count)
    return link_in(letters(sink, to)[-1])


def _joined(at: Served, sink: SinkProcess, who: str) -> None:
    assert at.form("/subscribe", email=who).status == 200
    assert at.form(_letter(sink, who), page="1").status == 200


def test_a_reader_is_one_only_after_the_button_behind_the_letters_link(one: Publication, sink: SinkProcess) -> None:
    with served(one) as at:
        answer = at.form("/subscribe", email="New.Reader@Example.ORG", list="readers")
        assert (answer.status, SAID in answer.text) == (200, True)
        path = _letter(sink, "New.Reader@Example.ORG")
        assert rows(one, STATUS, "new.reader@example.org") == [("pending",)]
        for method in ("GET", "HEAD"):
            for _ in range(3):
                assert at.ask(method, f"{path}?confirm=true").status == 200
        assert rows(one, STATUS, "new.reader@example.org") == [("pending",)]
        assert "You are in" in at.form(path, page="1").text
        assert rows(one, STATUS, "new.reader@example.org") == [("active",)]
        assert "You are in" in at.form(path, page="1").text  # pressed twice, or the page loaded again
        at.form(f"/u/{token(one, 'new.reader@example.org')}", page="1")
        assert "does nothing" in at.form(path, page="1").text
    found = rows(
        one, "SELECT confirmed_at > 0, joined_at > 0, consent FROM subscribers WHERE key = 'new.reader@example.org'"
    )
    assert found[0][:2] == (1, 1)
    assert '"form": "form"' in found[0][2]
    assert [
        what for (what,) in rows(one, "SELECT what FROM story WHERE key = 'new.reader@example.org' ORDER BY id")
    ] == [
        "asked",
        "confirmed",
        "left",
    ]
    assert "New.Reader@Example.ORG" in str(one.run("plan", "7", "--json").document) or rows(
        one,
        "SELECT count(*) FROM memberships JOIN subscribers ON id = subscriber_id WHERE key = 'new.reader@example.org'",
    ) == [(1,)]


def test_the_letter_has_the_headers_of_one_and_no_word_of_the_visitors(one: Publication, sink: SinkProcess) -> None:
    with served(one) as at:
        at.form(
            "/subscribe",
            {"Accept-Language": "zh-CN,zh;q=0.9", "User-Agent": "Buy now https://spam.example"},
            email="visitor@example.org",
            name="Buy now https://spam.example",
            first_name="Buy now",
            list=["readers", "Buy now"],
            text="Buy now",
        )
        _letter(sink, "visitor@example.org")
    (kept,) = [each for each in sink.log.kept() if each.recipient == "visitor@example.org"]
    message = kept.parsed()
    assert b"Buy" not in kept.content
    assert b"spam" not in kept.content
    assert "请确认" in str(message["Subject"])
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["List-Id"]
    assert message["X-Mailweekly-Id"] in str(kept.sender if hasattr(kept, "sender") else message["X-Mailweekly-Id"])
    assert not any(message[name] for name in ("List-Unsubscribe", "Precedence", "Feedback-ID", "Bcc"))
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert max(map(len, kept.content.split(b"\r\n"))) <= 78


def test_the_answer_is_the_same_whoever_has_the_address(one: Publication, sink: SinkProcess) -> None:
    with served(one) as at:
        at.ask("POST", f"/u/{token(one, 'r2@readers.test')}", "", {})
        people = ["stranger@example.org", "r1@readers.test", "r2@readers.test", "r3@readers.test"]
        answers = [at.form("/subscribe", email=who) for who in people * 2]
        told = [at.json("/api/subscribe", {"email": who}) for who in people * 2]
        assert len({(each.status, each.body, each.headers.get("content-length")) for each in answers}) == 1
        assert {(each.status, each.body) for each in told} == {(202, told[0].body)}
        until(lambda: len(letters(sink, "r1@readers.test")) == 2)
        subject = str(letters(sink, "r1@readers.test")[1]["Subject"])
    assert "already" in subject


def test_two_hundred_requests_for_one_address_are_one_letter(one: Publication, sink: SinkProcess) -> None:
    _setting(one, "\n[serve]\nsignups_per_net = 0\n")
    with served(one, "--workers", "2") as at:
        for number in range(200):
            spelt = "Flood@Example.org" if number % 2 else "flood@example.org"
            assert at.form("/subscribe", email=spelt).status == 200
        _letter(sink, "flood@example.org")
        time.sleep(1.5)
    assert rows(one, "SELECT count(*) FROM letters WHERE key = 'flood@example.org'") == [(1,)]
    assert len(letters(sink, "flood@example.org")) + len(letters(sink, "Flood@Example.org")) == 1


def test_who_left_may_come_back_and_who_complained_may_not(one: Publication, sink: SinkProcess) -> None:
    with served(one) as at:
        at.ask("POST", f"/u/{token(one, 'r1@readers.test')}", "", {})
        assert one.run("plan", "7").code == 0
        at.form("/subscribe", email="r1@readers.test")
        path = _letter(sink, "r1@readers.test", 2)
        assert rows(one, STATUS, "r1@readers.test") == [("suppressed",)]
        at.form(path, page="1")
        assert rows(one, STATUS, "r1@readers.test") == [("active",)]
        at.ask("POST", f"/u/{token(one, 'r1@readers.test')}", "", {})
        assert "does nothing" in at.form(path, page="1").text
        assert rows(one, STATUS, "r1@readers.test") == [("suppressed",)]
        ((key,),) = rows(one, "SELECT key FROM suppressions WHERE reason = 'complaint' LIMIT 1") or [("",)]
        if key:
            at.form("/subscribe", email=key)
        assert rows(one, "SELECT count(*) FROM letters WHERE key = ?", key) == [(0,)]


def test_a_damaged_or_foreign_confirmation_does_nothing(one: Publication, sink: SinkProcess) -> None:
    with served(one) as at:
        at.form("/subscribe", email="a@example.org")
        good = _letter(sink, "a@example.org")[3:]
        foreign = [token(one, "a@example.org"), token(one, "a@example.org", purpose=tokens.PREFERENCES)]
        forged = [good[:-1], good + "a", good[:-1] + ("a" if good[-1] != "a" else "b"), "", *foreign]
        pages = {at.form(f"/c/{each}", page="1").body for each in forged}
        assert len(pages) == 1
        assert rows(one, STATUS, "a@example.org") == [("pending",)]


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "a@b",
        "a@localhost",
        "a b@example.org",
        "a@example.org\r\nBcc: b@example.org",
        "<a@example.org>",
        "a@example.org, b@example.org",
    ],
)
def test_what_is_no_address_is_said_on_the_form_and_nothing_is_kept(one: Publication, email: str) -> None:
    with served(one) as at:
        answer = at.form("/subscribe", email=email)
        told = at.json("/api/subscribe", {"email": email})
    assert (answer.status, told.status) == (422, 422)
    assert 'aria-invalid="true"' in answer.text
    assert rows(one, "SELECT count(*) FROM letters") == [(0,)]


def test_hostile_forms_and_objects_are_answered_and_change_nothing(one: Publication) -> None:
    odd = [
        "[]",
        "{",
        '{"email": 1}',
        '{"email": null, "lists": 5}',
        *(
            f'{{"email": "a@example.org", "lists": {lists}}}'
            for lists in ('"readers"', '{"readers": 1}', "[1]", "true")
        ),
        "[" * 60_000,
        '{"email": "\\ud800@example.org"}',
        "1" * 5000,
        '"a"',
    ]
    with served(one) as at:
        for body in odd:
            answer = at.ask("POST", "/api/subscribe", body, {"Content-Type": "application/json"})
            assert answer.status in {400, 422}
            assert json.loads(answer.body)["message"]
        assert at.ask("POST", "/api/subscribe", "{}", {"Content-Type": "text/plain"}).status == 415
        assert at.ask(
            "POST", "/subscribe", b"email=%ff%fe", {"Content-Type": "application/x-www-form-urlencoded"}
        ).status in {400, 422}
        assert (
            at.ask(
                "POST", "/subscribe", "&".join(["a=b"] * 5000), {"Content-Type": "application/x-www-form-urlencoded"}
            ).status
            == 400
        )
        shown = at.form("/subscribe", email='"><script>alert(1)</script>', list="<b>")
        assert "<script" not in shown.text
        assert at.form("/subscribe", email="a@example.org", website="https://spam.example").status == 200
        assert at.form("/subscribe", email="a@example.org", list="unknown").status == 422
        assert at.ask("GET", "/api/subscribe").status == 405
        assert at.ask("GET", "/mailweekly.toml").status == 404
        assert at.ask("GET", "/../mailweekly.toml").status == 404
        assert at.ask("GET", "/%2e%2e/.env").status == 404
    assert rows(one, "SELECT count(*) FROM letters") == [(0,)]


def test_a_net_that_asks_too_often_is_told_when_to_ask_again(one: Publication) -> None:
    _setting(one, '\n[serve]\nsignups_per_net = 3\nsignups = 5\ntrusted_proxies = ["127.0.0.1"]\n')
    with served(one) as at:

        def asked(number: int, came_from: str) -> int:
            answer = at.form("/subscribe", {"X-Forwarded-For": came_from}, email=f"n{number}@example.org")
            assert (answer.status == 429) == ("retry-after" in answer.headers)
            return answer.status

        assert [asked(number, "192.0.2.1") for number in range(4)] == [200, 200, 200, 429]
        assert asked(10, "203.0.113.9, 192.0.2.1") == 429  # what stands before the last part is anybody's word
        assert asked(11, "2001:db8:1:2::1") == 200
        assert asked(12, "2001:db8:1:2:ffff::9") == 200
        assert asked(13, "192.0.2.77") == 429  # the cap of all
        assert at.ask("POST", f"/u/{token(one, 'r1@readers.test')}", "", {}).status == 200
    assert rows(one, "SELECT count(*) FROM letters") == [(5,)]
    assert not any("192.0.2" in str(row) for row in rows(one, "SELECT scope FROM knocks"))


def test_without_a_trusted_proxy_nobody_can_name_another_net(one: Publication) -> None:
    _setting(one, "\n[serve]\nsignups_per_net = 2\n")
    with served(one) as at:
        found = [
            at.form("/subscribe", {"X-Forwarded-For": f"192.0.2.{number}"}, email=f"n{number}@example.org").status
            for number in range(3)
        ]
    assert found == [200, 200, 429]


def test_a_letter_written_down_before_a_kill_is_sent_after_it(one: Publication, sink: SinkProcess) -> None:
    with SinkProcess(one.root.parent, name="held") as held:
        one.relay("smtp://127.0.0.1:9")  # nobody listens there
        with served(one, end=False) as at:
            assert at.form("/subscribe", email="kept@example.org").status == 200
            os.kill(at.process.pid, signal.SIGKILL)
        one.relay(held.relay)
        with served(one):
            until(lambda: rows(one, "SELECT state FROM letters") == [("sent",)], 40)
        assert [message.recipient for message in held.log.kept()] == ["kept@example.org"]


def test_nothing_answered_with_200_is_lost_by_a_kill(one: Publication) -> None:
    _setting(one, "\n[serve]\nsignups_per_net = 0\nsignups = 0\n")
    answered: list[str] = []
    with served(one, "--workers", "2", end=False) as at:
        for number in range(150):
            if number == 120:
                os.killpg(at.process.pid, signal.SIGKILL)
            try:
                if at.form("/subscribe", email=f"k{number}@example.org").status == 200:
                    answered.append(f"k{number}@example.org")
            except OSError:
                break
    assert len(answered) >= 100
    assert set(answered) <= {key for (key,) in rows(one, "SELECT key FROM letters")}


def test_a_welcome_and_the_newest_issue_come_where_they_are_switched_on(one: Publication, sink: SinkProcess) -> None:
    _setting(one, "\n[serve]\nwelcome = true\nlatest_issue = true\n")
    with served(one) as at:
        _joined(at, sink, "w@example.org")
        until(lambda: len(letters(sink, "w@example.org")) == 3)
        _, welcome, issue = letters(sink, "w@example.org")
        assert "Welcome" in str(welcome["Subject"])
        assert welcome["Auto-Submitted"] == "auto-generated"
        assert str(issue["Subject"]).endswith("Seven")
        leave = str(issue["List-Unsubscribe"]).split(",")[0].strip("<>").removeprefix("https://news.mail.test")
        assert at.ask("POST", leave, "", {}).status == 200
    assert rows(one, STATUS, "w@example.org") == [("suppressed",)]
    assert one.states()["accepted"] == 4


def test_a_reader_sees_changes_takes_and_ends_what_they_get(one: Publication, sink: SinkProcess) -> None:
    _setting(one, '\n[lists]\nreaders = "The weekly letter"\nextra = "Now and then"\n')
    with served(one) as at:
        path = f"/p/{token(one, 'r1@readers.test', purpose=tokens.PREFERENCES)}"
        page = at.ask("GET", path)
        assert "r1@readers.test" in page.text
        assert "The weekly letter" in page.text
        assert page.headers["cache-control"] == "no-store"
        saved = at.form(path, do="save", name="Ada\r\n<b>", list=["readers", "extra", "secret"])
        assert "Saved." in saved.text
        assert rows(one, "SELECT name FROM subscribers WHERE key = 'r1@readers.test'") == [("Ada <b>",)]
        lists = "SELECT list FROM memberships JOIN subscribers ON id = subscriber_id WHERE key = 'r1@readers.test' ORDER BY 1"
        assert rows(one, lists) == [("extra",), ("readers",)]
        taken = at.form(path, do="export")
        assert taken.headers["content-type"].startswith("application/json")
        assert "attachment" in taken.headers["content-disposition"]
        assert "r1@readers.test" in taken.text
        at.form(path, do="save", name="Ada", list=["extra"])
        assert rows(one, lists) == [("extra",)]
        assert at.form(path, do="leave").status == 200
        assert rows(one, STATUS, "r1@readers.test") == [("suppressed",)]
        at.form(path, do="save", name="Back", list=["readers"])
        assert rows(one, STATUS, "r1@readers.test") == [("suppressed",)]
        strange = [
            at.ask("GET", f"/p/{each}").body for each in (path[3:-1], token(one, "r1@readers.test"), "", "x" * 500)
        ]
        assert len(set(strange)) == 1
        assert at.form(path, do="nonsense").status == 400


def test_who_wants_one_issue_a_month_gets_the_first_of_a_month(one: Publication) -> None:
    with served(one) as at:
        path = f"/p/{token(one, 'r1@readers.test', purpose=tokens.PREFERENCES)}"
        assert 'value="monthly" checked' not in at.ask("GET", path).text
        assert at.form(path, do="save", frequency="hourly").status == 400
        assert 'value="monthly" checked' in at.form(path, do="save", frequency="monthly").text
    assert rows(one, "SELECT frequency FROM subscribers WHERE key = 'r1@readers.test'") == [("monthly",)]
    assert rows(one, "SELECT what FROM story WHERE key = 'r1@readers.test'")[-1] == ("changed",)
    first = one.states()["accepted"]
    one.issue(ISSUE.replace("7", "8").replace("Seven", "Eight"), "008-eight.md")
    assert "one issue a month is enough" in one.run("plan", "8").out
    assert one.send("8").code == 0
    eighth = (
        "SELECT count(*) FROM deliveries d JOIN sends ON sends.id = send_id WHERE issue = '8' AND d.state = 'accepted'"
    )
    assert rows(one, eighth) == [(first - 1,)]
    month_ago = "UPDATE sends SET created_at = created_at - 32 * 86400"
    connection = sqlite3.connect(one.ledger)
    connection.execute(month_ago)
    connection.commit()
    connection.close()
    one.issue(ISSUE.replace("7", "9").replace("Seven", "Nine"), "009-nine.md")
    assert one.send("9").code == 0
    assert rows(one, eighth.replace("'8'", "'9'")) == [(first,)]


def test_a_language_of_the_publications_own_is_spoken_and_a_wrong_file_refused(one: Publication) -> None:
    words = one.root / "templates" / "public.pt.toml"
    words.write_text('[page]\nsubscribe = "Assinar"\n', encoding="utf-8")
    with served(one) as at:
        assert "Assinar" in at.ask("GET", "/subscribe", headers={"Accept-Language": "pt-BR, en;q=0.5"}).text
        assert "订阅" in at.ask("GET", "/subscribe", headers={"Accept-Language": "zh-TW"}).text
        for odd in ("*", "xx", ";;;q=9", "en;q=abc", "," * 5000, "\u00e9"):
            page = at.ask("GET", "/subscribe", headers={"Accept-Language": odd.encode("latin-1").decode("latin-1")})
            assert 'lang="en"' in page.text
    words.write_text('[page]\nsubscribed = "?"\n', encoding="utf-8")
    refused = one.run("serve", "--port", "0")
    assert refused.code == 78
    assert "templates/public.pt.toml" in refused.error[1]
