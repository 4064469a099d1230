"""
What becomes of somebody who asks to join by the public form: a letter with a link, a word that they are on it already, or nothing at all.

Whoever asks is told the same in every case; only the letter differs, and it goes to the address itself. Nobody is a reader before the link in it was
followed and its button pressed. Who complained, or was suppressed for anything but leaving, is written to no more: only the editor brings them back.

Units: instants in seconds since the epoch, UTC.
Errors: none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

__all__ = [
    "ALREADY",
    "CONFIRM",
    "LEFT",
    "LINK_S",
    "QUIET_S",
    "Asked",
    "Known",
    "Letter",
    "Step",
    "may_confirm",
    "step_for",
]

QUIET_S: Final = 86_400.0  # one letter of this kind an address and day (list bombing)
LINK_S: Final = 30 * 86_400.0  # a confirmation link that nobody followed for so long is forgotten
LEFT: Final = "unsubscribed"  # the one reason to be suppressed that a person can take back themselves


class Step(Enum):
    """What is done about a sign-up; the value is the letter's kind."""

    NOTHING = ""
    CONFIRM = "confirm"
    ALREADY = "already"


CONFIRM: Final = Step.CONFIRM.value
ALREADY: Final = Step.ALREADY.value


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A sign-up as it came in: nothing of it is a visitor's text but the address, which is a good one."""

    key: str
    address: str
    lists: frozenset[str]
    lang: str  # of the letter
    net: str = ""  # a keyed mark of where it came from; empty: not counted
    consent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of the address."""

    active: bool = False
    lists: frozenset[str] = frozenset()
    suppressed: str = ""  # the reason
    lettered_at: float = 0.0  # when a letter of this kind was last written down


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One piece of mail to one person, beside the issues."""

    id: int
    kind: str  # confirm, already, welcome, latest
    subscriber_id: int
    address: str
    lists: tuple[str, ...]
    lang: str
    at: float
    attempts: int


def step_for(known: Known, wanted: frozenset[str], now: float) -> Step:
    """Return what is done about somebody who wants these lists."""
    if known.suppressed not in {"", LEFT} or now - known.lettered_at < QUIET_S:
        return Step.NOTHING
    is_there = known.active and not known.suppressed and wanted <= known.lists
    return Step.ALREADY if is_there else Step.CONFIRM


def may_confirm(*, asked_at: float, used: bool, suppressed: str, suppressed_at: float, now: float) -> bool:
    """Return whether a confirmation link still makes a reader: a fresh one, once, of somebody who has not left since."""
    if used or now - asked_at > LINK_S:
        return False
    return not suppressed or (suppressed == LEFT and suppressed_at <= asked_at)
