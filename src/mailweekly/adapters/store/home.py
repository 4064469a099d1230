"""
Where the ledger lives: whether this file is the one that mailed last, or a copy of it, or an older state of it.

A send whose ledger was copied to another machine, or put back from a backup, would mail readers a second time. So the ledger notes its machine and
its file, and counts its runs (and every heartbeat of one); a mark beside it holds that count as well. A mark that is ahead means that this ledger
was here in a later state: it was put back, replaced or lost. Another machine or file matters only while somebody of a send is still open.

It never repairs: `here` is the operator's word that this ledger is the one to go on with.

Errors: RefusedError for a ledger that is not at home; UnreachableError where the mark cannot be written.
Source: the machine's id is that of machine-id(5), which must not be shown as it is: a digest of it is kept.
"""

import contextlib
import hashlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apsw

from mailweekly.adapters.store.connection import one_row
from mailweekly.delivery.states import OPEN
from mailweekly.errors import RefusedError, UnreachableError

__all__ = ["Home", "machine_name", "mark_path", "marked", "move_in", "read_mark", "this_home", "write_mark"]

MACHINE_IDS: Final = ("/etc/machine-id", "/var/lib/dbus/machine-id")
OPEN_STATES: Final = ",".join(f"'{state.value}'" for state in OPEN)
COUNT_OPEN: Final = f"""
SELECT count(*) FROM deliveries d JOIN sends s ON s.id = d.send_id
WHERE s.state IN ('scheduled', 'running', 'paused') AND d.state IN ({OPEN_STATES})
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """A machine (empty: it has no id) and a file on it."""

    machine: str
    file: str


def machine_name() -> str:
    """Return a digest of this machine's id; empty: it has none."""
    for path in MACHINE_IDS:
        with contextlib.suppress(OSError):
            found = Path(path).read_text("ascii", "replace").strip()
            if found:
                return hashlib.blake2b(found.encode(), key=b"mailweekly", digest_size=8).hexdigest()
    return ""


def this_home(path: Path) -> Home:
    """Return where the database at `path` lives now. A move within a file system leaves it the same; a copy does not."""
    return Home(machine=machine_name(), file=str(path.stat().st_ino))


def mark_path(path: Path) -> Path:
    """Return the mark's file."""
    return path.with_name(path.name + ".mark")


def read_mark(path: Path) -> int:
    """Return the runs that the mark beside the database at `path` counts; 0: there is none that can be read."""
    try:
        found = json.loads(mark_path(path).read_text("utf-8"))["runs"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return found if isinstance(found, int) else 0


def write_mark(path: Path, runs: int) -> None:
    """Write the mark, whole. Errors: OSError."""
    mark = mark_path(path)
    part = mark.with_name(mark.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(
            {"what": "belongs to the database beside it; see docs/howto/when-something-breaks.md", "runs": runs}, file
        )
        file.flush()
        os.fsync(file.fileno())
    part.replace(mark)


def move_in(connection: apsw.Connection, path: Path, *, here: bool) -> tuple[int, str]:
    """Note that a run begins, unless the ledger is not at home and `here` does not say that it is; the runs so far, and what to tell the operator."""
    now, marked = this_home(path), read_mark(path)
    row = connection.execute("SELECT machine, file, runs FROM home").fetchone()
    runs = int(row[2]) if row else 0
    moved = _moved(Home(machine=row[0], file=row[1]), now) if row else ""
    waiting = int(one_row(connection, COUNT_OPEN)[0])
    if not here:
        _refuse_the_past(path, runs, marked)
        _refuse_the_copy(path, moved, waiting)
        _refuse_the_other(connection, path, now.machine)
    runs = max(runs, marked) + 1
    connection.execute("INSERT OR REPLACE INTO home VALUES (1, ?, ?, ?)", (now.machine, now.file, runs))
    if not moved and not here:
        return runs, ""
    told = f"the ledger lives here from now on ({moved or 'as you said'})"
    connection.execute("INSERT INTO events (at, what) VALUES (?, ?)", (time.time(), told))
    return runs, told


def _moved(then: Home, now: Home) -> str:
    if then.machine and now.machine and then.machine != now.machine:
        return "it was used on another machine before"
    return "" if then.file == now.file else "its file is another one than before: a copy"


def _refuse_the_past(path: Path, runs: int, marked: int) -> None:
    if runs >= marked:
        return
    what = (
        "This database knows nothing of what was sent from here before."
        if not runs
        else "This database is older than what was sent from here."
    )
    hint = "Put the newest one back. If there is none: whoever was mailed since would be mailed again; send … --confirm --here does it all the same."
    raise RefusedError(what, place=str(path), hint=hint)


def _refuse_the_copy(path: Path, moved: str, waiting: int) -> None:
    if not moved or not waiting:
        return
    hint = "Go on where it began. If this is the only one now: send … --confirm --here, and never the other one again."
    raise RefusedError(f"This database has a send under way, but {moved}.", place=str(path), hint=hint)


def _refuse_the_other(connection: apsw.Connection, path: Path, machine: str) -> None:
    """A worker of this machine is dead, or the sender's lock would not be ours; one of another machine may be alive."""
    row = connection.execute(
        "SELECT name, lease_until FROM workers WHERE machine <> ? AND lease_until > ? LIMIT 1", (machine, time.time())
    ).fetchone()
    if row:
        left = max(1, round(row[1] - time.time()))
        hint = f"Wait for it. If it is dead, its lease is over in {left} s; then the same command goes on."
        raise RefusedError(f"A send is running on another machine ({row[0]}).", place=str(path), hint=hint)


def marked(path: Path, runs: int) -> None:
    """Write the mark at the begin of a run. Errors: UnreachableError."""
    try:
        write_mark(path, runs)
    except OSError as error:
        hint = "Look at the folder's rights and the free space; nobody was mailed."
        raise UnreachableError(
            f"The mark beside the database cannot be written: {error.strerror}.", place=str(mark_path(path)), hint=hint
        ) from None
