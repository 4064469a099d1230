"""What `preflight` finds in a prepared issue, and how the terminal, CI and a dry run are told."""

from collections.abc import Sequence

from mailweekly.audience.model import Audience
from mailweekly.cli import terminal
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import Prepared, sample_of
from mailweekly.preflight import report
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked

__all__ = ["find_faults", "found_lines", "show_findings"]


def find_faults(
    place: Place, ready: Prepared, audience: Audience | None = None, fields: frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """Return every finding about the issue; those about its readers only where audience and their `fields` are given."""
    message, _ = sample_of(place, ready)
    subject = Checked(
        issue=ready.issue,
        text=ready.text,
        edition=ready.edition,
        message=message,
        audience=audience,
        settings=place.settings,
        known_fields=fields,
        relay_is_outbox=place.machine.relay.kind == "outbox" or place.machine.relay.is_loopback,
    )
    return check(subject, levels=place.settings.check)


def show_findings(ready: Prepared, findings: Sequence[Finding], *, fmt: str, everything: bool, fail_on: str) -> int:
    """Write the report; 1 when a finding is at or above `fail_on`, else 0."""
    shown = findings if everything or fmt == "json" else [one for one in findings if one.level is not Level.INFO]
    if fmt == "json":
        print(report.json_document(shown, file=ready.file.shown))
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
