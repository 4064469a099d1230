"""
Several relays and one send: whose mail each carries just now, and how far one may be ahead of its share.

Shares are kept in claims, by weight. A relay that is away, at its end, without anything it may take, or stuck, is waited for by nobody, and is owed
nothing when it is back. It only counts; `door` says how a relay is, `crew` claims.

Source: fair queueing by the finish time of each relay's next message, which lets at least one of them go on at any moment.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from mailweekly.delivery.door import Door
from mailweekly.delivery.ports import Route

__all__ = ["MOST", "allowance", "caught_up", "current_route"]

MOST: Final = 256  # claims at once
AHEAD: Final = 8.0  # messages the heaviest relay may be ahead, on a send that has just begun
SLACK: Final = 0.02  # of what has been carried, later on
STUCK: Final = timedelta(seconds=10)  # a message whose slot passed so long ago waits for a relay that does not move


def current_route(door: Door, doors: Sequence[Door]) -> Route:
    """Return what `door` carries now: a relay that is away leaves its domains to the others."""
    if door.route.domains:
        return door.route
    elsewhere = frozenset[str]().union(*(one.route.domains for one in doors if one is not door and not one.away))
    return replace(door.route, others=elsewhere)


def allowance(door: Door, doors: Sequence[Door], now: datetime) -> int:
    """Return how many messages `door` may claim beside the others: by weight; with a weight of 0 only while no other can be reached."""
    if door.route.domains:
        return MOST
    peers = _peers(door, doors)
    if not door.weight:
        return 0 if peers else MOST
    peers = [one for one in peers if not one.idle and not _is_stuck(one, now)]
    if not peers:
        return MOST
    heaviest = max(door.weight, *(one.weight for one in peers))
    level = min((one.claimed + 1) * heaviest / one.weight for one in peers)
    return max(0, min(int((level + _ahead(level)) * door.weight / heaviest - door.claimed), MOST))


def caught_up(door: Door, doors: Sequence[Door]) -> float:
    """Return what `door` counts as having claimed: one that fell far behind the others was away, and is owed nothing."""
    peers = [one for one in _peers(door, doors) if one.claimed and door.weight]
    if not peers or door.route.domains:
        return door.claimed
    heaviest = max(door.weight, *(one.weight for one in peers))
    level = min(one.claimed * heaviest / one.weight for one in peers)
    return max(door.claimed, (level - 2 * _ahead(level)) * door.weight / heaviest)


def _peers(door: Door, doors: Sequence[Door]) -> list[Door]:
    """The others that share everybody's mail with it, and are there."""
    return [
        one
        for one in doors
        if one is not door and one.weight and not one.route.domains and not one.away and not one.over
    ]


def _ahead(level: float) -> float:
    return AHEAD + SLACK * level


def _is_stuck(door: Door, now: datetime) -> bool:
    since = door.waits_since
    return since is not None and now - since > STUCK
