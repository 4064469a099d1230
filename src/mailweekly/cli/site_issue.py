"""
One issue's page in the archive: drawn by the renderer, its pictures copied and linked, and whether the one that is there still holds.

A picture is copied under its hash, so that a page and its pictures always belong together. Where mails link to pictures under `base_url`, a copy
lies there too. Refuses to read a picture again whose size and time are those of the last run.

Errors: those of reading and drawing the issue.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape, unescape
from pathlib import Path
from posixpath import normpath
from types import TracebackType
from typing import Any, Final, Self

from mailweekly.adapters.files.folder import read_file
from mailweekly.adapters.files.issues import IssueFile
from mailweekly.adapters.files.memory import Memory
from mailweekly.adapters.files.pictures import LARGEST, Picture, find_picture
from mailweekly.adapters.files.themes import theme_files, theme_places
from mailweekly.adapters.render import wire
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import embeds, pictures_of, publication_of, with_own_components
from mailweekly.cli.publishable import Candidate
from mailweekly.cli.site_values import Site, issue_file
from mailweekly.edition.page import image_address
from mailweekly.edition.story import Story
from mailweekly.errors import MailweeklyError
from mailweekly.preflight.images import is_local, local_sources

__all__ = ["Desk", "Shown", "page_of", "story_from"]

MAY_SHOW: Final = re.compile(r"!\[|<img|<source|<picture|(?:src|image|poster)\s*=", re.IGNORECASE)
LINKED: Final = re.compile(r'\b(src|content)="([^"]*)"')
PREVIEW: Final = re.compile(r'<meta property="og:image" content="([^"]*)">')
OWN: Final = frozenset({"i", "tags", "search"})  # folders of the site that no picture may get into
KINDS: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """An issue in the archive."""

    key: str
    story: Story  # without its words where it comes from the record
    files: tuple[str, ...]  # of the site: its page and pictures
    pictures: Mapping[str, str]  # source as written -> hash of the file; "": there is none
    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)  # of the files, where it was drawn
    record: Mapping[str, Any] = field(default_factory=dict, repr=False)  # what it was read from, where it was not

    def noted(self) -> dict[str, Any]:
        """Return what the record keeps of it."""
        if self.record:
            return {**self.record, "key": self.key}
        story = wire.plain(replace(self.story, head_words="", words=""))
        return {"key": self.key, "story": story, "files": list(self.files), "pictures": dict(self.pictures)}


class Desk:
    """What is at hand for all issues of a run: themes read once, hashes of pictures that have not changed since the last."""

    def __init__(self, place: Place, site: Site) -> None:
        self.place = place
        self.site = site
        self._memory = Memory(place.root, "pictures")
        self._fingerprints: dict[str, str] = {}
        self._themes: dict[str, tuple[dict[str, dict[str, str]], dict[str, str]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write down what is known of the pictures."""
        self._memory.close()

    def theme(self, name: str) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
        """Return a theme's files and their places. Errors: ThemeError."""
        if name not in self._themes:
            files = theme_files(self.place.root, name)
            self._themes[name] = files, theme_places(self.place.root, name, files)
        return self._themes[name]

    def fingerprint(self, name: str) -> str:
        """Return the hash of a theme's files. Errors: ThemeError."""
        if name not in self._fingerprints:
            files, _ = self.theme(name)
            self._fingerprints[name] = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
        return self._fingerprints[name]

    def stand(self, issue: Candidate, pictures: Mapping[str, str]) -> bool:
        """Return whether the sources of an issue's pictures lead where they led, and to the same content."""
        return all(self.sight(issue, src) == hashed for src, hashed in pictures.items())

    def sight(self, issue: Candidate, src: str) -> str:
        """Return the hash of the file behind a source; "" where there is none."""
        path = find_picture(self.place.root, issue.path.parent, src)
        if path is None:
            return ""
        try:
            stat = path.stat()
            name, stamp = str(path), [stat.st_size, stat.st_mtime_ns]
            known = self._memory.recall(b"", name)
            if known and known.get("stamp") == stamp and isinstance(known.get("sha256"), str):
                return str(known["sha256"])
            hashed = hashlib.sha256(read_file(path, limit=LARGEST)).hexdigest()
        except (MailweeklyError, OSError):
            return "unreadable"
        self._memory.keep(b"", name, {"stamp": stamp, "sha256": hashed})
        return hashed


