"""`preview`: joins files, the rendering child and preflight into what the studio shows."""

import contextlib
import sys
import webbrowser
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.clients import FOLDER as CLIENTS
from mailweekly.adapters.files.clients import client_profiles
from mailweekly.adapters.files.folder import read_file
from mailweekly.adapters.files.issues import IssueEntry, find_issue, list_issues
from mailweekly.adapters.files.lists import FOLDER as LISTS
from mailweekly.adapters.files.pictures import LARGEST, find_picture
from mailweekly.adapters.files.shipped import shipped_root
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.adapters.web.lens import Clients
from mailweekly.adapters.web.server import is_loopback, serve_preview
from mailweekly.adapters.web.studio import IssueRow, Opened, Studio
from mailweekly.adapters.web.versions import Versions
from mailweekly.adapters.web.views.inbox import Inbox
from mailweekly.cli import editor, terminal
from mailweekly.cli.closing import Closing, closing_desks, late, noted_by
from mailweekly.cli.doors import people_desks
from mailweekly.cli.former import former_rows
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import sample_message
from mailweekly.cli.rendering import Desk, rendered
from mailweekly.edition.model import Edition
from mailweekly.errors import MailweeklyError
from mailweekly.issue.decode import decode
from mailweekly.issue.model import Issue
from mailweekly.issue.parse import parse

__all__ = ["newest", "preview", "studio_of"]

HEAD_CHARACTERS: Final = 2_000  # of an issue that stands in the list only: its title is in them


def preview(
    ref: str,
    *,
    port: int,
    host: str,
    no_open: bool,
    blind: bool | None = None,
    can_test: bool = True,
    can_edit: bool = False,
) -> None:
    """Serve the preview until it is ended; `blind` hides readers' addresses, by default wherever others can look."""
    place = load()
    number = newest(place, ref)
    closing = Closing(can_test=can_test, can_edit=can_edit)
    with Renderer() as renderer:
        renderer.warm()
        is_blind = not is_loopback(host) if blind is None else blind
        serve_preview(
            studio_of(place, renderer, closing, is_blind=is_blind),
            host=host,
            port=port,
            issue=number,
            announce=partial(_announce, no_open=no_open),
        )


def studio_of(place: Place, renderer: Renderer, closing: Closing = Closing(), *, is_blind: bool = False) -> Studio:
    """Return everything the preview can show of the publication."""
    shelf: dict[int, Mapping[str, bytes]] = {}  # images of the last good rendering of each issue, by hash and by cid
    titles: dict[Path, tuple[tuple[int, int], str]] = {}  # of each issue's file as it was last read
    desk = Desk(renderer=renderer, shelf=shelf)
    cast, people = people_desks(place, desk, is_blind=is_blind)
    return Studio(
        publication=place.settings.name,
        issues=lambda: _rows(place, titles, desk),
        render=lambda number: rendered(place, number, desk),
        readers_message=cast.message,
        sample_message=lambda edition: _sample(place, edition, shelf.get(edition.number or 0, {})),
        open_editor=lambda number, line: _opened(place, number, line),
        image=lambda number, address: _image(place, number, address, shelf.get(number, {})),
        noted=noted_by(place),
        watched=_watched(place.root),
        desks=(
            Clients(own=lambda: client_profiles(place.root), shares=lambda: load().settings.clients.shares),
            Inbox(former=former_rows(place)),
            late(Versions, lambda: _versions(place)),
            *people,
            *closing_desks(place, desk, cast.reader, closing),
        ),
    )


def _versions(place: Place) -> Versions:
    from mailweekly.cli.versions import kept_versions, message_of_version

    return Versions(kept=partial(kept_versions, place), message=partial(message_of_version, place))


def _announce(url: str, *, no_open: bool) -> None:
    terminal.out(f"Preview: {url}", "  Ctrl-C ends it.")
    sys.stdout.flush()
    if not no_open:
        webbrowser.open(url)


def newest(place: Place, ref: str = "") -> int | None:
    """Return the number of the issue that is named, else of the newest; None: it has none, or there is no issue."""
    if ref:
        return _parsed(place, ref).number
    numbers = [entry.number for entry in list_issues(place.root) if entry.number is not None]
    return max(numbers) if numbers else None


def _parsed(place: Place, ref: str) -> Issue:
    file = find_issue(place.root, ref)
    return parse(decode(file.raw, source=file.shown), source=file.shown)


def _rows(place: Place, titles: dict[Path, tuple[tuple[int, int], str]], desk: Desk) -> Sequence[IssueRow]:
    """The issues; only files that have changed are read again."""
    rows = []
    for entry in list_issues(place.root):
        if entry.number is None:
            continue
        state = entry.path.stat()
        stamp = (state.st_mtime_ns, state.st_size)
        kept = titles.get(entry.path)
        if kept is None or kept[0] != stamp:
            kept = titles[entry.path] = (stamp, _title(place, entry, desk))
        rows.append(IssueRow(number=entry.number, title=kept[1], source=entry.shown))
    return rows


def _title(place: Place, entry: IssueEntry, desk: Desk) -> str:
    try:
        file = find_issue(place.root, str(entry.path))
        last = desk.last.get(entry.number or 0)
        if last and last.key[:2] == (file.path, file.raw):
            return last.ready.issue.title  # it was read to be rendered
        text = decode(file.raw, source=file.shown)
        head = text[:HEAD_CHARACTERS].rpartition("\n\n")[0]
        with contextlib.suppress(MailweeklyError):  # what is open there may be closed below
            if head and (title := parse(head, source=file.shown).title):
                return title
        return parse(text, source=file.shown).title
    except MailweeklyError:
        return entry.path.stem


def _opened(place: Place, number: int, line: int) -> Opened:
    file = find_issue(place.root, str(number))
    name, reason = editor.start(file.path, line)
    return Opened(place=f"{file.shown}:{line}", editor=name, reason=reason)


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
    wanted = [root / "issues", root / "images", root / CLIENTS, root / LISTS, root / "mailweekly.toml", *themes]
    return tuple(path for path in dict.fromkeys(wanted) if path.exists())
