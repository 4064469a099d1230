"""Who goes first: what `--canary` and `--hold` ask for, and the seeds of the settings, as readers of the list."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from mailweekly import address
from mailweekly.adapters.store.canary import BY_HAND, Watch
from mailweekly.audience.model import Audience
from mailweekly.delivery.canary import HOLD, Canary, canary
from mailweekly.errors import SettingsError, UsageError
from mailweekly.settings import duration

__all__ = ["Lead", "asked", "lead", "lead_document", "lead_line", "tell_hold", "watch_document", "watch_line"]

LOOK_S: Final = 1.0
UTC_FORM: Final = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lead:
    """The canary of a send to be: how many, and the seeds among them. `size` 0: it would be everybody, so there is none."""

    canary: Canary
    size: int
    seeds: tuple[str, ...]  # addresses on the list
    strangers: tuple[str, ...]  # seeds that are not
    keys: frozenset[str]  # of the seeds on the list


def asked(size: str, hold: str) -> Canary | None:
    """Return what the options ask for; None: everybody at once. Errors: UsageError."""
    if not size and hold:
        raise UsageError(
            "--hold says how long a canary is watched.", place="--hold", hint="For example --canary 1% --hold 30m"
        )
    if not size:
        return None
    try:
        return canary(size, duration(hold) if hold else HOLD)
    except ValueError as error:
        raise UsageError(
            f"This cannot be read: {error}.", place="--canary, --hold", hint="For example --canary 1% --hold 30m"
        ) from None


def lead(wanted: Canary | None, seeds: Iterable[str], audience: Audience) -> Lead | None:
    """Return the canary for this audience; None: none is asked for. Errors: SettingsError for a seed that is no address."""
    if wanted is None:
        return None
    keys = {_key(seed): seed for seed in seeds}
    count = len(audience.recipients)
    on_list = frozenset(one.key for one in audience.recipients if one.key in keys) if keys else frozenset()
    size = len(on_list) + wanted.size(count - len(on_list))
    return Lead(
        canary=wanted,
        size=size if size < count else 0,
        seeds=tuple(seed for key, seed in keys.items() if key in on_list),
        strangers=tuple(seed for key, seed in keys.items() if key not in on_list),
        keys=on_list,
    )


def lead_line(one: Lead, list_name: str) -> str:
    """Return the plan's words."""
    if not one.size:
        return "everybody: the list is too short for one"
    words = f"{one.size:,} first, then a hold of {one.canary.hold}"
    if one.seeds:
        words += f"; seeds: {', '.join(one.seeds)}"
    if one.strangers:
        words += f"; not on the list '{list_name}': {', '.join(one.strangers)}"
    return words


def lead_document(one: Lead | None) -> dict[str, Any] | None:
    """Return the plan's canary as JSON shows it."""
    if one is None:
        return None
    return {
        "size": one.size,
        "hold_s": one.canary.hold.total_seconds(),
        "seeds": list(one.seeds),
        "seeds_not_on_list": list(one.strangers),
    }


def watch_line(one: Watch, total: int, now: datetime) -> str:
    """Return where a canary stands, for people."""
    if one.held_until is None:
        return f"canary: {one.answered:,} of {one.size:,} sent, then the others wait {_minutes(one.hold_s)}"
    words = f"canary: {one.size:,} of {total:,} sent"
    if one.refused:
        words += f" ({one.refused:,} refused)"
    if one.held_until == BY_HAND:
        return f"{words} first, and it stopped the send"
    if one.holds(now.timestamp()):
        return f"{words}, holding until {datetime.fromtimestamp(one.held_until, now.tzinfo).strftime(UTC_FORM)}"
    return f"{words} first; the hold is over"


def watch_document(one: Watch | None, now: datetime) -> dict[str, Any] | None:
    """Return a send's canary as JSON shows it."""
    if one is None:
        return None
    until = datetime.fromtimestamp(one.held_until, now.tzinfo).isoformat() if one.held_until else None
    return {
        "size": one.size,
        "answered": one.answered,
        "refused": one.refused,
        "hold_s": one.hold_s,
        "held_until": until,
        "holds": one.holds(now.timestamp()),
    }


async def tell_hold(look: Callable[[], Watch | None], total: int, tell: Callable[[str], None]) -> None:
    """Say once that the canary is out and the others wait; `look` asks the ledger."""
    one = look()
    was_held = one is not None and one.held_until is not None
    while one is not None and not was_held:
        await asyncio.sleep(LOOK_S)
        one = look()
        if one is not None and one.held_until:
            tell(watch_line(one, total, datetime.now(UTC)))
            was_held = True


def _key(seed: str) -> str:
    try:
        return address.key(seed)
    except ValueError as error:
        hint = 'Write seeds = ["you@your-domain"].'
        raise SettingsError(
            f"A seed is no address: {error}.", place="mailweekly.toml: canary.seeds", hint=hint
        ) from None


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"  # noqa: PLR2004 - a minute
