"""
The preview under long use: pages asked for again and again, saves, hostile issues, streams that come, go and never read, a renderer that is killed.

In `make test` a short run; `make endurance` (MAILWEEKLY_ENDURE=full) is the long one, which ends by itself. MAILWEEKLY_SEED repeats a run.
"""

import contextlib
import http.client
import json
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from mailweekly.adapters.files.scaffold import create
from mailweekly.adapters.web.views import VIEWS

__all__: list[str] = []

ROOT: Final = Path(__file__).parents[2]
FULL: Final = os.environ.get("MAILWEEKLY_ENDURE") == "full"
RELOADS, EDITS, KILLS = (10_000, 1_000, 60) if FULL else (160, 24, 3)
STREAMS: Final = 50  # more than the server lets in
LONGEST_S: Final = 1_500 if FULL else 120
LETS_GROW_KIB: Final = (
    24 * 1024 if FULL else 40 * 1024
)  # caches fill up to their bounds: pictures, frames, marked-up views
HOSTILE: Final = (
    "---\ntitle: [unclosed\n---\n\nx\n",
    "---\nnumber: 1\ntitle: deep\n---\n\n" + "> " * 400 + "x\n",
    "---\nnumber: 1\ntitle: brackets\n---\n\n" + "[" * 5_000 + "\n",
    "---\nnumber: 1\ntitle: script\n---\n\n<script>alert(1)</script><iframe src=https://leak.example></iframe>\n",
    "---\nnumber: 1\ntitle: open\n---\n\n::: note\n\n{{ name }} {% if\n",
    "---\nnumber: 1\ntitle: long\n---\n\n" + "word " * 40_000 + "\n",
    "",
    "\0\ufffe\u202e",
)


@dataclass(kw_only=True)
class Run:
    """One server and what is open to it."""

    process: subprocess.Popen[str]
    port: int
    cookie: str
    streams: list[socket.socket] = field(default_factory=list)

    def get(self, target: str) -> tuple[int, bytes]:
        """Ask once, on a connection of its own; a full house makes the door close, and is tried again."""
        deadline = time.monotonic() + 60
        while True:
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                link.request("GET", target, headers={"Cookie": self.cookie, "Connection": "close"})
                answer = link.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException):
                assert self.process.poll() is None, "the server has ended"
                assert time.monotonic() < deadline
                time.sleep(0.02)
            finally:
                link.close()

    def listen(self) -> None:
        """Open one more stream, which may be refused."""
        with contextlib.suppress(OSError):
            link = socket.create_connection(("127.0.0.1", self.port), timeout=5)
            link.sendall(
                f"GET /events?at=/1 HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n\r\n".encode()
            )
            link.setblocking(False)
            self.streams.append(link)

    def leave(self, link: socket.socket) -> None:
        """Close a stream."""
        self.streams.remove(link)
        link.close()

    def holds(self) -> dict[str, int]:
        """Ask what the server holds, once it has come to rest."""
        time.sleep(1.5)
        assert self.process.stdout
        self.process.send_signal(signal.SIGUSR1)
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        assert ready, "no answer to SIGUSR1"
        told: dict[str, int] = json.loads(self.process.stdout.readline())
        return told

    def kill_the_renderer(self) -> None:
        """End the rendering child, if there is one now."""
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii").split()
            for child in children:
                if b"render.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                    os.kill(int(child), signal.SIGKILL)


@pytest.fixture(name="run")
def _run(tmp_path: Path) -> Iterator[Run]:
    folder = tmp_path / "weekly"
    create(folder, "0" * 64)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "tests.system.watched_preview", str(folder)]
    with (
        (tmp_path / "said.txt").open("w+") as said,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True, cwd=ROOT, env=environment) as process,
    ):
        assert process.stdout
        found = re.match(r"Preview: (\S+)", process.stdout.readline())
        assert found, said.read()
        process.stdout.readline()
        address = urlsplit(found[1])
        assert address.port
        run = Run(process=process, port=address.port, cookie="")
        link = http.client.HTTPConnection("127.0.0.1", address.port, timeout=30)
        link.request("GET", f"/?{address.query}")
        run.cookie = (link.getresponse().getheader("Set-Cookie") or "").partition(";")[0]
        link.close()
        yield run
        for stream in [*run.streams]:
            run.leave(stream)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        said.seek(0)
        assert "Traceback" not in said.read()


