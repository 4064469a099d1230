"""`preview`: joins files, the rendering child and preflight into what the studio shows."""

import sys
import webbrowser
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from mailweekly.adapters.files.folder import read_file
from mailweekly.adapters.files.issues import find_issue, list_issues
from mailweekly.adapters.files.pictures import LARGEST, find_picture
from mailweekly.adapters.files.shipped import shipped_root
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.adapters.web.server import serve_preview
from mailweekly.adapters.web.studio import IssueRow, Rendered, Studio
from mailweekly.cli import terminal
from mailweekly.cli.findings import find_faults
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import picture_bytes, prepared, sample_message
from mailweekly.edition.model import Edition
from mailweekly.errors import MailweeklyError
from mailweekly.issue.decode import decode
from mailweekly.issue.model import Issue
from mailweekly.issue.parse import parse

__all__ = ["preview", "studio_of"]


def preview(ref: str, *, port: int, host: str, no_open: bool) -> None:
    """Serve the preview until it is ended."""
    place = load()
    number = _number(place, ref)
    with Renderer() as renderer:
        renderer.warm()
        serve_preview(
            studio_of(place, renderer), host=host, port=port, issue=number, announce=partial(_announce, no_open=no_open)
        )


def studio_of(place: Place, renderer: Renderer) -> Studio:
    """Return everything the preview can show of the publication."""
    shelf: dict[int, Mapping[str, bytes]] = {}  # images of the last good rendering of each issue, by hash and by cid
    return Studio(
        publication=place.settings.name,
        issues=lambda: _rows(place),
        render=lambda number: _rendered(place, renderer, number, shelf),
        sample_message=lambda edition: _sample(place, edition, shelf.get(edition.number or 0, {})),
        image=lambda number, address: _image(place, number, address, shelf.get(number, {})),
        watched=_watched(place.root),
    )


def _announce(url: str, *, no_open: bool) -> None:
    terminal.out(f"Preview: {url}", "  Ctrl-C ends it.")
    sys.stdout.flush()
    if not no_open:
        webbrowser.open(url)


def _number(place: Place, ref: str) -> int | None:
    """The issue to open first: the one named, else the newest."""
    if ref:
        return _parsed(place, ref).number
    numbers = [entry.number for entry in list_issues(place.root) if entry.number is not None]
    return max(numbers) if numbers else None


def _parsed(place: Place, ref: str) -> Issue:
    file = find_issue(place.root, ref)
    return parse(decode(file.raw, source=file.shown), source=file.shown)


def _rows(place: Place) -> Sequence[IssueRow]:
    rows = []
    for entry in list_issues(place.root):
        if entry.number is None:
            continue
        try:
            title = _parsed(place, str(entry.number)).title
        except MailweeklyError:
            title = entry.path.stem
        rows.append(IssueRow(number=entry.number, title=title, source=entry.shown))
    return rows


def _rendered(place: Place, renderer: Renderer, number: int, shelf: dict[int, Mapping[str, bytes]]) -> Rendered:
    source, text = f"issue {number}", ""
    try:
        file = find_issue(place.root, str(number))
        source, text = file.shown, file.raw.decode("utf-8", "replace")
        fresh = load()  # the settings may have changed as well
        ready = prepared(fresh, str(number), renderer)
    except MailweeklyError as error:
        return Rendered(source=source, source_text=text, edition=None, error=error)
    contents = picture_bytes(ready.pictures)
    shelf[number] = contents | {f"cid:{one.cid}": contents[one.sha256] for one in ready.edition.embedded}
    return Rendered(
        source=source, source_text=ready.text, edition=ready.edition, check=lambda: find_faults(fresh, ready)
    )


def _sample(place: Place, edition: Edition, pictures: Mapping[str, bytes]) -> bytes:
    label = str(edition.number or "")
    message, _ = sample_message(place, edition, label=label, list_name=place.settings.list, pictures=pictures)
    return message.content


def _image(place: Place, number: int, address: str, pictures: Mapping[str, bytes]) -> bytes | None:
    """The image behind an address, if it is one of the publication's: embedded, or a file seen from the issue's folder or the publication's."""
    if address in pictures:
        return pictures[address]
    base = place.settings.base_url
    if base and address.startswith(base + "/"):  # where the edition puts a local picture
        address = address.removeprefix(base + "/")
    if "://" in address or address.startswith(("data:", "//")):
        return None
    try:
        path = find_picture(place.root, find_issue(place.root, str(number)).path.parent, address)
        return read_file(path, limit=LARGEST) if path else None
    except MailweeklyError:
        return None


def _watched(root: Path) -> tuple[Path, ...]:
    themes = (root / "templates", shipped_root() / "templates")
    wanted = [root / "issues", root / "images", root / "mailweekly.toml", *themes]
    return tuple(path for path in dict.fromkeys(wanted) if path.exists())
