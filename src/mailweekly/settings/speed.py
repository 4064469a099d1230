"""
`[pace]` of mailweekly.toml: how fast mail may leave, how much a day, and how long one reader is tried.

Units: rates in messages a second, caps in messages a span ("min", "h", "day"), durations as timedelta.
Errors: SettingsError naming the key; never the value.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from mailweekly.errors import SettingsError
from mailweekly.settings.form import check_names, table_of, unknown, unreadable
from mailweekly.settings.units import DOMAIN, duration, per_span, rate
from mailweekly.settings.values import Pace, WarmUpSettings

__all__ = ["MAX_CONNECTIONS", "count_of", "pace", "rates"]

MAX_CONNECTIONS: Final = 64  # beyond it no relay of the provider table takes more
MOST: Final = 1_000_000
LONGEST: Final = timedelta(days=5)  # RFC 5321, 4.5.4.1: as long as a mail server tries
COUNTED: Final = frozenset({"h", "day"})  # spans that are counted even where they are the only limit
ORDER: Final = ("s", "min", "h", "day")


def pace(table: Mapping[str, Any], place: str) -> Pace:
    """Return the settings of `[pace]`. Errors: see the module."""
    check_names(table, Pace, f"{place}: [pace]")
    values: dict[str, Any] = {}
    for key, value in table.items():
        spot = f"{place}: pace.{key}"
        if key in {"caps", "given"}:
            raise unknown(key, ["rate"], f"{place}: [pace]")
        try:
            values.update(_value(key, value, place))
        except ValueError as error:
            raise unreadable(error, spot) from None
    found = Pace(**values, given=frozenset(table))
    if found.batch and "batch_pause" not in table:  # one of "0" is a way to say: none
        hint = 'Write batch_pause = "30s" as well, or batch = 0.'
        raise SettingsError("A batch without a pause after it is none.", place=f"{place}: pace.batch", hint=hint)
    return found


def rates(written: list[object]) -> dict[str, Any]:
    """Return the pace of the finest unit, and a count for each coarser one, as `Pace` names them. Errors: ValueError."""
    if len(written) == 1 and not rate(str(written[0])):
        return {"rate": 0.0}
    found = sorted((per_span(str(one)) for one in written), key=lambda one: ORDER.index(one[1]))
    spans = [span for _, span in found]
    if not found or len(set(spans)) < len(spans):
        message = 'rate is one rate, or a list with each unit once: ["14/s", "50000/day"]'
        raise ValueError(message)
    for (count, span), (next_count, next_span) in pairwise(found):
        if (
            span != "s" and next_count < count
        ):  # a rate a second is a distance between messages, and holds beside any cap
            message = f"{next_count:g}/{next_span} is less than {count:g}/{span}, which could never be kept up: leave one of them out"
            raise ValueError(message)
    caps = {span: int(count) for number, (count, span) in enumerate(found) if number or span in COUNTED}
    if any(not count for count in caps.values()):
        message = "a rate over a minute, an hour or a day is a whole number, at least 1"
        raise ValueError(message)
    return {"rate": rate(f"{found[0][0]}/{found[0][1]}"), "caps": caps}


def count_of(value: object, key: str) -> int:
    """Return a whole number within the limits of the setting `key`. Errors: ValueError."""
    low = 0 if key == "batch" else 1
    high = MAX_CONNECTIONS if key == "connections" else MOST
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        message = f"{key} is a whole number from {low} to {high}"
        raise ValueError(message)
    return value


def _value(key: str, value: object, place: str) -> dict[str, Any]:
    match key:
        case "rate":
            return rates(value if isinstance(value, list) else [value])
        case "batch_pause":
            return {key: duration(str(value))}
        case "give_up":
            return {key: _patience(str(value))}
        case "warmup":
            return {key: _warm_up(table_of(value, place, "pace.warmup"), place)}
        case "domains":
            table = table_of(value, place, "pace.domains")
            return {key: {_domain(name): _positive(str(one)) for name, one in table.items()}}
    return {key: count_of(value, key)}


def _domain(name: str) -> str:
    if not DOMAIN.fullmatch(name.strip().lower()):
        message = 'a domain is written "gmail.com", an international one in its xn-- form'
        raise ValueError(message)
    return name.strip().lower()


def _positive(text: str) -> float:
    found = rate(text)
    if not found:
        message = "a domain's rate is written 5/s or 300/min"
        raise ValueError(message)
    return found


def _patience(text: str) -> timedelta:
    found = duration(text)
    if not timedelta(0) < found <= LONGEST:
        message = "give_up lies above 0 and is at most 5d"
        raise ValueError(message)
    return found


def _warm_up(table: Mapping[str, Any], place: str) -> WarmUpSettings:
    check_names(table, WarmUpSettings, f"{place}: [pace.warmup]")
    start, days = table.get("start"), table.get("days")
    if isinstance(start, str):
        try:
            start = date.fromisoformat(start)
        except ValueError:
            start = None
    if isinstance(start, datetime):
        start = start.date()
    if not isinstance(start, date):
        message = "warmup.start is a day: 2026-11-20"
        raise ValueError(message)  # noqa: TRY004 - shown as every other form that cannot be read
    if not isinstance(days, list) or not days:
        message = "warmup.days is a list of whole numbers: [50, 100, 500]"
        raise ValueError(message)
    return WarmUpSettings(start=start, days=tuple(count_of(one, "days") for one in days))
