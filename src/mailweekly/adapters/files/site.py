"""
A published site's files, as asked for by their addresses: what `serve` shows of the archive.

Refuses whatever leads out of the folder (by `..`, by a link, by an absolute name), what begins with a dot, and what is no regular file; for such an
address there is no file, and nothing more is told. A file is read when it is asked for, so that a site that is published again is shown at once.

Units: sizes in bytes.
Errors: none; a file that cannot be read is not there.
"""

import hashlib
import mimetypes
import os.path
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from mailweekly.adapters.files.folder import read_file, resolve_inside
from mailweekly.errors import MailweeklyError

__all__ = ["INDEX", "LARGEST", "MISSING", "Site", "SiteFile"]

INDEX: Final = "index.html"
MISSING: Final = "404.html"
LARGEST: Final = 20_000_000  # of one file: the largest picture a publication may have
DEEPEST: Final = 12  # folders in an address
KINDS: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
FEEDS: Final = {
    "feed.xml": "application/atom+xml; charset=utf-8",
    "rss.xml": "application/rss+xml; charset=utf-8",
    "feed.json": "application/feed+json; charset=utf-8",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteFile:
    """A file of the site."""

    content: bytes
    kind: str  # its media type
    etag: str  # quoted, as the header holds it


class Site:
    """The site in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def file(self, path: str) -> SiteFile | None:
        """Return the file at a decoded address (`/i/78/`, `/feed.xml`); a folder's is its `index.html`. None: there is none."""
        if path.endswith("/") or not path.strip("/"):
            path = f"{path}{INDEX}" if path.endswith("/") else INDEX
        found = self._inside(path)
        return self._read(found, path.lstrip("/")) if found is not None else None

    def moved(self, path: str) -> str:
        """Return where a folder's page stands if a folder was asked for without its slash; "" for anything else."""
        found = None if path.endswith("/") or not path.strip("/") else self._inside(f"{path}/{INDEX}")
        return f"/{quote(path.strip('/'))}/" if found is not None and os.path.isfile(found) else ""  # noqa: PTH113 (asked of names too long to be)

    def missing(self) -> SiteFile | None:
        """Return the page that says that there is none."""
        return self.file(f"/{MISSING}")

    def _inside(self, path: str) -> Path | None:
        parts = path.strip("/").split("/")
        if len(parts) > DEEPEST or any(
            part in {"", ".", ".."} or part.startswith(".") or _is_odd(part) for part in parts
        ):
            return None
        try:
            return resolve_inside(self._folder, self._folder.joinpath(*parts))
        except (MailweeklyError, OSError, ValueError):
            return None

    def _read(self, found: Path, shown: str) -> SiteFile | None:
        try:
            content = read_file(found, limit=LARGEST, shown=shown)
        except MailweeklyError:
            return None
        kind = FEEDS.get(shown) or KINDS.get(found.suffix.lower()) or mimetypes.guess_type(found.name)[0]
        return SiteFile(
            content=content,
            kind=kind or "application/octet-stream",
            etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        )


def _is_odd(part: str) -> bool:
    """Whether a name holds what no file of a site has: a separator of another system, a control, half a character."""
    return any(one in "\\\x7f" or one < " " or "\ud800" <= one <= "\udfff" for one in part)
