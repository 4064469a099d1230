"""
Rules on the files of images: their weight, form and size, as whoever reads files has found them (`Checked.images`).

A file that is missing or cannot be read is told by `image.file`; what has no file here, an image of the web, is not judged but by its name.

Units: bytes; pixels of the file; CSS pixels as shown.
Source: react-email's checks (200 KB for an image of the web); Amazon SES (10 MB for a message, and base64 makes 4 bytes of 3); caniemail (formats).
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from mailweekly.edition.images import cid_of
from mailweekly.edition.model import ImageFile
from mailweekly.edition.page import image_address
from mailweekly.preflight.facts import Facts, clipped, counted
from mailweekly.preflight.finding import Level
from mailweekly.preflight.markup import Page
from mailweekly.preflight.place import Place

__all__ = ["EDITION_RULES", "ISSUE_RULES"]

HEAVY: Final = 200_000  # bytes of an image that is linked
HEAVY_EMBEDDED: Final = 1_000_000  # bytes of one that travels with every copy
HEAVIEST: Final = 5_000_000  # half of what a relay takes, before base64
TOGETHER: Final = 2_000_000  # bytes of all that travel
ANIMATED: Final = 500_000  # bytes; a loop of a few seconds at a mail's width stays below
SHARP: Final = 2  # pixels of the file for each CSS pixel
WIDEST: Final = 1_200  # pixels: twice the width of a mail
SHOWN_NOWHERE: Final = frozenset({".svg", ".avif", ".heic", ".tif", ".tiff"})


def kind(facts: Facts) -> Iterator[Place]:
    """Yield images in a form that some mail programs do not show."""
    for use in facts.images:
        src = use.image.src
        file, suffix = facts.checked.images.get(src), _suffix(src)
        if file is None and suffix in SHOWN_NOWHERE and src not in facts.checked.image_faults:
            yield _place(facts, src, use.line, f"ends in {suffix}: Gmail and Outlook show nothing.")
        elif (file and file.kind == "webp") or (file is None and suffix == ".webp"):
            yield _place(facts, src, use.line, "is WebP: Outlook on Windows shows nothing.")


def weight(facts: Facts) -> Iterator[Place]:
    """Yield images whose files are heavy, for a link or for a part of every copy."""
    limit = HEAVY_EMBEDDED if facts.checked.embed else HEAVY
    for src, line, file in _files(facts):
        if file.size_bytes > limit:
            level = Level.ERROR if file.size_bytes > HEAVIEST else Level.WARNING
            how = "travels with every copy" if facts.checked.embed else "is fetched by every reader"
            yield _place(facts, src, line, f"has {file.size_bytes:,} bytes, and {how}.", level)


def together(facts: Facts) -> Iterator[Place]:
    """Yield one place when all that travels with a copy is much."""
    files = {file.sha256: file.size_bytes for _, _, file in _files(facts)} if facts.checked.embed else {}
    if (size := sum(files.values())) > TOGETHER:
        what = f"{counted(len(files), 'image has', 'images have')} {size:,} bytes together; every copy carries them, a third more in base64."
        yield Place(line=facts.key_line("images"), what=what)


def animated(facts: Facts) -> Iterator[Place]:
    """Yield animations that are long in coming."""
    for src, line, file in _files(facts):
        if file.animated and file.size_bytes > ANIMATED:
            what = f"is an animation of {file.size_bytes:,} bytes; Outlook on Windows shows its first picture only."
            yield _place(facts, src, line, what)


def dimensions(facts: Facts, page: Page) -> Iterator[Place]:
    """Yield images that are drawn larger than they are, less sharp than screens are, or much larger than anybody sees."""
    known = {address: found for found in _files(facts) for address in _addresses(facts, found[0], found[2])}
    for element in page.of("img"):
        src, line, file = known.pop(element.attributes.get("src", "").strip(), ("", 0, None))
        shown = element.attributes.get("width", "")
        if file is None or not shown.isdecimal() or not int(shown):
            continue
        if file.width < int(shown):
            what = f"is {file.width:,} pixels wide and drawn over {shown}: it will look blurred."
            yield _place(facts, src, line, what, Level.WARNING)
        elif file.width < SHARP * int(shown):
            what = f"is {file.width:,} pixels wide for {shown}; sharp screens show twice as many."
            yield _place(facts, src, line, what)
        elif file.width > max(WIDEST, SHARP * int(shown)):
            yield _place(facts, src, line, f"is {file.width:,} pixels wide for {shown}: more than anybody sees.")


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {
    "image.animated": animated,
    "image.embedded": together,
    "image.format": kind,
    "image.size": weight,
}
EDITION_RULES: Final[Mapping[str, Callable[[Facts, Page], Iterator[Place]]]] = {"image.dimensions": dimensions}


def _files(facts: Facts) -> Iterator[tuple[str, int, ImageFile]]:
    """Each known file once: source, the line it first stands in (0: the settings name it), and what is known of it."""
    first = {use.image.src: use.line for use in reversed(facts.images)}
    for src, file in facts.checked.images.items():
        yield src, first.get(src, 0), file


def _addresses(facts: Facts, src: str, file: ImageFile) -> tuple[str, str]:
    settings = facts.checked.settings
    return f"cid:{cid_of(file)}", image_address(settings.base_url if settings else "", src)


def _place(facts: Facts, src: str, line: int, what: str, level: Level | None = None) -> Place:
    said = f"The image {clipped(src)} {what}"
    if not line:
        settings = facts.checked
        return Place(line=facts.setting_line("brand.logo"), file=settings.settings_file, what=said, level=level)
    row, column = facts.at(line, src)
    return Place(line=row, column=column, what=said, level=level)


def _suffix(src: str) -> str:
    try:
        return PurePosixPath(urlsplit(src).path).suffix.lower()
    except ValueError:
        return ""
