"""What `preflight` finds in a prepared issue, and how the terminal, CI and a dry run are told."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.clients import client_profiles
from mailweekly.adapters.files.earlier import blocked_hosts, earlier_issues
from mailweekly.adapters.files.folder import resolve_inside
from mailweekly.adapters.files.lists import FOLDER, list_names
from mailweekly.adapters.files.themes import theme_files, theme_places
from mailweekly.audience import listfile
from mailweekly.audience.model import Audience
from mailweekly.cli.outward import NOTHING, Outward
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import Prepared, sample_of
from mailweekly.edition.model import Theme
from mailweekly.edition.theme import load
from mailweekly.errors import MailweeklyError
from mailweekly.message.model import Message
from mailweekly.preflight import report
from mailweekly.preflight.check import Review, check_message, review
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked
from mailweekly.settings import TOML_NAME

__all__ = ["find_faults", "found_lines", "list_fields", "message_faults", "review_issue", "settings_text"]

HEAD_BYTES: Final = 64_000  # of a list file: its column names stand in the first of them


def find_faults(
    place: Place,
    ready: Prepared,
    audience: Audience | None = None,
    fields: frozenset[str] | None = None,
    outward: Outward = NOTHING,
) -> tuple[Finding, ...]:
    """Return the findings of `review_issue`."""
    return review_issue(place, ready, audience, fields, outward).findings


def message_faults(place: Place, ready: Prepared, message: Message) -> tuple[Finding, ...]:
    """Return the findings about one finished message of the issue, as it stands."""
    return check_message(
        Checked(
            issue=ready.issue,
            text=ready.text,
            edition=ready.edition,
            message=message,
            settings=place.settings,
            theme=_theme(place, ready.edition.theme),
            settings_text=settings_text(place),
            relay_is_outbox=place.machine.is_local,
        )
    )


def review_issue(
    place: Place,
    ready: Prepared,
    audience: Audience | None = None,
    fields: frozenset[str] | None = None,
    outward: Outward = NOTHING,
) -> Review:
    """
    Return every finding about the issue; those about its readers only where an audience is given.

    Without one the `fields` are those of the list files, so that `check` and the preview refuse the merge fields that `send` would.
    """
    message, _ = sample_of(place, ready)
    known = list_fields(place.root) if audience is None and fields is None else fields
    subject = Checked(
        issue=ready.issue,
        text=ready.text,
        edition=ready.edition,
        message=message,
        audience=audience,
        settings=place.settings,
        known_fields=known,
        image_files=frozenset(ready.pictures),
        images={src: one.file for src, one in ready.pictures.items() if one.file},
        image_faults={src: one.fault for src, one in ready.pictures.items() if one.fault},
        embed=ready.embed,
        dark_edged=frozenset(src for src, one in ready.pictures.items() if one.has_dark_edge),
        theme=_theme(place, ready.edition.theme),
        settings_text=settings_text(place),
        relay_is_outbox=place.machine.is_local,
        past=earlier_issues(place.root, ready.file.path, ready.issue.number, ready.issue.meta.get("date", "")),
        today=datetime.now(UTC).date(),
        profiles=client_profiles(place.root),
        blocked_hosts=blocked_hosts(place.root),
        answers=outward.answers,
        scores=outward.scores,
    )
    return review(subject)


def list_fields(root: Path) -> frozenset[str] | None:
    """Return the fields that the list files name; None where there is no list file, or where one cannot be read: `plan` says why."""
    try:
        names = list_names(root)
        found = [listfile.read(_head(root, name), file=name).fields for name in names]
    except (MailweeklyError, OSError, ValueError):
        return None
    return frozenset().union(*found) if found else None


def found_lines(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return the findings that matter for a send, one a line, and their sum."""
    lines = [
        f"  {one.file}:{one.line}: {one.level.value} {one.rule}: {one.what}"
        for one in findings
        if one.level is not Level.INFO
    ]
    return (f"Findings: {report.summary(findings)}", *lines)


def settings_text(place: Place) -> str:
    """Return the text of mailweekly.toml; empty where it cannot be read."""
    try:
        return (place.root / TOML_NAME).read_text("utf-8-sig", "replace")
    except OSError:
        return ""


def _theme(place: Place, name: str) -> Theme | None:
    """The theme, for the lines of its files; None where it cannot be read again."""
    try:
        return load(name, theme_files(place.root, name), places=theme_places(place.root, name))
    except MailweeklyError:
        return None


def _head(root: Path, name: str) -> bytes:
    """The first lines of a list file, whole ones. Errors: OSError for what is no file, those of a path that leads outside."""
    path = resolve_inside(root, root / FOLDER / f"{name}.csv")
    if not path.is_file():  # a pipe would be waited for
        raise FileNotFoundError(name)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        return head[: head.rfind(b"\n") + 1] if file.read(1) else head
