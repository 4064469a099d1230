"""
The people: Subscriber, Suppression, Audience, and what a list file said.

An address is kept and mailed exactly as first written; two are the same person when their `key` is equal (`address.key`).
Subscriber ids never change and are shown as `s1042`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

__all__ = ["Audience", "LeftOut", "ListRow", "Reject", "Status", "Subscriber", "Suppression"]


class Status(Enum):
    """Where a subscriber stands."""

    ACTIVE = "active"  # gets issues
    PENDING = "pending"  # has not confirmed; gets none
    SUPPRESSED = "suppressed"  # must never be mailed; the Suppression says why


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppression:
    """An address that must not be mailed; outlives the subscriber's row and beats every import."""

    key: str
    reason: str  # unsubscribed, complaint, dead, unreachable, blocked, held
    since: datetime | None = None
    origin: str = ""  # "subscribers/readers.csv:14", "one-click", …


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscriber:
    """A reader."""

    id: int
    address: str
    key: str
    name: str = ""
    status: Status = Status.ACTIVE
    lists: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    data: Mapping[str, str] = field(default_factory=dict)
    joined_at: datetime | None = None
    confirmed_at: datetime | None = None
    left_at: datetime | None = None
    consent: Mapping[str, str] = field(default_factory=dict)  # the evidence: text, form, wording, ip, source
    frequency: str = ""  # "": every issue; "monthly": the first of a month


@dataclass(frozen=True, kw_only=True, slots=True)
class ListRow:
    """A good row of a list file."""

    line: int
    address: str
    key: str
    name: str
    status: Status
    reason: str  # of a suppressed row; else empty
    tags: frozenset[str]
    data: Mapping[str, str]
    since: datetime | None = None  # of a suppressed row, where the file says it
    joined_at: datetime | None = None
    confirmed_at: datetime | None = None
    consent: Mapping[str, str] = field(default_factory=dict)  # the evidence the file holds
    lists: frozenset[str] = frozenset()  # where the file itself says so; else the list it is brought in to
    left_at: datetime | None = None
    frequency: str = ""
    origin: str | None = None  # of a suppressed row, where the file says where the suppression came from


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject:
    """A row that was left out: where, what, how to mend."""

    file: str
    line: int
    column: str
    value: str  # escaped and cut to 60 characters
    why: str
    mend: str
    kind: str = "rejected"  # or "duplicate"
    cells: tuple[str, ...] = ()  # the row as it stands in the file; one cell where it cannot be cut


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """A member of the list who does not get the issue."""

    subscriber: Subscriber
    reason: str  # unsubscribed, complaint, dead, pending, …


@dataclass(frozen=True, kw_only=True, slots=True)
class Audience:
    """Who gets an issue; who does not, and why. A large one is no tuple: it is gone through, again and again if need be, and not kept."""

    name: str  # the list's or segment's
    recipients: Collection[Subscriber]
    left_out: Collection[LeftOut]
    digest: str  # SHA-256 (hex) over the recipients' keys
