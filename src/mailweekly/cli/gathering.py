"""
The files of an import, read to their end before anything here is touched.

Of an archive, what is surely no export of people is passed over and named.

Errors: ListError for a file refused, MissingFileError.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from mailweekly.adapters.files.table import Table
from mailweekly.adapters.files.tables import tables
from mailweekly.adapters.store.gathering import Gathered, Taken
from mailweekly.audience.listfile import Reading
from mailweekly.audience.origin import OWN
from mailweekly.audience.origin_form import ForeignForm, NotPeopleError, Wishes
from mailweekly.audience.visible import visible
from mailweekly.cli.bar import Bar
from mailweekly.errors import ListError

__all__ = ["Gathering", "Part", "gather"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One table that was read."""

    form: ForeignForm
    reading: Reading
    taken: Taken


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathering:
    """All that was read, before anything is compared."""

    gathered: Gathered
    parts: Sequence[Part]
    passed_over: Sequence[tuple[str, str]] = ()  # (member of an archive, why)


@dataclass(kw_only=True, slots=True)
class _Found:
    parts: list[Part] = field(default_factory=list)
    passed_over: list[tuple[str, str]] = field(default_factory=list)


def gather(
    files: Sequence[str], wishes: Wishes, goals: tuple[tuple[str, ...], bool], folder: Path, bar: Bar, stack: ExitStack
) -> Gathering:
    """
    Return what the files hold; `stack` keeps them open. `goals`: the lists they are brought in to, and whether the editor named them.

    Errors: ListError, MissingFileError.
    """
    gathered = Gathered(folder=folder)
    stack.callback(gathered.close)
    found = _Found()
    for path in files:
        before = len(found.parts)
        for table in tables(path, stack):
            _take(table, wishes, goals, gathered, bar, found)
        if len(found.parts) == before:
            raise ListError(
                "No file in this archive is a known export of people.",
                place=visible(path.rpartition("/")[2]),
                hint="If its tables name people: --from generic. Else unpack it, and import the list on its own.",
            )
    return Gathering(gathered=gathered, parts=found.parts, passed_over=found.passed_over)


def _take(
    table: Table, wishes: Wishes, goals: tuple[tuple[str, ...], bool], gathered: Gathered, bar: Bar, found: _Found
) -> None:
    form = ForeignForm(replace(wishes, known_only=table.is_member), table.shown)
    try:
        reading = Reading(
            table.pieces,
            file=table.shown,
            encoding=wishes.encoding,
            delimiter=wishes.delimiter,
            columns=wishes.columns,
            form=form,
            cut=table.records,
        )
    except NotPeopleError as error:
        if not table.is_member:
            raise ListError(error.what, place=error.place, hint=error.hint) from None
        found.passed_over.append((table.shown, error.what))
        return
    lists, is_named = goals
    tell: Callable[[int], None] = partial(_tell, bar, table)
    taken = gathered.take(reading, () if form.origin is OWN and not is_named else lists, tell)
    found.parts.append(Part(form=form, reading=reading, taken=taken))


def _tell(bar: Bar, table: Table, _count: int) -> None:
    bar.show(f"reading {table.shown}", table.read, table.size)
