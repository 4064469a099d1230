"""
What a list file said, in lines for people, and its rejected rows as a file to mend.

Lines are plain text without colour; every value in them is escaped. The first REJECTS_SHOWN rejected rows are told one by one, all of them are
counted by reason. The file of rejects guards its cells against spreadsheet formulas.

Units: lines count from 1, in the file as the editor sees it.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO

from mailweekly.audience.formula import guard
from mailweekly.audience.listfile import ListFile
from mailweekly.audience.model import Reject
from mailweekly.audience.sync import Changes
from mailweekly.audience.visible import visible

__all__ = ["REJECTS_SHOWN", "change_lines", "file_lines", "reason_counts", "reject_line", "reject_lines", "rejects_csv"]

REJECTS_SHOWN = 20  # on a screen; the rest goes to a file
PEOPLE_SHOWN = 20


def file_lines(file: ListFile) -> tuple[str, ...]:
    """Return what was read, what was left out, and what to know about it."""
    duplicates = sum(reject.kind == "duplicate" for reject in file.rejects)
    rejected = len(file.rejects) - duplicates
    total = f"{file.file}: {_counted(file.records, 'row')} read, {len(file.rows):,} good, {duplicates:,} duplicate, {rejected:,} rejected"
    return (total, *(f"{file.file}: {warning}" for warning in file.warnings), *reject_lines(file.rejects))


def reject_lines(rejects: Sequence[Reject], limit: int = REJECTS_SHOWN) -> tuple[str, ...]:
    """Return the first `limit` rejected rows, one a line; after more than that, all of them counted by reason."""
    lines = [reject_line(reject) for reject in rejects[:limit]]
    if len(rejects) > limit:
        lines.append(f"and {len(rejects) - limit:,} more; by reason, all {len(rejects):,}:")
        lines.extend(f"  {count:,} × {reason}" for reason, count in reason_counts(rejects).items())
    return tuple(lines)


def reject_line(reject: Reject) -> str:
    """Return one rejected row: place, column, value, why, and how to mend it."""
    column = f" {reject.column}" if reject.column else ""
    return f"{reject.file}:{reject.line}:{column} «{reject.value}»: {reject.why}; {reject.mend}"


def reason_counts(rejects: Sequence[Reject]) -> dict[str, int]:
    """Return how often each reason occurs, the most frequent first; duplicates count as one reason."""
    counts = Counter("the same person twice" if reject.kind == "duplicate" else reject.why for reject in rejects)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def change_lines(changes: Changes, *, people: int = PEOPLE_SHOWN) -> tuple[str, ...]:
    """Return what changes about a list; up to `people` of those who leave, are suppressed or are kept out are named."""
    lines = [f"{visible(changes.list_name)}: {_summary(changes)}"]
    lines.extend(_named("leaves the list", [_person(s.id, s.address) for s in changes.left], people))
    lines.extend(
        _named("suppressed", [f"{visible(s.key)} ({s.reason}, {s.origin})" for s in changes.suppressed], people)
    )
    lines.extend(
        _named(
            "kept out", [f"{visible(row.address)} ({s.reason}), line {row.line}" for row, s in changes.kept_out], people
        )
    )
    conflicts = [
        f"s{c.subscriber.id} {visible(c.field)}: {visible(c.here)}, not {visible(c.in_file)} (line {c.line})"
        for c in changes.conflicts
    ]
    lines.extend(_named("kept as it is here", conflicts, people))
    return tuple(lines)


def rejects_csv(file: ListFile) -> Iterator[str]:
    """Yield the lines of a CSV file of the rejected rows: their own cells, then `line` and `reason`. Formulas are guarded."""
    yield _csv_line([*file.columns, "line", "reason"])
    width = len(file.columns)
    for reject in file.rejects:
        cells = [*reject.cells, *[""] * (width - len(reject.cells))]
        yield _csv_line([*cells, str(reject.line), f"{reject.why}; {reject.mend}"])


def _summary(changes: Changes) -> str:
    counts = (
        (len(changes.added), "added"),
        (len(changes.joined), "joined"),
        (len(changes.updated), "updated"),
        (len(changes.left), "left"),
        (len(changes.suppressed), "suppressed"),
        (len(changes.kept_out), "kept out"),
        (changes.unchanged, "unchanged"),
    )
    return ", ".join(f"{count:,} {word}" for count, word in counts if count) or "nothing changes"


def _named(what: str, people: Sequence[str], limit: int) -> list[str]:
    lines = [f"  {what}: {person}" for person in people[:limit]]
    if len(people) > limit:
        lines.append(f"  {what}: and {len(people) - limit:,} more")
    return lines


def _person(number: int, address: str) -> str:
    return f"s{number} {visible(address)}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _csv_line(cells: Sequence[str]) -> str:
    line = StringIO(newline="")
    csv.writer(line).writerow([guard(cell) for cell in cells])
    return line.getvalue()
