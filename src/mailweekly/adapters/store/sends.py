"""
Sends: frozen in one transaction, found again, counted, resumed, settled by hand.

Each function here is one operation for the writer: it takes the connection first and is whole or not at all. What a running worker does with single
deliveries is `ledger`.

Units: instants are seconds since the epoch.
Errors: RefusedError for a send that exists already.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import apsw

from mailweekly.adapters.store.canary import appoint
from mailweekly.adapters.store.connection import one_row
from mailweekly.adapters.store.marks import skip_erased
from mailweekly.adapters.store.pacing import unshut
from mailweekly.adapters.store.tallies import within
from mailweekly.delivery.canary import Canary
from mailweekly.delivery.states import SendState, State
from mailweekly.errors import RefusedError

__all__ = [
    "HELD",
    "HOLDS",
    "Freeze",
    "Line",
    "Recipient",
    "Send",
    "annul",
    "cancel",
    "find",
    "finish",
    "freeze",
    "history",
    "in_hand",
    "lines",
    "program",
    "put_back",
    "reap",
    "resolve",
    "resume",
    "set_state",
]

HELD: Final = "an earlier send of this issue has this reader"
HOLDS: Final = (
    "accepted",
    "unknown",
    "queued",
    "claimed",
    "sending",
    "deferred",
)  # an earlier send of the issue has this reader


FROZEN: Final = (
    "CREATE TEMP TABLE frozen (send_id, subscriber_id, key, address, name, fields, tags, state, reason, domain, later)"
)
# The domains take turns, each spread over the whole: one domain's trouble shows early and holds nobody else up. Numbers are put in order, not rows.
TURNS: Final = """
CREATE TEMP TABLE turns AS SELECT place FROM (
    SELECT later, place, (row_number() OVER (PARTITION BY domain ORDER BY place) - 0.5) / count(*) OVER (PARTITION BY domain) AS turn
    FROM (SELECT rowid AS place, domain, later FROM temp.frozen))
ORDER BY later, turn, place
"""
IN_TURN: Final = """
INSERT INTO deliveries (send_id, subscriber_id, key, address, name, fields, tags, state, reason, domain)
SELECT send_id, subscriber_id, key, address, name, fields, tags, state, reason, domain
FROM temp.turns CROSS JOIN temp.frozen ON frozen.rowid = turns.place ORDER BY turns.rowid
"""
HELD_ALREADY: Final = f"""
UPDATE temp.frozen SET state = 'skipped', reason = :reason WHERE state = 'queued' AND EXISTS (
    SELECT 1 FROM sends s JOIN deliveries d ON d.send_id = s.id AND d.key = frozen.key
    WHERE s.issue = :issue AND s.kind = :kind AND s.id <> :send AND d.state IN ({",".join(f"'{state}'" for state in HOLDS)}))
