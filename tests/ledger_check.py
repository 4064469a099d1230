"""
The promise, checked: a ledger and what a relay took, against the invariants I1 to I7.

I1  every recipient frozen into the audience is in exactly one state
I2  `accepted` implies exactly one message in the sink
I3  not in the sink implies one of the states that do not claim it is
I4  nobody is in the sink twice
I5  waiting, expired, skipped or rejected imply that nothing is in the sink
I6  each message's octets are those of the frozen edition with that reader's own values

I7  a correction went to those the issue's own send holds as accepted, and only them, each once

and, beside them, that each row makes sense in itself ("row"), that the database still refuses illegal moves ("moves"), and that nobody outside the
ledger got anything ("stranger"). Where an address is in several sends, its messages are told apart by their Message-IDs, which no two sends share.
Each finding begins with its name. The database is opened read-only.
"""

import json
import re
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import apsw

from mailweekly.delivery.states import BY_WORD, MOVES, OPEN, State
from mailweekly.message.model import Reader
from mailweekly.message.program import Program, compose
from mailweekly.tokens import Keys
from tests.sink.log import SinkLog, Taken

__all__ = ["Delivery", "deliveries", "states", "violations"]

COLUMNS: Final = (
    "id, send_id, subscriber_id, key, address, name, fields, state, attempts, due_at, first_try_at, message_id, intent_at,"
    " code, reason, void"
)
ABSENT: Final = {"queued", "claimed", "deferred", "expired", "skipped", "rejected"}  # I5
QUIET: Final = ABSENT | {"unknown"}  # I3
ASSUMED: Final = "assumed accepted by the editor"
SIGNATURES: Final = re.compile(rb"\A(?:DKIM-Signature:.*\r\n(?:[ \t].*\r\n)*)+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One row of the ledger."""

    id: int
    send_id: int
    subscriber_id: int
    key: str
    address: str
    name: str
    fields: str
    state: str
    attempts: int
    due_at: float
    first_try_at: float | None
    message_id: str
    intent_at: float | None
    code: int | None
    reason: str
    void: int


def violations(
    ledger_path: Path,
    sink_log: Path | Sequence[Path],
    *,
    keys: Keys | None = None,
    audience: Collection[str] | None = None,
    running: bool = False,
    resent: Collection[str] = (),
) -> list[str]:
    """
    Return what is wrong; empty: the promise was kept. Of several relays each has a log: what any of them took is in the sink.

    `keys` are the publication's, for I6; `audience` the addresses that must be in the ledger. `running`: the sender lives, or was just killed, so
    that `sending` may stand. `resent` are the addresses `resolve --resend` put back: they, and only they, may have got it twice.
    """
    connection = _opened(ledger_path)
    try:
        rows = _rows(connection)
        taken: dict[str, list[Taken]] = defaultdict(list)
        logs = [sink_log] if isinstance(sink_log, Path) else sink_log
        for message in (message for log in logs for message in SinkLog(log).kept()):
            for recipient in message.recipients or ("",):
                taken[recipient].append(message)
        own = _told_apart(rows, taken)
        found = [
            *_everybody(rows, audience),
            *_in_the_sink(rows, own, running=running, resent=resent),
            *_corrections(connection, rows),
            *_strangers(rows, taken),
            *_sense(rows),
            *_moves(connection),
            *_ends(connection),
        ]
        if keys is not None:
            found.extend(_octets(connection, rows, own, keys))
    finally:
        connection.close()
    return found


def deliveries(ledger_path: Path) -> list[Delivery]:
    """Return every row; none where there is no ledger yet."""
    if not ledger_path.exists():
        return []
    connection = _opened(ledger_path)
    try:
        is_made = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'deliveries'").fetchone()
        return _rows(connection) if is_made else []
    finally:
        connection.close()


def states(ledger_path: Path) -> Counter[str]:
    """Return how many rows stand where."""
    return Counter(row.state for row in deliveries(ledger_path))


def _opened(path: Path) -> apsw.Connection:
    if path.with_name(path.name + "-journal").exists():
        return _rolled_back(path)
    return apsw.Connection(f"file:{path}?mode=ro", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)


def _rolled_back(path: Path) -> apsw.Connection:
    """A sender killed while it made the database leaves a journal: it is rolled back on a copy, for a check must change nothing."""
    memory = apsw.Connection(":memory:")
    with tempfile.TemporaryDirectory() as folder:
        for name in (path.name, path.name + "-journal"):
            shutil.copy2(path.with_name(name), folder)
        copy = apsw.Connection(str(Path(folder) / path.name))
        with memory.backup("main", copy, "main") as copying:
            copying.step()
        copy.close()
    return memory


def _rows(connection: apsw.Connection) -> list[Delivery]:
    names = [name.strip() for name in COLUMNS.split(",")]
    found = connection.execute(f"SELECT {COLUMNS} FROM deliveries ORDER BY id")
    return [Delivery(**dict(zip(names, row, strict=True))) for row in found]


def _everybody(rows: list[Delivery], audience: Collection[str] | None) -> Iterator[str]:
    known = {state.value for state in State}
    seen: Counter[tuple[int, str]] = Counter((row.send_id, row.key) for row in rows)
    yield from (f"I1: {key} is {count} times in send {send}" for (send, key), count in seen.items() if count > 1)
    yield from (
        f"I1: {row.address} is in the state '{row.state}', which is none" for row in rows if row.state not in known
    )
    if audience is not None:
        missing = set(audience) - {row.address for row in rows}
        yield from (f"I1: {address} is nowhere in the ledger" for address in sorted(missing))


def _told_apart(rows: list[Delivery], taken: dict[str, list[Taken]]) -> dict[int, list[Taken]]:
    """Each row's messages (by its id). Of an address in several sends, what has no row's Message-ID counts with the first."""
    by_address: dict[str, list[Delivery]] = defaultdict(list)
    for row in rows:
        by_address[row.address].append(row)
    own: dict[int, list[Taken]] = defaultdict(list)
    for address, mine in by_address.items():
        by_id = {row.message_id: row for row in mine if row.message_id} if len(mine) > 1 else {}
        for message in taken.get(address, ()):
            own[by_id.get(message.message_id, mine[0]).id].append(message)
    return own


def _in_the_sink(
    rows: list[Delivery], own: dict[int, list[Taken]], *, running: bool, resent: Collection[str]
) -> Iterator[str]:
    for row in rows:
        there = len(own.get(row.id, ()))
        most = 2 if row.address in resent else 1
        if row.state == "accepted" and not 1 <= there <= most and row.reason != ASSUMED:
            yield f"I2: {row.address} is accepted and {there} times in the sink"
        if not there and row.state not in QUIET | {"accepted"} and not (running and row.state == "sending"):
            yield f"I3: {row.address} is {row.state} and not in the sink"
        if there > most:
            yield f"I4: {row.address} is {there} times in the sink"
        if row.state in ABSENT and there and row.address not in resent:
            yield f"I5: {row.address} is {row.state} and in the sink"


def _corrections(connection: apsw.Connection, rows: list[Delivery]) -> Iterator[str]:
    found: list[Any] = connection.execute("SELECT id, issue, audience, kind FROM sends ORDER BY id").fetchall()
    states: dict[int, dict[str, Delivery]] = defaultdict(dict)
    for row in rows:
        states[row.send_id][row.key] = row
    first = {(issue, audience): states[send_id] for send_id, issue, audience, kind in found if kind == "issue"}
    for send_id, issue, audience, kind in found:
        if not kind.startswith("correction"):
            continue
        got = {key for key, row in first.get((issue, audience), {}).items() if row.state == "accepted"}
        mailed = {key for key, row in states[send_id].items() if row.state != "skipped"}
        yield from (
            f"I7: {key} is in {kind} of issue {issue} and did not get the issue" for key in sorted(mailed - got)
        )
        sure = {key for key in got if first[issue, audience][key].reason != ASSUMED}  # which may have been said since
        missing = sorted(sure - set(states[send_id]))
        yield from (f"I7: {key} got issue {issue} and is nowhere in its {kind}" for key in missing)


def _strangers(rows: list[Delivery], taken: dict[str, list[Taken]]) -> Iterator[str]:
    known = {row.address for row in rows}
    for address, messages in taken.items():
        if address not in known:
            yield f"stranger: '{address}' got a message and is not in the ledger"
        for message in messages:
            if len(message.recipients) != 1:
                yield f"stranger: one message went to {message.recipients}"


def _sense(rows: list[Delivery]) -> Iterator[str]:
    for row in rows:
        wrong = ""
        match row.state:
            case "accepted" if row.reason != ASSUMED and (row.code is None or row.code // 100 != 2):
                wrong = f"code {row.code}"
            case "rejected" if row.code is None or row.code // 100 != 5:
                wrong = f"code {row.code}"
            case "deferred" if not row.due_at or not row.attempts:
                wrong = f"due at {row.due_at} after {row.attempts} tries"
            case "skipped" | "unknown" if not row.reason:
                wrong = "no reason"
        if row.void and row.state != "rejected":
            wrong = "a refusal that is none counts against nobody"
        if row.state in {"sending", "accepted", "unknown"} and (row.intent_at is None or not row.message_id):
            wrong = "no intent was written down"
        if wrong:
            yield f"row: {row.address} is {row.state}, but: {wrong}"


def _moves(connection: apsw.Connection) -> Iterator[str]:
    legal = {(old.value, new.value) for old, news in MOVES.items() for new in news}
    stored: set[Any] = set(connection.execute("SELECT old, new FROM moves"))
    if stored != legal:
        yield f"moves: the database allows other moves than the table: {sorted(stored ^ legal)}"
    found: list[Any] = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    triggers: dict[str, str] = dict(found)
    if "legal_move" not in triggers:
        yield "moves: the trigger that refuses illegal moves is gone"
        return
    old, new = (state.value for state in BY_WORD)
    allowed = f"(OLD.state = '{old}' AND NEW.state = '{new}' AND OLD.void = 1 AND NEW.void = 0)"
    if triggers["legal_move"].count("AND NOT") != 2 or allowed not in triggers["legal_move"]:
        yield "moves: the trigger lets more pass than the table, and the editor's word"


def _ends(connection: apsw.Connection) -> Iterator[str]:
    marks = ",".join(f"'{state.value}'" for state in OPEN)
    found = connection.execute(
        "SELECT s.id, s.state, count(*) FROM sends s JOIN deliveries d ON d.send_id = s.id"
        f" WHERE s.state IN ('finished', 'cancelled') AND d.state IN ({marks}) GROUP BY s.id"
    )
    for send_id, state, count in found:
        yield f"I1: send {send_id} is {state} with {count} still open"


def _octets(
    connection: apsw.Connection, rows: list[Delivery], own: dict[int, list[Taken]], keys: Keys
) -> Iterator[str]:
    programs: dict[int, Program] = {}
    for send_id, raw in connection.execute(
        "SELECT s.id, coalesce(s.program, e.program) FROM sends s JOIN editions e ON e.digest = s.edition"
    ):
        assert isinstance(send_id, int)
        assert isinstance(raw, bytes)
        programs[send_id] = Program.from_bytes(raw, keys)
    for row in rows:
        for message in own.get(row.id, ()):
            yield from (f"I6: {row.address}: {why}" for why in _differences(programs[row.send_id], row, message))


def _differences(program: Program, row: Delivery, message: Taken) -> Iterator[str]:
    if row.first_try_at is None:
        yield "got a message, but no try was written down"
        return
    reader = Reader(subscriber_id=row.subscriber_id, address=row.address, name=row.name, values=json.loads(row.fields))
    meant = compose(program, reader, delivery_id=row.id, at=datetime.fromtimestamp(row.first_try_at, UTC))
    if message.message_id != meant.message_id or row.message_id not in {"", meant.message_id}:
        yield f"Message-ID {message.message_id}, ledger {row.message_id}, edition {meant.message_id}"
    if message.sender != meant.envelope_from:
        yield f"envelope {message.sender}, not {meant.envelope_from}"
    unsigned = SIGNATURES.sub(b"", message.content)  # whether they hold is not the ledger's business
    if unsigned != meant.content if message.content else message.size != len(meant.content):
        yield f"{message.size} octets that are not the edition's {len(meant.content)}"
