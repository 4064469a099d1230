"""The fault matrix: what can break a send, how it is made, and the tests of what must hold then. `make faults` prints it."""

import os
import random
from collections.abc import Callable
from typing import Final

__all__ = ["FULL", "Figure", "amount", "seed"]

Figure = Callable[[str], None]  # what a test measured, for the table
FULL: Final = os.environ.get("MAILWEEKLY_FAULTS") == "full"  # set by `make faults`


def amount(short: int, full: int) -> int:
    """Return how often: `short` in `make test`, `full` in `make faults`."""
    return full if FULL else short


def seed() -> int:
    """Return a seed, printed; MAILWEEKLY_SEED repeats it."""
    found = int(os.environ.get("MAILWEEKLY_SEED", str(random.randrange(10**6))))
    print(f"seed {found} (MAILWEEKLY_SEED={found} repeats it)")
    return found
