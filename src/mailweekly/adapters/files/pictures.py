"""
The images of a publication: found where an issue names them, and what a mail must know of each.

No pixel is decoded but of small images that let the ground through: to see whether their edges are dark.

A source is looked for beside the issue, then in the publication's folder; as written, then without what an address may add (`%20`, `?v=2`). Refuses
what leads out of the publication, what is no regular file, and what is no whole PNG, JPEG, GIF or WebP; each refusal is words for a finding, never an
exception, for a broken picture is the editor's to mend.

Units: sizes in bytes, sides in pixels.
Errors: none for what a file holds.
Source: PNG (W3C), 5.2 and 11.3.3; JPEG (ITU-T T.81), B.1.1.3; GIF89a, 27; WebP container (RFC 9649), 2.4; EXIF 2.32, 4.6.4 (orientation).
"""

import hashlib
import os.path
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from mailweekly.adapters.files.folder import read_file, resolve_inside
from mailweekly.edition.model import ImageFile
from mailweekly.errors import DataError, MailweeklyError

__all__ = ["LARGEST", "TOGETHER", "Picture", "find_picture", "picture_of", "read_pictures"]

LARGEST: Final = 20_000_000  # of one file: twice what a relay takes as a whole message
TOGETHER: Final = 60_000_000  # of one issue's files: they are held in memory while it is sent
SIDE: Final = 20_000  # pixels; above it decoders of mail programs give up
OPENED: Final = {"PNG": "png", "JPEG": "jpeg", "MPO": "jpeg", "GIF": "gif", "WEBP": "webp"}
ORIENTATION: Final = 0x0112  # EXIF tag
TURNED: Final = frozenset({5, 6, 7, 8})  # orientations that swap width and height
DECODED: Final = 4_000_000  # pixels; larger ones are photographs, and take long
SAMPLE: Final = 256  # pixels of the longer side that are looked at
HALF: Final = 128  # alpha from which on a pixel hides the ground
DARK: Final = 80  # of 256 shades of grey
MUCH: Final = 0.3  # of the rim
BROKEN: Final = "is cut short or damaged"
HEAD: Final = 1_000  # bytes looked at to say what a file is instead
SIGNATURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"RIFF")
OTHERS: Final = (  # what stands at the start of files that are given out as pictures
    ((b"BM",), "a BMP picture"),
    ((b"II*\0", b"MM\0*"), "a TIFF picture"),
    ((b"%PDF-",), "a PDF document"),
    ((b"\0\0\1\0",), "an icon file"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A file that an image's source leads to. Without `file`, `fault` says why it cannot be mailed."""

    file: ImageFile | None = None
    fault: str = ""  # goes on after "The file x.png": "is empty"
    content: bytes = field(default=b"", repr=False)
    has_dark_edge: bool = False  # dark pixels stand beside such as let the ground through


def read_pictures(root: Path, folder: Path, sources: Iterable[str]) -> dict[str, Picture]:
    """Return what lies behind each source, for an issue in `folder` of the publication at `root`; a source without a file is left out."""
    found: dict[str, Picture] = {}
    left = TOGETHER
    for src in sorted(sources):
        path, fault = _place(root, folder, src)
        picture = Picture(fault=fault) if fault else _read(path, left) if path else None
        if picture:
            found[src] = picture
            left -= len(picture.content)
    return found


def find_picture(root: Path, folder: Path, src: str) -> Path | None:
    """Return the file of a source, inside the publication and regular; None: there is none."""
    return _place(root, folder, src)[0]


def picture_of(content: bytes) -> Picture:
    """Return what a file's bytes are."""
    if not content:
        return Picture(fault="is empty")
    from PIL import Image, UnidentifiedImageError, WebPImagePlugin  # noqa: F401 (the plugin registers itself)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
                file = _described(image, content)
                if max(file.width, file.height) > SIDE:
                    return Picture(fault=f"is {file.width:,} × {file.height:,} pixels large")
                image.verify()  # the checksums of a PNG; no pixel is unpacked
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return Picture(fault=f"has more than {Image.MAX_IMAGE_PIXELS or 0:,} pixels")
    except UnidentifiedImageError:
        return Picture(fault=_instead(content))
    except Exception:  # noqa: BLE001 (readers of pictures raise whatever a crafted file leads them to)
        return Picture(fault=BROKEN)
    if not _is_whole(file.kind, content):
        return Picture(fault=BROKEN)
    return Picture(file=file, content=content, has_dark_edge=file.transparent and _has_dark_edge(file, content))


def _place(root: Path, folder: Path, src: str) -> tuple[Path | None, str]:
    """The file of a source, or why what is there cannot be used; both empty: there is nothing."""
    fault = ""
    for path in _paths(root, folder, src):
        try:
            if not os.path.lexists(path):
                continue
            real = resolve_inside(root, path)
            if real.is_file():
                return real, ""
            fault = fault or ("is no regular file" if real.exists() else "")
        except MailweeklyError:
            fault = fault or "leads out of the publication, or begins with a dot"
        except (OSError, ValueError):
            continue
    return None, fault


def _paths(root: Path, folder: Path, src: str) -> Iterator[Path]:
    for written in dict.fromkeys((src, unquote(src.partition("?")[0].partition("#")[0]))):
        for start in (folder, root):
            yield start / written.lstrip("/")


def _read(path: Path, left: int) -> Picture:
    try:
        content = read_file(path, limit=min(LARGEST, left))
    except DataError:
        if left < LARGEST:
            return Picture(fault=f"and those before it are more than {TOGETHER:,} bytes together")
        return Picture(fault=f"is larger than {LARGEST:,} bytes")
    except MailweeklyError:
        return Picture(fault="cannot be read: look at its owner and mode")
    return picture_of(content)


def _described(image: Any, content: bytes) -> ImageFile:
    kind = OPENED[image.format]
    width, height = reversed(image.size) if _is_turned(image.info.get("exif", b"")) else image.size
    return ImageFile(
        width=width,
        height=height,
        size_bytes=len(content),
        kind=kind,
        sha256=hashlib.sha256(content).hexdigest(),
        transparent=image.has_transparency_data,
        animated=kind != "jpeg" and bool(getattr(image, "is_animated", False)),
    )


def _has_dark_edge(file: ImageFile, content: bytes) -> bool:
    """Whether much of the rim between what is drawn and what is let through is dark; of an animation, its first picture."""
    from PIL import Image, ImageChops, ImageFilter

    if file.width * file.height > DECODED:
        return False
    try:
        with Image.open(BytesIO(content), formats=("PNG", "GIF", "WEBP")) as image:
            whole = image.convert("RGBA")
        whole.thumbnail((SAMPLE, SAMPLE))
        drawn = whole.getchannel("A").point(lambda alpha: 255 if alpha >= HALF else 0)
        rim = ImageChops.subtract(drawn, drawn.filter(ImageFilter.MinFilter(3)))
        shades = whole.convert("L").histogram(mask=rim)
    except Exception:  # noqa: BLE001 (as above; of a picture that cannot be decoded nothing is said)
        return False
    return sum(shades[:DARK]) > MUCH * sum(shades) > 0


def _is_turned(raw: bytes) -> bool:
    """Whether a picture is shown on its side; asked of the raw EXIF, for Pillow's own question unpacks a PNG first."""
    from PIL import Image

    exif = Image.Exif()
    try:
        exif.load(raw)
        return exif.get(ORIENTATION) in TURNED
    except Exception:  # noqa: BLE001 (as above; a picture without an orientation is upright)
        return False


def _is_whole(kind: str, content: bytes) -> bool:
    """Whether the file has its end. Of a PNG and of a WebP the opening has said so."""
    match kind:
        case "jpeg":
            return content.rfind(b"\xff\xd9") > content.rfind(b"\xff\xda")  # the end after the last scan's start
        case "gif":
            return content.rstrip(b"\0").endswith(b";")
        case "webp":
            return len(content) >= int.from_bytes(content[4:8], "little") + len(b"RIFFsize")
        case _:
            return True


def _instead(content: bytes) -> str:
    """What a file is that is no picture for mail."""
    if content.startswith(SIGNATURES):
        return BROKEN
    head = content[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in head:
        return "is an SVG drawing: Gmail and Outlook show none"
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "is a web page, not a picture"
    if content[4:8] == b"ftyp":
        return "is an AVIF or HEIC picture: most mail programs show none"
    other = next((name for starts, name in OTHERS if content.startswith(starts)), "")
    return f"is {other}: mail programs show PNG, JPEG and GIF" if other else "is no PNG, JPEG, GIF or WebP picture"
