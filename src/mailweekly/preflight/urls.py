"""
Reading of URLs for the rules: host, form for comparison, tracking parameters, what is not reachable by readers.

Nothing here asks the network, and no URL makes it raise: what cannot be read has an empty host.

Source: RFC 3986 (percent-encoding, 6.2.2), RFC 6761 and RFC 8375 (special names).
"""

import ipaddress
import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from mailweekly.issue.urls import host as written_host
from mailweekly.preflight.lists import words

__all__ = ["host", "is_private", "normal", "organisation", "related"]

LOCAL_ENDINGS: Final = ("localhost", "local", "internal", "lan", "home.arpa", "intranet", "localdomain")
UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
NUMERIC_HOST = re.compile(r"(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+)){0,3}", re.IGNORECASE)
COUNTRY: Final = 2  # letters of a country's top-level domain (ISO 3166)
PORTS: Final = {"http": ":80", "https": ":443"}


def host(url: str) -> str:
    """Return the host in lower case, without a trailing dot; empty where there is none."""
    return written_host(url.strip()).rstrip(".")


def is_private(url: str) -> str:
    """Return why readers cannot or should not follow this URL ("an address in figures", …); empty: they can."""
    parts = _split(url)
    if parts is None:
        return "an address that cannot be read"
    if "@" in parts.netloc:
        return "a user name before the host"
    name = host(url)
    if name.split(".")[-1] in LOCAL_ENDINGS or name.endswith(".home.arpa"):
        return "a name that only exists on your own network"
    if ":" in name or NUMERIC_HOST.fullmatch(name):
        return "a private address" if _is_private_number(name) else "an address in figures"
    return ""


def normal(url: str) -> str:
    """Return the form in which two links to the same page are equal."""
    parts = _split(url)
    if parts is None or parts.scheme not in PORTS:
        return url.strip()
    place = parts.netloc.lower().rpartition("@")[2].removesuffix(PORTS[parts.scheme]).removesuffix(".")
    place = place.removeprefix("www.")
    if place.count(".") > 1:
        place = place.removeprefix("m.").removeprefix("mobile.")
    path, query = _percent(parts.path).rstrip("/"), _percent(_kept(parts.query))
    if place == "youtu.be" and path:
        return f"https://youtube.com/watch?v={path[1:]}" + (f"&{query}" if query else "")
    fragment = parts.fragment if parts.fragment.startswith(("/", "!")) else ""
    return f"https://{place}{path}" + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")


def related(one: str, other: str) -> bool:
    """Whether two hosts belong to the same organisation, judged by their names."""
    return bool(one) and organisation(one) == organisation(other)


def organisation(name: str) -> str:
    """Return the registered part of a host: the last two labels, three under a country's second level. No public suffix list: a guess."""
    labels = name.lower().rstrip(".").split(".")
    deep = len(labels[-1]) == COUNTRY and labels[-2:-1] != [] and labels[-2] in words("mail", "second_level")
    return ".".join(labels[-3:] if deep else labels[-2:])


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url.strip())
    except ValueError:
        return None


def _kept(query: str) -> str:
    return "&".join(item for item in query.split("&") if item and not _is_tracking(item.partition("=")[0]))


def _is_tracking(name: str) -> bool:
    return name.lower().startswith("utm_") or name.lower() in words("links", "tracking")


def _percent(text: str) -> str:
    """One spelling for each character: unreserved ones bare, the rest as upper-case triplets, non-ASCII encoded."""
    encoded = "".join(
        char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "replace")) for char in text
    )
    return re.sub(r"%([0-9A-Fa-f]{2})", _triplet, encoded)


def _triplet(found: re.Match[str]) -> str:
    char = chr(int(found[1], 16))
    return char if char in UNRESERVED else found[0].upper()


def _is_private_number(name: str) -> bool:
    try:
        return not _address(name).is_global
    except ValueError:
        return True


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if ":" in name:
        return ipaddress.IPv6Address(name.partition("%")[0])
    pieces = [
        int(piece, 16 if piece[:2].lower() == "0x" else 8 if piece[0] == "0" else 10) for piece in name.split(".")
    ]
    value = pieces[-1]
    for index, piece in enumerate(pieces[:-1]):
        value += piece << (24 - 8 * index)
    return ipaddress.IPv4Address(value)
