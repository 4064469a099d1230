"""
Images that travel in the message: parts beside the HTML, named by the Content-IDs that the HTML asks for.

An image that stands only in blocks for some readers goes to those readers only. Refuses bytes other than those the edition was made with: what was
previewed is what is sent.

Units: lines of 76 octets.
Errors: DataError for an image whose bytes are absent or others.
Source: RFC 2387 (multipart/related); RFC 2392 (cid); RFC 2045, 6.8 (base64); RFC 2183 (inline).
"""

import hashlib
import re
import unicodedata
from base64 import encodebytes
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote

from mailweekly.edition.model import Edition, Embedded
from mailweekly.errors import DataError
from mailweekly.message import recipe
from mailweekly.message.conditions import blocks

__all__ = ["RELATED", "Guard", "boundary", "file_names", "image_parts"]

RELATED: Final = "=_img"  # put before the outer boundary: neither may begin with the other (RFC 2046, 5.1.2)
SUFFIXES: Final = {"png": "png", "jpeg": "jpg", "gif": "gif", "webp": "webp"}
LONGEST_STEM: Final = 24  # characters of a file's name: its header stays one line
HEAD: Final = (
    '\r\nContent-Type: image/{kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
    'Content-ID: <{cid}>\r\nContent-Disposition: inline; filename="{name}"\r\n\r\n'
)

Guard = tuple[int, ...]  # the numbers of the conditions a piece stands under


def boundary() -> tuple[str | int, ...]:
    """Return the line that parts the HTML and its images, as pieces."""
    return ("--" + RELATED, recipe.BOUNDARY)


def image_parts(
    edition: Edition, pictures: Mapping[str, bytes], conditions: Mapping[str, int]
) -> Iterator[tuple[str, Guard]]:
    """Yield each image's headers and bytes, and the conditions of the readers who get it; `pictures` holds the bytes by SHA-256."""
    uses = list(blocks(edition.html, is_html=True))
    for one, name in zip(edition.embedded, file_names(edition.embedded), strict=True):
        head = HEAD.format(kind=one.kind, name=name, cid=one.cid)
        body = encodebytes(_bytes(one, pictures)).decode("ascii").replace("\n", "\r\n")
        asked = {tuple(sorted({conditions[each] for each in around})) for text, around in uses if one.cid in text}
        for guard in sorted(asked):
            if not any(set(other) < set(guard) for other in asked):  # who is asked less has it already
                yield head + body, guard


def file_names(embedded: Sequence[Embedded]) -> tuple[str, ...]:
    """Return a file name for each image, of plain characters and no two alike: what a reader who saves it gets."""
    found: list[str] = []
    for one in embedded:
        stem, suffix = _stem(one.src), SUFFIXES.get(one.kind, one.kind)
        name, number = f"{stem}.{suffix}", 1
        while name in found:
            number += 1
            name = f"{stem}-{number}.{suffix}"
        found.append(name)
    return tuple(found)


def _stem(src: str) -> str:
    written = PurePosixPath(unquote(src.partition("?")[0].partition("#")[0])).stem
    plain = unicodedata.normalize("NFKD", written).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_STEM].strip("-") or "image"


def _bytes(one: Embedded, pictures: Mapping[str, bytes]) -> bytes:
    content = pictures.get(one.sha256)
    if content is None:
        raise DataError(f"The bytes of the image {one.src[:80]} were not given.", hint="Build the edition again.")
    if hashlib.sha256(content).hexdigest() != one.sha256:
        raise DataError(f"The image {one.src[:80]} is another than the edition was made with.", hint="Build it again.")
    return content
