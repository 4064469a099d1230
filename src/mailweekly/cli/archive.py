"""
`issues list`: the archive at a glance, the newest issue first.

Issues are counted by `issue.outline`, in as many processes as there are processors where there are many, and only once for each text. A file that
cannot be read is a row with its error, never the end of the list.

Units: widths in columns of a terminal, 2 for an East Asian character.
"""

import gc
import multiprocessing
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.folder import read_file, resolve_inside, shown_path
from mailweekly.adapters.files.issues import FOLDER, ISSUE_BYTES, list_issues
from mailweekly.adapters.files.memory import Memory
from mailweekly.cli import terminal
from mailweekly.cli.place import Place, load
from mailweekly.delivery.states import SendState, State
from mailweekly.errors import MailweeklyError

__all__ = ["listed", "table"]

MANY: Final = 40  # issues; below it a second process costs more than it saves
PIECE: Final = 25  # issues handed to a process at once
LEAST_TITLE: Final = 12
WORDS: Final = {
    SendState.RUNNING: "sending",
    SendState.PAUSED: "paused",
    SendState.SCHEDULED: "scheduled",
    SendState.FINISHED: "sent",
    SendState.CANCELLED: "cancelled",
}
_Wanted = tuple[str, str, int | None]  # the publication, the file, the number its name says
HEADS: Final = ("No.", "Date", "Title", "Entries", "State", "File")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """One issue of the archive."""

    number: int | None
    date: str = ""
    title: str = ""
    entries: int | None = None  # None: the file cannot be read
    state: str = "draft"
    accepted: int = 0
    recipients: int = 0  # of every send of the issue, those left out not counted
    file: str = ""
    error: str = ""


def listed(*, as_json: bool) -> None:
    """Show every issue of the publication."""
    place = load()
    rows = _with_states(place, _read(place))
    if as_json:
        terminal.out_json({"schema": 1, "issues": [asdict(row) for row in rows]})
    elif not rows:
        terminal.out("There is no issue yet.", "  next: mailweekly new")
    else:
        room = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
        terminal.out(*table([_cells(row) for row in rows], room))


def _read(place: Place) -> list[_Row]:
    """Return a row for each file, the highest number first, then by date and name; those without a number last."""
    filed = {entry.path: entry.number for entry in list_issues(place.root)}
    folder = place.root / FOLDER
    others = [path for path in folder.glob("*.md") if not path.name.startswith(".")] if folder.is_dir() else []
    wanted = [(str(place.root), str(path), filed.get(path)) for path in {**filed, **dict.fromkeys(others)}]
    rows = sorted(_rows(place, wanted), key=lambda row: row.file)
    return sorted(rows, key=lambda row: (row.number is not None, row.number or 0, row.date), reverse=True)


def _rows(place: Place, wanted: Sequence[_Wanted]) -> list[_Row]:
    """Return the rows of the files, those that were read before from memory."""
    memory = Memory(place.root)
    known = {one: _known(memory, one) for one in wanted}
    fresh = [one for one in wanted if known[one] is None]
    for one, row in zip(fresh, _counted(fresh), strict=True):
        known[one] = row
        if not row.error:
            memory.keep(
                _raw(one),
                Path(one[1]).name,
                {"date": row.date, "title": row.title, "entries": row.entries, "number": row.number},
            )
    memory.close()
    return [row for row in known.values() if row is not None]


def _known(memory: Memory, wanted: _Wanted) -> _Row | None:
    try:
        found = memory.recall(_raw(wanted), Path(wanted[1]).name)
    except MailweeklyError:
        return None
    try:
        return _Row(**found, file=shown_path(Path(wanted[0]), Path(wanted[1]))) if found else None
    except TypeError:
        return None


def _raw(wanted: _Wanted) -> bytes:
    root, path = Path(wanted[0]), Path(wanted[1])
    return read_file(resolve_inside(root, path), limit=ISSUE_BYTES, shown=shown_path(root, path))