"""
# Of the send `sends.id`, each by the index whose own words it repeats: a million rows are not looked through.
WAITS: Final = "EXISTS (SELECT 1 FROM deliveries WHERE send_id = sends.id AND state IN ('queued', 'deferred'))"
IN_HAND: Final = """
EXISTS (SELECT 1 FROM deliveries WHERE send_id = sends.id AND state IN ('claimed', 'sending', 'unknown') AND state <> 'unknown')
"""
# The Message-IDs and the links of another list or kind are others, though the edition is the same.
OWN_PROGRAM: Final = (
    "UPDATE sends SET program = ? WHERE id = ? AND (SELECT program FROM editions WHERE digest = ?) <> ?"
)
PROGRAM: Final = (
    "SELECT coalesce(s.program, e.program) FROM sends s JOIN editions e ON e.digest = s.edition WHERE s.id = ?"
)
IDLE: Final = """
UPDATE deliveries SET idle_s = idle_s + (SELECT max(:now - coalesce(paused_at, :now), 0) FROM sends WHERE id = :send)
WHERE send_id = :send AND state = 'deferred' AND (SELECT state FROM sends WHERE id = :send) = 'paused'
"""
PUT_BACK: Final = """
UPDATE deliveries SET state = 'queued', void = 0, due_at = 0, attempts = 0, first_try_at = NULL, idle_s = 0, reason = 'refused before; put back'
WHERE send_id = ? AND state = 'rejected' AND void = 1
"""
CALLED_OFF: Final = """
UPDATE deliveries SET state = 'skipped', reason = 'called off', outcome_at = ?
WHERE state IN ('queued', 'deferred') AND send_id IN (SELECT id FROM sends WHERE state = 'cancelled' AND ? IN (id, 0))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """Somebody of the audience at the freeze; `reason` other than empty: left out, and why."""

    subscriber_id: int
    key: str
    address: str  # as it goes on the wire
    name: str
    fields: Mapping[str, str]
    tags: frozenset[str] = frozenset()
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Freeze:
    """All that a send is made of."""

    issue: str
    audience: str
    kind: str
    edition: str
    subject: str
    program: bytes
    audience_digest: str
    recipients: Iterable[Recipient]
    within: str = ""  # of a segment: the list it is a part of
    canary: Canary | None = None  # who goes first; None: all at once
    seeds: frozenset[str] = frozenset()  # keys of whoever leads the canary


@dataclass(frozen=True, kw_only=True, slots=True)
class Send:
    """A send as the ledger has it."""

    id: int
    issue: str
    audience: str
    kind: str
    edition: str
    subject: str
    state: SendState
    reason: str
    created_at: float
    finished_at: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One delivery, as `status --list` names it."""

    subscriber_id: int
    address: str
    name: str
    state: State
    attempts: int
    due_at: float
    reply: str
    reason: str
    message_id: str


def freeze(connection: apsw.Connection, what: Freeze, now: float) -> int:
    """Write edition, send and audience down, and return the send's id. Whoever an earlier send of the issue holds is skipped."""
    if find(connection, what.issue, what.audience, what.kind):
        raise RefusedError(
            f"Issue {what.issue} has a send to '{what.audience}' already.", hint="See: mailweekly status"
        )
    connection.execute(
        "INSERT OR IGNORE INTO editions VALUES (?, ?, ?, ?)", (what.edition, what.program, what.subject, now)
    )
    connection.execute(
        "INSERT INTO sends (issue, audience, kind, edition, audience_digest, state, created_at, within) VALUES (?,?,?,?,?,'running',?,?)",
        (what.issue, what.audience, what.kind, what.edition, what.audience_digest, now, what.within),
    )
    send_id = connection.last_insert_rowid()
    connection.execute(OWN_PROGRAM, (what.program, send_id, what.edition, what.program))
    connection.execute(FROZEN)
    connection.executemany("INSERT INTO temp.frozen VALUES (?,?,?,?,?,?,?,?,?,?,?)", _rows(send_id, what))
    again = {"reason": HELD, "issue": what.issue, "kind": what.kind, "send": send_id}
    for statement, values in ((HELD_ALREADY, again), (TURNS, None), (IN_TURN, None)):
        connection.execute(statement, values)
    connection.execute("DROP TABLE temp.frozen; DROP TABLE temp.turns")
    if what.canary:
        appoint(connection, send_id, what.canary, what.seeds)
    _note(connection, now, send_id, f"frozen: {what.kind} {what.issue} to {what.audience}, edition {what.edition}")
    return send_id


def find(connection: apsw.Connection, issue: str, audience: str, kind: str = "issue") -> Send | None:
    """Return the send of `issue` to `audience`, if there is one."""
    return next(_sends(connection, "s.issue = ? AND s.audience = ? AND s.kind = ?", (issue, audience, kind)), None)


def history(connection: apsw.Connection, issue: str = "") -> tuple[Send, ...]:
    """Return every send (of `issue`, where named), oldest first."""
    return tuple(_sends(connection, "(? = '' OR s.issue = ?)", (issue, issue)))


