"""
The archive built: what has changed is drawn, everything else stays as it lies in the folder.

Each issue's page is known by a key: the hash of the text, the theme, the settings and the neighbours it was drawn with; beside it stand the hashes
of its pictures. The folder's record has the keys of the last run; what has the same key, and stands as it was written, is not drawn again. Refuses
to write into the publication's own folders.

Errors: those of the folder and of the archive's own pages. An issue that cannot be drawn is left out and told; the page it had stays.
"""

import hashlib
import json
import os
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final, Self

from mailweekly import __version__
from mailweekly.adapters.files.published import Shelf
from mailweekly.adapters.render import wire
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import publication_of
from mailweekly.cli.publishable import Candidate, LeftOut, chosen
from mailweekly.cli.site_feeds import fed, feed_files, map_files
from mailweekly.cli.site_issue import Desk, Shown, page_of, story_from
from mailweekly.cli.site_pages import Page, archive_pages
from mailweekly.cli.site_search import search_files
from mailweekly.cli.site_values import Site, site_of, surroundings, topics_of
from mailweekly.errors import MailweeklyError, RefusedError

__all__ = ["Published", "publish_site", "refuse_sources"]

PIECE: Final = 12  # issues for which a further renderer pays
SOURCES: Final = frozenset({"issues", "templates", "subscribers", "images", "outbox", "out"})
WORDS: Final = "words.json"
Wanted = tuple[Candidate, Mapping[str, Any], str]  # an issue, what is round it, its key


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """What a run has done."""

    folder: Path
    base_url: str
    issues: int
    drawn: int  # issues
    written: tuple[str, ...]  # names of files
    removed: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


class _Renderers:
    """The processes that draw: as many as were asked for, kept until the end."""

    def __init__(self) -> None:
        self._all: list[Renderer] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in self._all:
            one.close()

    def warm(self, count: int) -> list[Renderer]:
        """Return that many, their start begun."""
        for _ in range(count - len(self._all)):
            self._all.append(Renderer(for_pages=True))
            self._all[-1].warm()
        return self._all[:count]


@dataclass(kw_only=True)
class _Run:
    """One run while it lasts."""

    place: Place
    shelf: Shelf
    desk: Desk
    renderers: _Renderers
    force: bool
    progress: Callable[[int, int], None]
    files: dict[str, bytes] = field(default_factory=dict)  # to be written
    kept: set[str] = field(default_factory=set)  # to stay as they are
    shown: dict[str, Shown] = field(default_factory=dict)  # by slug
    groups: dict[str, Any] = field(default_factory=dict)  # noted: name -> key and files
    faults: list[LeftOut] = field(default_factory=list)
    words: dict[str, list[str]] | None = None  # None: not asked for

    @property
    def site(self) -> Site:
        return self.desk.site

    def known(self, kind: str) -> Mapping[str, Any]:
        """Return what the last run noted of a kind; nothing where all is to be made again."""
        found = {} if self.force else self.shelf.record.notes.get(kind)
        return found if isinstance(found, dict) else {}

    def group(self, name: str, of: object, make: Callable[[], Mapping[str, bytes]], *, may_stay: bool = True) -> None:
        """Make some files, unless they stand and what they are made of is what it was; where they may not stay, in any case."""
        key = _hashed([__version__, of])
        before = self.known("groups").get(name)
        files = before.get("files") if isinstance(before, dict) and before.get("key") == key else None
        if may_stay and isinstance(files, list) and all(map(self.shelf.stands, map(str, files))):
            self.kept.update(files)
        else:
            made = make()
            self.files.update(made)
            files = list(made)
        self.groups[name] = {"key": key, "files": files}

    @cached_property
    def has_words(self) -> bool:
        """Whether the words of the last run are at hand."""
        return self.shelf.remembers(WORDS, str(self.known("memory").get(WORDS, "")))

    def read(self, name: str) -> bytes:
        """Return a file of the site as it will be."""
        return self.files[name] if name in self.files else self.shelf.content(name) or b""


