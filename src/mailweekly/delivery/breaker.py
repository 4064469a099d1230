"""
The circuit breaker: stops a send whose refusals are not the readers' doing.

Source: a list whose first twenty are all refused alike is a fault of sender, message or relay, not of twenty readers.
"""

from dataclasses import dataclass
from typing import Final

from mailweekly.delivery.reply import Outcome
from mailweekly.delivery.states import State

__all__ = ["Breaker", "observe"]

WINDOW: Final = 20  # messages


@dataclass(frozen=True, kw_only=True, slots=True)
class Breaker:
    """How many outcomes were seen, and how many of them were refusals, from the first on."""

    size: int  # recipients of the send: shorter lists are judged whole
    seen: int = 0
    refused: int = 0
    tripped: str = ""  # the reason; empty: go on


def observe(breaker: Breaker, outcome: Outcome) -> Breaker:
    """Return the breaker after `outcome`; once an acceptance was seen it never trips."""
    if breaker.tripped or breaker.seen != breaker.refused or outcome.state not in {State.ACCEPTED, State.REJECTED}:
        return breaker
    refused = breaker.refused + (outcome.state is State.REJECTED)
    seen = breaker.seen + 1
    tripped = ""
    if refused == seen and 1 < min(WINDOW, breaker.size) <= seen:
        tripped = f"the first {seen} messages were all refused: {outcome.reply}"
    return Breaker(size=breaker.size, seen=seen, refused=refused, tripped=tripped)
