"""Whether the database is one a send can trust: version, journal, synchronous, integrity. Reads only."""

from dataclasses import dataclass
from pathlib import Path

import apsw

from mailweekly.adapters.store.connection import SCHEMA_VERSION, connect, one_row
from mailweekly.errors import UnreachableError

__all__ = ["Health", "health"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """What was found."""

    exists: bool
    version: str
    journal: str = ""
    synchronous: str = ""
    verdict: str = ""


def health(path: Path) -> Health:
    """Look at the database at `path`. Errors: UnreachableError when it is damaged or cannot be opened."""
    version = apsw.sqlite_lib_version()
    if not path.exists():
        return Health(exists=False, version=version)
    connection = connect(path)
    try:
        verdict = str(one_row(connection, "PRAGMA quick_check")[0])
        journal, level = connection.pragma("journal_mode"), connection.pragma("synchronous")
    finally:
        connection.close()
    if verdict != "ok":
        hint = "Stop sending; put the last backup in its place."
        raise UnreachableError(f"The database is damaged: {verdict}.", place=str(path), hint=hint)
    names = {0: "OFF", 1: "NORMAL", 2: "FULL", 3: "EXTRA"}
    return Health(
        exists=True,
        version=version,
        journal=str(journal),
        synchronous=names.get(level, str(level)),
        verdict=f"schema {SCHEMA_VERSION}, whole",
    )
