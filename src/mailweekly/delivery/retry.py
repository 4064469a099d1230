"""
When a deferred delivery is tried again, and when it is given up.

Units: timedelta. `Patience.scale` shortens every wait alike; tests use it, a send does not.
Source: RFC 5321 4.5.4.1. Shorter than a mail server's schedule, since a weekly issue is stale the day after; the first wait is five minutes because
most greylists open within that.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

__all__ = ["GIVE_UP", "PATIENT", "Patience", "retry_delay"]

RETRY_MINUTES: Final = (5, 15, 30, 60, 120)  # then every LATER_MINUTES
LATER_MINUTES: Final = 240
JITTER: Final = 0.2  # share of the delay, either way: a whole list must not come due in one second
GIVE_UP: Final = timedelta(hours=24)  # after the first try


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long to go on trying one reader, and how much shorter than usual each wait is (1: as usual)."""

    give_up: timedelta = GIVE_UP
    scale: float = 1.0


PATIENT: Final = Patience()


def retry_delay(delivery_id: int, attempts: int, patience: Patience = PATIENT) -> timedelta:
    """Return how long to wait after the try number `attempts + 1`: 5, 15, 30, 60, 120 minutes, then four hours, each ±20 %."""
    minutes = RETRY_MINUTES[attempts] if attempts < len(RETRY_MINUTES) else LATER_MINUTES
    # Derived, not random: the same delivery waits the same time on every machine, and a test can name it.
    seed = hashlib.blake2b(f"{delivery_id}:{attempts}".encode(), digest_size=4).digest()
    share = int.from_bytes(seed, "big") / 0xFFFFFFFF
    return timedelta(minutes=minutes * (1 - JITTER + 2 * JITTER * share) * patience.scale)
