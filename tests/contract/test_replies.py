"""Each row of the table of replies as a server says it on the wire: read whole, at its stage, and the next message gets its own answer."""

from pathlib import Path

import pytest

from mailweekly.adapters.smtp.relay import SmtpRelay
from mailweekly.delivery.answer import Reply, Stage
from mailweekly.delivery.meaning import Matter
from mailweekly.delivery.ports import Trip
from mailweekly.delivery.replies import meaning
from mailweekly.settings import machine
from tests.contract.test_relay import letter, yes
from tests.replies import EXAMPLES
from tests.sink import Sink, SinkLog, parse

SAID = [
    (name, reply)
    for name, replies in EXAMPLES.items()
    for reply in replies
    if reply.stage not in {Stage.CONNECT, Stage.AUTH} and name != "out-of-turn" and reply.text
]


@pytest.mark.parametrize("grouped", [True, False], ids=["grouped", "stepped"])
@pytest.mark.parametrize(("name", "said"), SAID, ids=lambda one: one if isinstance(one, str) else one.stage.value)
async def test_an_answer_on_the_wire_is_its_row(name: str, said: Reply, grouped: bool, tmp_path: Path) -> None:
    script = f"on {said.stage.value} nth=1: reply {said}" + (" ; close" if said.code == 421 else "")
    offer = "" if grouped else "offer 8BITMIME\n"
    sink = Sink(parse(offer + script), tmp_path / "sink.log")
    port = await sink.start()
    settings = {"MAILWEEKLY_RELAY": f"smtp://127.0.0.1:{port}", "MAILWEEKLY_RELAY_TIMEOUT": "2s"}
    relay = SmtpRelay(machine(settings), max_messages=100)
    lane = await relay.open()
    reply = await lane.deliver(Trip(message=letter(1), intend=yes))
    assert reply is not None
    assert (reply.stage, reply.code, meaning(reply).name) == (said.stage, said.code, name)
    if said.code == 421:
        await lane.close()
        lane = await relay.open()
    second = await lane.deliver(Trip(message=letter(2), intend=yes))
    await lane.close()
    await sink.stop()
    assert second is not None
    assert meaning(second).matter is Matter.ACCEPTED
    taken = [message.recipient for message in SinkLog(tmp_path / "sink.log").kept()]
    assert taken == (["r1@readers.test"] if name == "taken" else []) + ["r2@readers.test"]
