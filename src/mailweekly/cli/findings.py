"""What `preflight` finds in a prepared issue, and how the terminal, CI and a dry run are told."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.folder import resolve_inside
from mailweekly.adapters.files.lists import FOLDER, list_names
from mailweekly.audience import listfile
from mailweekly.audience.model import Audience
from mailweekly.cli import terminal
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import Prepared, sample_of
from mailweekly.errors import MailweeklyError
from mailweekly.preflight import report
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked
from mailweekly.settings import TOML_NAME

__all__ = ["find_faults", "found_lines", "list_fields", "show_findings"]

HEAD_BYTES: Final = 64_000  # of a list file: its column names stand in the first of them


def find_faults(
    place: Place, ready: Prepared, audience: Audience | None = None, fields: frozenset[str] | None = None
) -> tuple[Finding, ...]:
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
        settings_text=_settings_text(place),
        relay_is_outbox=place.machine.is_local,
    )
    return check(subject, levels=place.settings.check)


def list_fields(root: Path) -> frozenset[str] | None:
    """Return the fields that the list files name; None where there is no list file, or where one cannot be read: `plan` says why."""
    try:
        names = list_names(root)
        found = [listfile.read(_head(root, name), file=name).fields for name in names]
    except (MailweeklyError, OSError, ValueError):
        return None
    return frozenset().union(*found) if found else None


def show_findings(ready: Prepared, findings: Sequence[Finding], *, fmt: str, everything: bool, fail_on: str) -> int:
    """Write the report; 1 when a finding is at or above `fail_on`, else 0."""
    shown = findings if everything or fmt == "json" else [one for one in findings if one.level is not Level.INFO]
    if fmt == "json":
        terminal.out_text(report.json_document(shown, file=ready.file.shown))
    elif fmt == "github":
        terminal.out(*report.github(shown))
    else:
        terminal.out(
            *report.text(shown, {ready.file.shown: ready.text}), f"{ready.file.shown}: {report.summary(findings)}"
        )
        hidden = len(findings) - len(shown)
        if hidden:
            terminal.out(f"  {hidden} info not shown; see them with --all")
    return int(any(one.level.rank <= Level(fail_on).rank for one in findings))


def found_lines(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return the findings that matter for a send, one a line, and their sum."""
    lines = [
        f"  {one.file}:{one.line}: {one.level.value} {one.rule}: {one.what}"
        for one in findings
        if one.level is not Level.INFO
    ]
    return (f"Findings: {report.summary(findings)}", *lines)


def _head(root: Path, name: str) -> bytes:
    """The first lines of a list file, whole ones. Errors: OSError for what is no file, those of a path that leads outside."""
    path = resolve_inside(root, root / FOLDER / f"{name}.csv")
    if not path.is_file():  # a pipe would be waited for
        raise FileNotFoundError(name)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        return head[: head.rfind(b"\n") + 1] if file.read(1) else head


def _settings_text(place: Place) -> str:
    try:
        return (place.root / TOML_NAME).read_text("utf-8-sig", "replace")
    except OSError:
        return ""
