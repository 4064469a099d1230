"""
What the ledger says of messages that lie somewhere: each found by its issue, its reader and its Message-ID. Only reads.

Units: instants are seconds since the epoch.
Errors: none; a ledger that cannot be read says nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import apsw

__all__ = ["Asked", "Posted", "posted"]

WAIT_MS: Final = 2_000
LINE: Final = """
SELECT s.issue, s.audience, s.kind, d.subscriber_id, d.state, d.attempts, d.code, d.reply, d.reason, coalesce(d.outcome_at, 0), d.message_id
FROM sends s JOIN deliveries d ON d.send_id = s.id WHERE s.issue = ? AND d.key = ? AND d.message_id <> ''
"""
Asked = tuple[str, str, str]  # issue, the address's key, and the Message-ID up to its @


@dataclass(frozen=True, kw_only=True, slots=True)
class Posted:
    """A delivery."""

    issue: str
    audience: str
    kind: str
    subscriber_id: int
    state: str
    attempts: int
    reply: str
    reason: str
    at: float  # of the answer; 0: there was none


def posted(path: Path, asked: Iterable[Asked]) -> Mapping[str, Posted]:
    """Return the deliveries by the Message-ID's left end."""
    found: dict[str, Posted] = {}
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    except apsw.Error:
        return found
    try:
        connection.set_busy_timeout(WAIT_MS)
        for issue, key, name in asked:
            rows: list[Any] = connection.execute(LINE, (issue, key)).fetchall()
            own = next((row for row in rows if row[10].strip("<>").partition("@")[0] == name), None)
            if own:
                found[name] = _posted(own)
    except apsw.Error:
        return found
    finally:
        connection.close()
    return found


def _posted(row: tuple[Any, ...]) -> Posted:
    issue, audience, kind, subscriber_id, state, attempts, code, reply, reason, at, _ = row
    return Posted(
        issue=issue,
        audience=audience,
        kind=kind,
        subscriber_id=subscriber_id,
        state=state,
        attempts=attempts,
        reply=f"{code} {reply}".strip() if code else "",
        reason=reason,
        at=at,
    )
