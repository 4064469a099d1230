"""The preview over raw sockets: who is answered, and who is not."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailweekly.adapters.web.guard import Access
from mailweekly.adapters.web.server import PreviewServer, bound
from mailweekly.errors import UsageError
from tests.system.preview_http import MARKER, Answer, ask, publication, raw
from tests.system.preview_studio import running, studio

__all__: list[str] = []


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreviewServer]:
    with publication(tmp_path_factory.mktemp("publication")) as server:
        yield server


# ------------------------------------------------------------------- the way in


def test_the_start_address_gives_the_cookie_and_leaves_no_token_in_the_address_bar(server: PreviewServer) -> None:
    answer = ask(server, f"/1?token={server.access.token}", cookie=False)
    assert answer.status == 303
    assert answer.headers["location"] == "/1"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{server.access.cookie_name}={server.access.cookie};")
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert server.access.token not in cookie


@pytest.mark.parametrize(
    "target", ["/", "/1", "/events", "/ui/studio.js", "/frame/" + "0" * 32, "/nothing", "/1?token=", "/1?token=wrong"]
)
def test_without_the_cookie_nothing_is_shown(server: PreviewServer, target: str) -> None:
    answer = ask(server, target, cookie=False)
    assert answer.status == 403
    assert b"issue" not in answer.body.lower()
    assert "set-cookie" not in answer.headers


def test_a_token_given_twice_is_none(server: PreviewServer) -> None:
    token = server.access.token
    assert ask(server, f"/1?token={token}&token={token}", cookie=False).status == 403


@pytest.mark.parametrize(
    "cookie", ["{name}=", "{name}=x", "{name}={cookie}x", "other={cookie}", '{name}="', "\x80", "{name}=\xe9"]
)
def test_a_cookie_that_is_not_quite_ours_is_refused(server: PreviewServer, cookie: str) -> None:
    held = cookie.format(name=server.access.cookie_name, cookie=server.access.cookie)
    assert ask(server, "/1", cookie=False, more={"Cookie": held}).status == 403


def test_the_redirect_of_the_token_stays_here(server: PreviewServer) -> None:
    answer = ask(server, f"//evil.example/?token={server.access.token}", cookie=False)
    assert answer.status == 303
    assert re.match(r"/[^/\\]", answer.headers["location"])


# ------------------------------------------------------- other sites and machines


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost:{port}.evil.example",
        "127.0.0.1:{port}@evil",
        "",
        "[::1]x:{port}",
        "192.0.2.7:{port}",
        "localhost.:{port}",
    ],
)
def test_a_foreign_host_gets_421_and_nothing_else(server: PreviewServer, host: str) -> None:
    answer = ask(server, "/1", more={"Host": host.format(port=server.access.port)})
    assert (answer.status, answer.body) == (421, b"")


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "[::1]:{port}", "LOCALHOST:{port}"])
def test_each_name_of_this_machine_is_answered(server: PreviewServer, host: str) -> None:
    assert ask(server, "/1", more={"Host": host.format(port=server.access.port)}).status == 200


def test_no_host_or_two_hosts_are_refused(server: PreviewServer) -> None:
    cookie = f"Cookie: {server.access.cookie_name}={server.access.cookie}\r\n"
    ours = f"Host: 127.0.0.1:{server.access.port}\r\n"
    for head in (
        "GET /1 HTTP/1.0\r\n",
        "GET /1 HTTP/1.1\r\nConnection: close\r\n",
        f"GET /1 HTTP/1.1\r\n{ours}Host: evil.example\r\n",
    ):
        answer = Answer(raw(server, (head + cookie + "\r\n").encode()))
        assert answer.status in {400, 421}
        assert b"First" not in answer.body


@pytest.mark.parametrize("target", ["http://evil.example/1", "http://127.0.0.1/1", "*", "1"])
def test_a_target_that_is_no_path_is_refused(server: PreviewServer, target: str) -> None:
    answer = ask(server, target)
    assert 400 <= answer.status < 500
    assert b"First" not in answer.body


@pytest.mark.parametrize("target", ["/1", "/events", "/ui/studio.js"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "nonsense"},
    ],
)
def test_another_site_is_refused_even_with_the_cookie(
    server: PreviewServer, target: str, headers: dict[str, str]
) -> None:
    assert ask(server, target, more=headers).status == 403


def test_another_site_cannot_spend_the_token(server: PreviewServer) -> None:
    answer = ask(server, f"/1?token={server.access.token}", cookie=False, more={"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


def test_our_own_origin_is_answered(server: PreviewServer) -> None:
    assert (
        ask(
            server, "/1", more={"Origin": f"http://127.0.0.1:{server.access.port}", "Sec-Fetch-Site": "same-origin"}
        ).status
        == 200
    )


# --------------------------------------------------------------- nothing changes


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])
@pytest.mark.parametrize("target", ["/", "/1", "/events", "/frame/" + "0" * 32])
def test_only_reading_is_allowed(server: PreviewServer, method: str, target: str) -> None:
    answer = ask(server, target, method=method)
    assert answer.status in {400, 405}
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_the_token_is_spent_by_reading_only(server: PreviewServer) -> None:
    answer = ask(server, f"/1?token={server.access.token}", method="POST", cookie=False)
    assert answer.status == 405
    assert "set-cookie" not in answer.headers


def _asking(server: PreviewServer, **more: str) -> dict[str, str]:
    ours = {"Origin": f"http://127.0.0.1:{server.access.port}", "X-Mailweekly": "1", "Content-Type": "application/json"}
    return ours | more


def _post(server: PreviewServer, target: str, body: bytes, more: dict[str, str], *, cookie: bool = True) -> Answer:
    length = {"Content-Length": str(len(body))}
    return ask(
        server,
        target,
        method="POST",
        cookie=cookie,
        body=body,
        more={name: value for name, value in {**length, **more}.items() if value},
    )


GOTO = b'{"at": "/1", "values": {"line": 2}}'


def test_an_action_is_done_when_our_own_page_asks(server: PreviewServer) -> None:
    answer = _post(server, "/do/goto", GOTO, _asking(server))
    assert answer.status == 200
    assert json.loads(answer.body)["words"]


@pytest.mark.parametrize(
    "more",
    [
        {"Origin": ""},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"X-Mailweekly": ""},
        {"X-Mailweekly": "0"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_an_action_is_refused_to_whoever_could_be_another_site(server: PreviewServer, more: dict[str, str]) -> None:
    answer = _post(server, "/do/goto", GOTO, _asking(server, **more))
    assert (answer.status, b"words" in answer.body) == (403, False)


def test_an_action_needs_the_cookie_and_not_the_token(server: PreviewServer) -> None:
    assert _post(server, "/do/goto", GOTO, _asking(server), cookie=False).status == 403
    answer = _post(server, f"/do/goto?token={server.access.token}", GOTO, _asking(server), cookie=False)
    assert answer.status == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("name", ["goto", "again", "nothing"])
def test_nothing_is_done_by_reading(server: PreviewServer, method: str, name: str) -> None:
    answer = ask(server, f"/do/{name}", method=method)
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"x",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"at": 1, "values": {}}',
        b'{"at": "/1", "values": []}',
        b'{"at": "/77", "values": {}}',
        b'{"at": "/../.env", "values": {}}',
        b'{"at": "//evil.example/1", "values": {}}',
    ],
)
def test_an_action_that_makes_no_sense_is_refused(server: PreviewServer, body: bytes) -> None:
    assert _post(server, "/do/goto", body, _asking(server)).status in {400, 413}


@pytest.mark.parametrize("line", ["0", "-1", "true", "1e9", '"../.env"', "null", "99999999999999"])
def test_a_line_is_a_number(server: PreviewServer, line: str) -> None:
    answer = _post(server, "/do/goto", f'{{"at": "/1", "values": {{"line": {line}}}}}'.encode(), _asking(server))
    assert answer.status in {200, 400}
    assert b"copied" not in answer.body


def test_an_action_is_not_asked_at_length(server: PreviewServer) -> None:
    for more in (
        {"Content-Length": "2000001"},
        {"Content-Length": "9" * 30},
        {"Content-Length": "", "Transfer-Encoding": "chunked"},
    ):
        assert _post(server, "/do/goto", b"", _asking(server, **more)).status in {400, 413}


def test_a_request_with_a_body_is_refused(server: PreviewServer) -> None:
    assert ask(server, "/1", more={"Content-Length": "5"}, body=b"hello").status == 413
    assert ask(server, "/1", more={"Content-Length": "99999999999"}).status == 413
    assert ask(server, "/1", more={"Transfer-Encoding": "chunked"}, body=b"5\r\nhello\r\n0\r\n\r\n").status == 413


def test_a_head_request_has_no_body(server: PreviewServer) -> None:
    for target in ("/1", "/events", "/ui/studio.css"):
        answer = ask(server, target, method="HEAD")
        assert (answer.status, answer.body) == (200, b"")


# -------------------------------------------------------------------- no path in


@pytest.mark.parametrize(
    "target",
    [
        "/.env",
        "/mailweekly.db",
        "/subscribers/readers.csv",
        "/001.md",
        "/../.env",
        "/%2e%2e/.env",
        "/%252e%252e%252f.env",
        "/..%5c.env",
        "/ui/../../.env",
        "/ui/..%2f..%2f.env",
        "/ui//etc/passwd",
        "/ui/%2fetc%2fpasswd",
        "/ui/studio.js%00",
        "/frame/../../.env",
        "/frame/..%2f..%2f.env/0",
        "/frame/x/..%2f.env",
        "/C:%5cWindows",
        "/\\..\\.env",
        "/1/../.env",
        "/1%00",
        "/%31%30%30%30%30",
        "/" + "9" * 6000,
        "/-1",
        "/1.5",
        "/%D9%A1",
        "/?issue=../.env",
        "/1?view=../../.env&of=.env",
        "/1/read/..%2f..%2f.env",
        "/1/source/.env",
        "/1/..%2f../.env",
        "/do/..%2f.env",
        "/ui/%2e%2e/look.py",
    ],
)
def test_no_address_reaches_a_file(server: PreviewServer, target: str) -> None:
    answer = ask(server, target)
    assert answer.status in {200, 400, 404, 405}
    assert MARKER.encode() not in answer.body
    assert b"root:" not in answer.body


def test_an_issue_that_there_is_not_is_said_so(server: PreviewServer) -> None:
    answer = ask(server, "/77")
    assert answer.status == 404
    assert "There is no issue 77" in answer.text
    assert ask(server, "/?issue=3").headers["location"] == "/3"
    assert ask(server, "/").headers["location"] == "/3"


# ------------------------------------------------------------------------ binding


@pytest.mark.parametrize(
    ("bound_to", "host", "is_own"),
    [
        ("127.0.0.1", "192.168.1.5:8025", False),
        ("0.0.0.0", "192.168.1.5:8025", True),
        ("0.0.0.0", "evil.example:8025", False),
        ("192.168.1.5", "192.168.1.5:8025", True),
        ("192.168.1.5", "192.168.1.5:80", False),
        ("::", "[fe80::1]:8025", True),
    ],
)
def test_beyond_loopback_a_bare_address_is_ours_and_a_name_is_not(bound_to: str, host: str, is_own: bool) -> None:
    assert Access(token="t", cookie="c", host=bound_to, port=8025).is_own_host(host) is is_own


def test_beyond_loopback_the_token_is_asked_for_everything(tmp_path: Path) -> None:
    (tmp_path / "001.md").write_text("x\n")
    with running(studio(tmp_path), host="0.0.0.0") as server:
        assert server.start_url(1).startswith("http://127.0.0.1:")
        for target in ("/", "/1", "/events", "/ui/studio.js"):
            assert ask(server, target, cookie=False).status == 403
        assert ask(server, "/1").status == 200


def test_a_taken_port_is_an_error_in_plain_words() -> None:
    with bound("127.0.0.1", 0) as taken, pytest.raises(UsageError, match="cannot listen on 127"):
        bound("127.0.0.1", taken.getsockname()[1])
    with pytest.raises(UsageError, match="no port"):
        bound("127.0.0.1", 70000)
    with pytest.raises(UsageError, match="cannot listen"):
        bound("no such host..", 0)
