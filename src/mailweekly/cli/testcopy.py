"""
`send --to`: a test copy to the named addresses only, at once, never to the list and never through the ledger.

Its Subject says [test], and its unsubscribe link works for nobody.
"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from mailweekly import address
from mailweekly.cli import terminal
from mailweekly.cli.place import Place
from mailweekly.cli.prepared import prepared, program_of
from mailweekly.cli.signing import signer_of
from mailweekly.delivery.ports import NoAnswerError, Relay, RelayDownError, Trip, UnsuitedError
from mailweekly.delivery.reply import Matter, judge
from mailweekly.errors import UnreachableError, UsageError
from mailweekly.message.dkim import sign
from mailweekly.message.gate import verify
from mailweekly.message.model import Message, Reader
from mailweekly.message.program import compose

__all__ = ["send_test_copies"]

MOST: Final = 20  # test copies a call; more is a list


def send_test_copies(place: Place, ref: str, to: list[str], relay: Relay, *, as_json: bool) -> None:
    """Send test copies and show the relay's words. Errors: UnreachableError when one was not taken."""
    readers = _readers(to)
    signer = signer_of(place)
    ready = prepared(place, ref)
    program = program_of(place, ready, test=True)
    now = datetime.now(UTC)
    messages = [compose(program, reader, delivery_id=number, at=now) for number, reader in enumerate(readers)]
    if signer:
        messages = [replace(one, content=sign(one.content, signer, at=now)) for one in messages]
    verify(messages[0], program, signatures=len(signer.keys) if signer else 0)
    answers = asyncio.run(_delivered(relay, messages))
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
            place=relay.name,
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


async def _delivered(relay: Relay, messages: list[Message]) -> list[tuple[str, bool]]:
    try:
        lane = await relay.open()
    except RelayDownError as error:
        raise UnreachableError(
            f"The relay cannot be reached: {error}.", place=relay.name, hint="Look at MAILWEEKLY_RELAY."
        ) from None
    answers: list[tuple[str, bool]] = []
    try:
        for message in messages:
            try:
                reply = await lane.deliver(Trip(message=message, intend=_yes))
            except (RelayDownError, NoAnswerError, UnsuitedError) as error:
                answers.append((str(error), False))
                continue
            assert reply is not None
            answers.append((str(reply), judge(reply) is Matter.ACCEPTED))
    finally:
        await lane.close()
    return answers


async def _yes() -> bool:
    return True
