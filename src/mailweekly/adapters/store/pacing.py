"""
The pace in the ledger: slots, caps and the receivers that asked for patience, each read and written in the transaction that claims or settles.

A row whose receiver may not be asked yet is parked: its `due_at` is set to when it is to be looked at again. Nothing is reserved by that, and a
claim looks at a bounded number of rows, however many hundred thousand wait. Caps count bodies at their intent; what is claimed is counted as if it
were on its way, so that no cap is ever exceeded, by any number of processes.

Each function is one operation for the writer, as in `sends`. Units: instants are seconds since the epoch.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import apsw

from mailweekly.adapters.store.connection import one_row
from mailweekly.delivery.answer import Reply
from mailweekly.delivery.groups import domain_of, group_of
from mailweekly.delivery.meaning import Beyond
from mailweekly.delivery.pace import AHEAD_S, Limit, Pacing, Slots, span_end, span_of, start, step, was_set_back
from mailweekly.delivery.receivers import (
    NEVER,
    RELAY_REST_S,
    REST_S,
    Receiver,
    granted,
    parked,
    paused,
    present,
    rested,
    slowed,
    turn,
)
from mailweekly.delivery.replies import meaning

__all__ = [
    "Opening",
    "Picked",
    "count_body",
    "held_until",
    "note_reply",
    "opening",
    "park",
    "shut",
    "start_afresh",
    "unshut",
]

TOTAL: Final = "relay"  # the scope of all relays together, over all sends
FOREVER: Final = 1_000_000_000
SLOTS: Final = "SELECT next_at, in_batch, granted_at FROM rate WHERE scope = ?"
TAKEN: Final = "SELECT taken FROM caps WHERE scope = ? AND span = ?"
COUNT: Final = "INSERT INTO caps VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET taken = taken + 1"
# The first condition is the index's own: without it every claim under a cap would read the whole table.
UNDER_WAY: Final = """
SELECT count(*) FROM deliveries WHERE state IN ('claimed', 'sending', 'unknown') AND state = 'claimed' AND ? IN ('', route)
"""
BODY: Final = "SELECT body_at FROM rate WHERE scope = ?"
DISTANCE: Final = "UPDATE rate SET body_at = ?, next_at = max(next_at, ?) WHERE scope = ?"
TOLERANCE_S: Final = (
    0.03  # a body may leave so much before its distance is full: no second holds more than 1.03 of the pace, and one
)
LONGEST_S: Final = 120.0  # a body is never held longer: further ahead, the clock was set back
KEEP_SLOTS: Final = """
INSERT INTO rate (scope, next_at, in_batch, granted_at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
SET next_at = excluded.next_at, in_batch = excluded.in_batch, granted_at = excluded.granted_at
"""
RECEIVERS: Final = "SELECT name, interval_s, until, next_at, slowed_at, parked_to, reason FROM domains"
KEEP: Final = "INSERT OR REPLACE INTO domains VALUES (?, ?, ?, ?, ?, ?, ?)"
PARK: Final = "UPDATE deliveries SET due_at = ? WHERE id = ?"
FREED: Final = """
UPDATE deliveries SET due_at = 0 WHERE state IN ('queued', 'deferred') AND due_at >= ?
    AND send_id IN (SELECT id FROM sends WHERE state IN ('running', 'paused'))
"""
# After the clock was set back: whatever was parked, or deferred, from the old one's future.
REDUE: Final = """
UPDATE deliveries SET due_at = iif(state = 'deferred' AND outcome_at IS NOT NULL, :now + max(due_at - outcome_at, 0), :now)
WHERE send_id = :send AND state IN ('queued', 'deferred') AND due_at > :now AND due_at < :never
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picked:
    """A delivery that may leave from `slot` on, and the seconds until the next one may."""

    id: int
    slot: float
    gap_s: float


@dataclass(kw_only=True, slots=True)
class _Scope:
    name: str
    limit: Limit
    slots: Slots
    interval_s: float
    rests_until: float = 0.0


@dataclass(kw_only=True, slots=True)
class Opening:
    """What one claim may take: `room` messages, at these scopes' slots, past these receivers."""

    now: float
    room: int
    scopes: list[_Scope]
    receivers: dict[str, Receiver]  # only those that hold something back
    clock_was_set_back: bool = False
    touched: set[str] = field(default_factory=set)

    def slot(self) -> float:
        """Return when the next message may leave, whoever gets it."""
        return max(max(start(one.slots, self.now), one.rests_until) for one in self.scopes)

    def take(self, at: float) -> float:
        """Give the instant `at` out; the seconds until the next."""
        for one in self.scopes:  # what a slow relay waits for beyond the common pace, the others need not wait for
            own = at if one is self.scopes[-1] else start(one.slots, self.now)
            one.slots = step(one.slots, one.limit, at=own, now=self.now, interval_s=one.interval_s)
        return max(one.slots.next_at for one in self.scopes) - at

    def next_ids(self, ids: Iterable[int]) -> list[Picked]:
        """Return a slot for each."""
        if not any(one.interval_s or one.limit.batch for one in self.scopes):  # the same one
            at = self.slot()
            gap_s = self.take(at)
            return [Picked(id=one, slot=at, gap_s=gap_s) for one in ids]
        return [self._picked(one, self.slot()) for one in ids]

    def among(self, rows: Iterable[tuple[int, str]], *, is_all: bool) -> tuple[list[Picked], list[tuple[float, int]]]:
        """
        Return which of the waiting rows (id, domain) go now, and which are parked until when.

        `is_all`: nobody else waits, so that slots may also be given a second ahead to a receiver with a pace of its own.
        """
        taken: list[Picked] = []
        held: dict[str, list[int]] = {}
        for number, domain in rows:
            name = group_of(domain)
            at = self.slot()
            if len(taken) == self.room:
                break
            if name not in self.receivers:
                taken.append(self._picked(number, at))
            elif turn(self.receivers[name], self.now) <= at:
                taken.append(self._granted(name, number, at))
            else:
                held.setdefault(name, []).append(number)
        while is_all and held and len(taken) < self.room:
            name = min(held, key=lambda one: turn(self.receivers[one], self.now))
            at = max(self.slot(), turn(self.receivers[name], self.now))
            if at > self.now + AHEAD_S:
                break
            taken.append(self._granted(name, held[name].pop(0), at))
            held = {one: left for one, left in held.items() if left}
        return taken, list(self._parked(held))

    def keep(self, connection: apsw.Connection) -> None:
        """Write down what was given out."""
        for one in self.scopes:
            row = (one.name, one.slots.next_at, one.slots.in_batch, one.slots.granted_at)
            connection.execute(KEEP_SLOTS, row)
        for name in self.touched:
            _keep(connection, self.receivers[name])

    def _picked(self, number: int, at: float) -> Picked:
        return Picked(id=number, slot=at, gap_s=self.take(at))

    def _granted(self, name: str, number: int, at: float) -> Picked:
        self.receivers[name] = granted(self.receivers[name], at, self.now)
        self.touched.add(name)
        return self._picked(number, at)

    def _parked(self, held: dict[str, list[int]]) -> Iterator[tuple[float, int]]:
        for name, numbers in held.items():
            for number in numbers:
                self.receivers[name], at = parked(self.receivers[name], self.now)
                self.touched.add(name)
                if at > self.now + AHEAD_S:
                    yield at - AHEAD_S if at < NEVER else NEVER, number


def opening(connection: apsw.Connection, pacing: Pacing, route: str, now: float) -> Opening:
    """Return what may leave over the relay `route` at `now`."""
    receivers = _receivers(connection, pacing, now)
    scopes = [_scope(connection, TOTAL, pacing.total)]
    if route in pacing.relays:
        scopes.append(_scope(connection, f"relay:{route}", pacing.relays[route]))
    slow = receivers.pop(f"relay:{route}", None)
    if slow:
        scopes[-1].interval_s = max(scopes[-1].interval_s, slow.interval_at(now))
        scopes[-1].rests_until = slow.until
    room = min((_room(connection, one, now) for one in scopes), default=FOREVER)
    if slow and slow.until > now + AHEAD_S:
        room = 0
    return Opening(
        now=now,
        room=room,
        scopes=scopes,
        receivers={name: one for name, one in receivers.items() if not name.startswith("relay:")},
        clock_was_set_back=any(was_set_back(one.slots, now) for one in scopes),
    )


def start_afresh(connection: apsw.Connection, send_id: int, now: float) -> None:
    """Bring the due times of a clock that was ahead back to this one's."""
    connection.execute(REDUE, {"send": send_id, "now": now, "never": NEVER})


def park(connection: apsw.Connection, rows: list[tuple[float, int]]) -> None:
    """Set when rows are looked at again."""
    if rows:
        connection.executemany(PARK, rows)


def count_body(connection: apsw.Connection, pacing: Pacing, route: str, gap_s: float, now: float) -> float:
    """
    Return when a body may leave whose turn it is, and count it: its caps, and the distance to the next one, after a kill as well.

    Slots keep messages apart that leave in time; here also those that were held up are kept apart, whichever process they wait in.
    """
    own = pacing.relays.get(route)
    limits = [(TOTAL, pacing.total), *([(f"relay:{route}", own)] if own else [])]
    leaves_at = now
    if gap_s:
        distances = {name: limit.interval_s for name, limit in limits if limit.interval_s} | {limits[-1][0]: gap_s}
        found = [(name, connection.execute(BODY, (name,)).fetchone()) for name in distances]
        due = {name: row[0] for name, row in found if row and row[0] < now + LONGEST_S + gap_s}
        leaves_at = max([now, *(at - TOLERANCE_S for at in due.values())])
        for name, distance in distances.items():
            at = max(leaves_at, due.get(name, 0.0)) + distance
            connection.execute(DISTANCE, (at, leaves_at + distance, name))
    for scope, limit in limits:
        for span in {cap.span for cap in limit.caps_at(leaves_at)}:
            connection.execute(COUNT, (scope, span_of(span, leaves_at)))
    return leaves_at


def note_reply(connection: apsw.Connection, pacing: Pacing, address: str, route: str, reply: Reply, now: float) -> None:
    """Let a refusal slow down whom it concerns."""
    beyond = meaning(reply).beyond
    if beyond not in {Beyond.SLOW_DOMAIN, Beyond.REST_DOMAIN, Beyond.SLOW_RELAY}:
        return
    is_relay = beyond is Beyond.SLOW_RELAY
    name = f"relay:{route}" if is_relay else group_of(domain_of(address))
    found = connection.execute(f"{RECEIVERS} WHERE name = ?", (name,)).fetchone()
    base_s = max(pacing.total.interval_s, pacing.relays.get(route, Limit()).interval_s)
    receiver = slowed(present(_receiver(found, name, pacing), now), now, base_s=base_s)
    if beyond is not Beyond.SLOW_DOMAIN:
        rest_s = RELAY_REST_S if is_relay else REST_S
        receiver = rested(receiver, now, rest_s=rest_s * pacing.scale)
    _keep(connection, receiver)


def shut(connection: apsw.Connection, group: str, reason: str, pacing: Pacing) -> None:
    """Pause a receiver until the send is resumed."""
    found = connection.execute(f"{RECEIVERS} WHERE name = ?", (group,)).fetchone()
    _keep(connection, paused(_receiver(found, group, pacing), reason))


def unshut(connection: apsw.Connection) -> None:
    """Set every paused receiver going again."""
    connection.execute("DELETE FROM domains WHERE until = ?", (NEVER,))
    if connection.changes():
        connection.execute(FREED, (NEVER,))


def held_until(connection: apsw.Connection, pacing: Pacing, now: float, route: str = TOTAL) -> float:
    """Return until when `route` may carry nothing (no relay, where it is none of several), by its caps or because it rests; 0: it may."""
    relays = pacing.relays or {TOTAL: Limit()}
    each = (
        max(_capped(connection, f"relay:{name}", limit, now), _rests(connection, name, now))
        for name, limit in relays.items()
        if name == route or route not in relays
    )
    return max(_capped(connection, TOTAL, pacing.total, now), min(each))


def _capped(connection: apsw.Connection, scope: str, limit: Limit, now: float) -> float:
    held = 0.0
    for cap in limit.caps_at(now):
        row = connection.execute(TAKEN, (scope, span_of(cap.span, now))).fetchone()
        if cap.count <= (row[0] if row else 0):
            held = max(held, span_end(cap.span, now))
    return held


def _rests(connection: apsw.Connection, route: str, now: float) -> float:
    row = connection.execute("SELECT until FROM domains WHERE name = ?", (f"relay:{route}",)).fetchone()
    return float(row[0]) if row and row[0] > now else 0.0


def _scope(connection: apsw.Connection, name: str, limit: Limit) -> _Scope:
    row = connection.execute(SLOTS, (name,)).fetchone()
    slots = Slots(next_at=row[0], in_batch=row[1], granted_at=row[2]) if row else Slots()
    return _Scope(name=name, limit=limit, slots=slots, interval_s=limit.interval_s)


def _room(connection: apsw.Connection, scope: _Scope, now: float) -> int:
    caps = scope.limit.caps_at(now)
    if not caps:
        return FOREVER
    (under_way,) = one_row(connection, UNDER_WAY, (scope.name.partition(":")[2],))
    room = FOREVER
    for cap in caps:
        row = connection.execute(TAKEN, (scope.name, span_of(cap.span, now))).fetchone()
        room = min(room, cap.count - (row[0] if row else 0) - under_way)
    return max(room, 0)


def _receivers(connection: apsw.Connection, pacing: Pacing, now: float) -> dict[str, Receiver]:
    """Those that hold something back, by name; what is over is forgotten."""
    found = {name: _receiver(None, name, pacing) for name in pacing.domains}
    for row in connection.execute(RECEIVERS).fetchall():
        receiver = present(_receiver(row, str(row[0]), pacing), now)
        if receiver.is_over(now):
            connection.execute("DELETE FROM domains WHERE name = ?", (receiver.name,))
        else:
            found[receiver.name] = receiver
    return found


def _receiver(row: tuple[Any, ...] | None, name: str, pacing: Pacing) -> Receiver:
    rate = pacing.domains.get(name, 0.0)
    least_s = 1.0 / rate if rate else 0.0
    if row is None:
        return Receiver(name=name, least_s=least_s)
    return Receiver(
        name=name,
        interval_s=row[1],
        until=row[2],
        next_at=row[3],
        slowed_at=row[4],
        parked_to=row[5],
        reason=row[6],
        least_s=least_s,
    )


def _keep(connection: apsw.Connection, one: Receiver) -> None:
    row = (one.name, one.interval_s, one.until, one.next_at, one.slowed_at, one.parked_to, one.reason)
    connection.execute(KEEP, row)
