"""
Readers who asked for one issue a month: who of them had theirs.

The first issue that is sent to them in a month of the publication's calendar is theirs, whichever it is; whoever is not yet tried counts as having
it. A correction asks nobody here: it goes to whoever got the issue.
"""

import json
from collections.abc import Sequence
from typing import Final

import apsw

from mailweekly.adapters.store.sends import HOLDS

__all__ = ["MONTHLY", "Month"]

MONTHLY: Final = "one issue a month is enough"  # why they are left out
OTHERS: Final = "SELECT id FROM sends WHERE kind = 'issue' AND issue <> ? AND created_at >= ?"
ASKED: Final = "SELECT key FROM subscribers WHERE frequency = 'monthly' AND key IN (SELECT value FROM json_each(?))"
HAD: Final = f"""
SELECT DISTINCT key FROM deliveries WHERE send_id IN (SELECT value FROM json_each(?)) AND key IN (SELECT value FROM json_each(?))
    AND state IN ({",".join(f"'{state}'" for state in HOLDS)})
"""


class Month:
    """The sends since the month began, of issues other than `issue`; `since` in seconds since the epoch, 0: nobody is asked about."""

    def __init__(self, connection: apsw.Connection, issue: str, since: float) -> None:
        self._connection = connection
        found = connection.execute(OTHERS, (issue, since)) if since else ()
        self._sends = json.dumps([number for (number,) in found])

    def had(self, keys: Sequence[str]) -> frozenset[str]:
        """Return who of `keys` had the issue of this month, and wants no more."""
        if self._sends == "[]":
            return frozenset()
        asked = [key for (key,) in self._connection.execute(ASKED, (json.dumps(keys),))]
        if not asked:
            return frozenset()
        return frozenset(key for (key,) in self._connection.execute(HAD, (self._sends, json.dumps(asked))))
