"""Small real pictures for tests, made by Pillow, and files that only pretend to be some."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

__all__ = ["animation", "png_of_size", "saved"]


def saved(kind: str = "PNG", size: tuple[int, int] = (30, 20), mode: str = "RGB", **options: Any) -> bytes:
    """Return a picture of one colour as a file of this kind."""
    file = BytesIO()
    Image.new(mode, size, 0).save(file, kind, **options)
    return file.getvalue()


def animation(kind: str = "GIF", frames: int = 3) -> bytes:
    """Return a picture that moves."""
    file = BytesIO()
    first, *rest = [Image.new("RGB", (9, 9), (60 * at, 0, 0)) for at in range(frames)]
    first.save(file, kind, save_all=True, append_images=rest)
    return file.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """Return a PNG that says it is of this size, whatever little it holds."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1_000))) + chunk(b"IEND", b"")
    )
