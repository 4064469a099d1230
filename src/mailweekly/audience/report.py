"""
What a list file said, in lines for people, and its rejected rows as a file to mend.

Lines are plain text without colour; every value in them is escaped. The first REJECTS_SHOWN rejected rows are told one by one, all of them are
counted by reason. The file of rejects guards its cells against spreadsheet formulas.

Units: lines count from 1, in the file as the editor sees it.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from io import StringIO
from itertools import islice
from typing import TypeVar

from mailweekly.audience.formula import guard
from mailweekly.audience.listfile import ListFile
from mailweekly.audience.model import ListRow, Reject, Suppression
from mailweekly.audience.sync import Changes, Conflict
from mailweekly.audience.tally import Rejected, Sample, Tally, told_reason
from mailweekly.audience.visible import visible

__all__ = ["REJECTS_SHOWN", "change_lines", "file_lines", "reason_counts", "reject_line", "reject_lines", "rejects_csv"]

REJECTS_SHOWN = 20  # on a screen; the rest goes to a file
PEOPLE_SHOWN = 20

T = TypeVar("T")


def file_lines(file: ListFile) -> tuple[str, ...]:
    """Return what was read, what was left out, and what to know about it."""
    duplicates = sum(reject.kind == "duplicate" for reject in file.rejects)
    rejected = len(file.rejects) - duplicates
    total = f"{file.file}: {_counted(file.records, 'row')} read, {len(file.rows):,} good, {duplicates:,} duplicate, {rejected:,} rejected"
    return (total, *(f"{file.file}: {warning}" for warning in file.warnings), *reject_lines(file.rejects))


def reject_lines(rejects: Sequence[Reject] | Rejected, limit: int = REJECTS_SHOWN) -> tuple[str, ...]:
    """Return the first `limit` rejected rows, one a line; after more than that, all of them counted by reason."""
    first = rejects.sample if isinstance(rejects, Rejected) else rejects
    lines = [reject_line(reject) for reject in islice(first, limit)]
    if len(rejects) > limit:
        lines.append(f"and {len(rejects) - limit:,} more; by reason, all {len(rejects):,}:")
        lines.extend(f"  {count:,} × {reason}" for reason, count in reason_counts(rejects).items())
    return tuple(lines)


def reject_line(reject: Reject) -> str:
    """Return one rejected row: place, column, value, why, and how to mend it."""
    column = f" {reject.column}" if reject.column else ""
    return f"{reject.file}:{reject.line}:{column} «{reject.value}»: {reject.why}; {reject.mend}"


def reason_counts(rejects: Sequence[Reject] | Rejected) -> dict[str, int]:
    """Return how often each reason occurs, the most frequent first; duplicates count as one reason."""
    counts = rejects.reasons if isinstance(rejects, Rejected) else Counter(map(told_reason, rejects))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def change_lines(changes: Changes | Tally, *, people: int = PEOPLE_SHOWN) -> tuple[str, ...]:
    """Return what changes about a list; up to `people` of those who leave, are suppressed or are kept out are named."""
    tally = changes if isinstance(changes, Tally) else Tally.of([changes], changes.list_name)
    return (
        f"{visible(tally.list_name)}: {_summary(tally)}",
        *_named("leaves the list", tally.left, lambda s: f"s{s.id} {visible(s.address)}", people),
        *_named("suppressed", tally.suppressed, lambda s: f"{visible(s.key)} ({s.reason}, {s.origin})", people),
        *_named("kept out", tally.kept_out, _kept_out, people),
        *_named("kept as it is here", tally.conflicts, _conflict, people),
    )


def rejects_csv(file: ListFile) -> Iterator[str]:
    """Yield the lines of a CSV file of the rejected rows: their own cells, then `line` and `reason`. Formulas are guarded."""
    yield _csv_line([*file.columns, "line", "reason"])
    width = len(file.columns)
    for reject in file.rejects:
        cells = [*reject.cells, *[""] * (width - len(reject.cells))]
        yield _csv_line([*cells, str(reject.line), f"{reject.why}; {reject.mend}"])


def _summary(changes: Tally) -> str:
    counts = (
        (changes.added, "added"),
        (changes.joined, "joined"),
        (changes.updated, "updated"),
        (len(changes.left), "left"),
        (len(changes.suppressed), "suppressed"),
        (len(changes.kept_out), "kept out"),
        (changes.unchanged, "unchanged"),
    )
    return ", ".join(f"{count:,} {word}" for count, word in counts if count) or "nothing changes"


def _named(what: str, people: Sample[T], told: Callable[[T], str], limit: int) -> list[str]:
    lines = [f"  {what}: {told(person)}" for person in islice(people, limit)]
    if len(people) > limit:
        lines.append(f"  {what}: and {len(people) - limit:,} more")
    return lines


def _kept_out(who: tuple[ListRow, Suppression]) -> str:
    row, suppression = who
    return f"{visible(row.address)} ({suppression.reason}), line {row.line}"


def _conflict(one: Conflict) -> str:
    return (
        f"s{one.subscriber.id} {visible(one.field)}: {visible(one.here)}, not {visible(one.in_file)} (line {one.line})"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _csv_line(cells: Sequence[str]) -> str:
    line = StringIO(newline="")
    csv.writer(line).writerow([guard(cell) for cell in cells])
    return line.getvalue()
