"""Looking on costs little and is exact: what is counted by the indexes is what stands in the rows, and nobody who writes waits for it."""

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import apsw
import pytest

from mailweekly.adapters.store import corrections, tallies
from mailweekly.adapters.store.connection import connect
from mailweekly.adapters.store.gauge import Gauge
from mailweekly.adapters.store.writer import Writer
from mailweekly.delivery.states import State

NOW: Final = 1_000_000.0
STATEMENTS: Final = [
    *(sql for sql, _ in tallies.COUNTS),
    *tallies.TABLES,
    *(f"SELECT address, name FROM deliveries WHERE {tallies.within(state)} ORDER BY id" for state in State),
    corrections.WHO_GOT,
    corrections.WHO_IS_GONE,
    corrections.WHO_IS_UNSURE,
    tallies.LAST_REFUSED,
    tallies.LAST_DEFERRED,
    tallies.RECENT,
    tallies.FIRST_AT,
    tallies.LAST_AT,
]
INSERT: Final = """
INSERT INTO deliveries (send_id, subscriber_id, key, address, name, fields, state, fence, due_at, intent_at, outcome_at, code, reply, domain, relay)
VALUES (?, ?, ?, ?, '', '{}', ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
GOOD: Final = ("USING COVERING INDEX", "USING INDEX held", "(rowid=?)", "(send_id=? AND key=?)")
Row = tuple[Any, ...]


def _row(number: int, chance: random.Random) -> Row:
    state = chance.choice(list(State))
    domain = chance.choice(["big.test", "big.test", "mid.test", f"d{chance.randrange(90)}.test"])
    key = f"r{number}@{domain}"
    was_tried = state is not State.QUEUED and (state is not State.SKIPPED or chance.random() < 0.5)
    outcome_at = NOW - chance.randrange(60) if was_tried and state not in {State.CLAIMED, State.SENDING} else None
    code = {State.ACCEPTED: 250, State.DEFERRED: 451, State.REJECTED: 550, State.EXPIRED: 452}.get(state)
    return (
        1 + number % 2,
        number,
        key,
        key,
        state.value,
        int(was_tried),
        NOW + 300 if state is State.DEFERRED else 0,
        outcome_at and outcome_at - 1,
        outcome_at,
        code,
        f"5.1.1 no such user {number}" if code else "",
        domain,
        chance.choice(["one", "two"]) if was_tried else "",
    )


def _ledger(path: Path, count: int, seed: int = 7) -> list[Row]:
    chance = random.Random(seed)
    rows = [_row(number, chance) for number in range(count)]
    connection = connect(path)
    with connection:
        connection.execute("INSERT INTO editions VALUES ('e', x'00', 's', 0)")
        for issue in ("1", "2"):
            connection.execute(
                "INSERT INTO sends (issue, audience, kind, edition, audience_digest, state, created_at)"
                " VALUES (?, 'a', 'issue', 'e', '', 'running', 0)",
                (issue,),
            )
        connection.executemany(INSERT, rows)
    connection.close()
    return rows


@pytest.mark.parametrize("seed", range(5))
def test_what_is_counted_is_what_stands_in_the_rows(tmp_path: Path, seed: int) -> None:
    rows = [row for row in _ledger(tmp_path / "a.db", 3_000, seed) if row[0] == 1]
    with Gauge(tmp_path / "a.db") as gauge:
        first = gauge.read("1", now=NOW, domains=1_000)[0]
    assert first.counts == Counter(State(row[4]) for row in rows)
    tried = [row for row in rows if row[4] != "skipped" or row[8]]
    by_domain = {one.name: one for one in first.domains}
    assert set(by_domain) == {row[11] for row in tried}
    for name, one in by_domain.items():
        mine = Counter(row[4] for row in tried if row[11] == name)
        assert one.total == sum(mine.values())
        assert (one.accepted, one.rejected, one.deferred) == (mine["accepted"], mine["rejected"], mine["deferred"])
        assert one.waiting == mine["queued"] + mine["claimed"] + mine["deferred"]
        last_at = max((row[8] for row in tried if row[11] == name and (row[9] or 0) >= 400), default=None)
        said = {
            f"{row[9]} {row[10]}" for row in tried if row[11] == name and row[8] == last_at and (row[9] or 0) >= 400
        }
        assert one.last_refusal in (said or {""})
    relays = {one.name: one.counts for one in first.relays}
    assert relays == {
        name: Counter(State(row[4]) for row in tried if row[12] == name)
        for name in sorted({row[12] for row in tried} - {""})
    }
    answered = [row for row in rows if row[4] in {"accepted", "rejected", "unknown", "expired"}]
    assert first.speed.recent == pytest.approx(sum(row[8] > NOW - 10 for row in answered) / 10)
    assert first.domains_more == 0


def test_the_worst_domains_come_first_and_the_others_are_counted(tmp_path: Path) -> None:
    _ledger(tmp_path / "a.db", 3_000)
    with Gauge(tmp_path / "a.db") as gauge:
        everything = gauge.read("1", now=NOW, domains=1_000)[0]
        some = gauge.read("1", now=NOW, domains=3)[0]
        none = gauge.read("1", now=NOW, domains=0)[0]
    assert some.domains == everything.domains[:3]
    assert some.domains_more == len(everything.domains) - 3
    assert none.domains == ()
    assert none.counts == everything.counts
    assert everything.domains[0].name == "big.test"


@pytest.mark.parametrize("sql", STATEMENTS)
def test_no_count_reads_the_rows(tmp_path: Path, sql: str) -> None:
    connection = connect(tmp_path / "a.db")
    values = {name: 1 for name in ("send", "since", "keys", "list") if f":{name}" in sql}
    steps = [str(step[3]) for step in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    connection.close()
    looks = [step for step in steps if "deliveries" in step]
    assert looks
    for step in looks:
        assert any(good in step for good in GOOD), step


def test_a_look_at_ten_thousand_takes_less_than_a_tenth_of_a_second(tmp_path: Path) -> None:
    _ledger(tmp_path / "a.db", 20_000)
    took = []
    with Gauge(tmp_path / "a.db") as gauge:
        for _ in range(5):
            began = time.perf_counter()
            gauge.read("1", now=NOW)
            took.append(time.perf_counter() - began)
    assert min(took) < 0.1


def test_whoever_looks_holds_nobody_up_who_writes(tmp_path: Path) -> None:
    _ledger(tmp_path / "a.db", 200)
    looker = connect(tmp_path / "a.db")
    looker.execute("BEGIN")
    before = tallies.counts(looker, 1)
    writer = Writer(tmp_path / "a.db")
    began = time.monotonic()
    writer.now(lambda c: c.execute("UPDATE deliveries SET state = 'claimed' WHERE state = 'queued'").fetchall())
    took = time.monotonic() - began
    assert took < 5  # a lock would be waited for half a minute
    assert tallies.counts(looker, 1) == before  # one look, one instant
    looker.execute("COMMIT")
    after = tallies.counts(looker, 1)
    assert State.QUEUED not in after
    assert after[State.CLAIMED] == before[State.CLAIMED] + before[State.QUEUED]
    writer.close()
    looker.close()


def test_a_ledger_of_the_first_version_is_counted_by_the_same_indexes(tmp_path: Path) -> None:
    new = connect(tmp_path / "new.db")
    wanted = _indexes(new)
    new.close()
    old = _first_version(tmp_path / "old.db")
    old.close()
    brought_up = connect(tmp_path / "old.db")
    assert _indexes(brought_up) == wanted
    brought_up.close()


def _indexes(connection: apsw.Connection) -> dict[str, str]:
    found: Any = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL")
    return {name: " ".join(sql.split()) for name, sql in found}


def _first_version(path: Path) -> apsw.Connection:
    """The tables that the step to version 2 changes, as version 1 had them."""
    connection = apsw.Connection(str(path))
    connection.execute("""
        CREATE TABLE editions (digest TEXT PRIMARY KEY, program BLOB NOT NULL, subject TEXT NOT NULL, frozen_at REAL NOT NULL);
        CREATE TABLE sends (id INTEGER PRIMARY KEY, issue TEXT, audience TEXT, kind TEXT, edition TEXT, audience_digest TEXT, state TEXT,
            reason TEXT, created_at REAL, finished_at REAL);
        CREATE TABLE deliveries (id INTEGER PRIMARY KEY, send_id INTEGER NOT NULL, subscriber_id INTEGER, key TEXT NOT NULL, address TEXT,
            name TEXT, fields TEXT, tags TEXT, state TEXT NOT NULL, fence INTEGER, worker TEXT, attempts INTEGER, due_at REAL, first_try_at REAL,
            message_id TEXT, intent_at REAL, outcome_at REAL, code INTEGER, reply TEXT, reason TEXT, UNIQUE (send_id, key));
        CREATE INDEX waiting ON deliveries (send_id, due_at, id) WHERE state IN ('queued', 'deferred');
        CREATE INDEX held ON deliveries (send_id, state) WHERE state IN ('claimed', 'sending', 'unknown');
        CREATE TABLE moves (old TEXT NOT NULL, new TEXT NOT NULL, PRIMARY KEY (old, new)) WITHOUT ROWID;
        CREATE TRIGGER legal_move BEFORE UPDATE OF state ON deliveries WHEN 0 BEGIN SELECT 1; END;
        CREATE TABLE rate (scope TEXT PRIMARY KEY, next_at REAL NOT NULL, in_batch INTEGER NOT NULL, granted_at REAL NOT NULL) WITHOUT ROWID;
        CREATE TABLE events (id INTEGER PRIMARY KEY, at REAL NOT NULL, send_id INTEGER, what TEXT NOT NULL);
        CREATE TABLE subscribers (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, address TEXT NOT NULL, name TEXT NOT NULL,
            status TEXT NOT NULL, tags TEXT NOT NULL, data TEXT NOT NULL);
        CREATE TABLE memberships (list TEXT NOT NULL, subscriber_id INTEGER NOT NULL, by_file INTEGER NOT NULL, PRIMARY KEY (list, subscriber_id))
            WITHOUT ROWID;
        CREATE TABLE suppressions (key TEXT PRIMARY KEY, reason TEXT NOT NULL, since REAL, origin TEXT NOT NULL) WITHOUT ROWID;
        PRAGMA user_version = 1;
    """)
    return connection
