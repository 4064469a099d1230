"""`subscribers stats`: how many there are of each kind, and how the audience grows, as a chart."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from mailweekly.adapters.store.roster import Roster, Sums
from mailweekly.audience.growth import Period, chart, periods, span_of
from mailweekly.cli import terminal
from mailweekly.cli.bars import takes_blocks
from mailweekly.cli.people import sources
from mailweekly.cli.place import load
from mailweekly.errors import MissingFileError, UsageError

__all__ = ["stats"]

SPANS: Final = ("week", "month")
ROWS: Final = 8  # of a table for people


def stats(*, list_name: str, by: str, as_json: bool) -> None:
    """Show the numbers of everybody, or of a list."""
    if by and by not in SPANS:
        raise UsageError(f"'{by}' is no span.", place="--by", hint="It is week or month.")
    place = load()
    with Roster(place.database, partial(sources, place)) as roster:
        found = roster.sums(list_name)
    if list_name and list_name not in found.lists:
        hint = "mailweekly subscribers stats names the lists; plan and send bring list files in."
        raise MissingFileError(f"Nobody is on a list '{list_name}'.", place="--list", hint=hint)
    today = datetime.now(UTC).date()
    span = by or span_of(found.joined, today)
    grown = periods(found.joined, found.left, span, today)
    if as_json:
        terminal.out_json(_document(found, grown, span, list_name))
        return
    _show(found, grown, span, list_name)


def _show(found: Sums, grown: tuple[Period, ...], span: str, list_name: str) -> None:
    total = sum(found.statuses.values())
    people = "person" if total == 1 else "people"
    terminal.out(f"{total:,} {people}" + (f" on the list {list_name}" if list_name else ""))
    terminal.out(*(f"  {name:<12} {found.statuses.get(name, 0):>11,}" for name in ("active", "pending", "suppressed")))
    terminal.out(*(f"    {name:<10} {count:>11,}" for name, count in found.reasons.items()))
    if found.strangers or found.erased:
        terminal.out(f"and {found.strangers:,} addresses kept out that were never here, {found.erased:,} people erased")
    if found.lists and not list_name:
        _table("Lists (members, active)", {name: f"{a:,} {b:>11,}" for name, (a, b) in found.lists.items()})
    _table("Domains (active)", {name: f"{count:,}" for name, count in found.domains.items()})
    _table("Tags (active)", {name: f"{count:,}" for name, count in found.tags.items()})
    drawn = chart(grown, span, ascii_only=not takes_blocks())
    if drawn:
        terminal.out(
            "", f"By {span}: {sum(one.joined for one in grown):,} joined, {sum(one.left for one in grown):,} left", ""
        )
        terminal.out(*drawn)
    if found.undated:
        terminal.out("", f"Not in the chart: {found.undated:,} of whom nobody knows when they joined.")


def _table(title: str, rows: Mapping[str, str]) -> None:
    if not rows:
        return
    width = max(len(terminal.safe(name)[:40]) for name in list(rows)[:ROWS])
    terminal.out("", title, *(f"  {name[:40]:<{width}} {value:>11}" for name, value in list(rows.items())[:ROWS]))
    if len(rows) > ROWS:
        terminal.out("  and others")


def _document(found: Sums, grown: tuple[Period, ...], span: str, list_name: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "list": list_name,
        "people": sum(found.statuses.values()),
        "statuses": {name: found.statuses.get(name, 0) for name in ("active", "pending", "suppressed")},
        "reasons": dict(found.reasons),
        "strangers": found.strangers,
        "erased": found.erased,
        "undated": found.undated,
        "lists": {name: {"members": count, "active": active} for name, (count, active) in found.lists.items()},
        "domains": dict(found.domains),
        "tags": dict(found.tags),
        "growth": {
            "span": span,
            "periods": [{"from": one.start.isoformat(), "joined": one.joined, "left": one.left} for one in grown],
        },
    }