def story_from(noted: object, key: str) -> Shown | None:
    """Return what the record says of an issue, if its page was drawn with this key ("": with any)."""
    try:
        if not isinstance(noted, dict) or (key and noted["key"] != key):
            return None
        told: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in noted["story"].items()
        }
        told["sections"] = tuple(map(tuple, told["sections"]))
        story = Story(**told)
        files = tuple(map(str, noted["files"]))
        return Shown(key=str(noted["key"]), story=story, files=files, pictures=dict(noted["pictures"]), record=noted)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def page_of(desk: Desk, issue: Candidate, around: Mapping[str, Any], key: str, renderer: Renderer) -> Shown:
    """Return the issue's page, drawn, with its pictures. Errors: those of the module."""
    from mailweekly.issue.decode import decode

    place, site = desk.place, desk.site
    text = decode(issue.raw, source=issue.shown)
    pictures, sources, embed = _pictures(place, issue, text)
    files, places = desk.theme(issue.theme)
    publication = publication_of(place, issue.list_name)
    drawn = renderer.published(
        text,
        source=issue.shown,
        theme_files=files,
        theme_places=places,
        theme=issue.theme,
        publication=replace(publication, images={src: one.file for src, one in pictures.items() if one.file}),
        site=around,
        canonical_url=f"{site.home}i/{issue.slug}/" if site.base_url else "",
    )
    good = {src: one for src, one in pictures.items() if one.file}
    page = _relinked(drawn.page, site, good)
    preview = PREVIEW.search(page)
    contents = {issue_file(issue.slug): page.encode("utf-8", "replace"), **_copies(site, good, embed=embed)}
    return Shown(
        key=key,
        story=replace(drawn.story, image=unescape(preview[1]) if preview else ""),
        files=tuple(contents),
        pictures={src: desk.sight(issue, src) for src in sorted(sources)},
        contents=contents,
    )


def _pictures(place: Place, issue: Candidate, text: str) -> tuple[Mapping[str, Picture], set[str], bool]:
    """The pictures, all sources, and whether mails carry them. An issue that plainly shows none is not parsed here."""
    from mailweekly.issue.parse import parse

    logo = place.settings.brand.get("logo", "")
    if not MAY_SHOW.search(text) and not is_local(logo):
        return {}, set(), True
    parsed = with_own_components(place, parse(text, source=issue.shown), text)
    file = IssueFile(path=issue.path, shown=issue.shown, raw=issue.raw)
    sources = {*local_sources(parsed), *([logo] if is_local(logo) else [])}
    return pictures_of(place, file, parsed), sources, embeds(place, parsed)


def _copies(site: Site, pictures: Mapping[str, Picture], *, embed: bool) -> dict[str, bytes]:
    found = {_copy(one): one.content for one in pictures.values()}
    if site.base_url and not embed:
        for src, one in pictures.items():
            name = normpath(f"/{src}").lstrip("/")
            parts = name.split("/")
            if Path(name).suffix.lower() in KINDS and parts[0] not in OWN and not any(map(_is_odd, parts)):
                found.setdefault(name, one.content)
    return found


def _copy(picture: Picture) -> str:
    return f"images/{picture.file.sha256[:20]}.{picture.file.kind}" if picture.file else ""


def _is_odd(part: str) -> bool:
    return not part or part.startswith(".") or any(one in '\\%?#"<>|*:' or one < " " for one in part)


def _relinked(page: str, site: Site, pictures: Mapping[str, Picture]) -> str:
    """Return the page with its pictures linked where they were copied to."""
    places = {image_address(site.base_url, src): _copy(one) for src, one in pictures.items()}

    def linked(found: re.Match[str]) -> str:
        name = places.get(unescape(found[2]))
        if not name:
            return found[0]
        return f'{found[1]}="{escape(site.home + name if found[1] == "content" else f"../../{name}")}"'

    return LINKED.sub(linked, page) if places else page
