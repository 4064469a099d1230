"""
The queue of letters: mail to one person beside the issues, written down before it is sent.

A letter waits until a relay has said yes or no to it; whoever sends holds the letters' lock, so a crash leaves it waiting, and it is sent again. Each
function is one operation for the writer.

Units: instants in seconds since the epoch.
Errors: those of the writer.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import apsw

from mailweekly.adapters.store.lock import SenderLock
from mailweekly.audience.joining import Letter

__all__ = ["due_letters", "forget_knocks", "letters_lock", "put_off", "settle_letter", "write_letter"]

WRITE = "INSERT INTO letters (subscriber_id, key, kind, lists, lang, at, state, due_at) VALUES (?, ?, ?, ?, ?, ?, 'waiting', ?)"
DUE = """
SELECT letters.id, letters.kind, letters.subscriber_id, coalesce(subscribers.address, ''), letters.lists, letters.lang, letters.at, letters.attempts,
  coalesce((SELECT reason FROM suppressions WHERE suppressions.key = letters.key), '')
FROM letters LEFT JOIN subscribers ON subscribers.id = letters.subscriber_id
WHERE letters.state = 'waiting' AND letters.due_at <= ? ORDER BY letters.due_at, letters.id LIMIT ?
"""
SETTLE = (
    "UPDATE letters SET state = ?, done_at = ?, reply = ?, attempts = attempts + 1 WHERE id = ? AND state = 'waiting'"
)
PUT_OFF = "UPDATE letters SET due_at = ?, reply = ?, attempts = attempts + 1 WHERE id = ? AND state = 'waiting'"
TAKES_BACK: Final = frozenset({"confirm"})  # kinds that also go to somebody who has left
GONE: Final = "unsubscribed"


def write_letter(
    connection: apsw.Connection, kind: str, subscriber_id: int, key: str, lists: Sequence[str], lang: str, now: float
) -> None:
    """Write a letter down, to be sent at once."""
    names = json.dumps(list(lists), ensure_ascii=False)
    connection.execute(WRITE, (subscriber_id, key, kind, names, lang, now, now))


def due_letters(connection: apsw.Connection, now: float, limit: int) -> list[Letter]:
    """Return letters to be sent now, the oldest first; those whose reader was erased or suppressed meanwhile are settled as failed."""
    found = []
    waiting: list[Any] = connection.execute(DUE, (now, limit)).fetchall()
    for number, kind, person, address, lists, lang, at, attempts, reason in waiting:
        if not address or (reason and not (kind in TAKES_BACK and reason == GONE)):
            settle_letter(connection, number, sent=False, reply=f"not sent: {reason or 'erased'}", now=now)
            continue
        names = tuple(json.loads(lists))
        found.append(
            Letter(
                id=number,
                kind=kind,
                subscriber_id=person,
                address=address,
                lists=names,
                lang=lang,
                at=at,
                attempts=attempts,
            )
        )
    return found


def settle_letter(connection: apsw.Connection, letter_id: int, *, sent: bool, reply: str, now: float) -> None:
    """Write down how it ended."""
    connection.execute(SETTLE, ("sent" if sent else "failed", now, reply, letter_id))


def put_off(connection: apsw.Connection, letter_id: int, *, until: float, reply: str) -> None:
    """Try it again, later."""
    connection.execute(PUT_OFF, (until, reply, letter_id))


def forget_knocks(connection: apsw.Connection, now: float) -> None:
    """Forget where sign-ups came from, once their hour is over."""
    connection.execute("DELETE FROM knocks WHERE hour < ?", (int(now // 3600) - 1,))


def letters_lock(database: Path) -> SenderLock:
    """Return the lock of whoever sends the letters of this database: one process at a time."""
    return SenderLock(database.with_name(f"{database.name}.letters"))