def _counted(wanted: Sequence[_Wanted]) -> list[_Row]:
    workers = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, len(wanted) // MANY + 1)
    gc.disable()  # a list of tokens an issue: collecting them takes a fifth of the time, and the process ends soon
    try:
        if workers < 2:  # noqa: PLR2004
            return [_row(one) for one in wanted]
        from mailweekly.issue import outline  # noqa: F401  loaded once, before the processes part

        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
            return list(pool.map(_row, wanted, chunksize=PIECE))
    finally:
        gc.enable()


def _row(wanted: _Wanted) -> _Row:
    from mailweekly.issue.decode import decode
    from mailweekly.issue.outline import outline

    root, path, number = Path(wanted[0]), Path(wanted[1]), wanted[2]
    shown = shown_path(root, path)
    try:
        found = outline(decode(_raw(wanted), source=shown), source=shown)
    except MailweeklyError as error:
        where = error.place.removeprefix(shown).lstrip(":")
        return _Row(
            number=number, state="broken", file=shown, error=f"{f'line {where}: ' if where else ''}{error.what}"
        )
    return _Row(number=found.number, date=found.date, title=found.title, entries=found.entries, file=shown)


def _with_states(place: Place, rows: list[_Row]) -> list[_Row]:
    if not place.database.exists():
        return rows
    from mailweekly.adapters.store.database import Database, Standing
    from mailweekly.adapters.store.lock import SenderLock

    sends: dict[str, list[Standing]] = defaultdict(list)
    with Database(place.database) as database:
        for one in database.standings():
            sends[one.send.issue].append(one)
    is_at_work = SenderLock(place.database).is_held()
    told = []
    for row in rows:
        of = sends.get(str(row.number) if row.number is not None else Path(row.file).stem, [])
        if of and not row.error:
            accepted = sum(one.counts.get(State.ACCEPTED, 0) for one in of)
            recipients = sum(sum(one.counts.values()) - one.counts.get(State.SKIPPED, 0) for one in of)
            state = _word([one.send.state for one in of], is_at_work=is_at_work)
            row = replace(row, state=state, accepted=accepted, recipients=recipients)  # noqa: PLW2901
        told.append(row)
    return told


def _word(states: Sequence[SendState], *, is_at_work: bool) -> str:
    """Return what several sends of one issue are together: what is not at its end counts most."""
    worst = next(state for state in WORDS if state in states)
    return "interrupted" if worst is SendState.RUNNING and not is_at_work else WORDS[worst]


def table(cells: Sequence[Sequence[str]], room: int) -> list[str]:
    """Return the rows, and the heads above them, as lines of at most `room` columns; 0: unabridged."""
    from rich.cells import cell_len

    widths = [max(cell_len(line[at]) for line in (HEADS, *cells)) for at in range(len(HEADS))]
    if room:
        widths = _fitted(widths, room)
    return [_line(line, widths) for line in (HEADS, *cells)]


def _cells(row: _Row) -> tuple[str, ...]:
    number = "" if row.number is None else str(row.number)
    entries = "" if row.entries is None else str(row.entries)
    state = f"{row.state} {row.accepted:,} of {row.recipients:,}" if row.state not in {"draft", "broken"} else row.state
    said = (number, row.date, row.error or row.title, entries, state, row.file)
    return tuple(" ".join(terminal.safe(" ".join(word.split())).split()) for word in said)


def _fitted(widths: list[int], room: int) -> list[int]:
    """Return the widths of the columns, the title's and the file's made narrower until the line fits; too narrow, the file goes."""
    number, date, title, entries, state, file = widths
    gaps = 2 * (len(widths) - 1)
    left = room - (number + date + entries + state + gaps)
    if left < LEAST_TITLE + min(file, LEAST_TITLE):
        title, file = max(LEAST_TITLE, left + 2), 0
    elif title + file > left:
        file = min(file, max(LEAST_TITLE, left - title, left // 3))
        title = left - file
    return [number, date, title, entries, state, file]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    parts = [
        _padded(cell, width, right=at in {0, 3})
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
        if width
    ]
    return "  ".join(parts).rstrip()


def _padded(cell: str, width: int, *, right: bool) -> str:
    from rich.cells import cell_len, set_cell_size

    if cell_len(cell) > width:
        cell = set_cell_size(cell, width - 1).rstrip() + "…"
    blanks = " " * (width - cell_len(cell))
    return blanks + cell if right else cell + blanks
