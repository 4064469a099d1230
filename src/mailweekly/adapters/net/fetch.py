"""
One small thing fetched over HTTPS from a host that the caller has judged: a certificate, a confirmation. No redirect is followed.

Units: seconds, bytes.
Errors: UnreachableError for everything but a 200 with its whole body.
"""

import asyncio
import ssl
from typing import Final
from urllib.parse import urlsplit

from mailweekly.adapters.net.addresses import AwayError, NoNameError, PrivateError, is_public, resolved, system_resolver
from mailweekly.adapters.net.exchange import GarbageError, Target, exchange
from mailweekly.errors import UnreachableError

__all__ = ["fetched"]

WAIT_S: Final = 10.0
OK: Final = 200
PORT: Final = 443


async def fetched(url: str, *, most: int) -> bytes:
    """Return the body at an https address, at most `most` bytes. Errors: UnreachableError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    hint = "It is asked for again with the next report."
    try:
        async with asyncio.timeout(WAIT_S):
            addresses = await resolved(host, PORT, resolver=system_resolver, admits=is_public)
            target = Target(host=host, port=PORT, tls=True, path=path, addresses=addresses)
            reply = await exchange(target, "GET", most=most + 1)
    except (OSError, ssl.SSLError, GarbageError, TimeoutError, NoNameError, AwayError, PrivateError) as error:
        raise UnreachableError(f"Nothing came from {host}.", place=host, hint=hint) from error
    if reply.status != OK or len(reply.body) > most:
        raise UnreachableError(f"{host} answered {reply.status}.", place=host, hint=hint)
    return reply.body
