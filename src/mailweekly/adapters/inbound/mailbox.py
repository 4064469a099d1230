"""
What every mailbox can do: give the mails that are there, and put each away once it is stored.

A mailbox never decides. `settle` is called after the ledger's commit, so a crash before it gives the same mail again.

Errors: UnreachableError, LoginError; none holds a password.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

__all__ = ["MOST_BYTES", "Held", "Mailbox"]

MOST_BYTES: Final = 16_777_216  # of one mail; what is behind is not read


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """One mail of a mailbox. `ref`: how the mailbox will call it again, where it may stay there; else empty."""

    name: str  # for the mailbox itself
    raw: bytes
    ref: str = ""


class Mailbox(Protocol):
    """A mailbox, opened; `close` ends it."""

    def mails(self, known: Callable[[str], bool]) -> Iterator[Held]:
        """Give what is there, but what is `known` by its ref."""
        ...

    def settle(self, held: Held, *, review: bool) -> None:
        """Put a mail away, which is stored: to what was understood, or to what is for review."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when new mail may be there, or after so long."""
        ...

    def close(self) -> None:
        """End it."""
        ...
