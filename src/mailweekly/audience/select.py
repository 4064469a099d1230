"""
Who gets an issue, who of the list does not, and why.

Left out is whoever is suppressed, pending, or here twice. A suppression counts by address, so it holds for every row that has the same one.

Errors: none.
"""

import hashlib
from collections.abc import Iterable, Mapping

from mailweekly.audience.model import Audience, LeftOut, Status, Subscriber, Suppression

__all__ = ["DUPLICATE", "select"]

DUPLICATE = "duplicate"  # reason of a second row with the same address; the one with the lowest id is mailed


def select(subscribers: Iterable[Subscriber], suppressions: Mapping[str, Suppression], *, list_name: str) -> Audience:
    """Return the audience of a list, in the order of the subscribers' ids, each address once."""
    everybody = sorted(subscribers, key=lambda subscriber: subscriber.id)
    suppressed = {subscriber.key for subscriber in everybody if subscriber.status is Status.SUPPRESSED}
    recipients: dict[str, Subscriber] = {}
    left_out: list[LeftOut] = []
    for subscriber in everybody:
        if list_name not in subscriber.lists:
            continue
        reason = _reason(subscriber, suppressions.get(subscriber.key), suppressed)
        if not reason and recipients.setdefault(subscriber.key, subscriber) is not subscriber:
            reason = DUPLICATE
        if reason:
            left_out.append(LeftOut(subscriber=subscriber, reason=reason))
    return Audience(
        name=list_name,
        recipients=tuple(recipients.values()),
        left_out=tuple(left_out),
        digest=_digest(recipients),
    )


def _reason(subscriber: Subscriber, suppression: Suppression | None, suppressed: set[str]) -> str:
    """Why this member is not mailed; empty: they are."""
    if suppression is not None:
        return suppression.reason
    if subscriber.key in suppressed:
        return Status.SUPPRESSED.value
    return "" if subscriber.status is Status.ACTIVE else subscriber.status.value


def _digest(keys: Iterable[str]) -> str:
    """SHA-256 over the keys, each ended by a line feed, which no key holds."""
    digest = hashlib.sha256()
    for key in keys:
        digest.update(f"{key}\n".encode())
    return digest.hexdigest()
