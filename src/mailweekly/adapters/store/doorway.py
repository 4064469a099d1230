"""
The database as the public side knows it: asked from a loop, each answer given after its commit, many of them in one.

`Doorway` has a connection of its own, which waits for another program's lock in short steps: a send commits all the time, and a visitor shall not
wait behind it for long.

Errors: UnreachableError where nothing could be stored.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from mailweekly.adapters.store import letters, returns, signups
from mailweekly.adapters.store.facts import facts_of
from mailweekly.adapters.store.signups import Caps
from mailweekly.adapters.store.writer import Writer
from mailweekly.audience.erasure import mark
from mailweekly.audience.joining import Asked, Letter
from mailweekly.delivery.returned import Returned
from mailweekly.errors import UnreachableError

__all__ = ["Doorway", "Person"]

T = TypeVar("T")
ONCE: Final = "SELECT digest FROM notices WHERE ref = ? AND ref <> ''"  # as the index says it


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A reader as they may see and change themselves."""

    id: int
    key: str
    address: str
    name: str
    active: bool
    lists: frozenset[str]
    frequency: str  # "": every issue; "monthly": the first of a month


class Doorway:
    """The people of the database at `path`, for the public side."""

    def __init__(
        self, path: Path, *, caps: Caps, welcome: Collection[str] = (), secrets: Collection[bytes] = ()
    ) -> None:
        self._writer = Writer(path, eager=True)
        self._caps = caps
        self._welcome = tuple(welcome)  # kinds of letters that a new reader gets
        self._secrets = tuple(secrets)  # of the marks of those who were erased
        self._turn = asyncio.Lock()

    def close(self) -> None:
        """Finish what waits."""
        self._writer.close()

    async def leave(self, subscriber_id: int, tag: bytes, origin: str) -> None:
        """Let somebody go from the list of `tag`."""
        await self._done(lambda connection: signups.leave(connection, subscriber_id, tag, origin, time.time()))

    async def ask(self, asked: Asked) -> float:
        """Take a sign-up in; 0, or the seconds after which to ask again."""
        return await self._done(lambda connection: signups.ask(connection, asked, self._caps, time.time()))

    async def confirm(self, letter_id: int) -> bool:
        """Make a reader of whoever was sent this letter, and write down what a new reader gets; whether they are one now."""

        def operation(connection: apsw.Connection) -> bool:
            now = time.time()
            found = signups.confirm(connection, letter_id, now)
            if found is None:
                return signups.has_confirmed(connection, letter_id)
            for secret in self._secrets:  # they have come back by their own word
                connection.execute("DELETE FROM erased WHERE mark = ?", (mark(found.key, secret),))
            for kind in self._welcome:
                letters.write_letter(connection, kind, found.subscriber_id, found.key, found.lists, found.lang, now)
            return True

        return await self._done(operation)

    async def person(self, subscriber_id: int) -> Person | None:
        """Return somebody, or None."""
        return await self._done(lambda connection: _person(connection, subscriber_id))

    async def change(
        self, subscriber_id: int, *, name: str, lists: Collection[str], public: Collection[str], frequency: str
    ) -> Person | None:
        """Write down a reader's wishes; of lists only those that are `public` change. Nothing of somebody who is no reader now."""

        def operation(connection: apsw.Connection) -> Person | None:
            person = _person(connection, subscriber_id)
            if person is None or not person.active:
                return person
            _change(connection, person, name, frozenset(lists) & frozenset(public), frozenset(public))
            _often(connection, person, frequency)
            return _person(connection, subscriber_id)

        return await self._done(operation)

    async def leave_everything(self, subscriber_id: int, origin: str) -> None:
        """Let somebody go for good."""
        await self._done(lambda connection: signups.leave_everything(connection, subscriber_id, origin, time.time()))

    async def facts(self, subscriber_id: int) -> Mapping[str, Any] | None:
        """Return all that is kept of somebody."""
        return await self._done(lambda connection: facts_of(connection, subscriber_id))

    async def is_ready(self) -> bool:
        """Whether the database takes and gives."""
        return await self._done(lambda connection: connection.execute("SELECT 1").fetchone() is not None)

    async def take_back(self, mails: Sequence[tuple[Returned, str]]) -> bool:
        """
        Store what a provider reports, each with what it may be told by once (empty: nothing), and what follows from it; all in one commit.

        False: something was told by another's once, and nothing is stored.
        """

        def operation(connection: apsw.Connection) -> bool:
            for mail, once in mails:
                known: Any = connection.execute(ONCE, (once,)).fetchone() if once else None
                if known is not None and known[0] != mail.digest:
                    return False
            now = time.time()
            for mail, once in mails:
                returns.take(connection, mail, once, now)
            return True

        return await self._done(operation)

    async def due(self, limit: int) -> list[Letter]:
        """Return the letters to be sent now."""
        return await self._done(lambda connection: letters.due_letters(connection, time.time(), limit))

    async def settle(self, letter: Letter, *, sent: bool, reply: str) -> None:
        """Write down how a letter ended."""
        await self._done(
            lambda connection: letters.settle_letter(connection, letter.id, sent=sent, reply=reply, now=time.time())
        )

    async def put_off(self, letter: Letter, *, wait_s: float, reply: str) -> None:
        """Try a letter again after a while."""
        await self._done(
            lambda connection: letters.put_off(connection, letter.id, until=time.time() + wait_s, reply=reply)
        )

    async def tidy(self) -> None:
        """Forget what is not needed any more."""
        await self._done(lambda connection: letters.forget_knocks(connection, time.time()))
        await self._done(lambda connection: signups.forget(connection, time.time()))

    async def _done(self, operation: Callable[[apsw.Connection], T]) -> T:
        """Return what `operation` says, after its commit. Errors: UnreachableError."""
        if isinstance(self._writer.broken, UnreachableError):
            await self._reopen()
        return await self._writer.soon(operation)

    async def _reopen(self) -> None:
        """Open the file anew, where it was away or was packed by another program, and is back; never an empty one in its place."""
        async with self._turn:
            if self._writer.broken is None or not self._writer.path.exists():
                return
            old = self._writer
            self._writer = await asyncio.to_thread(Writer, old.path, eager=True)
            await asyncio.to_thread(old.close)


