"""
The local relay: every message becomes one `.eml` file in a folder, under the name of its Message-ID.

The rename is its 250: a message is in the folder whole or not at all, and the same message again would be the same file.

Errors: UnreachableError when the folder cannot be written.
"""

import asyncio
import os
from pathlib import Path
from typing import Final

from mailweekly.delivery.ports import Trip, Upcoming, nobody
from mailweekly.delivery.reply import Reply, Stage
from mailweekly.errors import UnreachableError

__all__ = ["OutboxLane", "OutboxRelay"]

MODE: Final = 0o600  # the files hold readers' addresses


class OutboxLane:
    """A lane into the folder."""

    spent = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def deliver(self, trip: Trip, _upcoming: Upcoming = nobody) -> Reply | None:
        """Write the message's file, once the ledger has said yes."""
        message = trip.message
        if not await trip.intend():
            return None
        name = message.message_id.strip("<>").partition("@")[0] + ".eml"
        await asyncio.to_thread(self._write, name, message.content)
        return Reply(code=250, text=f"2.0.0 written to {name}", stage=Stage.DOT)

    async def close(self) -> None:
        """Nothing to close."""

    def _write(self, name: str, content: bytes) -> None:
        part = self._folder / f".{name}.part"
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / name)
        except OSError as error:
            hint = "Look at its rights and the free space; nobody is lost, the same command goes on."
            raise UnreachableError(
                f"The outbox cannot be written: {error.strerror}.", place=str(self._folder), hint=hint
            ) from None


class OutboxRelay:
    """The folder `folder`, made where it is missing."""

    def __init__(self, folder: Path, *, name: str = "outbox") -> None:
        self.name = name
        self._folder = folder

    async def open(self) -> OutboxLane:
        """Return a lane; the folder exists from here on."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UnreachableError(
                f"The outbox cannot be made: {error.strerror}.",
                place=str(self._folder),
                hint="Look at the folder's rights.",
            ) from None
        return OutboxLane(self._folder)
