"""
The newest issue that went to a list, for somebody who has just joined it. It only reads.

Errors: UnreachableError.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import apsw

from mailweekly.errors import UnreachableError

__all__ = ["newest_program"]

NEWEST = """
SELECT sends.id, iif(sends.id = :held, x'', coalesce(sends.program, editions.program))
FROM sends JOIN editions ON editions.digest = sends.edition
WHERE sends.kind = 'issue' AND sends.state IN ('running', 'finished') AND sends.audience IN (SELECT value FROM json_each(:lists))
  AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.send_id = sends.id
    AND deliveries.key = (SELECT key FROM subscribers WHERE id = :person) AND deliveries.state NOT IN ('skipped', 'rejected', 'expired'))
ORDER BY sends.id DESC LIMIT 1
"""


def newest_program(path: Path, lists: Sequence[str], subscriber_id: int, *, held: int = 0) -> tuple[int, bytes] | None:
    """Return the newest send to one of the lists and its program (empty where it is `held`); None: none, or they have it."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(5_000)
            values = {"held": held, "lists": json.dumps(list(lists)), "person": subscriber_id}
            row = connection.execute(NEWEST, values).fetchone()
        finally:
            connection.close()
    except apsw.Error as error:
        raise UnreachableError(f"The database cannot be read: {error}.", place=str(path), hint="Try again.") from None
    return (int(row[0]), bytes(row[1])) if row else None