def _person(connection: apsw.Connection, subscriber_id: int) -> Person | None:
    row = connection.execute(
        "SELECT key, address, name, status, frequency FROM subscribers WHERE id = ?", (subscriber_id,)
    ).fetchone()
    if row is None:
        return None
    lists = frozenset(signups.lists_of(connection, subscriber_id))
    return Person(
        id=subscriber_id,
        key=row[0],
        address=row[1],
        name=row[2],
        active=row[3] == "active",
        lists=lists,
        frequency=row[4],
    )


def _often(connection: apsw.Connection, person: Person, frequency: str) -> None:
    if frequency != person.frequency:
        connection.execute("UPDATE subscribers SET frequency = ? WHERE id = ?", (frequency, person.id))
        told = "one issue a month, on the preferences page" if frequency else "every issue, on the preferences page"
        signups.tell(connection, person.id, person.key, time.time(), "changed", told)


def _change(
    connection: apsw.Connection, person: Person, name: str, wanted: frozenset[str], public: frozenset[str]
) -> None:
    now = time.time()
    if name != person.name:
        connection.execute("UPDATE subscribers SET name = ? WHERE id = ?", (name, person.id))
        signups.tell(connection, person.id, person.key, now, "changed", "the name, on the preferences page")
    for gone in sorted((person.lists & public) - wanted):
        signups.drop(connection, person.id, person.key, gone, "the preferences page", now)
    for new in sorted(wanted - person.lists):
        connection.execute("DELETE FROM departures WHERE list = ? AND subscriber_id = ?", (new, person.id))
        connection.execute("INSERT OR IGNORE INTO memberships VALUES (?, ?, 0)", (new, person.id))
        signups.tell(connection, person.id, person.key, now, "joined", f"the preferences page, the list {new}")