def publish_site(
    place: Place,
    folder: Path,
    now: datetime,
    *,
    everything: bool = False,
    force: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Published:
    """Publish into `folder`, and return what was done. Errors: those of the module."""
    refuse_sources(place.root, folder)
    choice = chosen(place, now, everything=everything)
    shelf = Shelf(folder)
    try:
        shelf.open(str(folder))
        with Desk(place, site_of(place)) as desk, _Renderers() as renderers:
            run = _Run(place=place, shelf=shelf, desk=desk, renderers=renderers, force=force, progress=progress)
            drawn = _draw_issues(run, choice.issues)
            _draw_archive(run, [one for one in choice.issues if one.slug in run.shown])
            written, removed = _written(run)
    finally:
        shelf.close()
    return Published(
        folder=folder,
        base_url=place.settings.base_url,
        issues=len(run.shown),
        drawn=drawn,
        written=tuple(written),
        removed=tuple(removed),
        left_out=tuple(sorted((*choice.left_out, *run.faults), key=lambda one: one.shown)),
    )


def refuse_sources(root: Path, folder: Path) -> None:
    """Raise RefusedError for a folder that holds the publication, or is one of its own."""
    real, top = folder.resolve(), root.resolve()
    inside = real.relative_to(top).parts if real.is_relative_to(top) else ()
    if top.is_relative_to(real) or (inside and (inside[0].lower() in SOURCES or inside[0].startswith("."))):
        hint = "Name a folder of its own: mailweekly publish -o site"
        raise RefusedError("This folder is the publication's own.", place=str(folder), hint=hint)


def _draw_issues(run: _Run, issues: Sequence[Candidate]) -> int:
    """Draw the pages of the issues that are not as they were; take the others from the folder. Return how many were drawn."""
    topics, known = topics_of(issues), run.known("issues")
    has_words = run.has_words
    wanted: list[Wanted] = []
    for at, one in enumerate(issues):
        around = surroundings(run.site, issues, at, topics)
        key = _key(run, one, around)
        shown = story_from(known.get(one.slug), key)
        if shown and has_words and run.desk.stand(one, shown.pictures) and all(map(run.shelf.stands, shown.files)):
            run.shown[one.slug] = shown
            run.kept.update(shown.files)
        else:
            wanted.append((one, around, key))
    return _draw(run, wanted) if wanted else 0


def _draw(run: _Run, wanted: Sequence[Wanted]) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    renderers = run.renderers.warm(min(cores, len(wanted) // PIECE + 1))
    free: SimpleQueue[Renderer] = SimpleQueue()
    for one in renderers:
        free.put(one)

    def draw(item: Wanted) -> Shown | MailweeklyError:
        renderer = free.get()
        try:
            return page_of(run.desk, *item, renderer)
        except MailweeklyError as error:
            return error
        finally:
            free.put(renderer)

    drawn = 0
    with ThreadPoolExecutor(len(renderers), thread_name_prefix="publishing") as pool:
        for done, (item, result) in enumerate(zip(wanted, pool.map(draw, wanted), strict=True), 1):
            drawn += _take(run, item[0], result)
            run.progress(done, len(wanted))
    return drawn


def _take(run: _Run, issue: Candidate, result: Shown | MailweeklyError) -> bool:
    """Take in what came of drawing an issue; return whether it was drawn."""
    if isinstance(result, Shown):
        run.shown[issue.slug] = result
        run.files.update(result.contents)
        return True
    before = story_from(run.shelf.record.notes.get("issues", {}).get(issue.slug), "")
    stays = before is not None and all(map(run.shelf.stands, before.files))
    line = result.place.rpartition(":")[2]
    said = f"{f'line {line}: ' if line.isdecimal() else ''}{result.what}"
    run.faults.append(
        LeftOut(shown=issue.shown, reason=f"{said}{' Its earlier page stays.' if stays else ''}", is_fault=True)
    )
    if before and stays:
        run.shown[issue.slug] = replace(before, key="")  # drawn again as soon as it can be
        run.kept.update(before.files)
    return False


def _key(run: _Run, issue: Candidate, around: Mapping[str, Any]) -> str:
    publication = wire.plain(publication_of(run.place, issue.list_name))
    text = hashlib.sha256(issue.raw).hexdigest()
    return _hashed([__version__, issue.slug, issue.shown, _theme(run, issue.theme), publication, around, text])


def _theme(run: _Run, name: str) -> object:
    try:
        return run.desk.fingerprint(name)
    except MailweeklyError as error:
        return error.what  # the drawing tells it


def _draw_archive(run: _Run, issues: Sequence[Candidate]) -> None:
    """Make the archive's own pages, its feeds and the files of the search, where anything in them has changed."""
    topics = topics_of(issues)
    pages = archive_pages(run.site, issues, run.shown, topics)
    for page in pages:
        _draw_page(run, page)
    keys = [[one.slug, run.shown[one.slug].key, one.at] for one in issues]
    newest = [[one.slug, run.shown[one.slug].key, one.at] for one in fed(run.site, issues)]
    settings, zone = wire.plain(run.site), zoneinfo.ZoneInfo(run.place.settings.timezone)
    about = [settings, run.place.settings.timezone]
    run.group("feeds", [about, newest], lambda: feed_files(run.site, zone, issues, run.shown, run.read))
    run.group("map", [about, keys, list(topics)], lambda: map_files(run.site, issues, run.shown, pages))
    run.group("search", [settings, keys], lambda: _searched(run, issues), may_stay=run.has_words)


def _draw_page(run: _Run, page: Page) -> None:
    settings = run.place.settings
    publication = publication_of(run.place, settings.list)

    def draw() -> dict[str, bytes]:
        files, places = run.desk.theme(settings.theme)
        [renderer] = run.renderers.warm(1)
        drawn = renderer.archive_page(
            page.values, theme_files=files, theme_places=places, theme=settings.theme, publication=publication
        )
        return {page.file: drawn.encode("utf-8", "replace")}

    run.group(page.file, [_theme(run, settings.theme), wire.plain(publication), page.values], draw)


def _searched(run: _Run, issues: Sequence[Candidate]) -> dict[str, bytes]:
    memory = run.shelf.memory(WORDS)
    run.words = {}
    for one in issues:
        shown = run.shown[one.slug]
        fresh = [shown.story.head_words, shown.story.words] if shown.contents else memory.get(one.slug)
        run.words[one.slug] = fresh if isinstance(fresh, list) else ["", ""]
    return search_files(run.site, issues, run.shown, run.words)


def _written(run: _Run) -> tuple[list[str], list[str]]:
    notes = {
        "issues": {slug: one.noted() for slug, one in sorted(run.shown.items())},
        "groups": dict(sorted(run.groups.items())),
        "memory": run.known("memory"),
    }
    memories = {WORDS: run.words} if run.words is not None else {}
    return run.shelf.write(run.files, run.kept, notes, memories)


def _hashed(said: object) -> str:
    return hashlib.sha256(json.dumps(said, ensure_ascii=True, sort_keys=True).encode()).hexdigest()[:32]
