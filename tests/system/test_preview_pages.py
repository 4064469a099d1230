"""The preview over raw sockets: what a page shows, what a frame may do, live reload, and how much one client can hold."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from mailweekly.adapters.web.frames import CSP
from mailweekly.adapters.web.guard import SHELL_CSP
from mailweekly.adapters.web.server import CONNECTIONS, PreviewServer
from tests.system.preview_http import ask, frame, publication, raw, stream, until
from tests.system.preview_studio import PNG, running, studio

__all__: list[str] = []

ROOT: Final = Path(__file__).parents[2]


@pytest.fixture(name="server", scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PreviewServer]:
    with publication(tmp_path_factory.mktemp("publication")) as server:
        yield server


# ----------------------------------------------------------------- what is shown


def test_every_answer_carries_the_headers_that_keep_it_here(server: PreviewServer) -> None:
    for target, status in (("/1", 200), ("/nothing", 404), ("/ui/studio.js", 200), ("/", 303), ("/77", 404)):
        answer = ask(server, target)
        assert answer.status == status
        assert answer.headers["content-security-policy"] == SHELL_CSP
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert not any(name.startswith("access-control") for name in answer.headers)
        assert "server" not in answer.headers


def test_the_shell_runs_no_inline_script_or_style(server: PreviewServer) -> None:
    for target in ("/1", "/1?view=text", "/1?view=source&of=html", "/1?finding=a11y.link-text:2", "/2", "/77"):
        page = ask(server, target).text
        assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=|<style|javascript:", page.partition("<main")[0])
        assert "unsafe" not in SHELL_CSP


def test_the_mail_stands_in_a_frame_that_can_run_and_fetch_nothing(server: PreviewServer) -> None:
    page = ask(server, "/1").text
    assert page.count('sandbox="allow-popups allow-popups-to-escape-sandbox"') == 2
    assert "allow-same-origin" not in page
    answer = frame(server)
    assert answer.headers["content-security-policy"] == CSP
    for word in (
        "default-src 'none'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        "img-src 'self' data:",
    ):
        assert word in CSP
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in CSP
    assert "script" not in CSP
    assert answer.headers["cache-control"] == "no-store"
    assert "Hello Ines" in answer.text


def test_remote_images_are_boxes_and_local_ones_have_no_path(server: PreviewServer) -> None:
    mail = frame(server).text
    assert "track.example" not in mail.replace("track.example ", "")
    sources = re.findall(r'<img[^>]* src="([^"]*)"', mail)
    assert re.fullmatch(r"/frame/[0-9a-f]{32}/0", sources[0])
    assert all(source.startswith("data:image/svg+xml;base64,") for source in sources[1:])
    image = ask(server, sources[0], cookie=False, more={"Sec-Fetch-Site": "cross-site"})
    assert (image.status, image.body, image.headers["content-type"]) == (200, PNG, "image/png")
    for place in ("1", "-1", "x", "00", "9" * 5000, "%30"):
        assert ask(server, sources[0][:-1] + place).status in {200, 404}, place


def test_frames_of_another_start_have_other_names(server: PreviewServer, tmp_path: Path) -> None:
    (tmp_path / "001.md").write_text("Same\n")
    names = []
    for _ in range(2):
        with running(studio(tmp_path)) as other:
            names.append(re.findall(r"/frame/([0-9a-f]+)", ask(other, "/1").text)[0])
    assert names[0] != names[1]


def test_the_authors_dark_is_forced_by_the_server(server: PreviewServer) -> None:
    light, dark = frame(server, "/1").text, frame(server, "/1?dark=1").text
    assert "@media (min-width:999999px)" in light
    assert "@media (min-width:0px)" in dark
    assert "prefers-color-scheme" not in light + dark


def test_subject_preheader_size_and_findings_stand_on_the_page(server: PreviewServer) -> None:
    page = ask(server, "/1").text
    for words in (
        "Hello é",
        "What &lt;this&gt; is about",
        "of 102 kB",
        "1 should",
        "Line 2",
        "odd &lt;line&gt; 2",
        "say where it leads",
        "First &lt;b&gt;issue",
    ):
        assert words in page
    assert "<b>issue</b>" not in page


def test_the_text_view_escapes_words_and_links_addresses(server: PreviewServer) -> None:
    page = ask(server, "/1?view=text").text
    assert '<a href="https://a.example/x" target="_blank" rel="noopener noreferrer">https://a.example/x</a>).' in page
    assert "First &lt;b&gt;issue" in page


def test_the_source_view_shows_headers_html_and_mjml(server: PreviewServer) -> None:
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in ask(server, "/1?view=source&of=raw").text
    heads = ask(server, "/1?view=source").text
    assert re.search(r"List-Unsubscribe-Post</dt>", heads), heads
    assert "List-Unsubscribe=One-Click" in heads
    assert "&lt;!DOCTYPE html&gt;" in ask(server, "/1?view=source&of=html").text
    assert "&lt;mjml&gt;" in ask(server, "/1?view=source&of=mjml").text


def test_the_markdown_stands_beside_the_mail_with_a_mark_where_something_was_found(server: PreviewServer) -> None:
    page = ask(server, "/1?finding=a11y.link-text:2").text
    line = re.search(r'<li id="L2" class="([^"]*)">(.*?)</li>', page)
    assert line
    assert {"warning", "aimed"} <= set(line[1].split())
    assert 'aria-label="Line 2, should: odd &lt;line&gt; 2"' in line[2]
    assert "<code>odd words</code>" in line[2]


def test_a_part_of_a_page_is_its_zones(server: PreviewServer) -> None:
    first = json.loads(ask(server, "/1", more={"X-Mailweekly-Part": "picture"}).body)
    assert set(first["zones"]) == {"bar", "tabs", "panes", "switches", "banner", "view"}
    then = json.loads(ask(server, "/1", more={"X-Mailweekly-Part": "findings"}).body)
    assert set(then["zones"]) == {"counts", "markdown", "findings"}
    assert then["found"] == 1


def test_the_mail_and_its_text_can_be_copied(server: PreviewServer) -> None:
    answer = ask(server, "/1/read/mail.html")
    assert answer.headers["content-type"].startswith("text/plain")
    assert b"Hello Ines" in answer.body
    assert ask(server, "/1/read/mail.txt").status == 200
    for target in (
        "/1/read/other",
        "/77/read/mail.html",
        "/1/nothing/mail.html",
        "/x/read/mail.html",
        "/2/read/mail.html",
    ):
        assert ask(server, target).status == 404
    assert ask(server, "/1/read/mail.html", cookie=False).status == 403


def test_an_issue_that_cannot_be_rendered_says_so_in_three_lines(server: PreviewServer) -> None:
    page = ask(server, "/2").text
    for words in ("the line says &lt;BROKEN&gt;", "002.md:2", "take it out", "not rendered", "Nothing to show yet"):
        assert words in page
    assert re.search(r'<li id="L2"[^>]*><code>BROKEN</code>', page)


# -------------------------------------------------------------------- live reload


def test_a_save_is_told_and_the_next_page_shows_it(tmp_path: Path) -> None:
    (tmp_path / "001.md").write_text("Before\n")
    with running(studio(tmp_path)) as server, stream(server) as link:
        until(link, b"hello")
        assert "Before" in ask(server, "/1?view=text").text
        time.sleep(0.3)
        (tmp_path / "001.md").write_text("After\n")
        seen = until(link, b"001.md")
        event = json.loads(re.search(rb"data: (\{.*001\.md.*\})", seen)[1])  # type: ignore[index]
        assert event["saved_ms"] > 0
        assert "After" in ask(server, "/1?view=text").text


def test_a_broken_save_keeps_the_last_good_picture(tmp_path: Path) -> None:
    (tmp_path / "001.md").write_text("Good words\n")
    with running(studio(tmp_path)) as server:
        assert "Good words" in ask(server, "/1?view=text").text
        (tmp_path / "001.md").write_text("Worse words\nBROKEN\n")
        _again(server)
        page = ask(server, "/1?view=text").text
        assert "Good words" in page.partition("<pre")[2]
        assert "stale" in page
        assert "Hello é" in page
        assert "the line says &lt;BROKEN&gt;" in page
        (tmp_path / "001.md").unlink()
        _again(server, may_be_gone=True)
        assert ask(server, "/1").status == 404


def test_a_page_that_says_what_it_shows_is_told_it(tmp_path: Path) -> None:
    (tmp_path / "001.md").write_text("Before\n")
    with running(studio(tmp_path)) as server, stream(server, "/events?at=/1%3Fview%3Dtext") as link:
        until(link, b"hello")
        ask(server, "/1?view=text")
        time.sleep(0.3)
        (tmp_path / "001.md").write_text("Before\nAfter\n")
        seen = until(link, b'"001.md"')
        told = json.loads(re.search(rb"event: picture\ndata: (\{.*)", seen)[1])  # type: ignore[index]
        assert "After" in told["zones"]["view"]
        assert told["changed"] == [2, 2]


def test_a_frame_can_be_asked_for_before_it_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "001.md").write_text("Before\n")
    with running(studio(tmp_path)) as server, stream(server, "/events?at=/1") as link:
        until(link, b"hello")
        ask(server, "/1")
        time.sleep(0.3)
        (tmp_path / "001.md").write_text("After\n")
        name = re.search(rb'"coming": "([0-9a-f]{32})"', until(link, b'"001.md"'))
        assert name
        answer = ask(server, f"/frame/{name[1].decode()}?desktop")
        assert answer.headers["content-security-policy"] == CSP
        assert "After" in answer.text
        assert ask(server, f"/frame/{name[1].decode()}?nothing").body.strip(b"\r\n01 ") == b""
        assert ask(server, f"/frame/{name[1].decode()}?desktop", cookie=False).status == 403


def _again(server: PreviewServer, *, may_be_gone: bool = False) -> None:
    """Have everything read anew; where the issue `may_be_gone`, the watcher can have been first, and there is nothing to render."""
    body = b'{"at": "/1", "values": {}}'
    ours = {"Origin": f"http://127.0.0.1:{server.access.port}", "X-Mailweekly": "1", "Content-Type": "application/json"}
    status = ask(server, "/do/again", method="POST", body=body, more=ours | {"Content-Length": str(len(body))}).status
    assert status == 200 or (may_be_gone and status == 400)


# --------------------------------------------------------------------- exhaustion


def test_a_hundred_streams_leave_the_server_alive(tmp_path: Path) -> None:
    (tmp_path / "001.md").write_text("x\n")
    with running(studio(tmp_path)) as server:
        links = []
        for _ in range(100):
            try:
                links.append(stream(server))
            except OSError:
                continue
        time.sleep(0.5)
        assert len(server.server_state.connections) <= CONNECTIONS + 1
        for link in links:
            link.close()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                if ask(server, "/1").status == 200:
                    break
            except (OSError, IndexError):
                time.sleep(0.05)
        assert ask(server, "/1").status == 200


def test_a_head_that_is_too_large_is_refused(server: PreviewServer) -> None:
    for size in (17_000, 40_000, 400_000):
        with contextlib.suppress(ConnectionError):  # it may close before all of it is sent
            assert ask(server, "/1", more={"X-Large": "x" * size}).status in {400, 431}
    assert ask(server, "/1").status == 200


def test_a_client_that_never_finishes_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailweekly.adapters.web.server._Bounded.request_s", 0.2)
    (tmp_path / "001.md").write_text("x\n")
    with running(studio(tmp_path)) as server:
        for opening in (b"", b"GET /1 HT", f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{server.access.port}\r\nX:".encode()):
            began = time.monotonic()
            with contextlib.suppress(ConnectionError):
                raw(server, opening)
            assert time.monotonic() - began < 5
        with stream(server) as link:
            until(link, b"hello")
            time.sleep(0.6)
            (tmp_path / "001.md").write_text("y\n")
            until(link, b"001.md")


def test_noise_gets_an_answer_or_a_closed_door(server: PreviewServer) -> None:
    for noise in (
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"\0" * 200,
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n" * 50 + b"x\r\n\r\n",
    ):
        try:
            answer = raw(server, noise)
        except ConnectionError:
            continue
        assert b"First" not in answer
    assert ask(server, "/1").status == 200


# ------------------------------------------------------------------------ the end


SERVING = """
import sys
from pathlib import Path
from mailweekly.adapters.web.server import serve_preview
from tests.system.preview_studio import studio
serve_preview(studio(Path(sys.argv[1])), port=0, announce=lambda url: print(url, flush=True))
print("ended", flush=True)
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_preview_at_once_and_without_a_word(tmp_path: Path, sent: signal.Signals) -> None:
    (tmp_path / "001.md").write_text("x\n")
    command = [sys.executable, "-c", SERVING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert process.stderr
        address = urlsplit(process.stdout.readline().strip())
        port, token = address.port, address.query.removeprefix("token=")
        assert port
        cookie = _cookie(port, token)
        with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
            link.sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode())
            until(link, b"hello")
            process.send_signal(sent)
            assert process.stdout.read() == "ended\n"
        assert process.wait(10) == 0
        assert process.stderr.read() == ""


def _cookie(port: int, token: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as link:
        link.sendall(f"GET /?token={token} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        found = re.search(rb"set-cookie: ([^;]+);", until(link, b"\r\n\r\n"))
    assert found
    return found[1].decode()
