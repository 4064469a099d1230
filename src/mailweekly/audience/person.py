"""
All that is kept of one person, as one document: for whoever asks what is known of them, and for the editor who looks.

It names everything the database holds of the address and nothing of anybody else. Texts are as they were written; whoever shows them escapes them.

Units: instants are ISO 8601 in UTC.
Errors: none.
Source: Regulation (EU) 2016/679, articles 15 (access) and 20 (a machine-readable copy).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailweekly.audience.export_own import instant_cell
from mailweekly.audience.model import Subscriber, Suppression

__all__ = ["Copy", "Event", "report_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One line of a person's story."""

    at: datetime
    what: str  # joined, confirmed, changed, suppressed, left
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One issue that went, or was to go, to them."""

    issue: str
    list_name: str
    state: str  # of the delivery
    kind: str = "issue"  # or correction …
    address: str = ""  # where it went
    name: str = ""  # how it named them
    first_try_at: datetime | None = None
    outcome_at: datetime | None = None
    reply: str = ""  # the relay's last words


def report_of(
    subscriber: Subscriber,
    suppression: Suppression | None = None,
    story: Iterable[Event] = (),
    copies: Iterable[Copy] = (),
) -> dict[str, Any]:
    """Return the document, ready for JSON; its keys are described in the reference. What is not known is null, or empty."""
    return {
        "address": subscriber.address,
        "name": subscriber.name,
        "status": subscriber.status.value,
        "lists": sorted(subscriber.lists),
        "tags": sorted(subscriber.tags),
        "data": dict(sorted(subscriber.data.items())),
        "frequency": subscriber.frequency,
        "joined_at": _instant(subscriber.joined_at),
        "confirmed_at": _instant(subscriber.confirmed_at),
        "left_at": _instant(subscriber.left_at),
        "consent": dict(sorted(subscriber.consent.items())),
        "suppression": _suppression(suppression),
        "story": [{"at": _instant(one.at), "what": one.what, "why": one.why} for one in story],
        "deliveries": [_copy(one) for one in copies],
    }


def _suppression(one: Suppression | None) -> dict[str, str | None] | None:
    if one is None:
        return None
    return {"reason": one.reason, "since": _instant(one.since), "origin": one.origin}


def _copy(one: Copy) -> dict[str, str | None]:
    return {
        "issue": one.issue,
        "list": one.list_name,
        "kind": one.kind,
        "state": one.state,
        "address": one.address,
        "name": one.name,
        "first_try_at": _instant(one.first_try_at),
        "outcome_at": _instant(one.outcome_at),
        "reply": one.reply,
    }


def _instant(at: datetime | None) -> str | None:
    return instant_cell(at) or None
