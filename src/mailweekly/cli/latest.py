"""
"The latest issue on joining": the newest issue that went to one of somebody's lists, as a copy of their own.

It is what was sent then, from the frozen edition; it is no delivery of that send and changes none of its counts.

Errors: those of the database.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from mailweekly import tokens
from mailweekly.adapters.store.newest import newest_program
from mailweekly.audience.joining import Letter
from mailweekly.message.model import Message, Reader
from mailweekly.message.program import Program, compose
from mailweekly.tokens import Keys

__all__ = ["Latest"]


class Latest:
    """The newest issue of each list, kept for the next who joins."""

    def __init__(self, database: Path, keys: Keys) -> None:
        self._database = database
        self._keys = keys
        self._kept: tuple[int, Program] | None = None

    def copy(self, letter: Letter, at: datetime) -> Message | None:
        """Return the letter's reader's copy; None: nothing was sent to their lists yet, or they have it."""
        held = self._kept[0] if self._kept else 0
        found = newest_program(self._database, letter.lists, letter.subscriber_id, held=held)
        if found is None:
            return None
        number, content = found
        if content:
            program = Program.from_bytes(content, self._keys)
            stamps = replace(program.stamps, delivery=tokens.signer(self._keys, tokens.LETTER))
            self._kept = (number, replace(program, stamps=stamps))
        assert self._kept is not None
        reader = Reader(subscriber_id=letter.subscriber_id, address=letter.address)
        return compose(self._kept[1], reader, delivery_id=letter.id, at=at)
