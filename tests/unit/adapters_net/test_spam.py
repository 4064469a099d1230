"""Spam filters asked in their own protocols: what they say is read, and whatever else answers there is no filter."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailweekly.adapters.net import spam
from mailweekly.adapters.net.spam import ask_rspamd, ask_spamd

REPORT = (
    b"SPAMD/1.1 0 EX_OK\r\nContent-length: 400\r\nSpam: False ; 2.3 / 5.0\r\n\r\n"
    b"Spam detection software has looked at this.\n\n pts rule name              description\n"
    b"---- ---------------------- -----------\n"
    b" 2.2 HTML_IMAGE_ONLY_04     BODY: HTML: images with 0-400 bytes of words\n"
    b"-0.0 SPF_PASS               SPF: sender matches SPF record\n 0.1 MIME_HTML_ONLY  more\n"
)


@contextlib.asynccontextmanager
async def serving(
    answer: bytes, *, path: Path | None = None, hangs: bool = False
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that says one thing; its address, and what it was told."""
    heard: list[bytes] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heard.append(await reader.read(65_536))
            writer.write(answer)
            await writer.drain()
            await asyncio.sleep(20 if hangs else 0)
            writer.write_eof()
            await reader.read()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    if path:
        server = await asyncio.start_unix_server(connected, str(path))
        address = str(path)
    else:
        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield address, heard
    finally:
        server.close()


async def test_spamd_is_asked_for_a_report_and_its_rules_are_read() -> None:
    async with serving(REPORT) as (address, heard):
        score = await ask_spamd(b"Subject: x\r\n\r\ny\r\n", address)
    assert heard[0].startswith(b"REPORT SPAMC/1.5\r\nContent-length: 17\r\n\r\nSubject: x")
    assert score.points == 2.3
    assert score.rules == (("HTML_IMAGE_ONLY_04", 2.2), ("SPF_PASS", -0.0), ("MIME_HTML_ONLY", 0.1))


async def test_spamd_may_be_behind_a_socket_of_the_file_system(tmp_path: Path) -> None:
    async with serving(REPORT, path=tmp_path / "s") as (address, _):
        assert (await ask_spamd(b"x", address)).points == 2.3


async def test_rspamd_is_asked_over_http_and_its_symbols_are_read() -> None:
    body = json.dumps(
        {"score": 4.5, "symbols": {"R_BAD": {"score": 4.4}, "R_OK": {"score": 0.1, "options": []}}}
    ).encode()
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    async with serving(answer) as (address, heard):
        score = await ask_rspamd(b"Subject: x\r\n\r\ny\r\n", address)
    assert heard[0].startswith(b"POST /checkv2 HTTP/1.1\r\n")
    assert (score.points, score.rules) == (4.5, (("R_BAD", 4.4), ("R_OK", 0.1)))


ODD = [
    b"",
    b"\0" * 100,
    b"SPAMD/1.1 76 Bad header line\r\n\r\n",
    b"SPAMD/1.1 0 EX_OK\r\nSpam: maybe\r\n\r\n",
    b"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 1e999 / 5\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
    b'HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{"score": NaN, "symbols": {}            }',
    b'HTTP/1.1 200 OK\r\nContent-Length: 34\r\n\r\n{"score": 1, "symbols": {"a": []}}'[:-10],
    b"HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nno!",
    b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 200_000,
]


@pytest.mark.parametrize("answer", ODD)
async def test_whatever_else_answers_there_is_said_to_be_no_filter(answer: bytes) -> None:
    for ask in (ask_spamd, ask_rspamd):
        async with serving(answer) as (address, _):
            score = await ask(b"x", address)
        assert score.points is None
        assert address in score.note


async def test_nobody_there_is_said() -> None:
    async with serving(b"") as (address, _):
        pass
    assert "nobody listens" in (await ask_spamd(b"x", address)).note
    assert "nobody listens" in (await ask_rspamd(b"x", address)).note
    assert "nobody listens" in (await ask_spamd(b"x", "/nowhere/at/all")).note


async def test_a_filter_that_hangs_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spam, "TIMEOUT_S", 0.3)
    async with serving(b"SPAMD/1.1 0 EX_OK\r\n", hangs=True) as (address, _):
        begun = time.monotonic()
        assert "in time" in (await ask_spamd(b"x", address)).note
        assert time.monotonic() - begun < 2
