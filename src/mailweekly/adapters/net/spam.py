"""
Local spam filters, asked about one message: SpamAssassin's spamd in its own small protocol, rspamd over HTTP.

Refuses to start anything: a filter that is not running is not asked, and that is said. The message goes to the address of the settings and nowhere
else, and an answer of any size or speed is an answer within the limits.

Units: seconds; sizes in bytes; points as each filter counts them.
Errors: none of the filters'; what they do stands in the Score.
Source: spamd/PROTOCOL of SpamAssassin (SPAMC/1.5); rspamd's documentation of /checkv2; the points to warn and fail at are measured.
"""

import asyncio
import contextlib
import json
import math
import re
from typing import Any, Final

from mailweekly.adapters.net.exchange import GarbageError, Target, exchange
from mailweekly.preflight.answer import Score

__all__ = ["ask_rspamd", "ask_spamd"]

TIMEOUT_S: Final = 30.0  # its own lookups may take it ten
LARGEST: Final = 1_000_000  # of an answer
MOST_RULES: Final = 200
SPAMASSASSIN: Final = {"filter": "SpamAssassin", "warn_at": 2.0, "fail_at": 5.0}
RSPAMD: Final = {"filter": "rspamd", "warn_at": 4.0, "fail_at": 6.0}
VERDICT: Final = re.compile(r"^Spam:\s*\w+\s*;\s*(-?\d{1,6}(?:\.\d{1,6})?)\s*/\s*-?\d", re.MULTILINE | re.IGNORECASE)
ROW: Final = re.compile(r"^[ *]{0,8}(-?\d{1,4}(?:\.\d{1,4})?)\s+([A-Z][A-Z0-9_]{1,80})\b", re.MULTILINE)
REFUSED: Final = "nobody listens at {}"
SILENT: Final = "{} did not answer in time"
ODD: Final = "what answers at {} is not this filter"


async def ask_spamd(message: bytes, address: str) -> Score:
    """Return what spamd at `host:port`, or behind a socket's path, says of a message."""
    return await _asked(_spamd(message, address), address, SPAMASSASSIN)


async def ask_rspamd(message: bytes, address: str) -> Score:
    """Return what rspamd at `host:port` says of a message."""
    return await _asked(_rspamd(message, address), address, RSPAMD)


async def _asked(asking: Any, address: str, filter_: Any) -> Score:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            points, rules = await asking
        return Score(**filter_, points=points, rules=rules)
    except TimeoutError:
        return Score(**filter_, note=SILENT.format(address))
    except OSError:
        return Score(**filter_, note=REFUSED.format(address))
    except (GarbageError, ValueError, RecursionError, asyncio.LimitOverrunError):
        return Score(**filter_, note=ODD.format(address))


async def _spamd(message: bytes, address: str) -> tuple[float, tuple[tuple[str, float], ...]]:
    """REPORT: the points in a header, the rules as a table below."""
    if address.startswith("/"):
        reader, writer = await asyncio.open_unix_connection(address)
    else:
        host, _, port = address.rpartition(":")
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    try:
        writer.write(f"REPORT SPAMC/1.5\r\nContent-length: {len(message)}\r\n\r\n".encode() + message)
        await writer.drain()
        with contextlib.suppress(NotImplementedError):
            writer.write_eof()
        answer = await _all(reader)
    finally:
        writer.transport.abort()
    head, _, report = answer.replace("\r\n", "\n").partition("\n\n")
    verdict = VERDICT.search(head)
    if not head.startswith("SPAMD/") or not re.match(r"SPAMD/\S+ 0 ", head) or verdict is None:
        raise ValueError(head[:40])
    rows = [(name, float(points)) for points, name in ROW.findall(report)]
    return _number(verdict[1]), tuple(rows[:MOST_RULES])


async def _rspamd(message: bytes, address: str) -> tuple[float, tuple[tuple[str, float], ...]]:
    if address.startswith("/"):
        message_ = "rspamd is asked at host:port"
        raise ValueError(message_)
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    target = Target(host=host, port=int(port), tls=False, path="/checkv2", addresses=(host,))
    reply = await exchange(target, "POST", most=LARGEST, content=message)
    document = json.loads(reply.body)
    symbols = document["symbols"] if isinstance(document, dict) and "symbols" in document else None
    if not isinstance(symbols, dict) or not isinstance(document.get("score"), int | float):
        raise ValueError(reply.status)  # noqa: TRY004 - no caller's mistake: the other side's words
    rows = [(str(name)[:80], _number(one.get("score", 0))) for name, one in symbols.items() if isinstance(one, dict)]
    return _number(document["score"]), tuple(rows[:MOST_RULES])


async def _all(reader: asyncio.StreamReader) -> str:
    found = bytearray()
    while piece := await reader.read(65_536):
        found += piece
        if len(found) > LARGEST:
            raise ValueError(len(found))
    return found.decode("utf-8", "replace")


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number
