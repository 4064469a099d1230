"""
Where a request comes from: the visitor's address, also behind a proxy, and the net that a cap counts.

X-Forwarded-For is believed only as far as its last part came from a trusted proxy: whoever writes it themselves gains nothing.

Errors: none.
"""

import ipaddress
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Final

__all__ = ["net_of", "visitor"]

IPV6_NET: Final = 64  # bits: what one household or machine is given
MOST_HOPS: Final = 20
IPV6_VERSION: Final = 6

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def visitor(peer: str, forwarded: Sequence[str], trusted: Collection[str]) -> str:
    """Return the address of who asks: the last of peer and X-Forwarded-For that is no trusted proxy."""
    if not trusted:
        return peer
    hops = [hop.strip() for line in forwarded for hop in line.split(",")][-MOST_HOPS:]
    found = peer
    while _is_trusted(found, tuple(trusted)) and hops and _read(hops[-1]) is not None:
        found = hops.pop()
    return found


def net_of(address: str) -> str:
    """Return the net that counts as one visitor: an IPv4 address, or the /64 of an IPv6 one; "" for none."""
    known = _read(address)
    if known is None:
        return ""
    if known.version == IPV6_VERSION:
        return str(ipaddress.ip_network((int(known), IPV6_NET), strict=False))
    return str(known)


@lru_cache(maxsize=1024)
def _is_trusted(address: str, trusted: tuple[str, ...]) -> bool:
    known = _read(address)
    return known is not None and any(known in ipaddress.ip_network(net) for net in trusted)


@lru_cache(maxsize=1024)
def _read(address: str) -> Address | None:
    text = address.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]  # a port behind it
    try:
        known = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = known.ipv4_mapped if isinstance(known, ipaddress.IPv6Address) else None
    return mapped or known