def program(connection: apsw.Connection, send: Send) -> bytes:
    """Return the frozen program of the send."""
    return bytes(one_row(connection, PROGRAM, (send.id,))[0])


def in_hand(connection: apsw.Connection, send_id: int) -> bool:
    """Return whether somebody holds a delivery of the send, claimed or under way."""
    return bool(one_row(connection, f"SELECT {IN_HAND} FROM sends WHERE id = ?", (send_id,))[0])


def lines(connection: apsw.Connection, send_id: int, state: State) -> tuple[Line, ...]:
    """Return the deliveries of the send in `state`."""
    found = connection.execute(
        "SELECT subscriber_id, address, name, attempts, due_at, code, reply, reason, message_id FROM deliveries"
        f" WHERE {within(state)} ORDER BY id",
        {"send": send_id},
    )
    return tuple(
        Line(
            subscriber_id=sid,
            address=address,
            name=name,
            state=state,
            attempts=attempts,
            due_at=due_at,
            reply=f"{code} {reply}".strip() if code else "",
            reason=reason,
            message_id=message_id,
        )
        for sid, address, name, attempts, due_at, code, reply, reason, message_id in found
    )


def reap(connection: apsw.Connection, now: float) -> int:
    """Put the claims of the dead back, and read their intents as unknown; how many are unknown now. Only under the sender's lock."""
    connection.execute("UPDATE deliveries SET state = 'queued', worker = '' WHERE state = 'claimed'")
    connection.execute(
        "UPDATE deliveries SET state = 'unknown', outcome_at = ?, attempts = attempts + 1,"
        " reason = 'the sender stopped between the message and its answer' WHERE state = 'sending'",
        (now,),
    )
    unknown = int(connection.changes())
    _skip_called_off(connection, 0, now)
    return unknown


def resume(connection: apsw.Connection, send_id: int, now: float) -> None:
    """Set a paused send running again, and every receiver that was paused. The time it was paused is held against nobody."""
    _note(connection, now, send_id, "resumed")
    connection.execute(IDLE, {"send": send_id, "now": now})
    connection.execute(
        "UPDATE sends SET state = 'running', reason = '', paused_at = NULL WHERE id = ? AND state = 'paused'",
        (send_id,),
    )
    unshut(connection)


def set_state(connection: apsw.Connection, send_id: int, state: SendState, reason: str, now: float) -> bool:
    """Pause a running send, with the reason; whether it was running."""
    connection.execute(
        "UPDATE sends SET state = ?, reason = ?, paused_at = ? WHERE id = ? AND state = 'running'",
        (state.value, reason, now, send_id),
    )
    changed = bool(connection.changes())
    if changed:
        _note(connection, now, send_id, f"{state.value}: {reason}")
    return changed


def finish(connection: apsw.Connection, send_id: int, now: float) -> bool:
    """Mark the send finished if nobody of it is open; whether it is finished."""
    connection.execute(
        "UPDATE sends SET state = 'finished', reason = '', finished_at = ? WHERE id = ? AND state IN ('running', 'paused')"
        f" AND NOT {WAITS} AND NOT {IN_HAND}",
        (now, send_id),
    )
    if connection.changes():
        _note(connection, now, send_id, "finished")
    _skip_called_off(connection, send_id, now)  # what was in hand when it was called off has come back since
    return bool(one_row(connection, "SELECT state = 'finished' FROM sends WHERE id = ?", (send_id,))[0])


def cancel(connection: apsw.Connection, send_id: int, now: float) -> int:
    """Call the send off: whoever waits is skipped; how many."""
    connection.execute(
        "UPDATE sends SET state = 'cancelled', reason = '', finished_at = ?"
        " WHERE id = ? AND state IN ('scheduled', 'running', 'paused')",
        (now, send_id),
    )
    skipped = _skip_called_off(connection, send_id, now)
    _note(connection, now, send_id, f"cancelled: {skipped} skipped")
    return skipped


