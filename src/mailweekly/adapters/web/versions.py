"""
What an issue can be compared with: editions that were frozen for a send, and files that `build` has written. Joined by `cli`.

Every callable may raise MailweeklyError.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Version", "Versions"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One of them."""

    pick: str  # in the address: "sent:3", "build"
    title: str  # "#77, sent 2026-11-13 to weekly"
    is_own: bool  # of the issue itself, not of an earlier one


@dataclass(frozen=True, kw_only=True, slots=True)
class Versions:
    """The desk of the view that compares."""

    kept: Callable[[int], Sequence[Version]]  # by the number, the one to compare with first
    message: Callable[[int, str], bytes]  # issue and pick -> one reader's copy; b"": it is gone
