"""
The letters' way out: from the queue in the database, over the publication's relays, to one person each.

Whoever holds the letters' lock sends, one letter after another; the others look now and then whether it is free, for its holder may have died. A
letter is settled after the relay's answer: a crash between the two sends it again, under the same Message-ID.

Units: seconds.
Errors: none leave `run`: what cannot be sent now is put off, and after a day given up.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from mailweekly.adapters.store.doorway import Doorway
from mailweekly.adapters.store.letters import letters_lock
from mailweekly.audience.joining import Letter
from mailweekly.cli.place import Place
from mailweekly.cli.relays import Outlet, carriers_of
from mailweekly.delivery.groups import domain_of
from mailweekly.delivery.ports import Lane, NoAnswerError, RelayDownError, Trip
from mailweekly.delivery.reply import Matter, judge
from mailweekly.errors import MailweeklyError
from mailweekly.message.model import Message

__all__ = ["Courier"]

AT_ONCE: Final = 50  # letters read from the queue
LOOK_S: Final = 1.0  # for letters that another worker wrote down
TURN_S: Final = 2.0  # between two looks at a lock that somebody holds
FIRST_S: Final = 30.0  # put off for so long the first time, then for twice as long each time
LONGEST_S: Final = 3_600.0
GIVE_UP_S: Final = 86_400.0
TIDY_S: Final = 600.0


@dataclass(kw_only=True)
class Courier:
    """Sends the letters of one publication. `compose` makes a letter's message; None: there is nothing to send any more."""

    place: Place
    doorway: Doorway
    relays: Sequence[Outlet]
    compose: Callable[[Letter], Message | None]
    ring: asyncio.Event = field(default_factory=asyncio.Event)  # set when a letter was written down here
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    lanes: dict[str, Lane] = field(default_factory=dict)

    async def run(self) -> None:
        """Send until `stop`: what has begun is ended."""
        lock = letters_lock(self.place.database)
        try:
            while not self.stop.is_set() and await asyncio.to_thread(lock.take) is not None:
                await self._pause(TURN_S)
            tidied = 0.0
            while not self.stop.is_set():
                self.ring.clear()
                sent = await self._some()
                now = asyncio.get_running_loop().time()
                if now - tidied > TIDY_S:
                    with contextlib.suppress(MailweeklyError):
                        await self.doorway.tidy()
                    tidied = now
                if not sent:
                    await self._hang_up()
                    await self._pause(LOOK_S)
        finally:
            await self._hang_up()
            lock.drop()

    async def _some(self) -> int:
        """Send what is due; how many were looked at."""
        try:
            found = await self.doorway.due(AT_ONCE)
            for letter in found:
                if self.stop.is_set():
                    break
                await self._one(letter)
        except MailweeklyError:  # the database cannot be written: the letters wait in it
            await self._pause(TURN_S)
            return 0
        return len(found)

    async def _one(self, letter: Letter) -> None:
        try:
            message = await asyncio.to_thread(self.compose, letter)
            if message is None:
                await self.doorway.settle(letter, sent=False, reply="nothing to send")
                return
            said, matter = await self._delivered(message)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one letter, the others go on
            said, matter = str(error).partition("\n")[0] or type(error).__name__, Matter.LANE
        if matter is Matter.ACCEPTED:
            await self.doorway.settle(letter, sent=True, reply=said)
        elif matter is Matter.REFUSED or datetime.now(UTC).timestamp() - letter.at > GIVE_UP_S:
            await self.doorway.settle(letter, sent=False, reply=said)
        else:
            await self.doorway.put_off(letter, wait_s=min(FIRST_S * 2**letter.attempts, LONGEST_S), reply=said)

    async def _delivered(self, message: Message) -> tuple[str, Matter]:
        outlet, lane = await self._lane(message)
        try:
            reply = await lane.deliver(Trip(message=message, intend=_yes))
        except NoAnswerError as error:  # it may have been taken: a second one would be one too many
            await self._close(outlet.relay.name)
            return f"no answer: {error}", Matter.ACCEPTED
        except RelayDownError as error:
            await self._close(outlet.relay.name)
            return str(error), Matter.LANE
        assert reply is not None
        if lane.spent:
            await self._close(outlet.relay.name)
        if outlet.limit.rate:
            await asyncio.sleep(1 / outlet.limit.rate)
        return str(reply), judge(reply)

    async def _lane(self, message: Message) -> tuple[Outlet, Lane]:
        """Return the first relay for this address that can be reached. Errors: MailweeklyError."""
        why: Exception | None = None
        for one in carriers_of(self.relays, domain_of(message.recipient)):
            name = one.relay.name
            try:
                if name not in self.lanes:
                    self.lanes[name] = await one.relay.open()
            except RelayDownError as error:
                why = error
                continue
            return one, self.lanes[name]
        raise MailweeklyError(f"no relay can be reached: {why}")

    async def _close(self, name: str) -> None:
        lane = self.lanes.pop(name, None)
        if lane is not None:
            await lane.close()

    async def _hang_up(self) -> None:
        for name in list(self.lanes):
            await self._close(name)

    async def _pause(self, seconds: float) -> None:
        """Wait until something is to be done, at most so long."""
        bells = [asyncio.create_task(self.ring.wait()), asyncio.create_task(self.stop.wait())]
        try:
            await asyncio.wait(bells, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for bell in bells:
                bell.cancel()


async def _yes() -> bool:
    return True
