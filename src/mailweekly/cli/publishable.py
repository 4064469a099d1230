"""
Which issues an archive shows, in which order, and why the others are left out.

An issue is published once it was sent (also while it is), or says `status: published`, or has a date that is not ahead. One that says
`status: draft` or `draft: true` never is. Two that would have one address are a fault of the second. What an issue says of itself is read once for
each text, and remembered.

Units: days as `YYYY-MM-DD` in the publication's time zone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.files.folder import read_file, resolve_inside, shown_path
from mailweekly.adapters.files.issues import FOLDER, ISSUE_BYTES, list_issues
from mailweekly.adapters.files.memory import Memory
from mailweekly.cli.audiences import zone_of
from mailweekly.cli.place import Place
from mailweekly.delivery.states import SendState, State
from mailweekly.edition.story import day_of, tags_of
from mailweekly.errors import MailweeklyError
from mailweekly.issue.slugs import issue_slug

__all__ = ["Candidate", "Choice", "LeftOut", "chosen"]

SENDING: Final = frozenset({SendState.RUNNING, SendState.PAUSED, SendState.FINISHED})
YES: Final = frozenset({"true", "yes", "1", "on"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An issue's file, and what it says of itself without being drawn."""

    path: Path
    shown: str
    raw: bytes
    number: int | None
    title: str
    slug: str
    label: str
    status: str
    theme: str
    list_name: str
    tags: tuple[str, ...]
    day: str  # as written; "" where none is
    at: str = ""  # the day it is put in order by: its own, else that of its sending, else that of the issue before it


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """An issue that is not in the archive, and why."""

    shown: str
    reason: str
    is_fault: bool = False  # the editor should mend it; else it is as it should be


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The issues of the archive, the oldest first, and the others."""

    issues: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]


def chosen(place: Place, now: datetime, *, everything: bool) -> Choice:
    """Return what is to be published; with `everything` also what was never sent and has no date, or one ahead."""
    found, left = _candidates(place)
    sent = _sent(place)
    today = now.astimezone(zone_of(place)).strftime("%Y-%m-%d")
    kept: list[Candidate] = []
    for one in found:
        at = one.day or _day_at(sent.get(one.label), place)
        if reason := _reason(one, today, is_sent=one.label in sent, everything=everything):
            left.append(LeftOut(shown=one.shown, reason=reason))
        else:
            kept.append(replace(one, at=at))
    issues, twice = _apart(kept)
    return Choice(issues=_ordered(issues), left_out=tuple(sorted([*left, *twice], key=lambda one: one.shown)))


def _reason(one: Candidate, today: str, *, is_sent: bool, everything: bool) -> str:
    if one.status == "draft":
        return "it says that it is a draft"
    if is_sent or one.status == "published" or everything:
        return ""
    if not one.day:
        return "it was not sent and has no date"
    return f"its date is ahead: {one.day}" if one.day > today else ""


def _apart(issues: Iterable[Candidate]) -> tuple[list[Candidate], list[LeftOut]]:
    taken: dict[str, Candidate] = {}
    twice = []
    for one in sorted(issues, key=lambda one: one.shown):
        if (first := taken.setdefault(one.slug, one)) is not one:
            what = f"{first.shown} is issue {one.label} already"
            twice.append(LeftOut(shown=one.shown, reason=what, is_fault=True))
    return list(taken.values()), twice


def _ordered(issues: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the issues by day; one without a day stands behind the numbered one before it."""
    filled, last = [], ""
    for one in sorted(issues, key=lambda one: (one.number is None, one.number or 0, one.at, one.slug)):
        last = one.at or (last if one.number is not None else "")
        filled.append(replace(one, at=last))
    return tuple(sorted(filled, key=lambda one: (one.at, one.number is None, one.number or 0, one.slug)))


def _candidates(place: Place) -> tuple[list[Candidate], list[LeftOut]]:
    filed = {entry.path: entry.number for entry in list_issues(place.root)}
    folder = place.root / FOLDER
    resolve_inside(place.root, folder)
    others = [path for path in folder.glob("*.md") if not path.name.startswith(".")] if folder.is_dir() else []
    memory = Memory(place.root, "publish")
    found, left = [], []
    for path in sorted({*filed, *others}):
        try:
            found.append(_candidate(place, path, filed.get(path), memory))
        except MailweeklyError as error:
            left.append(LeftOut(shown=shown_path(place.root, path), reason=_told(error), is_fault=True))
    memory.close()
    return found, left


def _candidate(place: Place, path: Path, number: int | None, memory: Memory) -> Candidate:
    shown = shown_path(place.root, path)
    where = resolve_inside(place.root, path) if path.is_symlink() else path
    raw = read_file(where, limit=ISSUE_BYTES, shown=shown)
    said = memory.recall(raw, path.name)
    if said is None or not said.keys() >= {"number", "title", "day", "status", "theme", "list", "tags"}:
        said = _said(raw, shown)
        memory.keep(raw, path.name, said)
    own = said["number"] if said["number"] is not None else number
    label = str(own) if own is not None else path.stem
    return Candidate(
        path=path,
        shown=shown,
        raw=raw,
        number=own,
        title=said["title"] or label,
        slug=issue_slug(label),
        label=label,
        status=said["status"],
        theme=said["theme"] or place.settings.theme,
        list_name=said["list"] or place.settings.list,
        tags=tags_of(said["tags"]),
        day=said["day"],
    )


def _said(raw: bytes, shown: str) -> dict[str, Any]:
    from mailweekly.issue import front_matter, surface
    from mailweekly.issue.decode import decode, normalise
    from mailweekly.issue.outline import outline

    text = decode(raw, source=shown)
    found = outline(text, source=shown)
    meta = front_matter.read(surface.without_controls(normalise(text)), shown).meta
    draft = meta.get("draft", "").strip().lower() in YES or meta.get("published", "").strip().lower() == "false"
    return {
        "number": found.number,
        "title": found.title,
        "day": day_of(found.date),
        "status": "draft" if draft else meta.get("status", "").strip().lower(),
        "theme": meta.get("theme", ""),
        "list": meta.get("list", ""),
        "tags": meta.get("tags", ""),
    }


def _sent(place: Place) -> Mapping[str, float]:
    """Return the labels of the issues that went to somebody, and when they first did."""
    if not place.database.exists():
        return {}
    from mailweekly.adapters.store.database import Database

    found: dict[str, float] = {}
    with Database(place.database) as database:
        for one in database.standings():
            if one.send.state in SENDING or one.counts.get(State.ACCEPTED, 0):
                found.setdefault(one.send.issue, one.send.created_at)
    return found


def _day_at(instant: float | None, place: Place) -> str:
    return (
        "" if instant is None else datetime.fromtimestamp(instant, UTC).astimezone(zone_of(place)).strftime("%Y-%m-%d")
    )


def _told(error: MailweeklyError) -> str:
    line = error.place.rpartition(":")[2]
    return f"line {line}: {error.what}" if line.isdecimal() else error.what
