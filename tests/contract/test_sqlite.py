"""What only the SQLite ledger promises: it outlives its process, shares one pace, and the database itself refuses what is illegal."""

import asyncio
import itertools
from datetime import timedelta
from pathlib import Path

import apsw
import pytest

from mailweekly.adapters.store import sends
from mailweekly.adapters.store.connection import connect, journal_mode
from mailweekly.adapters.store.ledger import SqliteLedger
from mailweekly.adapters.store.lock import SenderLock
from mailweekly.adapters.store.writer import Writer
from mailweekly.delivery.pace import Limit
from mailweekly.delivery.reply import Outcome
from mailweekly.delivery.states import SendState, State, is_legal
from mailweekly.errors import RefusedError, UnreachableError
from tests.contract.test_ledger import frozen, writer
from tests.fakes import START

__all__ = ["writer"]


@pytest.mark.parametrize(("old", "new"), [pair for pair in itertools.product(State, State) if pair[0] is not pair[1]])
def test_the_database_itself_allows_exactly_the_legal_moves(tmp_path: Path, old: State, new: State) -> None:
    connection = connect(tmp_path / "a.db")
    connection.execute("INSERT INTO editions VALUES ('e', x'00', 's', 0)")
    connection.execute(
        "INSERT INTO sends (issue, audience, kind, edition, audience_digest, state, created_at)"
        " VALUES ('1', 'a', 'issue', 'e', '', 'running', 0)"
    )
    connection.execute(
        "INSERT INTO deliveries (send_id, subscriber_id, key, address, name, fields, state)"
        " VALUES (1, 1, 'k', 'k', '', '{}', ?)",
        (old.value,),
    )
    if is_legal(old, new):
        connection.execute("UPDATE deliveries SET state = ?", (new.value,))
    else:
        with pytest.raises(apsw.ConstraintError, match="illegal move"):
            connection.execute("UPDATE deliveries SET state = ?", (new.value,))
    connection.close()


def test_a_commit_is_on_the_disk_before_it_is_answered(tmp_path: Path) -> None:
    connection = connect(tmp_path / "a.db")
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    assert connection.pragma("synchronous") >= 2
    assert connection.pragma("journal_mode") == journal_mode(version)
    connection.close()


@pytest.mark.parametrize(
    ("version", "journal"), [((3, 40, 1), "delete"), ((3, 51, 2), "delete"), ((3, 51, 3), "wal"), ((4, 0), "wal")]
)
def test_the_journal_follows_the_version_of_sqlite(version: tuple[int, ...], journal: str) -> None:
    assert journal_mode(version) == journal


def test_a_database_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    connection = connect(tmp_path / "a.db")
    connection.pragma("user_version", 999)
    connection.close()
    with pytest.raises(RefusedError):
        connect(tmp_path / "a.db")


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"not a database at all " * 100)
    with pytest.raises(UnreachableError):
        connect(path)
    assert path.read_bytes() == b"not a database at all " * 100


def test_the_database_is_for_its_owner_only(tmp_path: Path) -> None:
    connect(tmp_path / "a.db").close()
    assert (tmp_path / "a.db").stat().st_mode & 0o077 == 0


async def test_a_restart_puts_claims_back_and_reads_intents_as_unknown(writer: Writer) -> None:
    send_id = frozen(writer, 10)
    ledger = SqliteLedger(writer, send_id, worker="w", limit=Limit())
    claims = await ledger.claim(6, START)
    for claim in claims[:4]:
        await ledger.intend(claim, message_id="<x>", at=START)
    await ledger.settle(claims[0], Outcome(state=State.ACCEPTED, at=START))
    unknown = writer.now(lambda connection: sends.reap(connection, START.timestamp()))
    assert unknown == 3
    assert await ledger.counts() == {State.ACCEPTED: 1, State.UNKNOWN: 3, State.QUEUED: 6}
    named = writer.now(lambda connection: sends.lines(connection, send_id, State.UNKNOWN))
    assert [line.address for line in named] == [f"r{number}@readers.test" for number in (2, 3, 4)]
    assert all(line.reason for line in named)


async def test_a_frozen_worker_that_wakes_up_settles_its_unknown_one(writer: Writer) -> None:
    ledger = SqliteLedger(writer, frozen(writer, 2), worker="w", limit=Limit())
    (claim,) = await ledger.claim(1, START)
    await ledger.intend(claim, message_id="<x>", at=START)
    writer.now(lambda connection: sends.reap(connection, START.timestamp()))
    await ledger.settle(claim, Outcome(state=State.ACCEPTED, at=START))
    assert (await ledger.counts())[State.ACCEPTED] == 1


