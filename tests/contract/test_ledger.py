"""The ledger's contract, the same tests on the fake and on SQLite: whole or not at all, fenced, and only along legal moves."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import apsw
import pytest

from mailweekly.adapters.store import sends
from mailweekly.adapters.store.ledger import SqliteLedger
from mailweekly.adapters.store.writer import Writer
from mailweekly.delivery.pace import Limit
from mailweekly.delivery.ports import Claim, Ledger
from mailweekly.delivery.reply import GIVE_UP, Outcome, Reply, Stage
from mailweekly.delivery.states import SendState, State
from tests.fakes import START, FakeLedger, readers

BUSY = Reply(code=451, text="4.7.1 later", stage=Stage.RCPT)


class Bench(Protocol):
    """A ledger of ten readers, and what only a test may ask of it."""

    @property
    def ledger(self) -> Ledger:
        """The ledger."""
        ...

    async def suppress(self, address: str, reason: str) -> None:
        """Let a reader leave."""
        ...

    async def states(self) -> dict[str, str]:
        """Each reader's state."""
        ...

    async def reasons(self) -> dict[str, str]:
        """Each reader's reason."""
        ...


@dataclass
class FakeBench:
    """The fake."""

    ledger: FakeLedger

    async def suppress(self, address: str, reason: str) -> None:
        self.ledger.suppressed[address] = reason

    async def states(self) -> dict[str, str]:
        return {address: state.value for address, state in self.ledger.states().items()}

    async def reasons(self) -> dict[str, str]:
        return {row.reader.address: row.reason for row in self.ledger.rows.values()}


@dataclass
class SqliteBench:
    """The real one."""

    ledger: SqliteLedger
    writer: Writer

    async def suppress(self, address: str, reason: str) -> None:
        await self.writer.soon(
            lambda c: c.execute("INSERT INTO suppressions VALUES (?, ?, 0, 'test')", (address, reason)).fetchall()
        )

    async def states(self) -> dict[str, str]:
        rows = await self.writer.soon(lambda c: c.execute("SELECT address, state FROM deliveries").fetchall())
        return {str(address): str(value) for address, value in rows}

    async def reasons(self) -> dict[str, str]:
        rows = await self.writer.soon(lambda c: c.execute("SELECT address, reason FROM deliveries").fetchall())
        return {str(address): str(value) for address, value in rows}


def frozen(writer: Writer, count: int, issue: str = "78") -> int:
    """Freeze a send of `count` readers; its id."""
    recipients = [
        sends.Recipient(subscriber_id=one.subscriber_id, key=one.address, address=one.address, name=one.name, fields={})
        for one in readers(count)
    ]
    what = sends.Freeze(
        issue=issue,
        audience="readers",
        kind="issue",
        edition="sha256:0",
        subject="Hello",
        program=b"program",
        audience_digest="0",
        recipients=recipients,
    )
    return writer.now(lambda connection: sends.freeze(connection, what, START.timestamp()))


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    """A database of its own."""
    writer = Writer(tmp_path / "mailweekly.db")
    yield writer
    writer.close()


