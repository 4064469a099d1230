"""
Coming and going by the public side: a sign-up, its confirmation, and who leaves by a link.

Each function is one operation for the writer: whole or not at all, and answered after the commit. What a sign-up leads to is decided by
`audience.joining`; here it is written down. Whoever leaves is kept out of the sends that run: of all of them by the suppression, of one list's by
the row of theirs.

Units: instants in seconds since the epoch.
Errors: those of the writer.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import apsw

from mailweekly.adapters.store.letters import write_letter
from mailweekly.audience.joining import LEFT, LINK_S, Asked, Known, Step, may_confirm, step_for
from mailweekly.tokens import list_tag

__all__ = [
    "Caps",
    "Confirmed",
    "ask",
    "confirm",
    "drop",
    "forget",
    "has_confirmed",
    "leave",
    "leave_everything",
    "lists_of",
    "tell",
]

HOUR_S: Final = 3_600
FORGET_AT_ONCE: Final = 200
# The lists there are, by steps through the index: there are few of them, and each of a million readers.
LISTS = """
WITH RECURSIVE names (list) AS (SELECT min(list) FROM memberships UNION ALL
  SELECT (SELECT min(list) FROM memberships WHERE list > names.list) FROM names WHERE names.list IS NOT NULL)
SELECT list FROM names WHERE EXISTS (SELECT 1 FROM memberships AS one WHERE one.list = names.list AND one.subscriber_id = ?)
"""
KNOWN = "SELECT id, status = 'active' FROM subscribers WHERE key = ?"
SUPPRESSED = "SELECT reason, coalesce(since, 0) FROM suppressions WHERE key = ?"
LETTERED = "SELECT max(at) FROM letters WHERE key = ? AND kind IN ('confirm', 'already')"
ADD = """
INSERT INTO subscribers (key, address, name, status, tags, data, joined_at, consent) VALUES (?, ?, '', 'pending', '[]', '{}', ?, ?)
RETURNING id
"""
KNOCK = "INSERT INTO knocks VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET taken = taken + 1 RETURNING taken"
TAKEN = "SELECT taken FROM knocks WHERE scope = 'all' AND hour = ?"
TELL = "INSERT INTO story (subscriber_id, key, at, what, why) VALUES (?, ?, ?, ?, ?)"
LETTER = (
    "SELECT subscriber_id, key, lists, lang, at, used_at IS NOT NULL FROM letters WHERE id = ? AND kind = 'confirm'"
)
FRESH = "UPDATE subscribers SET consent = ? WHERE id = ? AND status = 'pending' AND confirmed_at IS NULL"
HAS_CONFIRMED = """
SELECT 1 FROM letters JOIN subscribers ON subscribers.id = letters.subscriber_id
WHERE letters.id = ? AND letters.kind = 'confirm' AND letters.used_at IS NOT NULL AND subscribers.status = 'active'
  AND NOT EXISTS (SELECT 1 FROM suppressions WHERE suppressions.key = subscribers.key)
"""
ARRIVE = "UPDATE subscribers SET status = 'active', confirmed_at = :now, joined_at = coalesce(joined_at, :now), left_at = NULL WHERE id = :id"
NEVER = "SELECT id, subscriber_id, key FROM letters WHERE kind = 'confirm' AND used_at IS NULL AND at < ? ORDER BY at LIMIT ?"
STRANGER = """
SELECT 1 FROM subscribers WHERE id = ? AND status = 'pending' AND confirmed_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM letters WHERE letters.key = subscribers.key)
"""
GO = "UPDATE subscribers SET status = 'suppressed', left_at = ? WHERE id = ?"
SUPPRESS = (
    "INSERT OR IGNORE INTO suppressions VALUES (?, ?, ?, ?)"  # who was out before stays out for the earlier reason
)
SKIP = """
UPDATE deliveries SET state = 'skipped', reason = 'unsubscribed', outcome_at = ? WHERE key = ? AND state IN ('queued', 'deferred', 'claimed')
  AND send_id IN (SELECT id FROM sends WHERE state IN ('scheduled', 'running', 'paused')
    AND (? IN (audience, within) OR (within = '' AND NOT EXISTS (SELECT 1 FROM memberships WHERE list = audience))))