def test_a_long_day_leaves_no_more_than_a_short_one(run: Run, tmp_path: Path) -> None:
    seed = int(os.environ.get("MAILWEEKLY_SEED", str(random.randrange(10**6))))
    print(f"seed {seed} (MAILWEEKLY_SEED={seed} repeats it)")
    dice = random.Random(seed)
    issue = next((tmp_path / "weekly" / "issues").glob("001-*.md"))
    good = issue.read_text("utf-8")
    early: dict[str, int] = {}
    began = time.monotonic()
    edited = killed = done = 0
    for _ in range(STREAMS):
        run.listen()
    while done < RELOADS and time.monotonic() - began < LONGEST_S:
        share = done / RELOADS
        if edited < EDITS * share:
            edited += 1
            _edit(issue, good, edited, dice)
        if killed < KILLS * share:
            killed += 1
            run.kill_the_renderer()
        _turn_over(run, dice)
        status, body = run.get(_target(dice))
        assert status == 200
        for frame in re.findall(rb'"(/frame/[0-9a-f]{32}\?\w+)"', body)[:2]:
            assert run.get(frame.decode())[0] == 200
        done += 1
        if not early and done >= RELOADS // 4:
            early = _at_rest(run, issue, good)
    late = _at_rest(run, issue, good)
    print(
        f"{done} reloads, {edited} edits, {killed} renderers killed in {time.monotonic() - began:.0f} s; {early} -> {late}"
    )
    assert done >= RELOADS or FULL, "too slow to judge"
    assert late["memory"] - early["memory"] < LETS_GROW_KIB
    assert late["descriptors"] <= early["descriptors"] + 4
    assert late["tasks"] <= early["tasks"] + 2
    assert late["threads"] <= early["threads"] + 6


def test_two_hundred_tabs_do_not_end_it(run: Run) -> None:
    for _ in range(200):
        run.listen()
    assert run.process.poll() is None
    for stream in [*run.streams]:
        run.leave(stream)
    assert run.get("/1")[0] == 200
    assert run.holds()["descriptors"] < 80


def _target(dice: random.Random) -> str:
    view = dice.choice(VIEWS).name if dice.random() < 0.15 else "read"
    more = dice.choice(["", "", "&dark=1", "&images=off", "&w=375", "&finding=x:3", "&client=gmail-web"])
    return f"/1?view={view}{more}"


def _edit(issue: Path, good: str, count: int, dice: random.Random) -> None:
    if dice.random() < 0.2:
        issue.write_text(dice.choice(HOSTILE), "utf-8")
    else:
        issue.write_text(f"{good}\n\nThe {count}th save of the day.\n", "utf-8")


def _turn_over(run: Run, dice: random.Random) -> None:
    """Streams come and go; half of them are read."""
    for stream in [*run.streams]:
        if dice.random() < 0.5:
            try:
                if not stream.recv(1 << 20):
                    run.leave(stream)
            except BlockingIOError:
                pass
            except OSError:
                run.leave(stream)
        elif dice.random() < 0.02:
            run.leave(stream)
    while len(run.streams) < STREAMS and dice.random() < 0.5:
        run.listen()


def _at_rest(run: Run, issue: Path, good: str) -> dict[str, Any]:
    """Close what is open, mend what was broken, and ask what is held."""
    for stream in [*run.streams]:
        run.leave(stream)
    issue.write_text(f"{good}\n\nAt rest.\n", "utf-8")
    deadline = time.monotonic() + 30
    while b"At rest" not in run.get("/1?view=text")[1]:
        assert time.monotonic() < deadline, "a good save after all that is not shown"
        time.sleep(0.1)
    return run.holds()
