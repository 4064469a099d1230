"""The relay's contract, the same tests on the fake, the outbox and the SMTP lane against a real server."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Protocol

import pytest

from mailweekly.adapters.outbox.relay import OutboxRelay
from mailweekly.adapters.smtp.relay import SmtpRelay
from mailweekly.delivery.ports import Relay, Trip
from mailweekly.delivery.reply import Matter, judge
from mailweekly.message.dkim import sign
from mailweekly.message.model import Message
from mailweekly.settings import machine
from tests.dkim_check import records, signer, verdicts
from tests.fakes import START, FakeRelay
from tests.sink import Sink, SinkLog, parse


class Bench(Protocol):
    """A relay and what it took."""

    @property
    def relay(self) -> Relay:
        """The relay."""
        ...

    def taken(self) -> dict[str, bytes]:
        """Return what was taken: recipient to the message's octets."""
        ...


@dataclass
class FakeBench:
    """The fake."""

    relay: FakeRelay

    def taken(self) -> dict[str, bytes]:
        return {message.recipient: message.content for message in self.relay.taken}


@dataclass
class OutboxBench:
    """The folder."""

    relay: OutboxRelay
    folder: Path

    def taken(self) -> dict[str, bytes]:
        contents = [path.read_bytes() for path in self.folder.glob("*.eml")]
        return {str(message_from_bytes(content, policy=policy.default)["To"]): content for content in contents}


@dataclass
class SmtpBench:
    """A server in this process."""

    relay: SmtpRelay
    log: SinkLog

    def taken(self) -> dict[str, bytes]:
        kept = self.log.kept()
        assert len({message.recipient for message in kept}) == len(kept)
        return {message.recipient: message.content for message in kept}


@pytest.fixture(params=["fake", "outbox", "smtp"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    """A relay that takes everything."""
    if request.param == "fake":
        yield FakeBench(FakeRelay())
    elif request.param == "outbox":
        yield OutboxBench(OutboxRelay(tmp_path / "outbox"), tmp_path / "outbox")
    else:
        sink = Sink(parse(""), tmp_path / "sink.log")
        settings = machine({"MAILWEEKLY_RELAY": f"smtp://127.0.0.1:{await sink.start()}"})
        yield SmtpBench(SmtpRelay(settings, max_messages=100), SinkLog(tmp_path / "sink.log"))
        await sink.stop()


def letter(number: int = 1, body: str = "Hello\r\n") -> Message:
    """Return a message to r<number>@readers.test."""
    head = f"From: news@mail.test\r\nTo: r{number}@readers.test\r\nMessage-ID: <m{number}@mail.test>\r\n\r\n"
    return Message(
        envelope_from="bounce@mail.test",
        recipient=f"r{number}@readers.test",
        message_id=f"<m{number}@mail.test>",
        content=(head + body).encode(),
    )


async def yes() -> bool:
    """Allow it."""
    return True


async def no() -> bool:
    """Forbid it."""
    return False


async def test_what_is_handed_over_arrives_octet_for_octet(bench: Bench) -> None:
    lane = await bench.relay.open()
    for number in (1, 2, 3):
        reply = await lane.deliver(Trip(message=letter(number), intend=yes))
        assert reply is not None
        assert judge(reply) is Matter.ACCEPTED
    await lane.close()
    assert bench.taken() == {f"r{number}@readers.test": letter(number).content for number in (1, 2, 3)}


async def test_what_was_signed_still_verifies_as_it_was_received(bench: Bench) -> None:
    who = signer("mail.test")
    lane = await bench.relay.open()
    for number, name in enumerate(("ada", "jürgen"), start=1):
        plain = letter(number, "=2Ea dot\r\nFrom =\r\nhere\r\n\r\n=20\r\n\r\n")
        address = f"{name}@readers.test"
        content = plain.content.replace(plain.recipient.encode(), address.encode())
        signed = replace(
            plain, recipient=address, content=sign(content, who, at=START), needs_smtputf8=not address.isascii()
        )
        reply = await lane.deliver(Trip(message=signed, intend=yes))
        assert reply is not None
        assert judge(reply) is Matter.ACCEPTED
    await lane.close()
    taken = bench.taken()
    assert set(taken) == {"ada@readers.test", "jürgen@readers.test"}
    assert all(verdicts(content, records(who)) == [True, True] for content in taken.values())


async def test_where_the_ledger_says_no_nothing_is_handed_over_and_the_lane_goes_on(bench: Bench) -> None:
    lane = await bench.relay.open()
    assert await lane.deliver(Trip(message=letter(1), intend=no)) is None
    if lane.spent:  # with the envelope out in one group, only closing takes it back
        await lane.close()
        lane = await bench.relay.open()
    reply = await lane.deliver(Trip(message=letter(2), intend=yes))
    assert reply is not None
    assert judge(reply) is Matter.ACCEPTED
    await lane.close()
    assert set(bench.taken()) == {"r2@readers.test"}


async def test_nothing_is_taken_before_the_ledger_has_said_yes(bench: Bench) -> None:
    asked = asyncio.Event()
    answer = asyncio.Event()

    async def slowly() -> bool:
        asked.set()
        await answer.wait()
        return True

    lane = await bench.relay.open()
    delivery = asyncio.ensure_future(lane.deliver(Trip(message=letter(), intend=slowly)))
    await asyncio.wait_for(asked.wait(), 5)
    await asyncio.sleep(0.05)
    assert not bench.taken()
    answer.set()
    assert await delivery
    await lane.close()
    assert len(bench.taken()) == 1


async def test_a_ledger_that_fails_lets_nothing_leave(bench: Bench) -> None:
    async def broken() -> bool:
        raise OSError("disk full")

    lane = await bench.relay.open()
    with pytest.raises(OSError, match="disk full"):
        await lane.deliver(Trip(message=letter(), intend=broken))
    await lane.close()
    assert not bench.taken()


async def test_the_ledger_is_asked_exactly_once_a_message(bench: Bench) -> None:
    asked: list[int] = []

    async def counted() -> bool:
        asked.append(1)
        return True

    lane = await bench.relay.open()
    for number in range(5):
        await lane.deliver(Trip(message=letter(number), intend=counted))
    await lane.close()
    assert len(asked) == 5


async def test_lanes_work_side_by_side(bench: Bench) -> None:
    lanes = [await bench.relay.open() for _ in range(4)]
    for start in range(0, 40, 4):
        await asyncio.gather(
            *(lane.deliver(Trip(message=letter(start + index), intend=yes)) for index, lane in enumerate(lanes))
        )
    for lane in lanes:
        await lane.close()
    assert len(bench.taken()) == 40


async def test_closing_twice_does_no_harm(bench: Bench) -> None:
    lane = await bench.relay.open()
    await lane.close()
    await lane.close()


async def test_a_large_message_arrives_whole(bench: Bench) -> None:
    large = letter(1, "".join(f"{number:076d}\r\n" for number in range(40_000)))
    lane = await bench.relay.open()
    assert await lane.deliver(Trip(message=replace(large), intend=yes))
    await lane.close()
    assert bench.taken()["r1@readers.test"] == large.content
