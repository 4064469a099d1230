"""`check --links`, `check --spam` and `fix` as a user types them; the net is a server on loopback, let in by the tests and by no setting."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mailweekly.adapters.net import links
from mailweekly.cli.app import run
from tests.unit.adapters_net.servers import QUICK, Served, answered, serving, ways

HEAD = "---\nnumber: 7\ntitle: Seven\n---\n\nHello, reader of this issue.\n\n"
REDIRECTS = {"/moved": "301 Moved\r\nLocation: /new", "/circle": "302 Found\r\nLocation: /circle", "/gone": "404 No"}


@pytest.fixture(name="server")
def _server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Served]:
    """A server in a thread of its own; every name leads to it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(links, "ask_links", partial(links.ask_links, limits=QUICK, ways=ways()))
    ready, stop, found = threading.Event(), threading.Event(), list[Served]()

    async def handler(line: str, writer: asyncio.StreamWriter) -> None:
        await answered(writer, REDIRECTS.get(line.split()[1], "200 OK"))

    async def serve() -> None:
        async with serving(handler) as server:
            found.append(server)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(5)
    yield found[0]
    stop.set()
    thread.join()


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Path:
    """A publication, as `init` makes it."""
    assert run(["init", str(tmp_path / "p"), "--json"]) == 0
    return tmp_path / "p"


def written(place: Path, body: str) -> Path:
    """Write the issue."""
    path = place / "issues" / "007-seven.md"
    path.write_bytes((HEAD + body).encode())
    return path


def said(place: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """Run a command; its JSON."""
    capsys.readouterr()
    run(["-C", str(place), *words, "--json"])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def found(document: dict[str, Any], rule: str) -> list[tuple[int, str]]:
    return [(one["line"], one["level"]) for one in document["findings"] if one["rule"] == rule]


def test_links_are_asked_only_when_told_and_remembered(
    place: Path, server: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    body = "".join(
        f"[A page here]({server.url(path, host=f'h{n}.test')})\n\n" for n, path in enumerate(["/", *REDIRECTS])
    )
    written(place, body)
    assert found(said(place, capsys, "check", "7"), "link.dead") == []
    assert server.asked == []
    document = said(place, capsys, "check", "7", "--links")
    assert found(document, "link.moved") == [(10, "info")]
    assert found(document, "link.dead") == [(12, "warning"), (14, "error")]
    asked = len(server.asked)
    assert found(said(place, capsys, "check", "7", "--links"), "link.dead") == [(12, "warning"), (14, "error")]
    assert len(server.asked) == asked


def test_fix_takes_over_what_a_check_has_found_and_keeps_every_other_byte(
    place: Path, server: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = server.url("/moved"), server.url("/new")
    body = f"[A page]({old})  \r\n\r\n`{old}`\t\n\nhttps://x.test/?fbclid=1\r\n"
    path = written(place, body)
    before = path.read_bytes()
    assert said(place, capsys, "fix", "7", "--only", "link.moved")["mends"] == []
    run(["-C", str(place), "check", "7", "--links"])
    document = said(place, capsys, "fix", "7", "--only", "link.moved")
    assert [(one["rules"], one["line"], one["old"], one["new"]) for one in document["mends"]] == [
        (["link.moved"], 8, old, new)
    ]
    assert document["written"] is False
    assert document["schema"] == 1
    assert path.read_bytes() == before
    assert said(place, capsys, "fix", "7", "--only", "link.moved", "--write")["written"] is True
    assert path.read_bytes() == before.replace(f"({old})".encode(), f"({new})".encode())
    assert said(place, capsys, "fix", "7", "--links", "--only", "link.moved")["mends"] == []


def test_fix_asks_when_told(place: Path, server: Served, capsys: pytest.CaptureFixture[str]) -> None:
    written(place, f"[A page]({server.url('/moved')})\n")
    assert said(place, capsys, "fix", "7")["mends"] == []
    assert len(said(place, capsys, "fix", "7", "--links")["mends"]) == 1


INTERRUPTED = """
import asyncio, sys
from functools import partial
from mailweekly.adapters.net import links
from mailweekly.cli.app import run
from tests.unit.adapters_net.servers import answered, serving, ways
from tests.system.test_check_links import written
from pathlib import Path

async def handler(line, writer):
    if line.split()[1] == "/slow":
        await asyncio.sleep(0.5)  # by then the other has its answer
        print("asked", flush=True)
        await asyncio.sleep(30)
    await answered(writer, "200 OK")

async def asked(urls, **more):
    async with serving(handler) as server:
        own = [server.url("/good"), server.url("/slow", host="slow.test")]
        return await links_before(own, ways=ways(), **more)

links_before, links.ask_links = links.ask_links, asked
sys.exit(run(["-C", sys.argv[1], "check", "7", "--links"]))
"""


def test_an_interrupted_round_keeps_what_was_answered(place: Path, tmp_path: Path) -> None:
    written(place, "[A page](https://somewhere.test/a)\n")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", INTERRUPTED, str(place)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "/good" in (tmp_path / "cache" / "mailweekly" / "links.json").read_text()


def test_a_rule_that_mends_nothing_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(place, "Words.\n")
    assert run(["-C", str(place), "fix", "7", "--only", "link.dead"]) == 64
    assert "link.moved" in capsys.readouterr().err


def test_no_filter_is_said_and_changes_nothing(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(place, "Words of the issue.\n")
    monkeypatch.setenv("MAILWEEKLY_SPAMD", "127.0.0.1:9")
    monkeypatch.setenv("MAILWEEKLY_RSPAMD", "127.0.0.1:9")
    without = run(["-C", str(place), "check", "7"])
    capsys.readouterr()
    assert run(["-C", str(place), "check", "7", "--spam"]) == without
    assert "no spam filter is here" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["spamd", "127.0.0.1:0", "127.0.0.1:99999", "http://x:1", "a b:1"])
def test_a_filters_address_of_the_wrong_form_is_refused(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("MAILWEEKLY_SPAMD", address)
    assert run(["-C", str(place), "check", "1", "--spam"]) == 78
    assert "MAILWEEKLY_SPAMD" in capsys.readouterr().err
