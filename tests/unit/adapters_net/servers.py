"""Servers on loopback that answer links as badly as servers can, each by a handler of one connection."""

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from mailweekly.adapters.net.addresses import Address, is_public
from mailweekly.adapters.net.links import Limits, Ways

__all__ = ["LOOPBACK", "QUICK", "Served", "answered", "loopback_too", "names", "serving", "ways"]

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
QUICK = Limits(every_s=0.0, request_s=0.5, link_s=1.2, round_s=5.0)
Handler = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


@dataclass(kw_only=True)
class Served:
    """A server that runs, and the first lines it was asked with."""

    port: int
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "site.test", scheme: str = "http") -> str:
        """An address of it."""
        return f"{scheme}://{host}:{self.port}{path}"


def loopback_too(address: Address) -> bool:
    """What the product admits, and loopback."""
    return address in LOOPBACK or is_public(address)


def names(*found: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    """A name service that answers everything so."""

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return found or ("127.0.0.1",)

    return resolve


def ways(*found: str, trust: ssl.SSLContext | None = None) -> Ways:
    """Ways that lead to loopback."""
    return Ways(resolver=names(*found), admits=loopback_too, trust=trust)


async def answered(writer: asyncio.StreamWriter, status: str, *lines: str, body: bytes = b"") -> None:
    """Write one answer."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""])
    writer.write(head.encode() + body)
    await writer.drain()


@contextlib.asynccontextmanager
async def serving(
    handler: Handler, context: ssl.SSLContext | None = None, *, at: str = "127.0.0.1"
) -> AsyncIterator[Served]:
    """Run a server: `handler` gets the request's first line."""
    served = Served(port=0)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            served.heads.append(head)
            served.asked.append(head.partition("\r\n")[0])
            await handler(served.asked[-1], writer)
        writer.transport.abort()

    server = await asyncio.start_server(connected, at, 0, ssl=context)
    served.port = server.sockets[0].getsockname()[1]
    try:
        yield served
    finally:
        server.close()
