"""
Who gets an issue, who of the list does not, and why.

Left out is whoever is suppressed, pending, or here twice. A suppression counts by address, so it holds for every row that has the same one.

Errors: none.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping

from mailweekly.audience.model import Audience, LeftOut, Status, Subscriber, Suppression

__all__ = ["DUPLICATE", "GONE", "UNSURE", "Digest", "corrected", "select"]

DUPLICATE = "duplicate"  # reason of a second row with the same address; the one with the lowest id is mailed

GONE = "left the list since"  # of a correction: got the issue, and is no member any more
UNSURE = "not known whether the issue came"  # of a correction: the relay never answered


class Digest:
    """SHA-256 over keys, each ended by a line feed, which no key holds; `text` is its hex digits so far."""

    def __init__(self) -> None:
        self._sum = hashlib.sha256()

    def add(self, keys: Iterable[str]) -> None:
        """Take more keys in."""
        self._sum.update("".join([f"{key}\n" for key in keys]).encode())

    @property
    def text(self) -> str:
        """The digest of all of them."""
        return self._sum.hexdigest()


def select(subscribers: Iterable[Subscriber], suppressions: Mapping[str, Suppression], *, list_name: str) -> Audience:
    """
    Return the audience of a list, in the order of the subscribers' ids, each address once.

    A large list is judged in parts, where nobody has an address of another part.
    """
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


def corrected(audience: Audience, got: Collection[str]) -> Audience:
    """
    Return who of `audience` gets a correction: those whose key is among those who `got` the issue, and nobody else.

    Left out are those of them who may not be mailed now. A large audience is judged in parts, as in `select`.
    """
    recipients = tuple(one for one in audience.recipients if one.key in got)
    return Audience(
        name=audience.name,
        recipients=recipients,
        left_out=tuple(one for one in audience.left_out if one.subscriber.key in got),
        digest=_digest(one.key for one in recipients),
    )


def _reason(subscriber: Subscriber, suppression: Suppression | None, suppressed: set[str]) -> str:
    """Why this member is not mailed; empty: they are."""
    if suppression is not None:
        return suppression.reason
    if subscriber.key in suppressed:
        return Status.SUPPRESSED.value
    return "" if subscriber.status is Status.ACTIVE else subscriber.status.value


def _digest(keys: Iterable[str]) -> str:
    digest = Digest()
    digest.add(keys)
    return digest.text