def resolve(connection: apsw.Connection, send_id: int, *, resend: bool, now: float) -> int:
    """Settle the unknown ones by the editor's word: mail them again, or take them as accepted; how many."""
    is_over = one_row(connection, "SELECT state = 'cancelled' FROM sends WHERE id = ?", (send_id,))[0]
    if resend and is_over:
        return 0  # called off: nobody of it is mailed any more
    state, reason = ("queued", "") if resend else ("accepted", "assumed accepted by the editor")
    connection.execute(
        "UPDATE deliveries SET state = ?, reason = ?, due_at = 0 WHERE send_id = ? AND state = 'unknown'",
        (state, reason, send_id),
    )
    settled = int(connection.changes())
    skip_erased(connection, send_id, now)
    if settled:
        _note(connection, now, send_id, f"resolved {settled} unknown: {state}")
    if settled and resend:
        connection.execute(
            "UPDATE sends SET state = 'running', finished_at = NULL WHERE id = ? AND state = 'finished'", (send_id,)
        )
    return settled


def annul(connection: apsw.Connection, send_id: int, refused: Collection[int]) -> int:
    """Mark refusals that stopped the send: they count against nobody, and can be taken back; how many."""
    if not refused:
        return 0
    connection.execute(
        "UPDATE deliveries SET void = 1 WHERE send_id = ? AND state = 'rejected' AND id IN (SELECT value FROM json_each(?))",
        (send_id, json.dumps(sorted(refused))),
    )
    return int(connection.changes())


def put_back(connection: apsw.Connection, send_id: int, now: float) -> int:
    """Put the refusals that stopped the send back among those who wait, by the editor's word; how many."""
    connection.execute(PUT_BACK, (send_id,))
    found = int(connection.changes())
    skip_erased(connection, send_id, now)
    if found:
        _note(connection, now, send_id, f"resolved {found} refused: queued")
        connection.execute(
            "UPDATE sends SET state = 'running', finished_at = NULL WHERE id = ? AND state = 'finished'", (send_id,)
        )
    return found


def _skip_called_off(connection: apsw.Connection, send_id: int, now: float) -> int:
    """Skip whoever waits in a cancelled send (0: in any); how many."""
    connection.execute(CALLED_OFF, (now, send_id))
    return int(connection.changes())


def _sends(connection: apsw.Connection, where: str, values: tuple[str, ...]) -> Iterator[Send]:
    found = connection.execute(
        "SELECT s.id, s.issue, s.audience, s.kind, s.edition, e.subject, s.state, s.reason, s.created_at, s.finished_at"
        f" FROM sends s JOIN editions e ON e.digest = s.edition WHERE {where} ORDER BY s.id",
        values,
    )
    for row in found:
        yield Send(
            id=row[0],
            issue=row[1],
            audience=row[2],
            kind=row[3],
            edition=row[4],
            subject=row[5],
            state=SendState(row[6]),
            reason=row[7],
            created_at=row[8],
            finished_at=row[9],
        )


def _rows(send_id: int, what: Freeze) -> Iterator[tuple[object, ...]]:
    for one in what.recipients:
        state = "skipped" if one.reason else "queued"
        fields = json.dumps(dict(one.fields), ensure_ascii=False, separators=(",", ":"))
        tags = json.dumps(sorted(one.tags), ensure_ascii=False)
        domain = one.key.rpartition("@")[2].lower()
        later = one.key not in what.seeds
        yield (
            send_id,
            one.subscriber_id,
            one.key,
            one.address,
            one.name,
            fields,
            tags,
            state,
            one.reason,
            domain,
            later,
        )


def _note(connection: apsw.Connection, now: float, send_id: int, what: str) -> None:
    connection.execute("INSERT INTO events (at, send_id, what) VALUES (?, ?, ?)", (now, send_id, what))
