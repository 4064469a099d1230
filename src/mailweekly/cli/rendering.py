"""
One issue rendered for the studio, as quickly as it can be.

Nothing is done again for a file that says what it said, and the child renders while this process parses. The child is given what the last rendering
showed of the issue's theme and pictures; where the new text says otherwise, its answer is thrown away and it is asked again: what is shown is always
what `prepared` would give. Refuses to guess about an issue that was not rendered before.

Errors: none leave `rendered`; a MailweeklyError becomes the rendering's `error`.
"""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mailweekly.adapters.files.issues import IssueFile, find_issue
from mailweekly.adapters.files.themes import theme_files
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.adapters.web.studio import Rendered
from mailweekly.cli.findings import find_faults
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import Prepared, picture_bytes, pictures_of, prepared, render_issue, with_own_components
from mailweekly.edition.model import Edition
from mailweekly.errors import MailweeklyError
from mailweekly.issue.decode import decode
from mailweekly.issue.parse import parse
from mailweekly.settings import TOML_NAME

__all__ = ["Desk", "rendered"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Last:
    """A good rendering, and what it was made of."""

    key: tuple[Any, ...]
    ready: Prepared
    shown: Rendered


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """What is kept between one rendering and the next."""

    renderer: Renderer
    shelf: dict[int, Mapping[str, bytes]]  # images of the last good rendering of each issue, by hash and by cid
    last: dict[int, Last] = field(default_factory=dict)
    beside: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="rendering"))


def rendered(place: Place, number: int, desk: Desk) -> Rendered:
    """Return the issue as its file stands now; the same object where nothing it is made of has changed."""
    source, text = f"issue {number}", ""
    try:
        file = find_issue(place.root, str(number))
        source, text = file.shown, file.raw.decode("utf-8", "replace")
        fresh = load()  # the settings may have changed as well
        last = desk.last.get(number)
        key = (file.path, file.raw, _settings(place.root), _theme(fresh, last) if last else {})
        if last and key == last.key and _pictures_stand(fresh, file, last):
            return last.shown
        ready = (_quickly(fresh, file, desk, last.ready) if last and last.key[2] == key[2] else None) or prepared(
            fresh, str(number), desk.renderer
        )
    except MailweeklyError as error:
        return Rendered(source=source, source_text=text, edition=None, error=error)
    contents = picture_bytes(ready.pictures)
    desk.shelf[number] = contents | {f"cid:{one.cid}": contents[one.sha256] for one in ready.edition.embedded}
    shown = Rendered(
        source=source, source_text=ready.text, edition=ready.edition, check=lambda: find_faults(fresh, ready)
    )
    same = last and last.ready.issue.meta.get("theme") == ready.issue.meta.get("theme") and last.key[2] == key[2]
    theme = key[3] if same else theme_files(fresh.root, ready.issue.meta.get("theme") or fresh.settings.theme)
    desk.last[number] = Last(key=(*key[:3], theme), ready=ready, shown=shown)
    return shown


def _quickly(place: Place, file: IssueFile, desk: Desk, last: Prepared) -> Prepared | None:
    """The issue, if it has the pictures and the front matter it had; else None."""
    text = decode(file.raw, source=file.shown)
    if text.partition("\n#")[0] != last.text.partition("\n#")[0]:  # the front matter stands before the first heading
        return None
    coming: Future[Edition] = desk.beside.submit(render_issue, place, last.issue, text, desk.renderer, last.pictures)
    try:
        issue = with_own_components(place, parse(text, source=file.shown), text)
        pictures = pictures_of(place, file, issue)
    except MailweeklyError:
        coming.exception()  # the renderer serves one at a time
        raise
    if issue.meta != last.issue.meta or issue.number != last.issue.number or pictures != last.pictures:
        coming.exception()
        return None
    return replace(last, file=file, text=text, issue=issue, edition=coming.result())


def _settings(root: Path) -> bytes:
    try:
        return (root / TOML_NAME).read_bytes()
    except OSError:
        return b""


def _theme(place: Place, last: Last) -> Mapping[str, Mapping[str, str]]:
    return theme_files(place.root, last.ready.issue.meta.get("theme") or place.settings.theme)


def _pictures_stand(place: Place, file: IssueFile, last: Last) -> bool:
    return pictures_of(place, file, last.ready.issue) == last.ready.pictures
