"""
A relay's answer, and what it means for one delivery.

`judge` says whose matter an answer is; `after_reply` says where that leaves the delivery. Neither sends, sleeps or reads a clock.

Units: instants are aware datetimes; durations timedelta.
Source: RFC 5321 4.2.1 (reply classes) and 4.5.4.1 (retrying); RFC 3463 (enhanced status codes). The retry times are shorter than a mail server's,
since a weekly issue is stale the day after, and the first is five minutes because most greylists open within that.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from mailweekly.delivery.states import State

__all__ = ["GIVE_UP", "Matter", "Outcome", "Reply", "Stage", "after_reply", "judge", "retry_delay"]

RETRY_MINUTES: Final = (5, 15, 30, 60, 120)  # then every LATER_MINUTES
LATER_MINUTES: Final = 240
JITTER: Final = 0.2  # share of the delay, either way: a whole list must not come due in one second
GIVE_UP: Final = timedelta(hours=24)  # after the first try
STATUS: Final = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")
# Refusals of the account or the domain, whoever the reader is: statuses and words seen from large providers.
ACCOUNT_STATUS: Final = frozenset(
    {"5.7.25", "5.7.26", "5.7.27", "5.7.29", "5.7.30", "5.7.32", "5.7.515", "5.7.509", "5.7.60", "5.1.8", "5.4.5"}
)
ACCOUNT_WORDS: Final = re.compile(
    r"sender (address )?re(fused|jected)|not verified|send ?as|daily .*(quota|limit)|quota exceeded for .*account|"
    r"authentication required|(dmarc|spf|dkim).*(fail|reject|not pass)|unauthenticated",
    re.IGNORECASE,
)
# These name the address or its mailbox; whatever the words beside them say, they are the reader's.
READER_STATUS: Final = re.compile(r"5\.(?:1\.(?:1|2|3|6|10)|2\.\d+|4\.4)")
TOO_BIG: Final = "5.3.4"


class Stage(Enum):
    """What the answer was given to."""

    CONNECT = "connect"  # greeting, EHLO, TLS
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # before its 354
    DOT = "dot"  # the final dot: the whole message was handed over


class Matter(Enum):
    """Whose matter an answer is."""

    ACCEPTED = "accepted"  # the relay took charge
    READER = "reader"  # refused for now, this one only
    REFUSED = "refused"  # refused for good, this one only
    LANE = "lane"  # this connection: back off; the delivery is put back
    ACCOUNT = "account"  # the sender, the domain, the message: stop the send; the delivery is put back


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A relay's final answer: `451 4.7.1 try again later`, and the stage it was given at."""

    code: int
    text: str
    stage: Stage

    @property
    def status(self) -> str:
        """The enhanced status ("4.7.1") the text begins with; empty: none."""
        found = STATUS.match(self.text)
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """Where a try leaves a delivery; what the ledger writes down."""

    state: State
    at: datetime
    reply: Reply | None = None
    due_at: datetime | None = None
    reason: str = ""


def judge(reply: Reply) -> Matter:
    """Return whose matter `reply` is. Errors: ValueError for a reply that is not final."""
    kind = reply.code // 100
    if kind not in {2, 4, 5}:
        message = f"not a final reply: {reply.code}"
        raise ValueError(message)
    if reply.code == 421:  # noqa: PLR2004 - RFC 5321: the service is closing, at any stage
        return Matter.LANE
    if kind == 2:  # noqa: PLR2004 - RFC 5321 4.2.1
        return Matter.ACCEPTED if reply.stage is Stage.DOT else Matter.LANE
    if kind == 4:  # noqa: PLR2004 - RFC 5321 4.2.1
        return Matter.READER if reply.stage in {Stage.RCPT, Stage.DOT} else Matter.LANE
    if reply.stage not in {Stage.RCPT, Stage.DOT} or _is_account(reply):
        return Matter.ACCOUNT
    return Matter.REFUSED


def after_reply(reply: Reply, *, delivery_id: int, attempts: int, now: datetime) -> Outcome:
    """Return where `reply`, to the try number `attempts + 1`, leaves the delivery."""
    match judge(reply):
        case Matter.ACCEPTED:
            return Outcome(state=State.ACCEPTED, at=now, reply=reply)
        case Matter.READER:
            due = now + retry_delay(delivery_id, attempts)
            return Outcome(state=State.DEFERRED, at=now, reply=reply, due_at=due)
        case Matter.REFUSED:
            return Outcome(state=State.REJECTED, at=now, reply=reply)
        case Matter.LANE | Matter.ACCOUNT:
            return Outcome(state=State.QUEUED, at=now, reply=reply)


def retry_delay(delivery_id: int, attempts: int) -> timedelta:
    """Return how long to wait after the try number `attempts + 1`: 5, 15, 30, 60, 120 minutes, then four hours, each ±20 %."""
    minutes = RETRY_MINUTES[attempts] if attempts < len(RETRY_MINUTES) else LATER_MINUTES
    # Derived, not random: the same delivery waits the same time on every machine, and a test can name it.
    seed = hashlib.blake2b(f"{delivery_id}:{attempts}".encode(), digest_size=4).digest()
    share = int.from_bytes(seed, "big") / 0xFFFFFFFF
    return timedelta(minutes=minutes * (1 - JITTER + 2 * JITTER * share))


def _is_account(reply: Reply) -> bool:
    if READER_STATUS.fullmatch(reply.status):
        return False
    return reply.status in ACCOUNT_STATUS or reply.status == TOO_BIG or bool(ACCOUNT_WORDS.search(reply.text))
