"""The public side over real HTTP: leaving by one click, in every form a mail program sends it, and never by looking."""

import time
from pathlib import Path

import pytest

from mailweekly import tokens
from mailweekly.tokens import Keys
from tests.sink import SinkProcess
from tests.system.public_http import FORM, Served, rows, served, token, until
from tests.system.publication import ISSUE, Publication, made

MULTIPART = (
    '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    {"Content-Type": "multipart/form-data; boundary=x"},
)
WAYS = {
    "form": ("List-Unsubscribe=One-Click", {"Content-Type": FORM}),
    "multipart": MULTIPART,
    "empty": ("", {}),
    "text": ("anything at all \x00\xff", {"Content-Type": "text/plain"}),
    "json": ("{}", {"Content-Type": "application/json", "Origin": "https://mail.example", "Cookie": "a=b"}),
    "typeless": ("List-Unsubscribe=One-Click", {}),
}


@pytest.fixture(name="one")
def _one(tmp_path: Path) -> Publication:
    one = made(tmp_path, count=12)
    assert one.send().code == 0
    return one


def _gone(one: Publication) -> list[str]:
    return [key for (key,) in rows(one, "SELECT key FROM suppressions WHERE key LIKE '%@readers.test' ORDER BY key")]


def test_a_post_of_every_form_leaves_at_once_and_is_answered_with_nothing(one: Publication) -> None:
    with served(one) as at:
        for number, (body, headers) in enumerate(WAYS.values(), 1):
            answer = at.ask("POST", f"/u/{token(one, f'r{number}@readers.test')}", body, headers)
            assert (answer.status, answer.body) == (200, b"")
            assert not {"set-cookie", "location"} & set(answer.headers)
            assert _gone(one) == sorted(f"r{each}@readers.test" for each in range(1, number + 1))
    found = rows(one, "SELECT status, left_at > 0 FROM subscribers WHERE key = 'r1@readers.test'")
    assert found == [("suppressed", 1)]
    assert rows(one, "SELECT reason, origin FROM suppressions WHERE key = 'r1@readers.test'") == [
        ("unsubscribed", "one click")
    ]
    assert rows(one, "SELECT what, why FROM story WHERE key = 'r1@readers.test'")[-1] == ("left", "one click")


def test_looking_changes_nothing_however_often_and_however_a_scanner_asks(one: Publication) -> None:
    mine = f"/u/{token(one, 'r1@readers.test')}"
    with served(one) as at:
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
            for path in (mine, f"{mine}?confirm=true&List-Unsubscribe=One-Click", f"{mine}/"):
                answer = at.ask(method, path, headers={"Purpose": "prefetch"})
                assert answer.status == (200 if method in {"GET", "HEAD"} else 405)
        page = at.ask("GET", mine)
        assert page.text.count("<button") == 1
        assert "<script" not in page.text
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "script" not in page.headers["content-security-policy"]
    assert _gone(one) == []


