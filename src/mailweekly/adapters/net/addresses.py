"""
Which addresses may be asked: those of the public net, judged after a name was resolved, never by how it is written.

A name is resolved once; whoever asks connects to the very address that was judged here, so a name service that answers otherwise a moment later
changes nothing. Every spelling of an address (`127.1`, `0x7f000001`, `2130706433`, a mapped or translated IPv6 form) ends as the same number before
it is judged. One private address among several refuses them all.

Errors: PrivateError, NoNameError, AwayError.
Source: IANA's registries of special-purpose addresses; RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4291, 2.5.5 (mapped); the fetch standard
("port blocking").
"""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

__all__ = [
    "Address",
    "Admits",
    "AwayError",
    "NoNameError",
    "PrivateError",
    "Resolver",
    "is_public",
    "may_ask_port",
    "resolved",
    "system_resolver",
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Admits = Callable[[Address], bool]
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

WELL_KNOWN: Final = 1024  # below it only the two ports of the web are asked
WEB_PORTS: Final = frozenset({80, 443})
OTHER_SERVICES: Final = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697, 10080}
)
UNICAST: Final = ipaddress.IPv6Network("2000::/3")
TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
SIX_TO_FOUR: Final = ipaddress.IPv6Network("2002::/16")
REFUSED: Final[tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]] = (
    ipaddress.IPv4Network("192.0.0.0/24"),  # protocols; Python's releases judge its parts differently
    ipaddress.IPv4Network("192.88.99.0/24"),  # relays of 6to4, given up
    ipaddress.IPv4Network("168.63.129.16/32"),  # a public number that one provider's machines know as their host
    ipaddress.IPv6Network("2001::/23"),  # Teredo and other protocols
    ipaddress.IPv6Network("2001:db8::/32"),
    ipaddress.IPv6Network("3fff::/20"),  # documentation, since 2024
)
ISATAP: Final = (0x00005EFE, 0x02005EFE)  # in the upper half of an interface's number: an IPv4 address follows
MOST: Final = 4  # addresses of a name that are tried
NO_SUCH_NAME: Final = frozenset(
    {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME), getattr(socket, "EAI_ADDRFAMILY", -9)}
)


class PrivateError(Exception):
    """The name leads to an address that is not of the public net."""


class NoNameError(Exception):
    """There is no such name."""


class AwayError(Exception):
    """The name service does not answer."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public net, whatever it is wrapped in."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast and not _refused(address)
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    looks_wrapped = (int(address) >> 32) & 0xFFFFFFFF in ISATAP
    return address in UNICAST and address.is_global and not looks_wrapped and not _refused(address)


def may_ask_port(port: int) -> bool:
    """Whether a port may be one of the web; mail, names and the like are not spoken to."""
    return port in WEB_PORTS or (port >= WELL_KNOWN and port not in OTHER_SERVICES)


async def resolved(host: str, port: int, *, resolver: Resolver, admits: Admits) -> tuple[str, ...]:
    """Return the addresses to connect to, at most a few. Errors: PrivateError, NoNameError, AwayError."""
    found = [_address(one) for one in dict.fromkeys(await resolver(host, port))]
    if not found:
        raise NoNameError
    if not all(address is not None and admits(address) for address in found):
        raise PrivateError
    return tuple(str(address) for address in found[:MOST])


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """
    Return the addresses the system knows for a name.

    The system's call cannot be interrupted, so it stands in a thread that nobody waits for when the time is up.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str], error: Exception | None) -> None:
        if answer.done():
            return
        if error:
            answer.set_exception(error)
        else:
            answer.set_result(found)

    def ask() -> None:
        found: list[str] = []
        error: Exception | None = None
        try:
            found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except socket.gaierror as fault:
            error = NoNameError() if fault.errno in NO_SUCH_NAME else AwayError()
        except (OSError, UnicodeError, ValueError):
            error = NoNameError()
        with contextlib.suppress(RuntimeError):  # the loop is gone: nobody asks any more
            loop.call_soon_threadsafe(settle, found, error)

    threading.Thread(target=ask, name="resolver", daemon=True).start()
    return await answer


def _address(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if isinstance(found, ipaddress.IPv6Address) and found.scope_id else found


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour if address in SIX_TO_FOUR else None


def _refused(address: Address) -> bool:
    return any(address in network for network in REFUSED if network.version == address.version)
