"""
Who was erased: marks looked up, and nothing else known of them.

Errors: SettingsError where somebody was erased and the keys of the marks are not there: without them the erased would come back unseen.
"""

import json
from collections.abc import Callable, Collection, Sequence

import apsw

from mailweekly.audience.erasure import mark
from mailweekly.errors import SettingsError

__all__ = ["KNOWN", "erased_among", "skip_erased", "unmark"]

KNOWN = "deliveries.key NOT GLOB 'erased:*'"  # a delivery of whom it is still known who they are
SKIP = f"UPDATE deliveries SET state = 'skipped', reason = 'erased', outcome_at = ? WHERE send_id = ? AND state = 'queued' AND NOT {KNOWN}"

FOUND = "SELECT mark FROM erased WHERE mark IN (SELECT value FROM json_each(?))"
ANY = "SELECT 1 FROM erased LIMIT 1"
HINT = "It stands in .env, as `mailweekly init` wrote it; without it, who was erased would come back."


def erased_among(
    connection: apsw.Connection, keys: Collection[str], secrets: Callable[[], Sequence[bytes]]
) -> frozenset[str]:
    """Return which of the address keys are of people who were erased, under any of the publication's keys."""
    if not connection.execute(ANY).fetchall():
        return frozenset()
    known = secrets()
    if not known:
        raise SettingsError("MAILWEEKLY_KEY is missing, and some people here were erased.", place=".env", hint=HINT)
    marks = {mark(key, secret): key for key in keys for secret in known}
    return frozenset(marks[found] for (found,) in connection.execute(FOUND, (json.dumps(list(marks)),)))


def skip_erased(connection: apsw.Connection, send_id: int, now: float) -> None:
    """Skip whoever of a send was put back among those who wait, and was erased: nobody knows where to."""
    connection.execute(SKIP, (now, send_id))


def unmark(connection: apsw.Connection, key: str, secrets: Sequence[bytes]) -> None:
    """Take somebody's marks away, who comes back by their own word."""
    connection.executemany("DELETE FROM erased WHERE mark = ?", [(mark(key, secret),) for secret in secrets])
