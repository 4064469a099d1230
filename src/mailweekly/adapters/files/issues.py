"""
The issues of a publication: found by number or by path.

A number means the issue that says it is that one, whatever its file is called; where none says so, the file that has the number in its name. Two
that say the same are an error, never a choice. A path may lead anywhere, for the editor has typed it; `issues/` itself is searched only inside the
publication, and only regular files are read.

Units: sizes in bytes.
Errors: MissingFileError (none), DataError (two, no regular file, too large).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.folder import read_file, resolve_inside, shown_path
from mailweekly.adapters.files.numbers import HEAD_BYTES, stated_number
from mailweekly.adapters.files.unchanged import Unchanged
from mailweekly.errors import DataError, MailweeklyError, MissingFileError
from mailweekly.issue.titles import read_file_name

__all__ = ["FOLDER", "IssueEntry", "IssueFile", "find_issue", "list_issues", "next_number"]

FOLDER: Final = "issues"
ISSUE_BYTES: Final = 16_000_000  # what is read at all; `issue.decode` says what is too long for an issue
NUMBER_DIGITS: Final = 9
NEAREST_SHOWN: Final = 4
FILES_KEPT: Final = 10_000  # whose number is remembered

_unchanged: Unchanged[int | None] = Unchanged(FILES_KEPT)


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueFile:
    """An issue's file, read."""

    path: Path
    shown: str  # "issues/078-title.md"
    raw: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueEntry:
    """An issue's file in the folder, and its number."""

    path: Path
    shown: str
    number: int | None
    is_stated: bool  # the text says the number; else it is the file's name that does


def find_issue(root: Path, ref: str) -> IssueFile:
    """Return the issue `ref`: a number (`78`, `#78`), or a path seen from here or from the publication."""
    digits = ref.strip().removeprefix("#")
    if digits.isascii() and digits.isdecimal() and len(digits) <= NUMBER_DIGITS:
        return _read(root, _numbered(root, int(digits)))
    return _read(root, _existing(root, ref))


def list_issues(root: Path) -> tuple[IssueEntry, ...]:
    """Return the issues of the folder: by number, then by name; those without a number last."""
    folder = root / FOLDER
    if not folder.is_dir():
        return ()
    resolve_inside(root, folder)
    paths = sorted(path for path in folder.glob("*.md") if not path.name.startswith("."))
    entries = [entry for path in paths if (entry := _entry(root, path))]
    return tuple(sorted(entries, key=lambda entry: (entry.number is None, entry.number or 0, entry.shown)))


def next_number(root: Path) -> int:
    """Return the number after the highest there is; 1 where there is none."""
    return max((entry.number for entry in list_issues(root) if entry.number is not None), default=0) + 1


def _numbered(root: Path, number: int) -> Path:
    entries = list_issues(root)
    found = [entry for entry in entries if entry.number == number and entry.is_stated]
    found = found or [entry for entry in entries if entry.number == number]
    if len(found) > 1:
        shown = " and ".join(entry.shown for entry in found)
        raise DataError(
            f"Two issues are number {number}: {shown}.",
            place=found[1].shown,
            hint="Correct the number in one of them, or name the file.",
        )
    if not found:
        raise MissingFileError(f"There is no issue {number}.", place=f"{FOLDER}/", hint=_nearest(entries, number))
    return found[0].path


def _nearest(entries: tuple[IssueEntry, ...], number: int) -> str:
    numbers = {entry.number for entry in entries if entry.number is not None}
    if not numbers:
        return "There is no issue yet that has a number. Write one: mailweekly new."
    near = sorted(sorted(numbers, key=lambda other: abs(other - number))[:NEAREST_SHOWN])
    return f"The nearest are: {', '.join(map(str, near))}. A path works as well."


def _existing(root: Path, ref: str) -> Path:
    for path in (Path(ref), root / ref, root / FOLDER / ref):
        try:
            if ref.strip() and path.exists():
                return path
        except (OSError, ValueError):
            continue
    raise MissingFileError(
        "There is no such issue.",
        place=shown_path(root, Path(ref)),
        hint="Name an issue by its number, or by the path of its file.",
    )


def _read(root: Path, path: Path) -> IssueFile:
    absolute = path.absolute()
    shown = shown_path(root, absolute) if absolute.is_relative_to(root) else shown_path(root, path)
    return IssueFile(path=absolute, shown=shown, raw=read_file(absolute, limit=ISSUE_BYTES, shown=shown))


def _entry(root: Path, path: Path) -> IssueEntry | None:
    """The entry of a file; None for what is no file of this publication (a pipe, a folder, a link out of it)."""
    try:
        if path.is_symlink():
            resolve_inside(root, path)
        if not path.is_file():
            return None
        stated = _unchanged.of(path, lambda: _stated(path))
    except (MailweeklyError, OSError):
        return None
    number = read_file_name(path.name).number if stated is None else stated
    return IssueEntry(path=path, shown=shown_path(root, path), number=number, is_stated=stated is not None)


def _stated(path: Path) -> int | None:
    with path.open("rb") as file:
        return stated_number(file.read(HEAD_BYTES), path.name)
