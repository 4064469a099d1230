"""
The database as the rest of the program knows it: one object, each method one transaction.

Whoever opens it closes it. The statements themselves stand in `sends`, `people` and `ledger`.

Errors: those of `connection` and `writer`.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import apsw

from mailweekly.adapters.store import home, importing, intake, people, sends, steering, tallies
from mailweekly.adapters.store.canary import Watch, watched
from mailweekly.adapters.store.corrections import Corrected, correctable
from mailweekly.adapters.store.gathering import Gathered
from mailweekly.adapters.store.importing import Arrived, Merge
from mailweekly.adapters.store.intake import ListSource, People, Wanted
from mailweekly.adapters.store.lease import Lease, Worker, workers
from mailweekly.adapters.store.ledger import SqliteLedger
from mailweekly.adapters.store.room import check_room
from mailweekly.adapters.store.sends import Freeze, Line, Send
from mailweekly.adapters.store.writer import Writer
from mailweekly.audience.model import Suppression
from mailweekly.delivery.pace import Pacing
from mailweekly.delivery.retry import PATIENT, Patience
from mailweekly.delivery.states import State

__all__ = ["Database", "Standing"]

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """A send, its counts, and the people who were asked for (None: nobody asked)."""

    send: Send
    counts: Mapping[State, int]
    people: tuple[Line, ...] | None = None


class _RehearsedError(Exception):
    """Carries a result out of a transaction that is undone."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


