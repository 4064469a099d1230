"""
`send --to`: a test copy to the named addresses only, at once, never to the list and never through the ledger.

Its Subject says [test], and its unsubscribe link works for nobody.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from mailweekly import address
from mailweekly.cli import terminal
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import prepared, program_of, same_edition
from mailweekly.cli.relays import Outlet, carriers_of
from mailweekly.cli.signing import signer_of
from mailweekly.delivery.groups import domain_of
from mailweekly.delivery.ports import Lane, NoAnswerError, RelayDownError, Trip, UnsuitedError
from mailweekly.delivery.reply import Matter, judge
from mailweekly.errors import UnreachableError, UsageError
from mailweekly.message.dkim import sign
from mailweekly.message.gate import verify
from mailweekly.message.model import Message, Reader
from mailweekly.message.program import compose

__all__ = ["send_test_copies"]

MOST: Final = 20  # test copies a call; more is a list


def send_test_copies(
    place: Place, ref: str, to: list[str], relays: Sequence[Outlet], *, edition: str = "", as_json: bool
) -> None:
    """Send test copies and show the relay's words. Errors: UnreachableError when one was not taken; RefusedError for another edition than named."""
    readers = _readers(to)
    signer = signer_of(place)
    ready = prepared(place, ref)
    same_edition(ready, edition)
    program = program_of(place, ready, test=True)
    now = datetime.now(UTC)
    messages = [compose(program, reader, delivery_id=number, at=now) for number, reader in enumerate(readers)]
    if signer:
        messages = [replace(one, content=sign(one.content, signer, at=now)) for one in messages]
    verify(messages[0], program, signatures=len(signer.keys) if signer else 0)
    answers = asyncio.run(_delivered(relays, messages))
    rows = [(message.recipient, words) for message, (words, _) in zip(messages, answers, strict=True)]
    if as_json:
        terminal.out_json(
            {"schema": 1, "issue": ready.label, "test": [{"to": one, "reply": words} for one, words in rows]}
        )
        terminal.STATE.wants_json = False
    else:
        terminal.out(*(f"{one}: {words}" for one, words in rows))
    refused = sum(not taken for _, taken in answers)
    if refused:
        raise UnreachableError(
            f"{refused} of {len(answers)} test copies were not taken.",
            place=", ".join(one.relay.name for one in relays),
            hint="The relay's words are above.",
        )


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