def test_every_token_gets_the_same_answer(one: Publication) -> None:
    good = token(one, "r1@readers.test")
    nobody = tokens.sign(one.keys, tokens.UNSUBSCRIBE, tokens.reader_payload(999_999, "readers"))
    stranger = tokens.sign(Keys(current=b"x" * 32), tokens.UNSUBSCRIBE, tokens.reader_payload(1, "readers"))
    other = token(one, "r2@readers.test", purpose=tokens.PREFERENCES)
    swapped = good[: len(good) // 2] + token(one, "r3@readers.test")[len(good) // 2 :]
    flipped = [good[:place] + ("a" if good[place] != "a" else "b") + good[place + 1 :] for place in range(len(good))]
    forged = [
        nobody,
        stranger,
        other,
        swapped,
        good[:-1],
        good + "a",
        f"{good[:9]}/{good[9:]}",
        "",
        "%00",
        "a" * 2000,
        "../x",
        "u/x",
    ]
    with served(one) as at:
        answers = [at.ask("POST", f"/u/{each}", "", {}) for each in (*forged, *flipped)]
        assert _gone(one) == []
        answers += [at.ask("POST", f"/u/{good}", "", {}) for _ in range(3)]
        looks = {at.ask("GET", f"/u/{each}").body for each in (good, nobody, stranger, other)}
        ours = {at.form(f"/u/{each}", page="1").body for each in (good, nobody, stranger)}
    assert {(each.status, each.body) for each in answers} == {(200, b"")}
    assert len({tuple(sorted({**each.headers, "date": ""}.items())) for each in answers}) == 1
    assert len(looks) == len(ours) == 1
    assert _gone(one) == ["r1@readers.test"]


@pytest.mark.parametrize(
    "target",
    [
        "/u/{}/",
        "/u/{}.",
        "/u/{}%3E",
        "/u/{}%20",
        "/u/{}?utm_source=x",
        "//u/{}",
        "http://a/u/{}",
        "https://news.mail.test/u/{}",
    ],
)
def test_what_stands_round_a_token_keeps_nobody_on_the_list(one: Publication, target: str) -> None:
    good = token(one, "r1@readers.test")
    with served(one) as at:
        for each, found in ((good[:-1], []), (good, ["r1@readers.test"])):
            head = f"POST {target.format(each)} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            assert at.raw(head.encode()).startswith(b"HTTP/1.1 200 ")
            assert _gone(one) == found


def test_a_token_in_capitals_is_the_same_token(one: Publication) -> None:
    with served(one) as at:
        assert at.ask("POST", f"/u/{token(one, 'r1@readers.test').upper()}", "").status == 200
    assert _gone(one) == ["r1@readers.test"]


def test_the_pages_own_button_gets_a_page_to_read(one: Publication) -> None:
    with served(one) as at:
        answer = at.form(f"/u/{token(one, 'r1@readers.test')}", page="1")
    assert answer.status == 200
    assert "You are unsubscribed" in answer.text
    assert _gone(one) == ["r1@readers.test"]


def test_a_token_of_an_old_key_still_lets_its_reader_go(one: Publication) -> None:
    old = token(one, "r1@readers.test")
    env = one.root / ".env"
    text = env.read_text("utf-8")
    key = text.partition("MAILWEEKLY_KEY=")[2].partition("\n")[0].strip("'\"")
    env.write_text(text.replace(key, f"{'ab' * 32},{key}"), encoding="utf-8")
    with served(one) as at:
        at.ask("POST", f"/u/{old}", "", {})
    assert _gone(one) == ["r1@readers.test"]


def test_a_list_is_left_alone_and_no_file_brings_its_reader_back_to_it(one: Publication) -> None:
    (one.root / "subscribers" / "extra.csv").write_text("email\nr1@readers.test\nr2@readers.test\n", encoding="utf-8")
    one.issue(ISSUE.replace("number: 7", "number: 8"), "008-eight.md")
    assert one.send("8", "--audience", "extra").code == 0
    with served(one) as at:
        at.ask("POST", f"/u/{token(one, 'r1@readers.test', list_name='extra')}", "", {})
        assert _gone(one) == []
        assert one.run("plan", "8", "--audience", "extra", "--json").code == 0
        both = "SELECT list FROM memberships JOIN subscribers ON id = subscriber_id WHERE key = 'r1@readers.test'"
        assert rows(one, both) == [("readers",)]
        at.ask("POST", f"/u/{token(one, 'r1@readers.test')}", "", {})
    assert _gone(one) == ["r1@readers.test"]


def test_a_send_that_runs_leaves_out_whoever_goes_meanwhile(tmp_path: Path) -> None:
    one = made(tmp_path, count=40, connections=1)
    with SinkProcess(tmp_path, "on dot nth=3: gate hold ; default") as sink:
        one.relay(sink.relay)
        running = one.start("send", "7", "--confirm")
        sink.log.wait(lambda log: len(log.events("held")) >= 1)
        with served(one) as at:
            at.ask("POST", f"/u/{token(one, 'r40@readers.test')}", "", {})
        sink.open("hold")
        running.communicate(timeout=60)
    assert "r40@readers.test" not in [message.recipient for message in sink.log.kept()]
    assert one.reason("r40@readers.test") == "unsubscribed"
    assert len(sink.log.kept()) == 39


def test_what_cannot_be_stored_is_said_with_503_and_nothing_else_is(one: Publication) -> None:
    mine = token(one, "r1@readers.test")
    with served(one) as at:
        moved = one.ledger.rename(one.ledger.with_suffix(".away"))
        try:
            answer = at.ask("POST", f"/u/{mine}", "", {})
            health = at.ask("GET", "/health")
        finally:
            moved.rename(one.ledger)
        live = at.ask("GET", "/health/live")
        assert (answer.status, answer.body, health.status, live.status) == (503, b"", 503, 200)
        assert at.ask("POST", f"/u/{mine}", "", {}).status == 200
    assert _gone(one) == ["r1@readers.test"]


def test_bodies_too_large_slow_or_cut_off_change_nothing_and_the_server_goes_on(one: Publication) -> None:
    mine = f"/u/{token(one, 'r1@readers.test')}"
    with served(one) as at:
        assert at.ask("POST", mine, b"x" * 70_000).status == 413
        chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
        head = f"POST {mine} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        assert b" 413 " in at.raw(head + chunk * 40 + b"0\r\n\r\n").partition(b"\r\n")[0]
        cut = f"POST {mine} HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nConnection: close\r\n\r\nList".encode()
        began = time.monotonic()
        assert b" 408 " in at.raw(cut)
        assert time.monotonic() - began < 13
        assert _gone(one) == []
        assert b" 200 " not in at.raw(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 200_000)
        for odd in (
            b"\x16\x03\x01\x00\xa5",
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST /u/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        ):
            at.raw(odd + b"\r\n\r\n")
        small = f"POST {mine} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        body = b"1a\r\nList-Unsubscribe=One-Click\r\n0\r\n\r\n"
        assert at.raw(small.encode() + body).startswith(b"HTTP/1.1 200 ")
    assert _gone(one) == ["r1@readers.test"]


def test_it_serves_under_a_path_and_says_where_it_is(tmp_path: Path) -> None:
    one = made(tmp_path, count=2)
    path = one.root / "mailweekly.toml"
    path.write_text(path.read_text().replace("https://news.mail.test", "https://mail.test/news"), encoding="utf-8")
    assert one.send().code == 0
    with served(one) as at:
        assert 'action="/news/subscribe"' in at.ask("GET", "/news/subscribe").text
        assert at.ask("GET", "/subscribe").status == 200
        assert at.ask("POST", f"/news/u/{token(one, 'r1@readers.test')}", "", {}).status == 200
        assert at.ready["base_url"] == "https://mail.test/news"
    assert _gone(one) == ["r1@readers.test"]


def test_the_links_in_a_sent_issue_are_the_ones_it_serves(tmp_path: Path) -> None:
    one = made(tmp_path, count=1)
    with SinkProcess(tmp_path) as sink:
        one.relay(sink.relay)
        assert one.send().code == 0
        (message,) = [each.parsed() for each in sink.log.kept()]
    link = str(message["List-Unsubscribe"]).split(",")[0].strip("<>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    with served(one) as at:
        assert at.ask("POST", link.removeprefix("https://news.mail.test"), *WAYS["form"]).status == 200
    assert _gone(one) == ["r1@readers.test"]


def test_a_port_in_use_and_a_wrong_number_of_workers_are_said_in_three_lines(one: Publication) -> None:
    with served(one) as at:
        taken = one.run("serve", "--port", str(at.port))
        assert taken.code == 64
        assert "cannot listen" in taken.error[0]
    assert one.run("serve", "--workers", "0").code == 64


def test_several_workers_share_the_port_and_one_that_dies_is_started_again(one: Publication) -> None:
    with served(one, "--workers", "2") as at:
        time.sleep(2.2)
        (child, *_) = _children(at)
        __import__("os").kill(child, 9)
        until(lambda: len(_children(at)) == 2 and child not in _children(at))
        for number in range(1, 9):
            assert at.ask("POST", f"/u/{token(one, f'r{number}@readers.test')}", "", {}).status == 200
    assert len(_gone(one)) == 8


def _children(at: Served) -> list[int]:
    return [int(word) for word in Path(f"/proc/{at.process.pid}/task/{at.process.pid}/children").read_text().split()]


def test_the_archive_is_served_as_it_was_published_and_nothing_beside_it(one: Publication) -> None:
    site = one.root / "site"
    (site / "i" / "7").mkdir(parents=True)
    (site / "index.html").write_text("<title>The archive</title>", encoding="utf-8")
    (site / "i" / "7" / "index.html").write_text("<title>Seven</title>", encoding="utf-8")
    (site / "feed.xml").write_text("<feed/>", encoding="utf-8")
    (site / ".secret").write_text("no", encoding="utf-8")
    (site / "link").symlink_to(one.root / ".env")
    with served(one) as at:
        assert "The archive" in at.ask("GET", "/").text
        page = at.ask("GET", "/i/7/")
        assert "Seven" in page.text
        assert at.ask("GET", "/i/7/", headers={"If-None-Match": page.headers["etag"]}).status == 304
        moved = at.ask("GET", "/i/7")
        assert (moved.status, moved.headers["location"]) == (308, "7/")
        assert "x-robots-tag" not in page.headers
        assert at.ask("GET", "/feed.xml").text == "<feed/>"
        for path in (
            "/.secret",
            "/link",
            "/../.env",
            "/%2e%2e/.env",
            "/i/..%2f..%2f.env",
            "/nothing",
            "/\\..\\.env",
            "/%00",
        ):
            assert at.ask("GET", path).status == 404, path
        assert "Past issues" in at.ask("GET", "/subscribe").text
        assert at.ask("POST", "/feed.xml", "", {}).status == 405
