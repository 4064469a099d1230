"""
One person erased: everywhere in the database, and only a keyed mark is left.

Deliveries keep their state, so that every count stays right; who they went to is gone from them. Whoever waits in a send is skipped. A delivery whose
body may be on its way is waited for: its outcome is written first.

Units: instants in seconds since the epoch.
Errors: none; what is under way is told by the return value.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import apsw

from mailweekly.adapters.store.connection import connect, one_row
from mailweekly.adapters.store.lock import SenderLock
from mailweekly.audience.erasure import mark

__all__ = ["Held", "erase", "held", "in_flight", "message_names", "tidy"]

SCAN_BYTES: Final = 1 << 24
COUNTS: Final[tuple[tuple[str, str], ...]] = (
    ("subscribers", "SELECT count(*) FROM subscribers WHERE key = :key"),
    ("lists", "SELECT count(*) FROM memberships WHERE subscriber_id = :id"),
    ("suppressions", "SELECT count(*) FROM suppressions WHERE key = :key"),
    ("story", "SELECT count(*) FROM story WHERE key = :key"),
    ("letters", "SELECT count(*) FROM letters WHERE key = :key"),
    ("departures", "SELECT count(*) FROM departures WHERE subscriber_id = :id"),
    (
        "deliveries",
        "SELECT count(*) FROM sends JOIN deliveries ON deliveries.send_id = sends.id WHERE deliveries.key = :key",
    ),
)
OF_KEY: Final = "send_id IN (SELECT id FROM sends) AND key = :key"
FLYING: Final = f"SELECT count(*) FROM deliveries WHERE {OF_KEY} AND state = 'sending'"
NAMES: Final = f"SELECT message_id FROM deliveries WHERE {OF_KEY} AND message_id <> ''"
SKIP: Final = f"""
UPDATE deliveries SET state = 'skipped', reason = 'erased', outcome_at = :now WHERE {OF_KEY} AND state IN ('queued', 'deferred', 'claimed')
"""
# Its intent is of a sender that is no more: read as unknown, as the next run would have it.
LOST: Final = f"""
UPDATE deliveries SET state = 'unknown', outcome_at = :now, attempts = attempts + 1,
    reason = 'the sender stopped between the message and its answer' WHERE {OF_KEY} AND state = 'sending'
"""
# The relay's words may repeat the address.
BLANK: Final = f"""
UPDATE deliveries SET key = 'erased:' || id, address = 'erased', name = '', fields = '{{}}', tags = '[]', reply = '', domain = '',
    reason = CASE WHEN reason LIKE 'given up:%' THEN 'given up' WHEN instr(reason, '@') THEN '' ELSE reason END
WHERE {OF_KEY}
"""
GONE: Final = (
    "UPDATE notices SET raw = NULL, subject = '', key = '' WHERE key = :key OR id IN (SELECT notice_id FROM bounces WHERE key = :key)",
    "DELETE FROM bounces WHERE key = :key",
    "DELETE FROM memberships WHERE subscriber_id = :id",
    "DELETE FROM departures WHERE subscriber_id = :id",
    "DELETE FROM letters WHERE key = :key",
    "DELETE FROM story WHERE key = :key OR (subscriber_id = :id AND :id > 0)",
    "DELETE FROM suppressions WHERE key = :key",
    "DELETE FROM subscribers WHERE key = :key",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """What the database has of a person: rows by table, and whether a message to them is under way."""

    id: int
    rows: dict[str, int]
    is_flying: bool

    @property
    def is_nothing(self) -> bool:
        """Whether there is none."""
        return not any(self.rows.values())


def held(connection: apsw.Connection, key: str) -> Held:
    """Return what there is of a person."""
    row: Any = connection.execute("SELECT id FROM subscribers WHERE key = ?", (key,)).fetchone()
    who: dict[str, Any] = {"key": key, "id": int(row[0]) if row else 0}
    rows = {name: int(one_row(connection, sql, who)[0]) for name, sql in COUNTS}
    return Held(id=who["id"], rows=rows, is_flying=in_flight(connection, key))


def in_flight(connection: apsw.Connection, key: str) -> bool:
    """Whether the body of a message to them may be on its way."""
    return bool(one_row(connection, FLYING, {"key": key})[0])


def message_names(connection: apsw.Connection, key: str) -> tuple[str, ...]:
    """Return the Message-IDs of what went to them."""
    return tuple(name for (name,) in connection.execute(NAMES, {"key": key}))


def erase(connection: apsw.Connection, key: str, secret: bytes, now: float, *, nobody_sends: bool) -> bool:
    """Erase a person; whether it was done: not while a message to them is under way, unless `nobody_sends`."""
    if in_flight(connection, key) and not nobody_sends:
        return False
    who: dict[str, Any] = {"key": key, "id": held(connection, key).id, "now": now}
    for sql in (SKIP, LOST, BLANK, *GONE):
        connection.execute(sql, who)
    connection.execute("INSERT OR IGNORE INTO erased VALUES (?, ?)", (mark(key, secret), now))
    return True


def tidy(path: Path, words: tuple[str, ...]) -> bool:
    """
    Take what is left of erased text out of the database's files; whether nothing of it is there any more.

    What is deleted is overwritten at once. The log beside the file is emptied; and where a page that was once divided still holds a copy, the file is
    written anew. A reader or sender that has the file in use may be in the way of either.
    """
    needles = [word.encode() for word in words if word]
    connection = connect(path)
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        if _holds(path, needles):
            if SenderLock(path).is_held():
                return False  # it would wait as long as the file is being written
            connection.execute("VACUUM")
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except (apsw.BusyError, apsw.LockedError, apsw.FullError):
        return False
    finally:
        connection.close()
    log = path.with_name(f"{path.name}-wal")
    return not (log.exists() and log.stat().st_size)


def _holds(path: Path, needles: list[bytes]) -> bool:
    longest = max(map(len, needles), default=1)
    with path.open("rb") as file:
        tail = b""
        while piece := file.read(SCAN_BYTES):
            there = tail + piece
            if any(needle in there for needle in needles):
                return True
            tail = there[-longest:]
    return False
