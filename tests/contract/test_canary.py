"""The canary in the ledger: nobody behind it is claimed before its hold is over, whenever somebody looks."""

from datetime import timedelta
from pathlib import Path

import pytest

from mailweekly.adapters.store import canary, sends, steering, tallies
from mailweekly.adapters.store.ledger import SqliteLedger
from mailweekly.adapters.store.writer import Writer
from mailweekly.delivery.canary import Canary
from mailweekly.delivery.pace import Limit
from mailweekly.delivery.ports import Claim
from mailweekly.delivery.reply import Outcome, Reply, Stage
from mailweekly.delivery.states import SendState, State
from tests.contract.test_ledger import writer
from tests.fakes import START, readers

__all__ = ["writer"]

HOLD = timedelta(minutes=30)
REFUSED = Reply(code=550, text="5.7.1 no", stage=Stage.DOT)


def _frozen(
    writer: Writer, count: int, wanted: Canary, *, seeds: frozenset[str] = frozenset(), kind: str = "issue"
) -> int:
    people = [
        sends.Recipient(subscriber_id=one.subscriber_id, key=one.address, address=one.address, name=one.name, fields={})
        for one in readers(count)
    ]
    what = sends.Freeze(
        issue="7",
        audience="readers",
        kind=kind,
        edition="sha256:1",
        subject="Seven",
        program=b"x" + kind.encode(),
        audience_digest="",
        recipients=people,
        canary=wanted,
        seeds=seeds,
    )
    return writer.now(lambda connection: sends.freeze(connection, what, START.timestamp()))


def _ledger(writer: Writer, send_id: int) -> SqliteLedger:
    return SqliteLedger(writer, send_id, worker="w", limit=Limit())


async def _carried(
    ledger: SqliteLedger, claim: Claim, state: State = State.ACCEPTED, reply: Reply | None = None
) -> None:
    assert await ledger.intend(claim, message_id="<x>", at=START)
    await ledger.settle(
        claim, Outcome(state=state, at=START, reply=reply, due_at=START if state is State.DEFERRED else None)
    )


async def test_the_hold_is_counted_from_the_last_answer_whenever_somebody_looks(writer: Writer) -> None:
    send_id = _frozen(writer, 20, Canary(number=4, hold=HOLD))
    ledger = _ledger(writer, send_id)
    claims = await ledger.claim(100, START)
    assert [claim.delivery_id for claim in claims] == [1, 2, 3, 4]
    for claim in claims:
        await _carried(ledger, claim)
    later = _ledger(writer, send_id)  # the process that settled them is dead
    assert await later.claim(100, START + timedelta(minutes=29)) == []
    assert await later.next_due() == START + HOLD
    assert len(await later.claim(100, START + timedelta(minutes=30))) == 16


async def test_the_others_wait_while_one_of_the_canary_has_no_answer(writer: Writer) -> None:
    send_id = _frozen(writer, 20, Canary(number=4, hold=timedelta(0)))
    ledger = _ledger(writer, send_id)
    claims = await ledger.claim(100, START)
    for claim in claims[:3]:
        await _carried(ledger, claim)
    assert await ledger.claim(100, START + timedelta(hours=5)) == []
    await _carried(ledger, claims[3], State.DEFERRED, Reply(code=450, text="later", stage=Stage.RCPT))
    assert len(await ledger.claim(100, START + timedelta(hours=5))) == 17


async def test_more_than_one_in_twenty_refused_pauses_the_send_and_a_resume_lets_the_others_go(writer: Writer) -> None:
    send_id = _frozen(writer, 60, Canary(number=20, hold=HOLD))
    ledger = _ledger(writer, send_id)
    claims = await ledger.claim(100, START)
    await _carried(ledger, claims[0], State.REJECTED, REFUSED)
    assert await ledger.claim(100, START) == []
    assert await ledger.state() is SendState.RUNNING
    await _carried(ledger, claims[1], State.REJECTED, REFUSED)
    assert await ledger.claim(100, START) == []
    assert await ledger.state() is SendState.PAUSED
    (send,) = writer.now(lambda connection: sends.history(connection, "7"))
    assert "2 of the 20" in send.reason
    await ledger.release(claims[2:])
    writer.now(lambda connection: sends.resume(connection, send_id, START.timestamp()))
    assert len(await ledger.claim(100, START)) == 58


async def test_the_canary_of_a_second_send_is_its_own(writer: Writer) -> None:
    first = _frozen(writer, 10, Canary(number=2, hold=HOLD))
    second = _frozen(writer, 10, Canary(share=0.3, hold=HOLD), kind="correction")
    assert len(await _ledger(writer, second).claim(100, START)) == 3
    assert len(await _ledger(writer, first).claim(100, START)) == 2
    watch = writer.now(lambda connection: canary.watched(connection, second))
    assert watch is not None
    assert (watch.size, watch.answered, watch.held_until) == (3, 0, None)


async def test_seeds_stand_first_and_are_beside_the_number(writer: Writer) -> None:
    send_id = _frozen(writer, 20, Canary(number=2, hold=HOLD), seeds=frozenset({"r17@readers.test", "r9@readers.test"}))
    claims = await _ledger(writer, send_id).claim(100, START)
    assert [claim.reader.address for claim in claims] == [f"r{number}@readers.test" for number in (9, 17, 1, 2)]


def test_each_kind_keeps_its_own_program_though_the_edition_is_one(writer: Writer) -> None:
    for kind in ("issue", "correction"):
        _frozen(writer, 3, Canary(number=1), kind=kind)
    first, second = writer.now(lambda connection: sends.history(connection, "7"))
    assert writer.now(lambda connection: sends.program(connection, first)) == b"xissue"
    assert writer.now(lambda connection: sends.program(connection, second)) == b"xcorrection"


@pytest.mark.parametrize("alone", [True, False])
async def test_calling_off_leaves_what_is_in_hand_to_its_worker_and_what_the_dead_held_to_nobody(
    writer: Writer, alone: bool
) -> None:
    send_id = _frozen(writer, 10, Canary(number=10))
    ledger = _ledger(writer, send_id)
    claims = await ledger.claim(4, START)
    assert await ledger.intend(claims[0], message_id="<x>", at=START)
    ((_, skipped),) = writer.now(lambda connection: steering.cancel(connection, "7", "", 1.0, alone=alone))
    counts = await ledger.counts()
    if alone:
        assert skipped == 9
        assert counts == {State.SKIPPED: 9, State.UNKNOWN: 1}
    else:
        assert counts == {State.SKIPPED: 6, State.CLAIMED: 3, State.SENDING: 1}
        await ledger.release(claims[1:])
        await ledger.settle(claims[0], Outcome(state=State.ACCEPTED, at=START))
        assert await ledger.counts() == {State.SKIPPED: 9, State.ACCEPTED: 1}
    assert not await ledger.intend(claims[1], message_id="<x>", at=START)


def test_a_reap_leaves_nobody_waiting_in_a_cancelled_send(tmp_path: Path) -> None:
    one = Writer(tmp_path / "a.db")
    send_id = _frozen(one, 5, Canary(number=5))
    one.now(lambda c: c.execute("UPDATE deliveries SET state = 'claimed' WHERE id = 1").fetchall())
    one.now(lambda c: sends.cancel(c, send_id, 1.0))
    one.now(lambda c: sends.reap(c, 2.0))
    assert one.now(lambda c: tallies.counts(c, send_id)) == {State.SKIPPED: 5}
    one.close()
