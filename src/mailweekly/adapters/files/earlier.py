"""
What the publication has written before an issue: every other issue of the folder, read at a glance and remembered by its text.

Refuses to fail: an issue that cannot be read has linked nothing, and whoever opens it is told why.

Units: none. Errors: none.
"""

from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.files.folder import read_file, resolve_inside, shown_path
from mailweekly.adapters.files.issues import FOLDER, ISSUE_BYTES
from mailweekly.adapters.files.memory import Memory
from mailweekly.adapters.files.numbers import HEAD_BYTES, stated_number
from mailweekly.errors import MailweeklyError
from mailweekly.issue.decode import normalise
from mailweekly.issue.titles import read_file_name
from mailweekly.preflight.past import PastIssue, remembered

__all__ = ["blocked_hosts", "earlier_issues"]

KIND: Final = "links"  # of memory
BLOCKED: Final = "blocked-hosts.txt"  # in the publication's folder: one host a line, `#` begins a remark
BLOCKED_BYTES: Final = 1_000_000


def earlier_issues(root: Path, own: Path, number: int | None, date: str = "") -> tuple[PastIssue, ...]:
    """Return the issues before `own`, the latest first: by number where it has one, else by day; what has neither is not before anything."""
    memory = Memory(root, KIND)
    found = [one for path in _files(root) if path != own and (one := _remembered(memory, root, path)) is not None]
    memory.close()
    before = [one for one in found if _is_before(one, number, date)]
    return tuple(sorted(before, key=lambda one: (one.number or 0, one.date, one.file), reverse=True))


def blocked_hosts(root: Path) -> frozenset[str]:
    """Return the hosts the publication never links, lower case; none where there is no such file."""
    path = root / BLOCKED
    try:
        if not path.is_file():
            return frozenset()
        text = read_file(resolve_inside(root, path), limit=BLOCKED_BYTES, shown=BLOCKED).decode("utf-8-sig", "replace")
    except (MailweeklyError, OSError):
        return frozenset()
    rows = (line.partition("#")[0].strip().lower().strip(".") for line in text.splitlines())
    return frozenset(row.removeprefix("*.") for row in rows if row)


def _files(root: Path) -> list[Path]:
    folder = root / FOLDER
    try:
        return sorted(path for path in folder.glob("*.md") if not path.name.startswith("."))
    except OSError:
        return []


def _remembered(memory: Memory, root: Path, path: Path) -> PastIssue | None:
    shown = shown_path(root, path)
    try:
        if path.is_symlink():
            resolve_inside(root, path)
        if not path.is_file():
            return None
        raw = read_file(path, limit=ISSUE_BYTES, shown=shown)
    except (MailweeklyError, OSError):
        return None
    return _known(memory.recall(raw, path.name), shown) or _fresh(memory, raw, path.name, shown)


def _known(facts: dict[str, Any] | None, shown: str) -> PastIssue | None:
    match facts:
        case {"number": int() | None as number, "date": str(date), "subject": str(subject), "links": dict(links)} if (
            all(isinstance(words, str) for words in links.values())
        ):
            return PastIssue(number=number, file=shown, date=date, subject=subject, links=links)
        case _:
            return None


def _fresh(memory: Memory, raw: bytes, name: str, shown: str) -> PastIssue:
    stated = stated_number(raw[:HEAD_BYTES], name)
    number = read_file_name(name).number if stated is None else stated
    one = remembered(normalise(raw.decode("utf-8", "replace")), file=shown, number=number)
    memory.keep(raw, name, {"number": number, "date": one.date, "subject": one.subject, "links": dict(one.links)})
    return one


def _is_before(one: PastIssue, number: int | None, date: str) -> bool:
    if number is not None:
        return one.number is not None and one.number < number
    return bool(date and one.date and one.date < date)
