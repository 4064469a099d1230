"""
A send steered from beside: paused or called off by another process than the one that sends.

Effective at the next message: the statement that lets a body leave asks whether the send is still running. What is under way comes to its end.

Each function is one operation for the writer, as in `sends`. Units: instants are seconds since the epoch.
"""

from typing import Final

import apsw

from mailweekly.adapters.store import sends
from mailweekly.delivery.states import SendState

__all__ = ["BY_HAND", "GOING", "cancel", "going", "pause"]

BY_HAND: Final = "paused by hand"
GOING: Final = frozenset({SendState.SCHEDULED, SendState.RUNNING, SendState.PAUSED})  # not over


def going(connection: apsw.Connection, issue: str, audience: str = "") -> list[sends.Send]:
    """Return the sends of an issue that are not over, oldest first."""
    there = sends.history(connection, issue)
    return [one for one in there if one.state in GOING and audience in {"", one.audience}]


def pause(connection: apsw.Connection, issue: str, audience: str, now: float) -> list[tuple[sends.Send, bool]]:
    """Pause the issue's sends that are running; return those that are not over, and which of them were paused now."""
    return [
        (one, sends.set_state(connection, one.id, SendState.PAUSED, BY_HAND, now))
        for one in going(connection, issue, audience)
    ]


def cancel(
    connection: apsw.Connection, issue: str, audience: str, now: float, *, alone: bool
) -> list[tuple[sends.Send, int]]:
    """
    Call the issue's sends off; return each with how many were skipped.

    `alone`: nobody is sending, by the sender's lock; then what a dead sender held is put back first, and skipped as well.
    """
    if alone:
        sends.reap(connection, now)
    return [(one, sends.cancel(connection, one.id, now)) for one in going(connection, issue, audience)]
