"""
The mails as frames: each under a name that cannot be guessed, with its images beside it, in a document that can run and fetch nothing.

A name is a keyed hash of what is shown, so equal pictures have equal names (nothing to reload) and a new start has new ones. Remote images are not
fetched: a box says how large one is and where it would come from. Local ones are served by their place in the mail, never by path.

Units: CSS pixels; bytes.
Source: Content Security Policy 3, HTML 7.1.5 (sandboxing); measured: an opaque origin sends no cookie for its images.
"""

import asyncio
import hashlib
import hmac
import html
import re
import secrets
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final
from urllib.parse import urlsplit

__all__ = ["CSP", "HERE", "SANDBOX", "Coming", "Frame", "Frames", "Shelf", "alone"]

SANDBOX: Final = "allow-popups allow-popups-to-escape-sandbox"
CSP: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none'; base-uri 'none'; "
    f"frame-ancestors 'self'; sandbox {SANDBOX}"
)
HERE: Final = f"x{secrets.token_hex(16)}/"  # in what the studio writes into a mail: the frame's own address, which no mail can know
KEPT: Final = 64  # frames in memory, the newest; about 60 kB each
COMING_S: Final = 15.0  # longer than a rendering may take
NAME_CHARACTERS: Final = 32  # 128 bit in hex
IMAGE: Final = re.compile(r"(<img\b[^>]*?\ssrc=)\"([^\"]*)\"([^>]*>)", re.IGNORECASE)
# What opens a connection before the policy is asked (a frame's address, measured) or is not covered by it (preconnect), and bases of the mail's own.
REACHING: Final = re.compile(r"<(/?)(i?frame|frameset|fencedframe|object|embed|link|base)\b", re.IGNORECASE)
ALONE: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
# Of a mail's own: its names are harmless, whatever else it would have a browser do is not (refresh, another policy).
OTHER_META: Final = re.compile(r"<meta\b(?!\s+name=\"[\w:.-]+\"\s+content=\"[^\"]*\"\s*/?>)", re.IGNORECASE)
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
        self._promised: OrderedDict[str, Callable[[], Frame]] = OrderedDict()

    def keep(self, mail: str, origin: str, image: Callable[[str], bytes | None]) -> str:
        """Keep a mail for showing to pages of `origin`, and return its name; `image` gives the bytes behind a local address."""
        images = _images(mail, image)
        name = self._name(_fingerprint(mail, images), origin)
        self._put(name, _frame(name, mail, origin, images))
        return name

    def promise(self, key: bytes, origin: str, mail: Callable[[], str], image: Callable[[str], bytes | None]) -> str:
        """Return the name of a mail that is made when it is first asked for; `key` holds all that it depends on."""
        name = self._name(key, origin)

        def made() -> Frame:
            document = mail()
            return _frame(name, document, origin, _images(document, image))

        if name in self._kept:
            self._kept.move_to_end(name)
        else:
            self._promised[name] = made
            while len(self._promised) > KEPT:
                self._promised.popitem(last=False)
        return name

    def named(self, name: str) -> Frame | None:
        """Return the frame of that name, if it is made."""
        return self._kept.get(name)

    def made(self, name: str) -> Frame | None:
        """Return the frame of that name; one that was promised is made now, which may take a while."""
        promised = self._promised.pop(name, None)
        if promised and name not in self._kept:
            self._put(name, promised())
        return self._kept.get(name)

    def _name(self, whole: bytes, origin: str) -> str:
        return hmac.new(self._secret, origin.encode() + b"\n" + whole, "sha256").hexdigest()[:NAME_CHARACTERS]

    def _put(self, name: str, frame: Frame) -> None:
        self._kept[name] = frame
        self._kept.move_to_end(name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)


class Shelf:
    """What the mails of one page are kept with: their images are read once, however many clients see them."""

    def __init__(self, frames: Frames, origin: str, image: Callable[[str], bytes | None]) -> None:
        self._frames, self._origin, self._image = frames, origin, cache(image)
        self._whole = cache(lambda mail: _fingerprint(mail, _images(mail, self._image)))

    def keep(self, mail: str) -> str:
        """Return the address of a mail."""
        return f"/frame/{self._frames.keep(mail, self._origin, self._image)}"

    def later(self, source: str, key: Hashable, make: Callable[[], str]) -> str:
        """Return the address of what `make` makes of a mail, when it is first asked for; `key` tells it from what else is made of that mail."""
        whole = self._whole(source) + repr(key).encode("utf-8", "replace")
        return f"/frame/{self._frames.promise(whole, self._origin, make, self._image)}"


class Coming:
    """
    Frames that are asked for before they are drawn: their answer begins at once and goes on when there is something to show.

    A browser needs as long to begin such a frame as the child to render; so both happen at once (measured: 60 of 100 ms saved for two screens).
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[str, asyncio.Future[Mapping[str, str]]] = OrderedDict()

    def begin(self) -> str:
        """Return the name under which the next drawing can be asked for."""
        name = secrets.token_hex(NAME_CHARACTERS // 2)
        self._kept[name] = asyncio.get_running_loop().create_future()
        while len(self._kept) > KEPT:
            _, oldest = self._kept.popitem(last=False)
            oldest.cancel()
        return name

    def end(self, name: str, drawn: Mapping[str, str]) -> None:
        """Give what was drawn, frame names by the kind of their screen."""
        waited = self._kept.get(name)
        if waited and not waited.done():
            waited.set_result(drawn)

    def has(self, name: str) -> bool:
        """Whether a drawing of that name was begun."""
        return name in self._kept

    async def name_of(self, name: str, kind: str) -> str:
        """Return the frame's own name once it is drawn; "" where none came."""
        try:
            drawn = await asyncio.wait_for(asyncio.shield(self._kept[name]), COMING_S)
        except (TimeoutError, asyncio.CancelledError, KeyError):
            return ""
        return drawn.get(kind, "")


def alone(mail: str, image: Callable[[str], bytes | None]) -> str:
    """
    Return a mail as a file of its own, for a sandboxed frame or by itself: its images within, remote ones as boxes, a policy before everything else.

    A file has no headers: what they forbid otherwise (scripts, fetches, forms) its first elements do; what those cannot is no element any more.
    """
    places = {
        address: f"data:{kind};base64,{b64encode(content).decode('ascii')}"
        for address, (kind, content) in _images(mail, image).items()
    }
    drawn = REACHING.sub(r"<\1x-\2", IMAGE.sub(lambda found: _placed(found, places), mail)).replace(HERE, "#")
    head = f'<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{html.escape(ALONE)}">'
    return f'{head}<base target="_blank">{OTHER_META.sub("<x-meta", drawn)}'


def _fingerprint(mail: str, images: Mapping[str, tuple[str, bytes]]) -> bytes:
    whole = hashlib.sha256(mail.encode("utf-8", "replace"))
    for kind, content in images.values():
        whole.update(hashlib.sha256(kind.encode() + content).digest())
    return whole.digest()


def _frame(name: str, mail: str, origin: str, images: Mapping[str, tuple[str, bytes]]) -> Frame:
    places = {address: f"/frame/{name}/{at}" for at, address in enumerate(images)}
    drawn = REACHING.sub(r"<\1x-\2", IMAGE.sub(lambda found: _placed(found, places), mail)).replace(
        HERE, f"/frame/{name}/"
    )
    return Frame(document=_opened(drawn, origin), images=tuple(images.values()))


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
