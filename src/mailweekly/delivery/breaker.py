"""
The circuit breaker: stops a send whose refusals are not the readers' doing.

Twenty refusals in a row that are alike (the same code and status), or all of a shorter list, are a fault of sender, message or relay.
An acceptance or another refusal breaks the row.

Source: the window is the project's own; large providers refuse a blocked sender's mail to everybody with one and the same status.
"""

from dataclasses import dataclass, replace
from typing import Final

from mailweekly.delivery.reply import Outcome
from mailweekly.delivery.states import State

__all__ = ["Breaker", "observe"]

WINDOW: Final = 20  # messages


@dataclass(frozen=True, kw_only=True, slots=True)
class Breaker:
    """The row of refusals so far: how many, and what they have in common."""

    size: int  # recipients of this run: shorter lists are judged whole
    row: int = 0
    alike: tuple[int, str] = (0, "")  # code and status
    tripped: str = ""  # the reason; empty: go on


def observe(breaker: Breaker, outcome: Outcome) -> Breaker:
    """Return the breaker after `outcome`."""
    if breaker.tripped or outcome.state not in {State.ACCEPTED, State.REJECTED}:
        return breaker
    if outcome.state is State.ACCEPTED or outcome.reply is None:
        return replace(breaker, row=0)
    alike = (outcome.reply.code, outcome.reply.status)
    row = breaker.row + 1 if alike == breaker.alike else 1
    tripped = ""
    if 1 < min(WINDOW, breaker.size) <= row:
        tripped = f"{row} messages in a row were refused alike: {outcome.reply}"
    return replace(breaker, row=row, alike=alike, tripped=tripped)
