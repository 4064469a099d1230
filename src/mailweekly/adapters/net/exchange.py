"""
One HTTP request to one address that was judged before, and the head of its answer.

Refuses to follow, decompress, keep cookies, use a proxy, or read more of a body than it was told to: a server that sends without end is left, and one
that packs a gigabyte into a kilobyte is never unpacked. The address is given; no name is looked up here. TLS is verified by the system's authorities
for the host's name, not for the address.

Units: sizes in bytes. Time is the caller's: everything here can be cancelled at any point.
Errors: GarbageError for what is no HTTP; OSError and ssl.SSLError as they come.
Source: RFC 9110, RFC 9112.
"""

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import h11

from mailweekly import __version__

__all__ = ["AGENT", "GarbageError", "Reply", "Target", "exchange"]

AGENT: Final = f"mailweekly/{__version__} (link checker)"
LARGEST_HEAD: Final = 65_536
PIECE: Final = 16_384


class GarbageError(Exception):
    """What came is no HTTP answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """What is asked, and where: `addresses` are tried in turn, `host` is who the server must prove to be."""

    host: str
    port: int
    tls: bool
    path: str
    addresses: tuple[str, ...]

    @property
    def authority(self) -> bytes:
        """The Host field."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.tls else 80)
        return (name if usual else f"{name}:{self.port}").encode("ascii", "replace")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The head of an answer, and as much of its body as was wanted."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case; the first of several
    body: bytes = b""


async def exchange(
    target: Target,
    method: str,
    *,
    most: int,
    trust: ssl.SSLContext | None = None,
    content: bytes | None = None,
    more: Sequence[tuple[str, str]] = (),
) -> Reply:
    """Return the answer to one request, `most` bytes of its body; `trust` replaces the system's authorities."""
    reader, writer = await _connected(target, trust)
    try:
        connection = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
        head = h11.Request(method=method, target=target.path.encode("ascii"), headers=_headers(target, content, more))
        writer.write(connection.send(head) or b"")
        if content:
            writer.write(connection.send(h11.Data(data=content)) or b"")
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        return await _answer(connection, reader, 0 if method == "HEAD" else most)
    except (h11.ProtocolError, UnicodeError) as error:
        raise GarbageError from error
    finally:
        writer.transport.abort()  # no farewell: a server may never return it


def _headers(target: Target, content: bytes | None, more: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    size = () if content is None else (("Content-Length", str(len(content))),)
    fixed = (
        ("User-Agent", AGENT),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    )
    rows = [(name.encode("ascii"), value.encode("ascii", "replace")) for name, value in (*fixed, *size, *more)]
    return [(b"Host", target.authority), *rows]


async def _connected(target: Target, trust: ssl.SSLContext | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = (trust or _system_trust()) if target.tls else None
    name = target.host.rstrip(".") if target.tls else None
    failed: OSError = ConnectionError("no address")
    for address in target.addresses:
        try:
            return await asyncio.open_connection(address, target.port, ssl=context, server_hostname=name)
        except ssl.SSLError:
            raise
        except OSError as error:
            failed = error
    raise failed


@cache
def _system_trust() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader, most: int) -> Reply:
    head: h11.Response | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            piece = await reader.read(PIECE)
            if not piece and head is not None:  # cut short: what there is will do
                return _reply(head, body)
            connection.receive_data(piece)  # nothing where an answer should be is a fault of its own
        elif isinstance(event, h11.Response):
            head = event
            if most == 0:
                return _reply(head, body)
        elif isinstance(event, h11.Data):
            body += event.data
        if head is not None and (isinstance(event, h11.EndOfMessage) or len(body) >= most):
            return _reply(head, body[:most])
        if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
            raise GarbageError


def _reply(head: h11.Response, body: bytes | bytearray) -> Reply:
    headers: dict[str, str] = {}
    for name, value in head.headers:
        headers.setdefault(name.decode("ascii", "replace").lower(), _decoded(value))
    return Reply(status=head.status_code, headers=headers, body=bytes(body))


def _decoded(value: bytes) -> str:
    """Addresses in a header are ASCII; servers that send UTF-8 all the same mean UTF-8."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