class Database:
    """The database at `path`, made where it is missing."""

    def __init__(self, path: Path) -> None:
        self._writer = Writer(path)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish what waits, and close the file."""
        self._writer.close()

    def bring_in(self, files: Iterable[ListSource], wanted: Wanted, *, keep: bool) -> People:
        """Bring list files in and return who the wanted list holds then; without `keep` nothing of it stays."""

        def operation(connection: apsw.Connection) -> People:
            result = intake.bring_in(connection, files, wanted, self._writer.path.parent)
            if not keep:
                raise _RehearsedError(result)
            return result

        return self._rehearsed(operation)

    def import_people(self, gathered: Gathered, merge: Merge, *, keep: bool) -> Arrived:
        """Bring gathered people in, and return what became of them; without `keep` nothing of it stays."""

        def operation(connection: apsw.Connection) -> Arrived:
            result = importing.bring_in(connection, gathered, merge)
            if not keep:
                raise _RehearsedError(result)
            return result

        return self._rehearsed(operation)

    def suppress(self, suppression: Suppression) -> None:
        """Keep an address out, from the next message on."""
        self._writer.now(lambda connection: people.suppress(connection, suppression))

    def move_in(self, *, here: bool) -> str:
        """Note that a run begins; what to tell the operator. Errors: RefusedError for a copy or an older state, unless `here`."""
        runs, told = self._writer.now(lambda connection: home.move_in(connection, self._writer.path, here=here))
        home.marked(self._writer.path, runs)
        return told

    def lease(self, *, version: str) -> Lease:
        """Return the lease of this process, to be held while it sends."""
        return Lease(self._writer, version=version)

    def workers(self) -> tuple[Worker, ...]:
        """Return whoever works on this ledger now."""
        return self._writer.now(lambda connection: workers(connection, _now()))

    def check_room(self, *, readers: int, edition_bytes: int) -> None:
        """Return if the disk has room for a send. Errors: RefusedError."""
        check_room(self._writer.path, readers=readers, edition_bytes=edition_bytes)

    def freeze(self, what: Freeze) -> Send:
        """Write a send down, whole. Errors: RefusedError when the issue has one to that audience already."""

        def operation(connection: apsw.Connection) -> Send | None:
            sends.freeze(connection, what, _now())
            return sends.find(connection, what.issue, what.audience, what.kind)

        send = self._writer.now(operation)
        assert send is not None
        return send

    def standings(self, issue: str = "", state: State | None = None) -> list[Standing]:
        """Return every send (of `issue`, where named), oldest first, with the people in `state`."""

        def operation(connection: apsw.Connection) -> list[Standing]:
            return [_standing(connection, send, state) for send in sends.history(connection, issue)]

        return self._writer.now(operation)

    def standing(self, send: Send) -> Standing:
        """Return the send as it stands now."""

        def operation(connection: apsw.Connection) -> Standing:
            found = sends.find(connection, send.issue, send.audience, send.kind)
            return _standing(connection, found or send, None)

        return self._writer.now(operation)

    def program(self, send: Send) -> bytes:
        """Return the frozen program of the send's edition."""
        return self._writer.now(lambda connection: sends.program(connection, send))

    def reap(self) -> int:
        """Put the claims of the dead back, read their intents as unknown; how many. Only under the sender's lock."""
        return self._writer.now(lambda connection: sends.reap(connection, _now()))

    def resume(self, send: Send) -> None:
        """Set a paused send running again."""
        self._writer.now(lambda connection: sends.resume(connection, send.id, _now()))

    def pause(self, issue: str, audience: str = "") -> list[tuple[Send, bool]]:
        """Pause the issue's sends that are running; those that are not over, and which of them were paused now."""
        return self._writer.now(lambda connection: steering.pause(connection, issue, audience, _now()))

    def cancel(self, issue: str, audience: str = "", *, alone: bool) -> list[tuple[Send, int]]:
        """Call the issue's sends off: each with how many were skipped. `alone`: the sender's lock is ours."""
        return self._writer.now(lambda connection: steering.cancel(connection, issue, audience, _now(), alone=alone))

    def going(self, issue: str, audience: str = "") -> list[Send]:
        """Return the issue's sends that are not over."""
        return self._writer.now(lambda connection: steering.going(connection, issue, audience))

    def correctable(self, issue: str, audience: str) -> Corrected:
        """Return what a correction of the issue to a list goes by."""
        return self._writer.now(lambda connection: correctable(connection, issue, audience))

    def canary(self, send: Send) -> Watch | None:
        """Return the send's canary as it stands; None: it has none."""
        return self._writer.now(lambda connection: watched(connection, send.id))

    def resolve(self, issue: str, audience: str = "", *, resend: bool) -> int:
        """Settle the unknown readers of an issue's sends by the editor's word; how many. Only under the sender's lock."""

        def operation(connection: apsw.Connection) -> int:
            sends.reap(connection, _now())
            settled = 0
            for send in sends.history(connection, issue):
                if audience in {"", send.audience}:
                    settled += sends.resolve(connection, send.id, resend=resend, now=_now())
                    sends.finish(connection, send.id, _now())
            return settled

        return self._writer.now(operation)

    def put_back(self, issue: str, audience: str = "") -> int:
        """Put the refusals that stopped an issue's sends back among those who wait; how many. Only under the sender's lock."""

        def operation(connection: apsw.Connection) -> int:
            there = [send for send in sends.history(connection, issue) if audience in {"", send.audience}]
            return sum(sends.put_back(connection, send.id, _now()) for send in there)

        return self._writer.now(operation)

    def ledger(
        self,
        send: Send,
        *,
        worker: str,
        pace: Pacing,
        patience: Patience = PATIENT,
        now: Callable[[], float] = time.time,
    ) -> SqliteLedger:
        """Return the ledger of one send, for one worker whose clock is `now`."""
        return SqliteLedger(
            self._writer, send.id, worker=worker, limit=pace.total, pace=pace, patience=patience, now=now
        )

    def _rehearsed(self, operation: Callable[[apsw.Connection], T]) -> T:
        """Run an operation that may undo itself by raising its result."""
        try:
            return self._writer.now(operation)
        except _RehearsedError as rehearsed:
            result: T = rehearsed.result
            return result


def _standing(connection: apsw.Connection, send: Send, state: State | None) -> Standing:
    named = sends.lines(connection, send.id, state) if state else None
    return Standing(send=send, counts=tallies.counts(connection, send.id), people=named)


def _now() -> float:
    return datetime.now(UTC).timestamp()
