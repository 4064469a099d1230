"""
Images that lie in the publication: how large one is shown, and under which name it travels in a message.

Only what `adapters.files` has read of a file is known here; its bytes are not. A file has the same name wherever it is used, so it travels once.

Units: pixels of the file; CSS pixels on the page.
Source: RFC 2392 (cid); measured in Chromium: width and height as attributes keep an image's place while it loads, at any width it is scaled to.
"""

import re
from typing import Final

from mailweekly.edition.model import Embedded, ImageFile, Publication

__all__ = ["cid_of", "embedded_in", "is_embedded", "shown_size"]

CID_DIGITS: Final = 32  # of the file's hash: 128 bits
CID_HOST: Final = "images.mailweekly"  # a Content-ID has the form of an address; this one is nobody's
CID: Final = re.compile(rf"\bcid:([0-9a-f]{{{CID_DIGITS}}}@{re.escape(CID_HOST)})")
SHARP: Final = 2  # pixels of the file for each CSS pixel, on the screens most mail is read on
TWICE: Final = re.compile(r"@2x(?=\.\w+$)")  # in a file's name: made for SHARP screens


def cid_of(file: ImageFile) -> str:
    """Return the name of a file in a message, without angle brackets."""
    return f"{file.sha256[:CID_DIGITS]}@{CID_HOST}"


def is_embedded(src: str, publication: Publication) -> bool:
    """Return whether an image of this source travels in the message."""
    return publication.embed and src in publication.images


def embedded_in(html: str, publication: Publication) -> tuple[Embedded, ...]:
    """Return the images that the finished HTML names, each file once, in the order they occur."""
    if not publication.embed:
        return ()
    known = {cid_of(file): (src, file) for src, file in reversed(tuple(publication.images.items()))}
    used = [cid for cid in dict.fromkeys(CID.findall(html)) if cid in known]
    return tuple(
        Embedded(cid=cid, src=known[cid][0], sha256=known[cid][1].sha256, kind=known[cid][1].kind) for cid in used
    )


def shown_size(file: ImageFile | None, src: str, *, authored: int | None, room: int) -> tuple[int, int | None]:
    """
    Return width and height an image is shown with: as authored, else as large as its file is, never wider than `room`.

    A file that is twice as wide as its room, or says so in its name, is one for sharp screens. The height is None where the file is not known.
    """
    if file is None:
        return min(authored or room, room), None
    own = file.width // SHARP if TWICE.search(src) else file.width
    width = max(min(authored or own, room), 1)
    return width, max(round(width * file.height / file.width), 1)
