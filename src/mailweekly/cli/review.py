"""
`preview --export DIR`: the review page of an issue as files, to pass on.

A folder that is there is written into only if it is empty or an earlier export, which says so itself; of that one, what is not made again is taken
away. Refuses any other folder, untouched.

Errors: RefusedError for a folder that is somebody's; those of the issue.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Final

from mailweekly.adapters.files.folder import make_folder, read_file, write_file
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.adapters.web.app import style_sheets
from mailweekly.adapters.web.review import FIRST, review_files
from mailweekly.cli import terminal
from mailweekly.cli.place import load
from mailweekly.cli.preview import newest, studio_of
from mailweekly.errors import MailweeklyError, MissingFileError, RefusedError

__all__ = ["export", "written"]

OWN: Final = "review.json"  # by which an earlier export is known, and its files
MADE_BY: Final = "mailweekly preview --export"
OWN_BYTES: Final = 1_000_000


def export(ref: str, folder: Path) -> None:
    """Write the review page of an issue, the newest where none is named."""
    place = load()
    _earlier(folder)  # refused before anything is drawn
    number = newest(place, ref)
    if number is None:
        what = "This issue has no number." if ref else "There is no issue yet."
        raise MissingFileError(
            what, place=ref or "issues/", hint="Write `number:` into its front matter, or: mailweekly new"
        )
    with Renderer() as renderer:
        renderer.warm()
        made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        files = review_files(studio_of(place, renderer), number, sheets=style_sheets(), made=made)
    written(folder, number, files)
    size = sum(len(content) for content in files.values())
    terminal.out(
        f"Review page of issue {number}: {folder / FIRST}",
        f"  {terminal.counted(len(files), 'file')}, {size / 1000:,.0f} kB; pass the whole folder on. It holds the issue, its findings and no reader.",
    )


def written(folder: Path, number: int, files: Mapping[str, bytes]) -> None:
    """Write the files. Errors: RefusedError for a folder that is not empty and no earlier export."""
    before = _earlier(folder)
    make_folder(folder)
    names = sorted({*before, *files})
    write_file(folder / OWN, _own(number, names))  # first: a cut-off export is one still
    for name, content in files.items():
        make_folder((folder / name).parent)
        write_file(folder / name, content)
    for name in before:
        if name not in files:
            (folder / name).unlink(missing_ok=True)
    write_file(folder / OWN, _own(number, sorted(files)))


def _own(number: int, names: list[str]) -> bytes:
    document = {"schema": 1, "made_by": MADE_BY, "issue": number, "files": names}
    return (json.dumps(document, indent=1) + "\n").encode()


def _earlier(folder: Path) -> list[str]:
    """Return the files of the export that lies there. Errors: RefusedError for what is none."""
    try:
        if not folder.exists() or (folder.is_dir() and next(folder.iterdir(), None) is None):
            return []
    except OSError as error:
        raise RefusedError(
            f"The folder cannot be read: {error.strerror}.", place=str(folder), hint="Name another."
        ) from None
    if not folder.is_dir():
        raise RefusedError("There is a file of that name.", place=str(folder), hint="Name a folder: --export DIR")
    document = _document(folder / OWN)
    names = document.get("files")
    if document.get("made_by") != MADE_BY or not isinstance(names, list):
        hint = "Name an empty folder, or one of an earlier export. Nothing in it was touched."
        raise RefusedError("This folder holds other files.", place=str(folder), hint=hint)
    return [one for one in names if isinstance(one, str) and _is_ours(folder, one)]


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_file(path, limit=OWN_BYTES))
    except (MailweeklyError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_ours(folder: Path, name: str) -> bool:
    """Whether a name is one that an export gives: a page, or a mail in its folder, and no link elsewhere."""
    parts = PurePosixPath(name).parts
    plain = len(parts) == 1 or (len(parts) == len(("mails", name)) and parts[0] == "mails")
    suits = name.endswith((".html", ".css")) and ".." not in parts and not name.startswith("/") and "\x00" not in name
    return plain and suits and (folder / name).resolve().is_relative_to(folder.resolve())
