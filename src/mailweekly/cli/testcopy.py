"""
`send --to`: a test copy to the named addresses only, at once, never to the list and never through the ledger.

Its Subject says [test], and its unsubscribe link works for nobody.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from mailweekly import address
from mailweekly.adapters.files.evidence import Evidence
from mailweekly.cli import terminal
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import Prepared, prepared, program_of, same_edition
from mailweekly.cli.relays import Outlet, carriers_of
from mailweekly.cli.signing import signer_of
from mailweekly.delivery.groups import domain_of
from mailweekly.delivery.ports import Lane, NoAnswerError, RelayDownError, Trip, UnsuitedError
from mailweekly.delivery.reply import Matter, judge
from mailweekly.errors import UnreachableError, UsageError
from mailweekly.message.dkim import Signer, sign
from mailweekly.message.gate import verify
from mailweekly.message.model import Message, Reader
from mailweekly.message.program import compose

__all__ = ["Answered", "copies_sent", "send_test_copies"]

MOST: Final = 20  # test copies a call; more is a list


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What became of one test copy: the relay's reply as it said it, or why there was none."""

    to: str
    words: str
    taken: bool


def send_test_copies(
    place: Place, ref: str, to: list[str], relays: Sequence[Outlet], *, edition: str = "", as_json: bool
) -> None:
    """Send test copies and show the relay's words. Errors: UnreachableError when one was not taken; RefusedError for another edition than named."""
    readers = _readers(to)
    signer = signer_of(place)
    ready = prepared(place, ref)
    same_edition(ready, edition)
    answers = copies_sent(place, ready, readers, relays, signer)
    if as_json:
        rows = [{"to": one.to, "reply": one.words} for one in answers]
        terminal.out_json({"schema": 1, "issue": ready.label, "test": rows})
        terminal.STATE.wants_json = False
    else:
        terminal.out(*(f"{one.to}: {one.words}" for one in answers))
    refused = sum(not one.taken for one in answers)
    if refused:
        raise UnreachableError(
            f"{refused} of {len(answers)} test copies were not taken.",
            place=", ".join(one.relay.name for one in relays),
            hint="The relay's words are above.",
        )


def copies_sent(
    place: Place, ready: Prepared, readers: Sequence[Reader], relays: Sequence[Outlet], signer: Signer | None
) -> tuple[Answered, ...]:
    """Send a test copy to each reader, note that they were sent, and return the relay's words. Errors: UnreachableError without a relay."""
    program = program_of(place, ready, test=True)
    now = datetime.now(UTC)
    messages = [compose(program, reader, delivery_id=number, at=now) for number, reader in enumerate(readers)]
    if signer:
        messages = [replace(one, content=sign(one.content, signer, at=now)) for one in messages]
    verify(messages[0], program, signatures=len(signer.keys) if signer else 0)
    answers = asyncio.run(_delivered(relays, messages))
    found = tuple(
        Answered(to=message.recipient, words=words, taken=taken)
        for message, (words, taken) in zip(messages, answers, strict=True)
    )
    if any(one.taken for one in found):
        Evidence(place.root).tested(ready.edition.digest, now.timestamp(), sum(one.taken for one in found))
    return found


def _readers(to: list[str]) -> list[Reader]:
    if len(to) > MOST:
        raise UsageError(f"More than {MOST} test copies.", place="--to", hint="A list goes into subscribers/.")
    readers = []
    for number, text in enumerate(to):
        try:
            readers.append(Reader(subscriber_id=number, address=address.parse(text).wire))
        except ValueError as error:
            raise UsageError(
                f"This is no address: {error}.", place=f"--to {text}", hint="Write it as name@host.tld."
            ) from None
    return readers


async def _delivered(relays: Sequence[Outlet], messages: list[Message]) -> list[tuple[str, bool]]:
    """Hand each over to the relay that would carry it to a reader of that domain; to another where that one cannot be reached."""
    lanes: dict[str, Lane | None] = {}
    answers: list[tuple[str, bool]] = []
    try:
        for message in messages:
            carriers = carriers_of(relays, domain_of(message.recipient))
            name, lane = await _lane(carriers, lanes)
            try:
                reply = await lane.deliver(Trip(message=message, intend=_yes))
            except (RelayDownError, NoAnswerError, UnsuitedError) as error:
                answers.append((str(error), False))
                continue
            assert reply is not None
            by = f" (by {name})" if len(relays) > 1 else ""
            answers.append((f"{reply}{by}", judge(reply) is Matter.ACCEPTED))
    finally:
        for lane_or_none in lanes.values():
            if lane_or_none is not None:
                await lane_or_none.close()
    return answers


async def _lane(carriers: Sequence[Outlet], lanes: dict[str, Lane | None]) -> tuple[str, Lane]:
    """Return the first relay that can be reached and its lane; `lanes` are those already tried. Errors: UnreachableError."""
    why = ""
    for one in carriers:
        name = one.relay.name
        if name not in lanes:
            try:
                lanes[name] = await one.relay.open()
            except RelayDownError as error:
                why, lanes[name] = str(error), None
                if len(carriers) > 1:
                    terminal.say(f"{name} cannot be reached: {error}")
        lane = lanes[name]
        if lane is not None:
            return name, lane
    names = ", ".join(one.relay.name for one in carriers)
    hint = f"Look at {', '.join(one.access.variable for one in carriers)}."
    raise UnreachableError(f"The relay cannot be reached: {why}.", place=names, hint=hint)


async def _yes() -> bool:
    return True
