"""
What a relay's answer means: whose fault it is, what becomes of the delivery, and what follows beyond it.

The table is data (`REPLIES`); this module finds the row. The first row that fits decides, and the rows stand in this order: the stage, then an
enhanced status that is precise, then the wording, then the bare code. It never blames a reader for what sender, domain, relay or message did.

Errors: ValueError for a reply that is not final.
Source: RFC 5321 4.2 and 4.3.2; RFC 3463; wordings seen from large providers and mail servers. About 95 % of refusals with 5.7.1 are not about the
address.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mailweekly.delivery.answer import Reply, Stage

__all__ = ["BEFORE", "EVERY", "HANDED", "READERS", "Beyond", "Fault", "Matter", "Meaning", "first_fit", "row"]

LONGEST: Final = 2_000  # characters of a reply that are read: what it says, it says early
BEFORE: Final = frozenset({Stage.CONNECT, Stage.AUTH, Stage.MAIL, Stage.DATA})
READERS: Final = frozenset({Stage.RCPT, Stage.DOT})  # where an answer may be about the one who gets it
HANDED: Final = READERS | {Stage.DATA}
EVERY: Final = frozenset(Stage)


class Matter(Enum):
    """What becomes of the delivery."""

    ACCEPTED = "accepted"  # the relay took charge
    READER = "reader"  # refused for now, this one only: deferred
    REFUSED = "refused"  # refused for good, this one only: rejected
    LANE = "lane"  # this connection: back off; the delivery is put back
    ACCOUNT = "account"  # the sender, the domain, the message: stop the send; the delivery is put back


class Fault(Enum):
    """Whose fault an answer is."""

    NOBODY = "nobody"
    READER = "reader"  # the address or its mailbox
    POLICY = "policy"  # the receiver's rules; never counts against the reader
    RELAY = "relay"  # the connection, the relay, its limits
    ACCOUNT = "account"  # our account, domain or login
    MESSAGE = "message"  # this message, whoever gets it
    OURS = "ours"  # the dialogue itself: a fault of this program


class Beyond(Enum):
    """What follows for others than this one delivery."""

    NOTHING = "nothing"
    SLOW_DOMAIN = "slow-domain"  # the domain group goes at half its pace, and slowly faster again
    REST_DOMAIN = "rest-domain"  # as above, and nothing goes there for ten minutes
    SLOW_RELAY = "slow-relay"  # the relay goes at half its pace, and rests for a minute
    FEWER = "fewer-connections"
    SUPPRESS = "suppress"  # the address takes no mail any more
    ALARM = "alarm"  # counts towards the circuit breaker of refusals by policy
    STOP = "stop"  # the send stops, everybody else stays queued


@dataclass(frozen=True, kw_only=True, slots=True)
class Meaning:
    """A row. `codes` and `status` are matched whole, `words` anywhere in the text; empty: any. `cause` is a word of `bounce.cause`."""

    name: str
    answer: str  # for people
    stages: frozenset[Stage]
    codes: re.Pattern[str]
    status: re.Pattern[str] | None
    words: re.Pattern[str] | None
    fault: Fault
    matter: Matter
    cause: str
    beyond: Beyond

    def fits(self, reply: Reply, status: str, text: str) -> bool:
        """Return whether this row is the reply's."""
        return (
            reply.stage in self.stages
            and bool(self.codes.fullmatch(str(reply.code)))
            and (self.status is None or bool(self.status.fullmatch(status)))
            and (self.words is None or bool(self.words.search(text)))
        )


def row(
    name: str,
    answer: str,
    stages: frozenset[Stage],
    codes: str,
    *,
    status: str = "",
    words: str = "",
    fault: Fault,
    matter: Matter,
    cause: str = "",
    beyond: Beyond = Beyond.NOTHING,
) -> Meaning:
    """Return a row of the table, its patterns compiled; "5.." stands for any code that begins with 5."""
    return Meaning(
        name=name,
        answer=answer,
        stages=stages,
        codes=re.compile(codes),
        status=re.compile(status) if status else None,
        words=re.compile(words, re.IGNORECASE) if words else None,
        fault=fault,
        matter=matter,
        cause=cause,
        beyond=beyond,
    )


def first_fit(rows: Iterable[Meaning], reply: Reply) -> Meaning:
    """Return the first of `rows` that is the reply's. Errors: ValueError for a reply that is not final."""
    if reply.code // 100 not in {2, 4, 5}:
        message = f"not a final reply: {reply.code}"
        raise ValueError(message)
    text = reply.text[:LONGEST]
    return next(one for one in rows if one.fits(reply, reply.status, text))