async def test_the_pace_is_one_for_all_workers_and_outlives_them(tmp_path: Path) -> None:
    first = Writer(tmp_path / "a.db")
    send_id, limit = frozen(first, 40), Limit(rate=4)
    slots = [claim.slot_at for claim in await SqliteLedger(first, send_id, worker="a", limit=limit).claim(10, START)]
    first.close()
    second = Writer(tmp_path / "a.db")
    for worker in ("b", "c"):
        ledger = SqliteLedger(second, send_id, worker=worker, limit=limit)
        slots += [claim.slot_at for claim in await ledger.claim(15, START)]
    second.close()
    assert slots == [START + timedelta(seconds=step / 4) for step in range(40)]


async def test_many_operations_at_once_are_each_whole(writer: Writer) -> None:
    ledger = SqliteLedger(writer, frozen(writer, 400), worker="w", limit=Limit())
    parts = await asyncio.gather(*(ledger.claim(10, START) for _ in range(60)))
    claims = [claim for part in parts for claim in part]
    assert len({claim.delivery_id for claim in claims}) == len(claims) == 400
    said = await asyncio.gather(
        *(ledger.intend(claim, message_id="<x>", at=START) for claim in claims for _ in range(2))
    )
    assert sum(said) == 400


async def test_one_operation_that_fails_takes_no_other_with_it(writer: Writer) -> None:
    ledger = SqliteLedger(writer, frozen(writer, 50), worker="w", limit=Limit())
    claims = await ledger.claim(50, START)
    await asyncio.gather(*(ledger.intend(claim, message_id="<x>", at=START) for claim in claims[1:]))
    done = await asyncio.gather(
        *(ledger.settle(claim, Outcome(state=State.ACCEPTED, at=START)) for claim in claims), return_exceptions=True
    )
    assert isinstance(done[0], apsw.ConstraintError)
    assert done[1:] == [None] * 49
    assert await ledger.counts() == {State.CLAIMED: 1, State.ACCEPTED: 49}


def test_the_same_issue_cannot_be_frozen_twice_for_the_same_list(writer: Writer) -> None:
    frozen(writer, 3)
    with pytest.raises(RefusedError):
        frozen(writer, 5)
    assert len(writer.now(sends.history)) == 1


async def test_calling_off_skips_whoever_waits_and_nobody_else(writer: Writer) -> None:
    send_id = frozen(writer, 6)
    ledger = SqliteLedger(writer, send_id, worker="w", limit=Limit())
    first, second = await ledger.claim(2, START)
    await ledger.intend(first, message_id="<x>", at=START)
    assert writer.now(lambda connection: sends.cancel(connection, send_id, 0.0)) == 4
    assert not await ledger.intend(second, message_id="<y>", at=START)
    await ledger.settle(first, Outcome(state=State.ACCEPTED, at=START))
    counts = await ledger.counts()
    assert counts[State.ACCEPTED] == 1
    assert counts[State.SKIPPED] >= 4
    assert await ledger.state() is SendState.CANCELLED


async def test_nobody_of_a_called_off_send_is_left_waiting(writer: Writer) -> None:
    send_id = frozen(writer, 3)
    ledger = SqliteLedger(writer, send_id, worker="w", limit=Limit())
    claims = await ledger.claim(2, START)
    writer.now(lambda connection: sends.cancel(connection, send_id, 0.0))
    assert not await ledger.intend(claims[0], message_id="<x>", at=START)
    await ledger.release(claims[1:])
    assert await ledger.counts() == {State.SKIPPED: 3}


@pytest.mark.parametrize(("resend", "state"), [(True, State.QUEUED), (False, State.ACCEPTED)])
async def test_the_editor_settles_the_unknown_ones(writer: Writer, resend: bool, state: State) -> None:
    send_id = frozen(writer, 2)
    ledger = SqliteLedger(writer, send_id, worker="w", limit=Limit())
    for claim in await ledger.claim(2, START):
        await ledger.intend(claim, message_id="<x>", at=START)
        await ledger.settle(claim, Outcome(state=State.UNKNOWN, at=START))
    await ledger.finish(START)
    assert writer.now(lambda connection: sends.resolve(connection, send_id, resend=resend, now=0.0)) == 2
    assert await ledger.counts() == {state: 2}
    assert await ledger.state() is (SendState.RUNNING if resend else SendState.FINISHED)


def test_the_lock_names_its_holder_and_dies_with_it(tmp_path: Path) -> None:
    first, second = SenderLock(tmp_path / "a.db"), SenderLock(tmp_path / "a.db")
    assert first.take() is None
    assert second.take()
    first.drop()
    assert second.take() is None
    second.drop()
