"""`preview`: joins files, the rendering child and preflight into what the studio shows."""

import sys
import webbrowser
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mailweekly.adapters.files.folder import read_file, resolve_inside
from mailweekly.adapters.files.issues import find_issue, list_issues
from mailweekly.adapters.files.shipped import shipped_root
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.adapters.web.server import serve_preview
from mailweekly.adapters.web.studio import IssueRow, Rendered, Studio
from mailweekly.cli import terminal
from mailweekly.cli.findings import find_faults
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import prepared, sample_message
from mailweekly.edition.model import Edition
from mailweekly.errors import MailweeklyError
from mailweekly.issue.decode import decode
from mailweekly.issue.model import Issue
from mailweekly.issue.parse import parse

__all__ = ["preview", "studio_of"]

IMAGE_BYTES = 5_000_000  # a larger picture has no place in mail


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
    return Studio(
        publication=place.settings.name,
        issues=lambda: _rows(place),
        render=lambda number: _rendered(place, renderer, number),
        sample_message=lambda edition: _sample(place, edition),
        image=lambda number, address: _image(place, number, address),
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


def _rendered(place: Place, renderer: Renderer, number: int) -> Rendered:
    source, text = f"issue {number}", ""
    try:
        file = find_issue(place.root, str(number))
        source, text = file.shown, file.raw.decode("utf-8", "replace")
        fresh = load()  # the settings may have changed as well
        ready = prepared(fresh, str(number), renderer)
    except MailweeklyError as error:
        return Rendered(source=source, source_text=text, edition=None, error=error)
    return Rendered(
        source=source, source_text=ready.text, edition=ready.edition, check=lambda: find_faults(fresh, ready)
    )


def _sample(place: Place, edition: Edition) -> bytes:
    message, _ = sample_message(place, edition, label=str(edition.number or ""), list_name=place.settings.list)
    return message.content


def _image(place: Place, number: int, address: str) -> bytes | None:
    """The file behind an image's address, if it is one of the publication's; addresses are relative to the issue's file or the folder."""
    base = place.settings.base_url
    if base and address.startswith(base + "/"):  # where the edition puts a local picture
        address = address.removeprefix(base + "/")
    if "://" in address or address.startswith(("data:", "//")):
        return None
    try:
        folder = find_issue(place.root, str(number)).path.parent
        for start in (folder, place.root):
            path = start / address
            if path.is_file():
                return read_file(resolve_inside(place.root, path), limit=IMAGE_BYTES)
    except MailweeklyError:
        return None
    return None


def _watched(root: Path) -> tuple[Path, ...]:
    themes = (root / "templates", shipped_root() / "templates")
    wanted = [root / "issues", root / "mailweekly.toml", *themes]
    return tuple(path for path in dict.fromkeys(wanted) if path.exists())