"""
# What a send went to that is no list: a segment.
SEGMENTS = """
SELECT DISTINCT audience FROM sends WHERE NOT EXISTS (SELECT 1 FROM memberships WHERE list = audience)
  AND NOT EXISTS (SELECT 1 FROM departures WHERE list = audience)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Caps:
    """Sign-ups an hour; 0: as many as come."""

    net: int = 0  # from one net
    everybody: int = 0  # that lead to a letter


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """Who has confirmed."""

    subscriber_id: int
    key: str
    lists: tuple[str, ...]
    lang: str


def ask(connection: apsw.Connection, asked: Asked, caps: Caps, now: float) -> float:
    """Take a sign-up in. Return 0, or after how many seconds to ask again where a cap is reached: then nothing was done."""
    hour = int(now // HOUR_S)
    wait = HOUR_S - now % HOUR_S
    knocks = _knocked(
        connection, asked.net or "-", hour
    )  # always: an answer takes as long whether anything else is written
    if asked.net and caps.net and knocks > caps.net:
        return wait
    if caps.everybody and _taken(connection, hour) >= caps.everybody:
        return wait
    row = connection.execute(KNOWN, (asked.key,)).fetchone()
    number, is_active = row or (0, 0)
    reason, _ = _suppressed(connection, asked.key)
    lettered = connection.execute(LETTERED, (asked.key,)).fetchone()
    known = Known(
        active=bool(is_active),
        lists=frozenset(lists_of(connection, number)) if is_active else frozenset(),
        suppressed=reason,
        lettered_at=(lettered[0] if lettered else 0) or 0.0,
    )
    step = step_for(known, asked.lists, now)
    if step is Step.NOTHING:
        return 0.0
    consent = json.dumps(dict(asked.consent), ensure_ascii=False)
    if number:
        connection.execute(FRESH, (consent, number))  # the evidence is of the letter that is confirmed
    else:
        number = next(iter(connection.execute(ADD, (asked.key, asked.address, now, consent))))[0]
    write_letter(connection, step.value, number, asked.key, sorted(asked.lists), asked.lang, now)
    if caps.everybody:
        _knocked(connection, "all", hour)
    if step is Step.CONFIRM:
        tell(connection, number, asked.key, now, "asked", _how(asked.consent))
    return 0.0


def confirm(connection: apsw.Connection, letter_id: int, now: float) -> Confirmed | None:
    """Make a reader of whoever was sent this letter. None: it is none, too old, used, or they have left or complained since."""
    row: Any = connection.execute(LETTER, (letter_id,)).fetchone()
    if row is None:
        return None
    number, key, lists, lang, asked_at, is_used = row
    reason, since = _suppressed(connection, key)
    is_there = connection.execute("SELECT 1 FROM subscribers WHERE id = ?", (number,)).fetchone()
    may = may_confirm(asked_at=asked_at, used=bool(is_used), suppressed=reason, suppressed_at=since, now=now)
    if not (is_there and may):
        return None
    names = tuple(json.loads(lists))
    connection.execute("DELETE FROM suppressions WHERE key = ?", (key,))
    connection.execute(ARRIVE, {"now": now, "id": number})
    connection.execute("UPDATE letters SET used_at = ? WHERE id = ?", (now, letter_id))
    for name in lists_of(connection, number) if reason else ():  # who left everything comes back to what they ask for
        if name not in names:
            connection.execute("DELETE FROM memberships WHERE list = ? AND subscriber_id = ?", (name, number))
            connection.execute("INSERT OR IGNORE INTO departures VALUES (?, ?, ?)", (name, number, now))
    for name in names:
        connection.execute("DELETE FROM departures WHERE list = ? AND subscriber_id = ?", (name, number))
        connection.execute("INSERT OR IGNORE INTO memberships VALUES (?, ?, 0)", (name, number))
    tell(connection, number, key, now, "confirmed", f"the link, for {', '.join(names)}")
    return Confirmed(subscriber_id=number, key=key, lists=names, lang=lang)


def has_confirmed(connection: apsw.Connection, letter_id: int) -> bool:
    """Whether this letter's button was pressed before, and its reader is one still: a second press says the same as the first."""
    return connection.execute(HAS_CONFIRMED, (letter_id,)).fetchone() is not None


def leave(connection: apsw.Connection, subscriber_id: int, tag: bytes, origin: str, now: float) -> None:
    """
    Let somebody go from the list that `tag` stands for: whose only one it is, for good. Nothing changes where there is no such person or list.

    `origin` says by what, in people's words. Who is on no list at all is kept out as well: they have said so. A segment that is of no one list is
    left by leaving everything.
    """
    lists = lists_of(connection, subscriber_id)
    named = [name for name in lists if list_tag(name) == tag]
    if not lists or lists == named or (not named and _is_segment(connection, tag)):
        leave_everything(connection, subscriber_id, origin, now)
        return
    for (key,) in connection.execute("SELECT key FROM subscribers WHERE id = ?", (subscriber_id,)).fetchall():
        for name in named:
            drop(connection, subscriber_id, str(key), name, origin, now)


def leave_everything(connection: apsw.Connection, subscriber_id: int, origin: str, now: float) -> None:
    """Let somebody go for good: suppressed from the next message on. Who was suppressed before stays so for the earlier reason."""
    row = connection.execute("SELECT key FROM subscribers WHERE id = ?", (subscriber_id,)).fetchone()
    if row is None:
        return
    connection.execute(SUPPRESS, (row[0], LEFT, now, origin))
    if connection.changes():
        connection.execute(GO, (now, subscriber_id))
        tell(connection, subscriber_id, row[0], now, "left", origin)


def drop(connection: apsw.Connection, subscriber_id: int, key: str, name: str, origin: str, now: float) -> None:
    """Let somebody go from one list; no file brings them back to it, and a send to it that runs leaves them out."""
    connection.execute("DELETE FROM memberships WHERE list = ? AND subscriber_id = ?", (name, subscriber_id))
    connection.execute("INSERT OR IGNORE INTO departures VALUES (?, ?, ?)", (name, subscriber_id, now))
    connection.execute(SKIP, (now, key, name))
    tell(connection, subscriber_id, key, now, "left", f"{origin}, the list {name}")


def forget(connection: apsw.Connection, now: float) -> None:
    """Forget, some at a time, whoever asked once and never confirmed: the link in their letter is void, and nothing else is known of them."""
    old: list[Any] = connection.execute(NEVER, (now - LINK_S, FORGET_AT_ONCE)).fetchall()
    for letter, number, key in old:
        connection.execute("DELETE FROM letters WHERE id = ?", (letter,))
        if connection.execute(STRANGER, (number,)).fetchone() and not lists_of(connection, number):
            connection.execute("DELETE FROM subscribers WHERE id = ?", (number,))
            connection.execute("DELETE FROM story WHERE key = ?", (key,))


def lists_of(connection: apsw.Connection, subscriber_id: int) -> list[str]:
    """Return the lists somebody is on."""
    return [name for (name,) in connection.execute(LISTS, (subscriber_id,))]


def tell(connection: apsw.Connection, subscriber_id: int, key: str, now: float, what: str, why: str) -> None:
    """Write down what became of a person."""
    connection.execute(TELL, (subscriber_id, key, now, what, why))


def _how(consent: Mapping[str, str]) -> str:
    by = {"form": "the form", "api": "the JSON endpoint"}.get(consent.get("form", ""), "the form")
    return f"{by}, from {consent['ip']}" if consent.get("ip") else by


def _is_segment(connection: apsw.Connection, tag: bytes) -> bool:
    return any(list_tag(name) == tag for (name,) in connection.execute(SEGMENTS))


def _suppressed(connection: apsw.Connection, key: str) -> tuple[str, float]:
    row = connection.execute(SUPPRESSED, (key,)).fetchone()
    return (str(row[0]), float(row[1])) if row else ("", 0.0)


def _knocked(connection: apsw.Connection, scope: str, hour: int) -> int:
    return int(next(iter(connection.execute(KNOCK, (scope, hour))))[0])


def _taken(connection: apsw.Connection, hour: int) -> int:
    row = connection.execute(TAKEN, (hour,)).fetchone()
    return int(row[0]) if row else 0
