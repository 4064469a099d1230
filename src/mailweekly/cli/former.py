"""
The issues before one, as the rows of an inbox: what the studio's Inbox shows below the issue itself.

Read from their Markdown, not rendered: two rows are no reason for two renderings. A file that has not changed is not read again.

Errors: none; an issue that cannot be read has no row.
"""

import contextlib
import re
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.issues import IssueEntry, find_issue, list_issues
from mailweekly.adapters.web.views.inbox import InboxRow
from mailweekly.cli.place import Place
from mailweekly.edition.wording import preheader
from mailweekly.errors import MailweeklyError
from mailweekly.issue.decode import decode
from mailweekly.issue.model import Issue
from mailweekly.issue.parse import parse

__all__ = ["former_rows"]

MOST: Final = 2  # rows; more teach nothing
TRIED: Final = 6  # files, for some may be broken


def former_rows(place: Place) -> Callable[[int], Sequence[InboxRow]]:
    """Return what gives the rows of the issues before one, the newest first."""
    kept: dict[Path, tuple[tuple[int, int], InboxRow | None]] = {}

    def rows(number: int) -> Sequence[InboxRow]:
        earlier = [one for one in list_issues(place.root) if one.number is not None and one.number < number]
        found = (_kept(place, entry, kept) for entry in reversed(earlier[-TRIED:]))
        return [row for row in found if row][:MOST]

    return rows


def _kept(
    place: Place, entry: IssueEntry, kept: dict[Path, tuple[tuple[int, int], InboxRow | None]]
) -> InboxRow | None:
    try:
        state = entry.path.stat()
    except OSError:
        return None
    stamp = (state.st_mtime_ns, state.st_size)
    if entry.path not in kept or kept[entry.path][0] != stamp:
        row = None
        with contextlib.suppress(MailweeklyError, OSError):
            row = _row(place, entry)
        kept[entry.path] = (stamp, row)
    return kept[entry.path][1]


def _row(place: Place, entry: IssueEntry) -> InboxRow:
    file = find_issue(place.root, str(entry.path))
    issue = parse(decode(file.raw, source=file.shown), source=file.shown)
    settings = place.settings
    told = issue.meta.get("subject", "") or issue.heading or issue.title or entry.path.stem
    return InboxRow(
        sender=settings.sender.name or settings.name,
        subject=_filled(told, issue),
        snippet=_filled(preheader(issue, None, told), issue),
        date=_date(issue.meta.get("date", "")),
        lang=issue.lang or settings.lang,
    )


def _filled(text: str, issue: Issue) -> str:
    def value(found: re.Match[str]) -> str:
        slot = int(found[1])
        return issue.fields[slot].default or "" if slot < len(issue.fields) else ""

    return re.sub(rf"MW{re.escape(issue.nonce)}x(\d{{1,6}})Z", value, text)


def _date(given: str) -> str:
    try:
        day = date.fromisoformat(given.strip())
    except ValueError:
        return ""
    return f"{day:%b} {day.day}"
