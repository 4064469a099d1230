"""
What a provider reports of one recipient, in our words; and what makes it one: trust, signature, reading.

A reason comes from `bounce`'s own table where the provider gives a status or the refusal's words; the provider's class of bounce is a hint for where
both are silent. Reports that somebody opened or clicked are not read at all: nothing of them is kept.

Errors: UnauthenticError for a wrong or missing signature, MalformedError for a body that is none of the provider's.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from mailweekly.adapters.inbound.hooks.values import MalformedError, text
from mailweekly.bounce import CAUSES, Kind
from mailweekly.bounce.verdict import verdict

__all__ = [
    "HINTS",
    "THEIRS",
    "Event",
    "Events",
    "Hook",
    "MalformedError",
    "Trust",
    "UnauthenticError",
    "Verified",
    "bounced",
    "filed",
    "identity",
    "raw_of",
]

THEIRS: Final = "theirs"  # the provider suppresses the address by itself
# What a provider's class of bounce means where neither status nor words say more.
HINTS: Final = {"hard": "user-unknown", "soft": "unclear", "policy": "blocked"}
ADDRESS_CHARACTERS: Final = 320  # RFC 5321, 4.5.3.1: 64, an at sign, 255
DIAGNOSTIC_CHARACTERS: Final = 500
RAW_CHARACTERS: Final = 65_536  # of one event's JSON


class UnauthenticError(Exception):
    """It does not show that it comes from the provider."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened to one recipient."""

    kind: Kind
    reason: str  # of a bounce: a word of `bounce.cause`, or THEIRS; else empty
    recipient: str
    token: str | None  # what looks like the token of a delivery; whether it is ours its MAC says
    provider: str
    id: str  # the same event again has the same
    time: datetime | None  # when it happened; None: it does not say
    raw: str  # this event as it came, as JSON
    word: str = ""  # the provider's own name of it
    code: str = ""
    status: str = ""
    diagnostic: str = ""
    message_id: str = ""  # of our message, as we wrote it
    is_odd: bool = False  # an event of no known kind: for the editor's eye


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """What a signature is checked against. Never shown."""

    secrets: tuple[str, ...] = field(default=(), repr=False)  # the newest first; each counts
    topics: frozenset[str] = frozenset()  # of SNS
    certificates: Mapping[str, bytes] = field(
        default_factory=dict, repr=False
    )  # PEM, by its address; "": whatever its address


class Verified(Protocol):
    """Whether a request is the provider's. Header names come in lower case."""

    def __call__(self, headers: Mapping[str, str], body: bytes, trust: Trust, now: datetime) -> None:
        """Return if so. Errors: UnauthenticError, MalformedError."""
        ...


class Events(Protocol):
    """What a request says."""

    def __call__(self, body: bytes, headers: Mapping[str, str]) -> tuple[Event, ...]:
        """Return its events, one for each recipient. Errors: MalformedError."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Hook:
    """One provider. `once`: what a signature may be used for a single time, where it does not cover the body."""

    verified: Verified
    events: Events
    once: Callable[[bytes], str] = lambda _body: ""


def bounced(
    hint: str, words: object, status: object = "", others: tuple[object, ...] = ()
) -> tuple[str, str, str, str]:
    """Return (reason, code, status, diagnostic) of a refusal; `hint` where its words say nothing: a key of HINTS, a cause or THEIRS."""
    diagnostic = text(words, DIAGNOSTIC_CHARACTERS)
    found = verdict(diagnostic, text(status, 40), [text(one, DIAGNOSTIC_CHARACTERS) for one in others])
    hinted = HINTS.get(hint, hint)
    if hinted == THEIRS:
        return THEIRS, found.code, found.status, diagnostic
    is_silent = found.reason == "unclear" and (not found.code and not found.status)
    reason = hinted if is_silent and hinted in CAUSES else found.reason
    return reason, found.code, found.status, diagnostic


def filed(word: str, kinds: Mapping[str, Kind]) -> Kind:
    """Return the kind of an event that is no bounce; OTHER for an unknown one."""
    return kinds.get(word, Kind.OTHER)


def identity(document: object) -> str:
    """Return what names an event that has no name: a digest of all it says."""
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def raw_of(document: Any) -> str:
    """Return an event as JSON, cut where it is too long to keep."""
    return json.dumps(document)[:RAW_CHARACTERS]
