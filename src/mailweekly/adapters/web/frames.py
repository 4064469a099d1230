"""
The mails as frames: each under a name that cannot be guessed, with its images beside it, in a document that can run and fetch nothing.

A name is a keyed hash of what is shown, so equal pictures have equal names (nothing to reload) and a new start has new ones. Remote images are not
fetched: a box says how large one is and where it would come from. Local ones are served by their place in the mail, never by path.

Units: CSS pixels; bytes.
Source: Content Security Policy 3, HTML 7.1.5 (sandboxing); measured: an opaque origin sends no cookie for its images.
"""

import hashlib
import hmac
import html
import re
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

__all__ = ["CSP", "SANDBOX", "Frame", "Frames"]

SANDBOX: Final = "allow-popups allow-popups-to-escape-sandbox"
CSP: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; base-uri 'none'; "
    f"frame-ancestors 'self'; sandbox {SANDBOX}"
)
KEPT: Final = 64  # frames in memory, the newest; about 60 kB each
NAME_CHARACTERS: Final = 32  # 128 bit in hex
IMAGE: Final = re.compile(r"(<img\b[^>]*?\ssrc=)\"([^\"]*)\"([^>]*>)", re.IGNORECASE)
# What opens a connection before the policy is asked (a frame's address, measured) or is not covered by it (preconnect), and bases of the mail's own.
REACHING: Final = re.compile(r"<(/?)(i?frame|frameset|fencedframe|object|embed|link|base)\b", re.IGNORECASE)
SIZE: Final = re.compile(r"\s(width|height)=\"(\d{1,4})\"")
HEAD: Final = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
BOX_PX: Final = (544, 160)  # of an image that does not say how large it is
SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One document to show and its images: type and bytes, in the order they occur."""

    document: str
    images: tuple[tuple[str, bytes], ...]


class Frames:
    """The newest frames by name. One per start: names are keyed with its secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._kept: OrderedDict[str, Frame] = OrderedDict()

    def keep(self, mail: str, origin: str, image: Callable[[str], bytes | None]) -> str:
        """Keep a mail for showing to pages of `origin`, and return its name; `image` gives the bytes behind a local address."""
        images = _images(mail, image)
        whole = hashlib.sha256(f"{origin}\n{mail}".encode("utf-8", "replace"))
        for kind, content in images.values():
            whole.update(hashlib.sha256(kind.encode() + content).digest())
        name = hmac.new(self._secret, whole.digest(), "sha256").hexdigest()[:NAME_CHARACTERS]
        places = {address: f"/frame/{name}/{at}" for at, address in enumerate(images)}
        drawn = REACHING.sub(r"<\1x-\2", IMAGE.sub(lambda found: _placed(found, places), mail))
        self._kept[name] = Frame(document=_opened(drawn, origin), images=tuple(images.values()))
        self._kept.move_to_end(name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return name

    def named(self, name: str) -> Frame | None:
        """Return the frame of that name."""
        return self._kept.get(name)


def _images(mail: str, image: Callable[[str], bytes | None]) -> dict[str, tuple[str, bytes]]:
    found: dict[str, tuple[str, bytes]] = {}
    for written in dict.fromkeys(match[2] for match in IMAGE.finditer(mail)):
        address = html.unescape(written)
        content = None if address.startswith("data:") else image(address)
        kind = _kind(content) if content else None
        if content and kind:
            found[address] = (kind, content)
    return found


def _placed(found: re.Match[str], places: Mapping[str, str]) -> str:
    address = html.unescape(found[2])
    if address.startswith("data:"):
        return found[0]
    shown = places.get(address) or _box(address, dict(SIZE.findall(found[0])))
    return f'{found[1]}"{shown}"{found[3]}'


def _kind(content: bytes) -> str | None:
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for signature, kind in SIGNATURES if content.startswith(signature)), None)


def _opened(mail: str, origin: str) -> str:
    """Let links open a tab of their own, and the page around the frame know its height."""
    head = (
        f'<meta name="responsive-embedded-sizing" content="allow-origins={html.escape(origin)}">'
        '<base target="_blank"><style>html{overflow-x:auto}</style>'
    )
    return HEAD.sub(lambda found: found[0] + head, mail, count=1)


def _box(address: str, size: dict[str, str]) -> str:
    """Return a picture, as a data URL, of an image that is not loaded."""
    width = int(size.get("width", BOX_PX[0])) or BOX_PX[0]
    height = int(size.get("height", 0)) or min(BOX_PX[1], max(width // 2, 16))
    host = _host(address)
    label = f"{host} · {width} px wide" if "height" not in size else f"{host} · {width} × {height}"
    font = max(9, min(14, width * 2 // max(len(label), 1)))
    words = f'<text x="50%" y="50%" font-family="sans-serif" font-size="{font}" fill="#5b6675" text-anchor="middle" dominant-baseline="middle">'
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="6" fill="#e8ebf0" stroke="#98a2b3" stroke-dasharray="5 4"/>'
        f"{words}{html.escape(label)}</text></svg>"
    )
    return "data:image/svg+xml;base64," + b64encode(drawing.encode("utf-8", "replace")).decode("ascii")


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or address[:60]
    except ValueError:
        return "an odd address"
