"""
The canary: a few readers who get an issue first, while the others wait.

How many they are, and when their answers speak against going on. It counts nothing but answers; complaints and bounces of the hold are judged where
they are known, by the same `verdict`.

Units: durations as timedelta.
Errors: ValueError for a size that cannot be read.
Source: 5 % refusals is where large providers begin to slow a sender down; a breaker's window would be longer than most canaries.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from mailweekly.delivery.states import State

__all__ = ["HOLD", "Canary", "canary", "verdict"]

HOLD: Final = timedelta(minutes=30)  # unless said otherwise
MOST_REFUSED: Final = 0.05  # of the canary
FORM: Final = re.compile(r"\s*(\d{1,9}(?:\.\d{1,6})?)\s*(%?)\s*", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Canary:
    """So many readers, or that share of all, and how long the others wait once each of these has had an answer."""

    number: int = 0
    share: float = 0.0  # 0.01: one in a hundred
    hold: timedelta = HOLD

    def size(self, readers: int) -> int:
        """Return how many of `readers` go first: one at least."""
        wanted = self.number or math.ceil(round(self.share * readers, 6))
        return min(max(wanted, 1), readers)


def canary(text: str, hold: timedelta = HOLD) -> Canary:
    """Return the canary of "1%", "0.5%" or "50". Errors: ValueError."""
    found = FORM.fullmatch(text)
    number = float(found[1]) if found else 0.0
    if found and found[2] and 0 < number <= 100:  # noqa: PLR2004 - per cent
        return Canary(share=number / 100, hold=hold)
    if found and not found[2] and number >= 1 and number.is_integer():
        return Canary(number=int(number), hold=hold)
    message = "a canary is written 1% or 50"
    raise ValueError(message)


def verdict(counts: Mapping[State, int]) -> str:
    """Return why the others must not get it, by where the canary's deliveries stand; empty: nothing speaks against it."""
    asked = sum(count for state, count in counts.items() if state is not State.SKIPPED)
    refused = counts.get(State.REJECTED, 0)
    if refused <= MOST_REFUSED * asked:
        return ""
    return f"{refused} of the {asked} of the canary were refused"
