"""
A test copy from the studio: the same steps as `send --to`, to the settings' test addresses, as the reader who is looked at.

One at a time: a second one that is asked for meanwhile is refused. Refuses an issue that is not what was seen any more.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from mailweekly import address
from mailweekly.adapters.web.views.test import Replies, Reply, TrialDesk
from mailweekly.cli.place import load
from mailweekly.cli.prepared import prepared
from mailweekly.cli.relays import Outlet, relays_of
from mailweekly.cli.signing import signer_of
from mailweekly.cli.testcopy import copies_sent
from mailweekly.errors import RefusedError, SettingsError, UnfinishedError
from mailweekly.message.model import Reader
from mailweekly.settings import TOML_NAME

__all__ = ["trial_desk"]

FIRST_ID: Final = 0  # of the copies of one test; no subscriber's


def trial_desk(reader_named: Callable[[int, str], Reader | None]) -> TrialDesk:
    """Return how the studio sends a test; `reader_named` finds whom a word names."""
    last: dict[int, Replies] = {}
    turn = threading.Lock()

    def send(number: int, digest: str, to: Sequence[str], word: str) -> Replies:
        if not turn.acquire(blocking=False):
            raise UnfinishedError("A test is being sent already.", place=f"issue {number}", hint="Wait for its answer.")
        try:
            last[number] = _sent(number, digest, to, word, reader_named)
        finally:
            turn.release()
        return last[number]

    return TrialDesk(addresses=lambda: load().settings.test_addresses, relay=_relay, send=send, last=last.get)


def _sent(
    number: int, digest: str, to: Sequence[str], word: str, reader_named: Callable[[int, str], Reader | None]
) -> Replies:
    place = load()
    imitated = reader_named(number, word) if word else None
    if word and imitated is None:
        hint = "An id (s1042) or an address of the issue's list; or leave it empty."
        raise RefusedError("There is no such reader, so no test was sent.", place=word, hint=hint)
    readers = [_copy(one, at, imitated) for at, one in enumerate(to, FIRST_ID)]
    relays, signer = relays_of(place), signer_of(place)
    ready = prepared(place, str(number))
    if ready.edition.digest != digest:
        hint = "Look at it again, then send the test."
        raise RefusedError("The issue has changed meanwhile: nothing was sent.", place=ready.file.shown, hint=hint)
    answers = copies_sent(place, ready, readers, relays, signer)
    return Replies(
        at=f"{datetime.now().astimezone():%H:%M:%S}",
        digest=digest,
        reader=word,
        replies=[Reply(to=one.to, words=one.words, taken=one.taken) for one in answers],
    )


def _copy(text: str, number: int, imitated: Reader | None) -> Reader:
    try:
        wire = address.parse(text).wire
    except ValueError as error:
        hint = "Write it as name@host.tld."
        raise SettingsError(f"This is no address: {error}.", place=f"{TOML_NAME}: test_addresses", hint=hint) from None
    if imitated is None:
        return Reader(subscriber_id=number, address=wire)
    return Reader(subscriber_id=number, address=wire, name=imitated.name, values=imitated.values, tags=imitated.tags)


def _relay() -> str:
    """Through what a test goes, in words."""
    place = load()
    relays = relays_of(place)
    if all(one.address.kind == "outbox" for one in relays):
        return "the local outbox (outbox/), so nothing leaves this machine"
    return ", ".join(_named(one) for one in relays)


def _named(one: Outlet) -> str:
    return f"{one.name} ({one.address})" if one.name else str(one.address)
