"""The preview's doors over raw sockets, for every view and action there is: what is refused, and that nobody who is refused keeps the editor out."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailweekly.adapters.web.actions import ACTIONS
from mailweekly.adapters.web.guard import BODY_BYTES, HEAD_BYTES
from mailweekly.adapters.web.live import STREAMS
from mailweekly.adapters.web.server import PreviewServer, bound
from mailweekly.adapters.web.views import VIEWS
from tests.system.preview_http import MARKER, ask, publication, raw, stream, until
from tests.system.preview_studio import running, studio

__all__: list[str] = []

VIEW_NAMES = [view.name for view in VIEWS]
HIDDEN = (".env", "mailweekly.db", "subscribers/readers.csv", "subscribers", "../.env", "/etc/passwd")
SPELLINGS = (
    lambda path: path,
    lambda path: path.replace("/", "%2f").replace(".", "%2e"),
    lambda path: path.replace("/", "%252f").replace(".", "%252e"),
    lambda path: path.replace("/", "%5c").replace(".", "%2E"),
    lambda path: path.replace("/", "%c0%af").replace(".", "%c0%ae"),
    lambda path: path.replace("/", "%ef%bc%8f").replace(".", "%ef%bc%8e"),
    lambda path: "".join(f"%{byte:02x}" for byte in path.encode()),
    lambda path: f"{path}%00.css",
)


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreviewServer]:
    with publication(tmp_path_factory.mktemp("publication")) as server:
        yield server


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_every_action_is_refused_to_whoever_does_not_post_from_our_page(server: PreviewServer, name: str) -> None:
    target, body = f"/do/{name}", b'{"at": "/1", "values": {}}'
    ours = {
        "Origin": f"http://127.0.0.1:{server.access.port}",
        "X-Mailweekly": "1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"):
        assert ask(server, target, method=method).status == 405
    for changed in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"X-Mailweekly": "0"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Cookie": "none=1"},
    ):
        assert ask(server, target, method="POST", body=body, more=ours | changed).status == 403, changed
    without_origin = {key: value for key, value in ours.items() if key != "Origin"}
    assert ask(server, target, method="POST", body=body, more=without_origin).status == 403


@pytest.mark.parametrize("hidden", HIDDEN)
@pytest.mark.parametrize("spelling", range(len(SPELLINGS)))
def test_no_spelling_of_a_path_reaches_what_is_hidden(server: PreviewServer, hidden: str, spelling: int) -> None:
    path = SPELLINGS[spelling](hidden)
    targets = [f"/{path}", f"/ui/{path}", f"/frame/{path}", f"/frame/{'0' * 32}/{path}", f"/?issue={path}"]
    targets += [f"/1/{view}/{path}" for view in VIEW_NAMES]
    targets += [f"/1?{name}={path}" for name in ("view", "of", "client", "as", "pick", "q", "finding", "pane", "page")]
    for target in targets:
        answer = ask(server, target)
        assert answer.status in {200, 303, 400, 403, 404, 405}, target
        assert MARKER.encode() not in answer.body, target
        assert b"root:x:" not in answer.body, target


@pytest.mark.parametrize("view", VIEW_NAMES)
def test_every_view_is_behind_the_cookie_and_carries_the_policy(server: PreviewServer, view: str) -> None:
    assert ask(server, f"/1?view={view}", cookie=False).status == 403
    assert ask(server, f"/1?view={view}", more={"Host": "evil.example"}).status == 421
    assert ask(server, f"/1?view={view}", more={"Origin": "https://evil.example"}).status == 403
    answer = ask(server, f"/1?view={view}")
    assert answer.status == 200
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert MARKER not in answer.text


def test_streams_leave_room_for_pages(tmp_path: Path) -> None:
    """More tabs than there is room for, none of which is ever closed."""
    (tmp_path / "001.md").write_text("x\n")
    with running(studio(tmp_path)) as server:
        links = []
        for _ in range(2 * STREAMS):
            with contextlib.suppress(OSError):
                links.append(stream(server))
        time.sleep(0.5)
        for _ in range(5):
            assert ask(server, "/1").status == 200
        assert len(server.preview.hub.listeners) <= STREAMS
        for link in links:
            link.close()


def test_a_stream_without_room_is_told_when_to_come_again(tmp_path: Path) -> None:
    (tmp_path / "001.md").write_text("x\n")
    with running(studio(tmp_path)) as server, contextlib.ExitStack() as held:
        for _ in range(STREAMS):
            until(held.enter_context(stream(server)), b"hello")
        with stream(server) as late:
            seen = until(late, b"retry: ")
            while part := late.recv(4096):
                seen += part
            assert b"hello" not in seen


def test_a_body_that_never_comes_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailweekly.adapters.web.preview.BODY_S", 0.2)
    (tmp_path / "001.md").write_text("x\n")
    with running(studio(tmp_path)) as server:
        head = [
            "POST /do/again HTTP/1.1",
            f"Host: 127.0.0.1:{server.access.port}",
            f"Origin: http://127.0.0.1:{server.access.port}",
            f"Cookie: {server.access.cookie_name}={server.access.cookie}",
            "X-Mailweekly: 1",
            "Content-Type: application/json",
            "Content-Length: 100",
            "Connection: close",
        ]
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            assert b" 400 " in raw(server, "\r\n".join(head).encode() + b"\r\n\r\n{").partition(b"\r\n")[0]
        assert time.monotonic() - began < 5
        assert ask(server, "/1").status == 200


@pytest.mark.parametrize("length", [str(BODY_BYTES + 1), "9" * 40, "-1", "1e3", "٣"])
def test_a_body_beyond_what_is_read_is_refused_unread(server: PreviewServer, length: str) -> None:
    ours = {"Origin": f"http://127.0.0.1:{server.access.port}", "X-Mailweekly": "1", "Content-Type": "application/json"}
    given = {name: value.encode().decode("latin-1") for name, value in {**ours, "Content-Length": length}.items()}
    with contextlib.suppress(ConnectionError, IndexError):
        assert ask(server, "/do/again", method="POST", more=given).status in {400, 413}
    assert ask(server, "/1").status == 200


def test_many_small_headers_are_too_many(server: PreviewServer) -> None:
    many = {f"X-{at}": "x" * 50 for at in range(HEAD_BYTES // 50 + 1)}
    with contextlib.suppress(ConnectionError):
        assert ask(server, "/1", more=many).status in {400, 431}
    assert ask(server, "/1").status == 200


def test_an_issue_that_is_deleted_while_it_is_open_is_missed_and_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "001.md"
    file.write_text("Here\n")
    (tmp_path / "002.md").write_text("Other\n")
    with running(studio(tmp_path)) as server, stream(server, "/events?at=/1") as link:
        until(link, b"hello")
        assert ask(server, "/1").status == 200
        time.sleep(0.3)
        file.unlink()
        until(link, b'"001.md"')
        assert ask(server, "/1").status == 404
        file.write_text("Here again\n")
        until(link, b'"001.md"')
        assert ask(server, "/1").status == 200


def test_a_port_in_use_is_told_by_the_command_in_plain_words(tmp_path: Path) -> None:
    mailweekly = [sys.executable, "-m", "mailweekly"]
    folder = tmp_path / "weekly"
    subprocess.run([*mailweekly, "init", str(folder)], check=True, stdout=subprocess.DEVNULL)
    with bound("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        ran = subprocess.run(
            [*mailweekly, "-C", str(folder), "preview", "--port", port, "--no-open"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 64
    assert f"cannot listen on 127.0.0.1:{port}" in ran.stderr
    assert "--port 0" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_half_a_request_is_no_reason_to_stop(server: PreviewServer) -> None:
    for _ in range(40):
        with socket.create_connection(("127.0.0.1", server.access.port), timeout=5) as link:
            link.sendall(b"POST /do/again HT")
        time.sleep(0.005)
    time.sleep(0.3)
    assert ask(server, "/1").status == 200
