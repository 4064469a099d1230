"""
Where a relay's answer leaves one delivery.

`judge` says what becomes of it, by the table in `replies`; `after_reply` says it as the ledger writes it down. Neither sends, sleeps or reads a
clock.

Units: instants are aware datetimes; durations timedelta.
Source: RFC 5321 4.2.1 (reply classes) and 4.5.4.1 (retrying); RFC 3463 (enhanced status codes).
"""

from dataclasses import dataclass
from datetime import datetime

from mailweekly.delivery.answer import Reply, Stage
from mailweekly.delivery.meaning import Matter
from mailweekly.delivery.replies import meaning
from mailweekly.delivery.retry import GIVE_UP, PATIENT, Patience, retry_delay
from mailweekly.delivery.states import State

__all__ = ["GIVE_UP", "Matter", "Outcome", "Patience", "Reply", "Stage", "after_reply", "judge", "retry_delay"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Where a try leaves a delivery; what the ledger writes down."""

    state: State
    at: datetime
    reply: Reply | None = None
    due_at: datetime | None = None
    reason: str = ""
    cause: str = ""  # of a refusal: a word of `bounce.cause`
    relay: str = ""  # the name of the relay that answered, or was to; empty: none was asked
    took_s: float = 0.0  # from its turn on the lane to the answer


def judge(reply: Reply) -> Matter:
    """Return what becomes of a delivery that got `reply`. Errors: ValueError for a reply that is not final."""
    return meaning(reply).matter


def after_reply(
    reply: Reply, *, delivery_id: int, attempts: int, now: datetime, patience: Patience = PATIENT
) -> Outcome:
    """Return where `reply`, to the try number `attempts + 1`, leaves the delivery."""
    means = meaning(reply)
    match means.matter:
        case Matter.ACCEPTED:
            return Outcome(state=State.ACCEPTED, at=now, reply=reply)
        case Matter.READER:
            due = now + retry_delay(delivery_id, attempts, patience)
            return Outcome(state=State.DEFERRED, at=now, reply=reply, due_at=due, cause=means.cause)
        case Matter.REFUSED:
            return Outcome(state=State.REJECTED, at=now, reply=reply, cause=means.cause)
        case Matter.LANE | Matter.ACCOUNT:
            return Outcome(state=State.QUEUED, at=now, reply=reply, cause=means.cause)
