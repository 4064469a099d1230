"""
The questions to readers who wrote "unsubscribe" without a token, sent by `inbound` where no `serve` sends letters.

Errors: those of settings, theme and relays. What cannot be sent now waits in the queue.
"""

import asyncio
from functools import partial
from typing import Final

from mailweekly.adapters.store.letters import letters_lock
from mailweekly.cli.latest import Latest
from mailweekly.cli.letters import Courier
from mailweekly.cli.place import Place
from mailweekly.cli.public import Public

__all__ = ["send_waiting"]

LOOK_S: Final = 0.1
LONGEST_S: Final = 120.0


def send_waiting(place: Place) -> None:
    """Send the letters that are due, and end. Whoever sends already goes on doing so."""
    if not letters_lock(place.database).is_held():
        asyncio.run(_sent(Public(place, "")))


async def _sent(public: Public) -> None:
    doorway = public.doorway()
    compose = partial(public.composed, Latest(public.place.database, public.keys))
    courier = Courier(place=public.place, doorway=doorway, relays=public.relays, compose=compose)
    sending = asyncio.create_task(courier.run())
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST_S
    try:
        while not sending.done() and loop.time() < until and await doorway.due(1):
            await asyncio.wait([sending], timeout=LOOK_S)
    finally:
        courier.stop.set()
        courier.ring.set()
        await sending
        await asyncio.to_thread(doorway.close)
