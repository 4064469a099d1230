"""
Opening the database, safely: the pragmas a send ledger needs, read back, and the schema.

SQLite comes inside the apsw wheel, so its version is ours to know: from 3.51.3 on the write-ahead log is safe with two writing connections; below
it, only a rollback journal is. `synchronous` is never below FULL: a commit that a power cut can undo would mail people again.

Errors: UnreachableError when the file cannot be opened or is held by another program; RefusedError for a database of a newer release.
Source: SQLite's release notes for 3.51.3 (WAL-reset corruption); measured with simulated power cuts.
"""

import time
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

import apsw

from mailweekly.delivery.states import MOVES
from mailweekly.errors import RefusedError, UnreachableError

__all__ = ["SCHEMA_VERSION", "connect", "journal_mode", "one_row"]

SCHEMA_VERSION: Final = 3
SAFE_WAL: Final = (3, 51, 3)
BUSY_MS: Final = 30_000  # another program may hold the file for a while: wait, rather than lose an outcome
FULL: Final = 2  # PRAGMA synchronous
CACHE_KB: Final = (
    16_000  # of the file's pages: an index of a million addresses is filled in half the time of SQLite's own 2,000
)
TEMP_CACHE_KB: Final = 8_000  # the rest of what is temporary is in a file


def journal_mode(version: tuple[int, ...]) -> str:
    """Return the journal that is safe with this version of SQLite: wal or delete."""
    return "wal" if version >= SAFE_WAL else "delete"


def connect(path: Path) -> apsw.Connection:
    """Return a connection to the database at `path`, made and brought to this release's schema where needed."""
    try:
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(BUSY_MS)
        _harden(connection, path)
        _migrate(connection, path)
    except apsw.NotADBError:
        hint = "Name another file in MAILWEEKLY_DB, or move this one away."
        raise UnreachableError("This file is not a database.", place=str(path), hint=hint) from None
    except (
        apsw.CantOpenError,
        apsw.ReadOnlyError,
        apsw.BusyError,
        apsw.IOError,
        apsw.FullError,
        apsw.CorruptError,
    ) as error:
        hint = "Look at its rights and the free space; nothing was changed."
        raise UnreachableError(f"The database cannot be used: {error}.", place=str(path), hint=hint) from None
    path.chmod(0o600)
    return connection


def one_row(connection: apsw.Connection, sql: str, values: tuple[Any, ...] | Mapping[str, Any] = ()) -> tuple[Any, ...]:
    """Return the one row a query always has (an aggregate, a row by its id). Errors: LookupError."""
    row = connection.execute(sql, values).fetchone()
    if row is None:
        raise LookupError(sql)
    return tuple(row)


def _harden(connection: apsw.Connection, path: Path) -> None:
    journal = journal_mode(tuple(int(part) for part in apsw.sqlite_lib_version().split(".")))
    connection.pragma("journal_mode", journal)
    connection.pragma("synchronous", "FULL" if journal == "wal" else "EXTRA")
    connection.pragma("foreign_keys", True)
    connection.pragma("secure_delete", True)
    connection.pragma("cache_size", -CACHE_KB)
    connection.pragma("temp_store", "FILE")
    connection.pragma("cache_size", -TEMP_CACHE_KB, schema="temp")
    if connection.pragma("journal_mode") != journal or connection.pragma("synchronous") < FULL:
        hint = "Put the publication on a local disk: network file systems cannot keep the promise."
        raise UnreachableError("The database does not take the safe journal.", place=str(path), hint=hint)


def _migrate(connection: apsw.Connection, path: Path) -> None:
    found = connection.pragma("user_version")
    if found == SCHEMA_VERSION:
        return
    if found > SCHEMA_VERSION:
        hint = "Update mailweekly; an older one must not write to it."
        raise RefusedError("This database was made by a newer release.", place=str(path), hint=hint)
    connection.pragma("foreign_keys", False)  # a table is rebuilt; the references are checked at the end
    connection.execute("BEGIN IMMEDIATE")
    try:
        _bring_up(connection, connection.pragma("user_version"))  # read again: two may have come here at once
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has undone it already
            connection.execute("ROLLBACK")
        raise
    connection.pragma("foreign_keys", True)


def _bring_up(connection: apsw.Connection, found: int) -> None:
    if found == SCHEMA_VERSION:
        return
    here = resources.files(__package__)
    if found == 0:
        connection.execute(here.joinpath("schema.sql").read_text("utf-8"))
        legal = [(old.value, new.value) for old, news in MOVES.items() for new in news]
        connection.executemany("INSERT INTO moves VALUES (?, ?)", legal)
    for version in range(found + 1, SCHEMA_VERSION + 1) if found else ():
        connection.execute(here.joinpath("migrations", f"{version}.sql").read_text("utf-8"))
    if connection.execute("PRAGMA foreign_key_check").fetchall():
        raise apsw.CorruptError("rows that refer to nothing")
    note = f"schema {SCHEMA_VERSION}" + (f", from {found}" if found else "")
    connection.execute("INSERT INTO events (at, what) VALUES (?, ?)", (time.time(), note))
    connection.pragma("user_version", SCHEMA_VERSION)
