"""
What an import came to: for people, as JSON, and the rejected rows as a file to mend.

The counts add up to the records read. Every value of a file is shown escaped and cut; the file of rejects holds the cells as they are, guarded
against formulas, and comes back through `subscribers import`.

Errors: RefusedError for a file of rejects that would overwrite something else.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.files.written import Tables
from mailweekly.adapters.store.importing import Arrived
from mailweekly.audience.formula import guard
from mailweekly.audience.merging import Kind
from mailweekly.audience.model import Reject
from mailweekly.audience.origin import GENERIC, MAILMAN
from mailweekly.audience.report import REJECTS_SHOWN, reason_counts
from mailweekly.audience.report import reject_lines as told_rejects
from mailweekly.audience.tally import Rejected, Sample
from mailweekly.audience.visible import visible
from mailweekly.cli import terminal
from mailweekly.cli.gathering import Gathering, Part

__all__ = ["Counts", "counts", "reject_lines", "show", "write_rejects"]

PEOPLE_SHOWN: Final = 20
COLUMNS_SHOWN: Final = 40
REJECT_COLUMNS: Final = ("line", "reason")
STEP: Final = 1_000  # rejects of the JSON document written at a time


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """Of all files together."""

    records: int
    duplicates: int
    rejected: int


def counts(found: Gathering) -> Counts:
    """Return what was read."""
    taken = [part.taken for part in found.parts]
    return Counts(
        records=sum(one.records for one in taken),
        duplicates=sum(one.duplicates for one in taken),
        rejected=sum(one.rejected for one in taken),
    )


def show(found: Gathering, arrived: Arrived, written: Sequence[Path], *, dry_run: bool, as_json: bool) -> None:
    """Show the report; `written`: the files of rejected rows."""
    if as_json:
        _show_json(found, arrived, dry_run=dry_run)
        return
    for part in found.parts:
        terminal.out(*_part_lines(part))
    terminal.out(*(f"{name}: passed over: {why}" for name, why in found.passed_over))
    terminal.out(*reject_lines(found), *_people_lines(arrived))
    terminal.out(*(f"The rows left out are in {path}: mend them there, and import that file." for path in written))
    terminal.out(_total_line(found, arrived))
    if dry_run:
        terminal.out("Nothing was changed: this was a dry run. Leave --dry-run out to bring them in.")


def reject_lines(found: Gathering) -> Sequence[str]:
    """Return the first rejected rows, and all of them counted by reason."""
    return told_rejects(_rejected(found))


def write_rejects(found: Gathering, path: Path) -> tuple[Path, ...]:
    """Write all rejected rows; the files, one for each set of columns. Errors: RefusedError."""
    heads: dict[tuple[str, ...], str] = {}
    names: list[str] = []
    for part in found.parts:
        head = part.reading.columns.names[:-2] if part.form.is_mended else part.reading.columns.names
        number = len(heads) + 1
        name = heads.setdefault(head, path.name if number == 1 else f"{path.stem}-{number}{path.suffix}")
        names.append(name)
    used = {names[table] for table, _ in found.gathered.rejects}
    rows = {name: [*map(guard, head), *REJECT_COLUMNS] for head, name in heads.items() if name in used}
    with Tables(path.parent, rows, known=_is_ours) as files:
        for table, reject in found.gathered.rejects:
            files.row(names[table], _row(reject, len(rows[names[table]]) - len(REJECT_COLUMNS)))
    return tuple(path.parent / name for name in rows)


def _rejected(found: Gathering) -> Rejected:
    first = [reject for _, reject in islice(found.gathered.rejects, REJECTS_SHOWN)]
    return Rejected(sample=Sample(count=len(found.gathered.rejects), first=first), reasons=found.gathered.reasons)


def _row(reject: Reject, width: int) -> list[str]:
    cells = [guard(cell) for cell in reject.cells]
    if len(cells) > width and not any(cells[width:]):
        cells = cells[:width]
    cells += [""] * (width - len(cells))
    return [*cells, str(reject.line), f"{reject.why}; {reject.mend}"]


def _is_ours(head: bytes) -> bool:
    return head.split(b"\r\n", 1)[0].endswith(b"line,reason")


def _part_lines(part: Part) -> Iterator[str]:
    origin, taken = part.form.origin, part.taken
    known = "" if origin in {GENERIC, MAILMAN} else f"{origin.title}; "
    kind = "a list of addresses; " if origin is MAILMAN else known
    yield f"{taken.shown}: {kind}{terminal.counted(taken.records, 'row')} read"
    shown = part.form.mapping[:COLUMNS_SHOWN]
    width = max((len(name) for name, _ in shown), default=0)
    yield from (f"  {name:{width}}  ->  {what}" for name, what in shown)
    if len(part.form.mapping) > COLUMNS_SHOWN:
        yield f"  and {len(part.form.mapping) - COLUMNS_SHOWN} more columns; --json names all"
    yield from (f"{taken.shown}: {one}" for one in _warnings(part))
    yield from (
        f"{taken.shown}:{line}: mended: {visible(old)} -> {visible(new)}" for line, old, new in part.form.judge.repaired
    )


def _warnings(part: Part) -> Iterator[str]:
    judge = part.form.judge
    yield from part.reading.warnings()
    if part.form.is_mended:
        yield "this is a file of rejected rows: its columns line and reason are left out, and the guard against formulas is taken off"
    if judge.unread_dates:
        yield f"{terminal.counted(judge.unread_dates, 'date')} could not be read, or lay in the future; the text is kept in data, and proves nothing"
    if judge.odd_cells:
        yield f"{terminal.counted(judge.odd_cells, 'cell')} with attributes could not be taken apart; the text is kept as it is"
    if judge.repairs:
        yield f"{terminal.counted(judge.repairs, 'name')} that read as doubly encoded: mended"
    if judge.without_consent:
        rows = terminal.counted(judge.without_consent, "row")
        yield f'{rows} without evidence of consent; say what you know of it: --consent "they asked at the fair of 2024"'
    if part.form.origin.note:
        yield part.form.origin.note


def _people_lines(arrived: Arrived) -> Iterator[str]:
    for suppression in islice(arrived.suppressed, PEOPLE_SHOWN):
        yield f"  suppressed: {visible(suppression.key)} ({suppression.reason}, {visible(suppression.origin)})"
    yield from _more("suppressed", len(arrived.suppressed))
    for row, file, why in islice(arrived.kept_out, PEOPLE_SHOWN):
        yield f"  kept out: {visible(row.address)} ({why}), {file}:{row.line}"
    yield from _more("kept out", len(arrived.kept_out))
    for one in islice(arrived.conflicts, PEOPLE_SHOWN):
        here, there = visible(one.here), visible(one.in_file)
        yield f"  kept as it is here: s{one.subscriber.id} {visible(one.field)}: {here}, not {there} (line {one.line}); --update takes the file's"
    yield from _more("kept as it is here", len(arrived.conflicts))


def _more(what: str, count: int) -> Iterator[str]:
    if count > PEOPLE_SHOWN:
        yield f"  {what}: and {count - PEOPLE_SHOWN:,} more"


def _totals(found: Gathering, arrived: Arrived) -> dict[str, int]:
    read = counts(found)
    became = {kind.value: arrived.counts[kind] for kind in Kind}
    return {"records": read.records, **became, "duplicates": read.duplicates, "rejected": read.rejected}


def _total_line(found: Gathering, arrived: Arrived) -> str:
    totals = _totals(found, arrived)
    rows = terminal.counted(totals.pop("records"), "row")
    return f"{rows} read: " + ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in totals.items())


def _show_json(found: Gathering, arrived: Arrived, *, dry_run: bool) -> None:
    document = {
        "schema": 1,
        "dry_run": dry_run,
        "files": [_part_json(part) for part in found.parts],
        "passed_over": [{"file": name, "why": why} for name, why in found.passed_over],
        "totals": _totals(found, arrived),
        "reasons": [{"why": why, "rows": count} for why, count in reason_counts(_rejected(found)).items()],
        "suppressed": [
            {
                "address": one.key,
                "reason": one.reason,
                "since": one.since and one.since.isoformat(),
                "origin": one.origin,
            }
            for one in arrived.suppressed
        ],
        "kept_out": [
            {"address": row.address, "reason": why, "file": file, "line": row.line}
            for row, file, why in arrived.kept_out
        ],
        "conflicts": [
            {
                "line": one.line,
                "subscriber": f"s{one.subscriber.id}",
                "field": one.field,
                "here": one.here,
                "in_file": one.in_file,
            }
            for one in arrived.conflicts
        ],
    }
    text = json.dumps(document, ensure_ascii=True, indent=2)
    terminal.out_text(text.removesuffix("\n}") + ',\n  "rejects": [')
    rejects = (_reject_json(reject) for _, reject in found.gathered.rejects)
    before = ""
    while some := list(islice(rejects, STEP)):
        terminal.out_text(before + ",\n".join(some))
        before = ","
    terminal.out_text("]\n}")


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "file": part.taken.shown,
        "from": part.form.origin.family,
        "recognised": part.form.origin.title,
        "columns": [{"column": name, "field": what} for name, what in part.form.mapping],
        "records": part.taken.records,
        "duplicates": part.taken.duplicates,
        "rejected": part.taken.rejected,
        "warnings": list(_warnings(part)),
        "mended": [{"line": line, "was": old, "is": new} for line, old, new in part.form.judge.repaired],
    }


def _reject_json(one: Reject) -> str:
    return json.dumps(
        {
            "file": one.file,
            "line": one.line,
            "column": one.column,
            "value": one.value,
            "kind": one.kind,
            "why": one.why,
            "mend": one.mend,
        },
        ensure_ascii=True,
    )
