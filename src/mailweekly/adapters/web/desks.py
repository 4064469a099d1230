"""
The doors of the views about people and sending: what each of them may ask of the world, as callables that `cli` joins.

Every callable may take its time and may raise MailweeklyError; what needs longer than a page should wait answers with words about how far it is, and
the page asks again by itself. Where `is_blind`, no address leaves this side of a door.

Units: instants are seconds since the epoch; bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mailweekly.edition.model import Edition
from mailweekly.preflight.finding import Finding

__all__ = [
    "Hit",
    "Kept",
    "OutboxDesk",
    "Person",
    "PlanDesk",
    "ReadersDesk",
    "Reckoned",
    "SendsDesk",
    "Sheaf",
    "Slip",
    "Walk",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """Somebody a search has found. `as_` is the word of the address bar; empty: nobody can be shown as this one."""

    as_: str
    name: str
    address: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Whose copy is shown."""

    as_: str
    title: str  # "Ines Brandão", "No name"
    kind: str  # "subscriber", "segment", "case", "variant"
    address: str
    name: str
    about: str = ""  # of a made-up reader: what it tries
    fields: Mapping[str, str] = field(default_factory=dict)
    segments: Sequence[str] = ()
    lists: Sequence[str] = ()
    is_in: bool | None = None  # whether the issue goes to them; None: a made-up reader
    why: str = ""  # why it does, or does not
    answers: Mapping[str, bool] = field(default_factory=dict)  # "segment=paid": whether it holds for them
    size_bytes: int = 0  # of their message


@dataclass(frozen=True, kw_only=True, slots=True)
class Walk:
    """Where a copy stands among the variants of an issue; 0: in none of them."""

    at: int
    of: int
    before: str  # whom the variant before it is shown as
    after: str
    said: str  # of this one
    readers: int  # who get it; -1: not known


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadersDesk:
    """Whom an issue can be shown as."""

    is_blind: bool
    search: Callable[
        [str, int], tuple[int, Sequence[Hit]]
    ]  # words and page -> how many there are, and that page of them
    person: Callable[[Edition, str], Person | None]  # all about whom `as` names
    title: Callable[[Edition, str], str]  # the same in a word or two, at once
    segments: Callable[[Edition], Sequence[tuple[str, str, int]]]  # as, name, how many
    cases: Sequence[tuple[str, str]]  # as, title: the made-up ones
    walk: Callable[[Edition, str], Walk | None]  # None: every reader's copy is the same mail
    progress: Callable[[], str]  # what the search still waits for; empty: nothing
    page: int  # how many a page of a search has


@dataclass(frozen=True, kw_only=True, slots=True)
class Reckoned:
    """A plan, or how far it is."""

    document: Mapping[str, Any] | None  # what `plan --json` says
    progress: str = ""
    command: str = ""  # what to type next


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanDesk:
    """Who gets an issue."""

    plan: Callable[[int, str], Reckoned]  # issue, and the list or "" for its own
    lists: Callable[[], Sequence[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class SendsDesk:
    """How an issue's sends go."""

    status: Callable[[int], Mapping[str, Any]]  # what `status --json` says; without sends where there is none
    pause: Callable[[int, str], str]  # issue and list -> what came of it
    resume: Callable[[int, str], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Slip:
    """A message in the list."""

    pick: str
    label: str  # of its issue
    at: float
    size_bytes: int
    sender: str
    subject: str
    preheader: str
    to_name: str
    to_address: str
    state: str = ""  # in the ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheaf:
    """A page of the outbox."""

    slips: Sequence[Slip]
    found: int  # messages that fit
    total: int
    labels: Sequence[tuple[str, int]]  # issues and how many messages each has
    unread: int = 0  # messages that the search does not know yet


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """One message of the outbox."""

    name: str  # of its file
    label: str
    at: float
    content: bytes  # as it lies there
    ledger: Mapping[str, str]  # what the ledger says of it, by heading
    newer: str  # picks
    older: str
    findings: Callable[[], Sequence[Finding] | None] = lambda: (
        None
    )  # what `check` says of it; None: its issue is not open


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboxDesk:
    """The local outbox."""

    is_blind: bool
    page: Callable[[str, str, int], Sheaf]  # issue or "", words, page
    message: Callable[[str], Kept | None]  # by its pick
    page_size: int
    clear: Callable[[int], int] | None = None  # deletes all, if there are so many; None: not from here
