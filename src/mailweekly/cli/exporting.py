"""
`subscribers export`: the people as files that another product takes, or that we take back.

Changes nothing in the publication. What the product cannot hold, who was left out, and what to do with each file is said, on the terminal and in
`export.json` beside the files.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.files.folder import told
from mailweekly.adapters.files.lists import FOLDER as LISTS_FOLDER
from mailweekly.adapters.files.written import MANIFEST, Tables
from mailweekly.adapters.store.roll import Roll
from mailweekly.audience.export import FACETS, Departure, Person, Target
from mailweekly.audience.export_own import COLUMNS, OPTIONAL
from mailweekly.audience.export_rivals import TARGETS
from mailweekly.cli import terminal
from mailweekly.cli.bar import Bar
from mailweekly.cli.people import sources
from mailweekly.cli.place import Place, load
from mailweekly.errors import MissingFileError, UsageError

__all__ = ["export"]

FILE_SUFFIX: Final = ".csv"
NAMED: Final = 20  # people named on a screen
STEP: Final = 1_000  # people between two looks at the bar


@dataclass(frozen=True, kw_only=True, slots=True)
class _Goal:
    """Where it goes: a folder, and the one file's name where one was named."""

    folder: Path
    name: str = ""


def export(output: Path, *, to: str, list_name: str, excel: bool, raw: bool, as_json: bool) -> None:
    """Write the people to `output`. Errors: UsageError, MissingFileError for a list nobody is on, those of `written`."""
    target = _target(to)
    place = load()
    goal = _goal(place, output, target)
    with Roll(place.database, list_name=list_name, files=sources(place), tell=terminal.say) as roll:
        if list_name and list_name not in roll.lists:
            raise MissingFileError(
                f"Nobody is on a list '{list_name}'.",
                place="--list",
                hint=f"The lists are: {', '.join(roll.lists) or 'none yet'}.",
            )
        departure = Departure(target, roll.keys, raw=raw)
        written = _write(departure, roll, goal, excel=excel)
        erased = roll.erased
    document = _document(departure, goal, written, erased)
    if as_json:
        terminal.out_json(document)
    else:
        terminal.out(*_lines(departure, goal, written, raw=raw, erased=erased))


def _write(departure: Departure, roll: Roll, goal: _Goal, *, excel: bool) -> dict[str, str]:
    """Write the files, and return the place of each."""
    names = {sheet.name: goal.name or sheet.name for sheet in departure.target.sheets}
    heads = {names[name]: head for name, head in departure.heads().items()}
    known = _is_our_format if goal.name else None
    delimiter = ";" if excel else ","
    quotes_all = departure.target.quotes_all
    with (
        Bar() as bar,
        Tables(goal.folder, heads, delimiter=delimiter, marked=excel, quotes_all=quotes_all, known=known) as tables,
    ):
        for name, cells in departure.rows(_shown(roll, bar)):
            tables.row(names[name], cells)
        tables.notes = {
            names[sheet.name]: {
                "for": departure.target.name,
                "people": departure.told.people[sheet.name],
                "advice": sheet.advice,
            }
            for sheet in departure.target.sheets
        }
    return {name: str(goal.folder / shown) for name, shown in names.items()}


def _target(name: str) -> Target:
    found = TARGETS.get(name.casefold())
    if found is None:
        raise UsageError(f"There is no format '{name}'.", place="--as", hint=f"One of: {', '.join(TARGETS)}.")
    return found


def _goal(place: Place, output: Path, target: Target) -> _Goal:
    where = output.absolute()
    with told(where):
        is_file = output.suffix.lower() == FILE_SUFFIX and not where.is_dir()
    if is_file:
        if not target.is_own:
            hint = f"Name a folder: -o {output.with_suffix('')}."
            raise UsageError(f"For {target.title} there are several files.", place="-o", hint=hint)
        goal = _Goal(folder=where.parent, name=where.name)
    else:
        goal = _Goal(folder=where)
    if goal.folder.resolve() == (place.root / LISTS_FOLDER).resolve():
        hint = "Name another folder, for instance -o leaving."
        raise UsageError("Every CSV in this folder is a list of its own.", place=f"-o {output}", hint=hint)
    return goal


def _is_our_format(head: bytes) -> bool:
    """Whether a file begins with the columns of our own format."""
    text = head.decode("utf-8-sig", "replace")
    for delimiter in ",;":
        cells = next(csv.reader(io.StringIO(text[:10_000], newline=""), delimiter=delimiter), [])
        if set(cells) >= set(COLUMNS) - OPTIONAL:
            return True
    return False


def _shown(people: Roll, bar: Bar) -> Iterator[Person]:
    total = len(people)
    for number, one in enumerate(people, start=1):
        if number % STEP == 0:
            bar.show("writing", number, total)
        yield one


def _lines(departure: Departure, goal: _Goal, written: dict[str, str], *, raw: bool, erased: int) -> Iterator[str]:
    target, told = departure.target, departure.told
    for sheet in target.sheets:
        count = told.people[sheet.name]
        yield f"{written[sheet.name]}: {terminal.counted(count, 'person') if count == 1 else f'{count:,} people'}"
        if count:
            yield f"  {sheet.advice}"
    if not goal.name:
        yield f"{goal.folder / MANIFEST}: what each file is"
    if told.lost:
        lost = ", ".join(f"{FACETS[name]} ({told.lost[name]:,})" for name in FACETS if told.lost[name])
        yield f"lost, for {target.title} has no place for it: {lost}"
    if erased:
        yield f"not in it: {erased:,} erased people, of whom only a mark is kept that this publication's key alone can read"
    if told.left_out:
        yield f"left out, because a spreadsheet would run the address as a formula (--raw writes them): {len(told.left_out):,}"
        yield from _named(told.left_out.first, len(told.left_out))
    if told.guarded:
        yield f"{terminal.counted(told.guarded, 'cell')} got an apostrophe in front, because a spreadsheet would run them; --raw leaves it out"
    if told.too_long:
        yield f"too long for an import of ours, which takes 1,000,000 characters a row: {len(told.too_long):,}"
        yield from _named(told.too_long.first, len(told.too_long))
    if raw:
        yield from _unguarded(is_own=target.is_own)


def _unguarded(*, is_own: bool) -> Iterator[str]:
    yield "nothing is guarded (--raw): do not open these files in a spreadsheet"
    if is_own:
        yield "read back here, a cell that begins like '= loses its apostrophe: for a way back, leave --raw out"


def _named(first: list[str], count: int) -> Iterator[str]:
    yield from (f"  {one}" for one in first[:NAMED])
    if count > NAMED:
        yield f"  and {count - NAMED:,} more"


def _document(departure: Departure, goal: _Goal, written: dict[str, str], erased: int) -> dict[str, Any]:
    target, told = departure.target, departure.told
    return {
        "schema": 1,
        "for": target.name,
        "folder": str(goal.folder),
        "people": sum(told.people.values()),
        "files": [
            {
                "file": written[sheet.name],
                "people": told.people[sheet.name],
                "standings": sorted(sheet.standings),
                "advice": sheet.advice,
            }
            for sheet in target.sheets
        ],
        "lost": {name: told.lost[name] for name in FACETS if told.lost[name]},
        "left_out": {"count": len(told.left_out), "addresses": told.left_out.first},
        "erased": erased,
        "guarded_cells": told.guarded,
        "too_long": {"count": len(told.too_long), "addresses": told.too_long.first},
    }
