"""
Who would get an issue, counted beside the studio: a large list takes seconds, and no page waits for them.

What was counted holds until the issue, a list file or the database changes. Nothing of it stays in the database, and where there is none yet, none is
made. Refuses to count while somebody sends: it would make the sender wait.

Errors: none leave it; a MailweeklyError becomes the census's `error`.
"""

import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from mailweekly.adapters.store.database import Database
from mailweekly.adapters.store.gauge import Gauge
from mailweekly.adapters.store.sends import Send
from mailweekly.adapters.web.copy import from_message
from mailweekly.cli.audiences import goal_of
from mailweekly.cli.people import synced
from mailweekly.cli.place import Place
from mailweekly.cli.plan import judged, reader_of
from mailweekly.cli.prepared import SAMPLE_AT, SAMPLE_KEYS, Prepared, picture_bytes, sender_of
from mailweekly.delivery.states import SendState, State
from mailweekly.errors import MailweeklyError
from mailweekly.message.program import compose, prepare
from mailweekly.message.variants import Variant

__all__ = ["Census", "Counted", "Earlier"]

WAIT_S: Final = 0.4  # of a page, for a count that is under way
KEPT: Final = 8  # counts, the newest
HEAD_BYTES: Final = 28
CHANGE_COUNTER: Final = slice(24, HEAD_BYTES)  # of an SQLite file's header (file format, 1.3.7)
ISSUE: Final = "issue"
GOING: Final = frozenset({SendState.RUNNING, SendState.PAUSED, SendState.SCHEDULED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """An earlier send: of which issue, when, to how many."""

    issue: str
    at: float
    readers: int
    is_over: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """What was counted."""

    audience: str
    readers: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)  # by reason
    variants: tuple[Variant, ...] = ()
    html_bytes: int = 0  # of the largest variant
    own: Earlier | None = None  # this issue's send to the same list
    before: Earlier | None = None  # the last other issue's
    is_busy: bool = False  # somebody sends: the readers were not counted
    error: MailweeklyError | None = None


class Census:
    """The newest counts."""

    def __init__(self) -> None:
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="census")
        self._kept: dict[tuple[Any, ...], Future[Counted]] = {}

    def of(self, place: Place, ready: Prepared) -> Counted | None:
        """Return what was counted; None: not yet, ask again."""
        key = (ready.label, ready.edition.digest, ready.list_name, _stamps(place))
        if key not in self._kept:
            for older in [one for one in self._kept if one[0] == ready.label]:
                self._kept.pop(older).cancel()
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept))).cancel()
            self._kept[key] = self._beside.submit(_counted, place, ready)
        try:
            return self._kept[key].result(WAIT_S)
        except (NotYetError, TimeoutError):
            return None


def _counted(place: Place, ready: Prepared) -> Counted:
    found = Counted(audience=ready.list_name)
    try:
        if place.database.exists():
            found = _with_history(place, ready, found)
        return found if found.is_busy or found.own else _with_people(place, ready, found)
    except MailweeklyError as error:
        return replace(found, error=error)


def _with_history(place: Place, ready: Prepared, found: Counted) -> Counted:
    with Gauge(place.database) as gauge:
        there = [one for one in gauge.history() if one.kind == ISSUE and one.audience == ready.list_name]
        own = [one for one in there if one.issue == ready.label]
        others = [one for one in there if one.issue != ready.label and one.state is not SendState.CANCELLED]
        return replace(
            found,
            own=_earlier(gauge, own[-1]) if own else None,
            before=_earlier(gauge, others[-1]) if others else None,
            is_busy=bool(gauge.workers(time.time())),
        )


def _earlier(gauge: Gauge, send: Send) -> Earlier:
    counts = gauge.counts(send)
    readers = sum(counts.values()) - counts.get(State.SKIPPED, 0)
    return Earlier(issue=send.issue, at=send.created_at, readers=readers, is_over=send.state not in GOING)


def _with_people(place: Place, ready: Prepared, found: Counted) -> Counted:
    with contextlib.ExitStack() as until:
        path = place.database
        if not path.exists():
            path = Path(until.enter_context(tempfile.TemporaryDirectory(prefix="mailweekly-"))) / "census.db"
        database = until.enter_context(Database(path))
        people = synced(place, database, goal_of(place, ready.list_name), keep=False, held=ready.label)
        left = Counter(one.reason for one in people.audience.left_out) + Counter(people.found.only_suppressed)
        variants = judged(ready, people)
        first = next(iter(people.audience.recipients), None)
        examples = [one.example for one in variants] or ([reader_of(first)] if first else [])
        return replace(
            found,
            readers=len(people.audience.recipients),
            left_out=dict(left.most_common()),
            variants=variants,
            html_bytes=max((_html_bytes(place, ready, one) for one in examples), default=0),
        )


def _html_bytes(place: Place, ready: Prepared, reader: Any) -> int:
    program = prepare(
        ready.edition,
        sender_of(place, ready.list_name),
        keys=SAMPLE_KEYS,
        issue_label=ready.label,
        list_name=ready.list_name,
        pictures=picture_bytes(ready.pictures),
    )
    return from_message(compose(program, reader, delivery_id=0, at=SAMPLE_AT).content, ready.edition).html_bytes


def _stamps(place: Place) -> tuple[Any, ...]:
    """What the count depends on beside the issue: list files, the database, the settings."""
    stamps: list[Any] = [_commits(place.database)]
    for path in [*sorted((place.root / "subscribers").glob("*.csv")), place.root / "mailweekly.toml"]:
        with contextlib.suppress(OSError):
            state = path.stat()
            stamps.append((path.name, state.st_mtime_ns, state.st_size))
    return tuple(stamps)


def _commits(path: Path) -> tuple[bytes, int]:
    """What changes by a commit and not by a look that is undone: the file's change counter, and how long the log beside it is."""
    log = path.with_name(path.name + "-wal")
    try:
        with path.open("rb") as file:
            counter = file.read(HEAD_BYTES)[CHANGE_COUNTER]
        return counter, log.stat().st_size if log.exists() else 0
    except OSError:
        return b"", 0
