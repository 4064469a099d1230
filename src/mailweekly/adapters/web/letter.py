"""
A message as it leaves, taken apart: its parts, its headers, and what a mail program makes of its way to unsubscribe.

Refuses nothing: what cannot be decoded is shown as it stands.

Units: bytes; `wire` as it travels, `decoded` as it is read.
Source: RFC 2045 and 2046 (parts), RFC 2369 (List-Unsubscribe), RFC 8058 (one-click).
"""

import email
import email.policy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from typing import Final

__all__ = ["Header", "Letter", "OneClick", "Part", "one_click", "taken_apart"]

DEPTH: Final = 20  # parts within parts
MOST: Final = 500  # parts; a newsletter has three, and one for each image
ADDRESS: Final = re.compile(r"<([^<>]{1,2000})>")
COVERED: Final = re.compile(r"\bh=([^;]{0,2000})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """One header."""

    name: str
    value: str  # as it reads, in one line
    raw: str  # as it stands, folded


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part, and how deep it lies."""

    depth: int
    kind: str  # "text/html"
    about: tuple[str, ...]  # "utf-8", "quoted-printable", "cid:logo"
    wire: int  # of its body
    decoded: int
    parts: int = 0  # inside it


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """A message."""

    size: int
    headers: tuple[Header, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class OneClick:
    """What a mail program makes of the two headers."""

    is_whole: bool
    words: str
    addresses: tuple[str, ...] = ()


def taken_apart(content: bytes) -> Letter:
    """Return the message's parts and headers."""
    parsed = email.message_from_bytes(content, policy=email.policy.compat32)
    found: list[Part] = []
    for part in _parts(parsed, 0):
        if len(found) >= MOST:
            break
        found.append(part)
    return Letter(size=len(content), headers=tuple(_headers(content)), parts=tuple(found))


def one_click(headers: Sequence[Header]) -> OneClick:
    """Return whether one click unsubscribes, and if not, why."""
    named = {header.name.lower(): header.value for header in reversed(headers)}
    addresses = tuple(ADDRESS.findall(named.get("list-unsubscribe", "")))
    schemes = {address.partition(":")[0].strip().lower() for address in addresses}
    posts = re.sub(r"\s", "", named.get("list-unsubscribe-post", "")).lower() == "list-unsubscribe=one-click"
    if not addresses:
        words = "No List-Unsubscribe: mail programs show no button, and Gmail and Yahoo ask bulk senders for one."
    elif "https" not in schemes:
        words = (
            "No https address among them: one click needs one. What is there works by mail only."
            if "mailto" in schemes
            else "No https address among them: one click needs one."
        )
    elif not posts:
        words = "List-Unsubscribe-Post: List-Unsubscribe=One-Click is missing: programs open the page instead, and the button may not show."
    else:
        words, is_whole = _signed(headers)
        return OneClick(is_whole=is_whole, words=words, addresses=addresses)
    return OneClick(is_whole=False, words=words, addresses=addresses)


def _signed(headers: Sequence[Header]) -> tuple[str, bool]:
    signatures = [header.value for header in headers if header.name.lower() == "dkim-signature"]
    whole = "An https address, and the line that allows a POST to it."
    if not signatures:
        return (
            f"{whole} They count once a DKIM signature covers both; this copy is not signed yet: the send signs it, or the relay does.",
            True,
        )
    for signature in signatures:
        covered = {name.strip().lower() for found in COVERED.findall(signature) for name in found.split(":")}
        if {"list-unsubscribe", "list-unsubscribe-post"} <= covered:
            return f"{whole} A DKIM signature covers both.", True
    return "The DKIM signature does not cover both headers, so mail programs pass them over.", False


def _headers(content: bytes) -> Iterator[Header]:
    head = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0].decode("utf-8", "replace").replace("\r\n", "\n")
    folded: list[str] = []
    for line in head.split("\n"):
        if line[:1] in {" ", "\t"} and folded:
            folded[-1] += f"\n{line}"
        elif line:
            folded.append(line)
    for raw in folded:
        name, _, value = raw.partition(":")
        yield Header(name=name.strip(), value=_decoded(" ".join(value.split())), raw=value.strip())


def _decoded(value: str) -> str:
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError):
        return value


def _parts(part: Message, depth: int) -> Iterator[Part]:
    inner = part.get_payload()
    if isinstance(inner, list) and depth < DEPTH:
        below = [one for each in inner if isinstance(each, Message) for one in _parts(each, depth + 1)]
        wire, decoded = (
            (sum(size) for size in zip(*((one.wire, one.decoded) for one in below if not one.parts), strict=True))
            if below
            else (0, 0)
        )
        yield Part(depth=depth, kind=part.get_content_type(), about=(), wire=wire, decoded=decoded, parts=len(inner))
        yield from below
        return
    written = inner if isinstance(inner, str) else ""
    body = part.get_payload(decode=True)
    name = part.get_filename()
    about = (
        part.get_content_charset(),
        str(part.get("content-transfer-encoding", "")).strip().lower(),
        name,
        part.get("content-id"),
    )
    yield Part(
        depth=depth,
        kind=part.get_content_type(),
        about=tuple(" ".join(str(one).split()) for one in about if one),
        wire=len(written.encode("utf-8", "surrogateescape")),
        decoded=len(body) if isinstance(body, bytes) else 0,
    )