@pytest.fixture(params=["fake", "sqlite"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """A ledger of ten readers without a pace."""
    if request.param == "fake":
        yield FakeBench(FakeLedger(readers(10)))
        return
    writer: Writer = request.getfixturevalue("writer")
    yield SqliteBench(SqliteLedger(writer, frozen(writer, 10), worker="w", limit=Limit()), writer)


def _outcome(state: State, reply: Reply | None = None, **values: object) -> Outcome:
    return Outcome(state=state, at=START, reply=reply, **values)  # type: ignore[arg-type]


async def _intended(bench: Bench, claim: Claim) -> bool:
    return await bench.ledger.intend(claim, message_id=f"<{claim.delivery_id}@x>", at=START)


async def _all(bench: Bench, count: int = 100) -> Sequence[Claim]:
    return await bench.ledger.claim(count, START)


async def test_a_claim_holds_no_more_than_asked_for_and_nobody_twice(bench: Bench) -> None:
    first, second, third = await _all(bench, 4), await _all(bench, 4), await _all(bench, 4)
    assert [len(part) for part in (first, second, third)] == [4, 4, 2]
    assert len({claim.reader.address for claim in [*first, *second, *third]}) == 10
    assert not await _all(bench)


async def test_readers_are_claimed_in_the_order_of_the_list(bench: Bench) -> None:
    claims = await _all(bench)
    assert [claim.reader.address for claim in claims] == [reader.address for reader in readers(10)]
    assert [claim.reader.name for claim in claims][:2] == ["Reader 1", "Reader 2"]


async def test_a_released_claim_can_be_claimed_again_under_a_higher_fence(bench: Bench) -> None:
    (claim,) = await _all(bench, 1)
    await bench.ledger.release([claim])
    (again,) = await _all(bench, 1)
    assert again.delivery_id == claim.delivery_id
    assert again.fence > claim.fence


async def test_a_worker_with_an_old_fence_changes_nothing(bench: Bench) -> None:
    (old,) = await _all(bench, 1)
    await bench.ledger.release([old])
    (new,) = await _all(bench, 1)
    assert not await _intended(bench, old)
    await bench.ledger.release([old])
    await bench.ledger.settle(old, _outcome(State.REJECTED))
    assert (await bench.states())["r1@readers.test"] == "claimed"
    assert await _intended(bench, new)


async def test_one_claim_is_intended_once(bench: Bench) -> None:
    (claim,) = await _all(bench, 1)
    assert await _intended(bench, claim)
    assert not await _intended(bench, claim)
    assert (await bench.states())["r1@readers.test"] == "sending"


async def test_what_is_sending_is_not_put_back_by_a_release(bench: Bench) -> None:
    (claim,) = await _all(bench, 1)
    await _intended(bench, claim)
    await bench.ledger.release([claim])
    assert (await bench.states())["r1@readers.test"] == "sending"


async def test_an_intent_is_refused_once_the_send_is_paused_and_the_claim_put_back(bench: Bench) -> None:
    (claim,) = await _all(bench, 1)
    await bench.ledger.pause("by hand")
    assert not await _intended(bench, claim)
    assert (await bench.states())["r1@readers.test"] == "queued"
    assert await bench.ledger.state() is SendState.PAUSED
    assert not await _all(bench)


async def test_a_reader_who_left_after_the_claim_is_skipped_with_the_reason(bench: Bench) -> None:
    claim, other = await _all(bench, 2)
    await bench.suppress(claim.reader.address, "unsubscribed")
    assert not await _intended(bench, claim)
    assert await _intended(bench, other)
    assert (await bench.states())[claim.reader.address] == "skipped"
    assert (await bench.reasons())[claim.reader.address] == "unsubscribed"


@pytest.mark.parametrize("state", [State.ACCEPTED, State.REJECTED, State.UNKNOWN, State.QUEUED])
async def test_an_outcome_is_written_down(bench: Bench, state: State) -> None:
    (claim,) = await _all(bench, 1)
    await _intended(bench, claim)
    await bench.ledger.settle(claim, _outcome(state))
    assert (await bench.states())[claim.reader.address] == state.value


async def test_nothing_settled_is_unsettled_by_a_later_answer(bench: Bench) -> None:
    (claim,) = await _all(bench, 1)
    await _intended(bench, claim)
    await bench.ledger.settle(claim, _outcome(State.ACCEPTED))
    await bench.ledger.settle(claim, _outcome(State.REJECTED))
    await bench.ledger.settle(claim, _outcome(State.QUEUED))
    assert (await bench.states())[claim.reader.address] == "accepted"


async def test_a_late_answer_settles_an_unknown_one(bench: Bench) -> None:
    (claim,) = await _all(bench, 1)
    await _intended(bench, claim)
    await bench.ledger.settle(claim, _outcome(State.UNKNOWN))
    await bench.ledger.settle(claim, _outcome(State.ACCEPTED))
    assert (await bench.states())[claim.reader.address] == "accepted"


async def test_an_acceptance_without_an_intent_is_refused(bench: Bench) -> None:
    (claim,) = await _all(bench, 1)
    with pytest.raises((ValueError, apsw.ConstraintError), match="illegal move"):
        await bench.ledger.settle(claim, _outcome(State.ACCEPTED))
    assert (await bench.states())[claim.reader.address] == "claimed"


async def test_a_deferred_one_comes_back_when_it_is_due_and_not_before(bench: Bench) -> None:
    claim, *others = await _all(bench)
    due_at = START + timedelta(minutes=5)
    await bench.ledger.settle(claim, _outcome(State.DEFERRED, BUSY, due_at=due_at))
    for other in others:
        await _intended(bench, other)
    assert await bench.ledger.next_due() == due_at
    assert not await bench.ledger.claim(9, due_at - timedelta(seconds=1))
    (again,) = await bench.ledger.claim(9, due_at)
    assert again.delivery_id == claim.delivery_id
    assert again.attempts == 1
    assert again.first_try_at == START


async def test_being_put_back_is_no_try(bench: Bench) -> None:
    (claim,) = await _all(bench, 1)
    await _intended(bench, claim)
    await bench.ledger.settle(claim, _outcome(State.QUEUED))
    (again,) = await _all(bench, 1)
    assert again.attempts == 0


async def test_the_first_try_keeps_its_instant_over_all_tries(bench: Bench) -> None:
    (claim,) = await _all(bench, 1)
    await bench.ledger.intend(claim, message_id="<1@x>", at=START)
    await bench.ledger.settle(claim, _outcome(State.QUEUED))
    (again,) = await bench.ledger.claim(1, START + timedelta(hours=1))
    assert again.first_try_at == START


async def test_a_deferred_one_is_given_up_by_its_last_try_and_not_by_the_clock(bench: Bench) -> None:
    (claim,) = await _all(bench, 1)
    await bench.ledger.settle(claim, _outcome(State.DEFERRED, BUSY, due_at=START + timedelta(minutes=5)))
    late = START + GIVE_UP + timedelta(minutes=6)
    claims = await bench.ledger.claim(100, late)
    (again,) = [one for one in claims if one.delivery_id == claim.delivery_id]  # nobody tried in all that time
    await bench.ledger.settle(again, Outcome(state=State.DEFERRED, at=late, reply=BUSY, due_at=late))
    claims = await bench.ledger.claim(100, late + timedelta(hours=1))
    assert claim.delivery_id not in {one.delivery_id for one in claims}
    assert (await bench.states())[claim.reader.address] == "expired"


async def test_a_receiver_that_is_shut_waits_without_a_time(bench: Bench) -> None:
    await bench.ledger.shut("readers.test", "refused by policy")
    assert not await _all(bench)
    assert await bench.ledger.next_due() is None
    assert set((await bench.states()).values()) == {"queued"}


async def test_refusals_named_at_a_pause_stay_refused(bench: Bench) -> None:
    claim, *others = await _all(bench, 3)
    await bench.ledger.settle(claim, _outcome(State.REJECTED, Reply(code=550, text="5.1.1 no", stage=Stage.RCPT)))
    await bench.ledger.pause("all alike", [claim.delivery_id, others[0].delivery_id])
    states = await bench.states()
    assert (states[claim.reader.address], states[others[0].reader.address]) == ("rejected", "claimed")


async def test_the_counts_are_of_everybody(bench: Bench) -> None:
    first, second, *_ = await _all(bench, 3)
    await _intended(bench, first)
    await _intended(bench, second)
    await bench.ledger.settle(second, _outcome(State.ACCEPTED))
    counts = await bench.ledger.counts()
    assert counts == {State.SENDING: 1, State.ACCEPTED: 1, State.CLAIMED: 1, State.QUEUED: 7}


async def test_a_send_is_finished_only_when_nobody_is_open(bench: Bench) -> None:
    claims = await _all(bench)
    for claim in claims:
        assert not await bench.ledger.finish(START)
        await _intended(bench, claim)
        await bench.ledger.settle(claim, _outcome(State.ACCEPTED))
    assert await bench.ledger.next_due() is None
    assert await bench.ledger.finish(START)
    assert await bench.ledger.finish(START)
    assert await bench.ledger.state() is SendState.FINISHED


async def test_an_unknown_one_does_not_keep_a_send_open(bench: Bench) -> None:
    for claim in await _all(bench):
        await _intended(bench, claim)
        await bench.ledger.settle(claim, _outcome(State.UNKNOWN))
    assert await bench.ledger.finish(START)


async def test_a_finished_send_cannot_be_paused(bench: Bench) -> None:
    for claim in await _all(bench):
        await _intended(bench, claim)
        await bench.ledger.settle(claim, _outcome(State.ACCEPTED))
    await bench.ledger.finish(START)
    await bench.ledger.pause("too late")
    assert await bench.ledger.state() is SendState.FINISHED
