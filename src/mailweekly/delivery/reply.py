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
    reply: Reply,
    *,
    delivery_id: int,
    attempts: int,
    now: datetime,
    patience: Patience = PATIENT,
    relay: str = "",
    took_s: float = 0.0,
) -> Outcome:
    """Return where `reply` of `relay`, `took_s` after its turn came, leaves the delivery; it was the try number `attempts + 1`."""
    means = meaning(reply)
    due, state, cause = None, State.QUEUED, means.cause
    match means.matter:
        case Matter.ACCEPTED:
            state, cause = State.ACCEPTED, ""
        case Matter.READER:
            state, due = State.DEFERRED, now + retry_delay(delivery_id, attempts, patience)
        case Matter.REFUSED:
            state = State.REJECTED
        case Matter.LANE | Matter.ACCOUNT:
            pass
    return Outcome(state=state, at=now, reply=reply, due_at=due, cause=cause, relay=relay, took_s=took_s)
