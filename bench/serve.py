"""
The public side under load: `mailweekly serve` as its own processes, asked by a raw client over kept-alive connections; every answer a durable write.

Measured: unsubscribes and sign-ups a second, as many as it takes; the time of an answer at 200 a second while a send runs on the same database; and
that every answer of 200 is in the database after a kill. The client, the send and the server share this machine's cores.

Units: seconds, requests a second.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import apsw

from mailweekly import tokens
from mailweekly.tokens import Keys

__all__ = ["measure"]

READERS: Final = 60_000
CONNECTIONS: Final = 64
WORKERS: Final = 2
LONG_S: Final = 5.0
STEADY: Final = 200  # requests a second
STEADY_S: Final = 15.0
SENDING: Final = "100/s"
ROOT: Final = Path(__file__).parents[1]
SETTINGS: Final = """
[serve]
signups_per_net = 0
signups = 0
"""


@dataclass(kw_only=True)
class Load:
    """What came back."""

    took_s: list[float] = field(default_factory=list)
    good: list[bytes] = field(default_factory=list)  # what was asked and answered with 200
    bad: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return len(self.good) / self.seconds

    def within(self, share: float) -> float:
        """The time, in ms, within which that share of the answers came."""
        ordered = sorted(self.took_s)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


def measure() -> bool:
    """Print the table; whether all holds."""
    print("measuring the public side (about a minute) …", file=sys.stderr)
    folder = Path(tempfile.mkdtemp(prefix="mailweekly-bench-"))
    try:
        rows = _measured(folder / "weekly")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    held = True
    for what, figure, unit, bar, at_most in rows:
        good = figure <= bar if at_most else figure >= bar
        held &= good
        sign = "≤" if at_most else "≥"
        print(f"{what:54} {figure:9.1f} {unit:4} {sign} {bar:6g}  {'holds' if good else 'DOES NOT HOLD'}")
    return held


def _measured(root: Path) -> list[tuple[str, float, str, float, bool]]:
    keys = _made(root)
    sending = _started(root, "send", "7", "--confirm")
    _until(lambda: _one(root, "SELECT count(*) FROM deliveries WHERE state = 'accepted'") > 50)
    server, port = _served(root)
    asks = _Asks(root, keys)
    steady = asyncio.run(_steady(port, [asks.either(number) for number in range(int(STEADY * STEADY_S))]))
    sent = _one(root, "SELECT count(*) FROM deliveries WHERE state = 'accepted'")
    sending.send_signal(signal.SIGTERM)
    sending.wait(30)
    leaving = asyncio.run(_flood(port, asks.leave))
    joining = asyncio.run(_flood(port, asks.join))
    killed = asyncio.run(_flood(port, asks.either, kill=server))
    server.wait(30)
    lost = _lost(root, [*steady.good, *leaving.good, *joining.good, *killed.good])
    bad = steady.bad + leaving.bad + joining.bad
    print(
        f"(a send went on beside the steady load: {sent:,} messages; {len(killed.good):,} answers before the kill)",
        file=sys.stderr,
    )
    return [
        ("unsubscribes, each durable", leaving.rate, "/s", 1000, False),
        ("  99 of 100 answered within", leaving.within(0.99), "ms", 1000, True),
        ("sign-ups, each durable", joining.rate, "/s", 1000, False),
        ("  99 of 100 answered within", joining.within(0.99), "ms", 1000, True),
        (f"both at {STEADY}/s beside a send: 99 of 100 within", steady.within(0.99), "ms", 100, True),
        ("  half of them within", steady.within(0.5), "ms", 100, True),
        ("answers that were no 200", bad, "", 0, True),
        ("answers of 200 that a kill lost", lost, "", 0, True),
    ]


class _Asks:
    """The requests: each for another reader, or another stranger."""

    def __init__(self, root: Path, keys: Keys) -> None:
        connection = apsw.Connection(str(root / "mailweekly.db"), flags=apsw.SQLITE_OPEN_READONLY)
        people: list[Any] = connection.execute(
            "SELECT id FROM subscribers WHERE key LIKE 'r%@readers.test' ORDER BY id DESC"
        ).fetchall()
        connection.close()
        self._left = iter([number for (number,) in people])
        self._sign = tokens.signer(keys, tokens.UNSUBSCRIBE)
        self._count = 0

    def leave(self, _: int = 0) -> bytes:
        """Return the next one-click."""
        number = next(self._left)
        token = self._sign(tokens.reader_payload(number, "readers"))
        body = "List-Unsubscribe=One-Click"
        kind = "application/x-www-form-urlencoded"
        return f"POST /u/{token} HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    def join(self, _: int = 0) -> bytes:
        """Return the next sign-up."""
        self._count += 1
        body = f"email=new{self._count}%40visitors.test&list=readers&website="
        kind = "application/x-www-form-urlencoded"
        return f"POST /subscribe HTTP/1.1\r\nHost: a\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    def either(self, number: int) -> bytes:
        """Return one or the other."""
        return self.leave() if number % 2 else self.join()


async def _flood(port: int, make: Callable[[int], bytes], kill: "subprocess.Popen[bytes] | None" = None) -> Load:
    """Ask over every connection again as soon as its answer is there."""
    load = Load()
    end = time.perf_counter() + (LONG_S if kill is None else LONG_S / 2)

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end + (0 if kill is None else 5):
            asked = make(number)
            began = time.perf_counter()
            writer.write(asked)
            try:
                status = await _answer(reader)
            except (OSError, asyncio.IncompleteReadError):
                return
            load.took_s.append(time.perf_counter() - began)
            _note(load, status, asked)
            number += CONNECTIONS
        writer.close()

    began = time.perf_counter()
    tasks = [asyncio.create_task(one(number)) for number in range(CONNECTIONS)]
    if kill is not None:
        await asyncio.sleep(LONG_S / 2)
        os.killpg(kill.pid, signal.SIGKILL)
    await asyncio.gather(*tasks)
    load.seconds = time.perf_counter() - began
    return load


async def _steady(port: int, asks: Sequence[bytes]) -> Load:
    """Ask at even times, whether answers are there or not; the time of an answer counts from when it was due to be asked."""
    load = Load()
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    begin = time.perf_counter() + 0.5

    async def one(asked: bytes, due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        reader, writer = await free.get()
        writer.write(asked)
        status = await _answer(reader)
        load.took_s.append(time.perf_counter() - due)
        _note(load, status, asked)
        free.put_nowait((reader, writer))

    await asyncio.gather(*(one(asked, begin + number / STEADY) for number, asked in enumerate(asks)))
    load.seconds = time.perf_counter() - begin
    return load


async def _answer(reader: asyncio.StreamReader) -> int:
    head = await reader.readuntil(b"\r\n\r\n")
    low = head.lower()
    begin = low.index(b"content-length: ") + 16
    size = int(low[begin : low.index(b"\r", begin)])
    if size:
        await reader.readexactly(size)
    return int(head[9:12])


def _note(load: Load, status: int, asked: bytes) -> None:
    if status == 200:
        load.good.append(asked)
    else:
        load.bad += 1


def _lost(root: Path, asked: Sequence[bytes]) -> int:
    """How many of those answered with 200 the database does not hold."""
    connection = apsw.Connection(str(root / "mailweekly.db"))
    keys = _keys(root)
    kept = {str(key) for (key,) in connection.execute("SELECT key FROM suppressions UNION ALL SELECT key FROM letters")}
    names = dict(connection.execute("SELECT id, key FROM subscribers"))
    connection.close()
    lost = 0
    for one in asked:
        word = one.split(b" ", 2)[1].decode()
        if word.startswith("/u/"):
            found = tokens.read_reader(keys, tokens.UNSUBSCRIBE, word[3:])
            lost += found is None or names[found[0]] not in kept
        else:
            lost += one.rpartition(b"email=")[2].partition(b"&")[0].decode().replace("%40", "@") not in kept
    return lost


def _made(root: Path) -> Keys:
    _run(root.parent, "init", str(root))
    path = root / "mailweekly.toml"
    text = (
        path.read_text("utf-8")
        .replace('list = "sample"', 'list = "readers"')
        .replace('rate = "50/s"', f'rate = "{SENDING}"')
    )
    path.write_text(text.replace("batch = 100", "batch = 0") + SETTINGS, encoding="utf-8")
    rows = "\n".join(f"r{number}@readers.test" for number in range(READERS))
    (root / "subscribers" / "readers.csv").write_text(f"email\n{rows}\n", encoding="utf-8")
    (root / "issues" / "007-seven.md").write_text(
        "---\nnumber: 7\ntitle: Seven\n---\n\nHello.\n\n## Links\n\n1. [One](https://one.test/)\n\n    Look.\n",
        encoding="utf-8",
    )
    return _keys(root)


def _keys(root: Path) -> Keys:
    text = (root / ".env").read_text("utf-8")
    return Keys.parse(text.partition("MAILWEEKLY_KEY=")[2].partition("\n")[0].strip("'\""))


def _served(root: Path) -> "tuple[subprocess.Popen[bytes], int]":
    process = _started(root, "serve", "--port", "0", "--json", "--workers", str(WORKERS))
    assert process.stdout is not None
    text = ""
    while not text.endswith("}\n"):
        line = process.stdout.readline().decode()
        assert line, "the server did not start"
        text += line
    return process, int(json.loads(text)["url"].rpartition(":")[2])


def _surroundings() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MAILWEEKLY_")}
    return {**kept, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), kept.get("PYTHONPATH", "")])}


def _run(folder: Path, *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "mailweekly", *words], cwd=folder, env=_surroundings(), check=True, capture_output=True
    )


def _started(root: Path, *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "mailweekly", *words],
        cwd=root,
        env=_surroundings(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _one(root: Path, sql: str) -> int:
    try:
        connection = apsw.Connection(str(root / "mailweekly.db"), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(5_000)
        row = connection.execute(sql).fetchone()
        connection.close()
    except apsw.Error:
        return 0
    return int(row[0]) if row else 0


def _until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.2)
