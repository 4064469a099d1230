"""`subscribers show` and `subscribers list`: one person with all that is known of them, and many in a line each."""

import re
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from mailweekly.adapters.store.roster import Listed, Roster
from mailweekly.audience.segment import All, Facet, Has, Segment
from mailweekly.cli import terminal
from mailweekly.cli.audiences import segment_of
from mailweekly.cli.people import sources
from mailweekly.cli.people_add import address_of
from mailweekly.cli.place import Place, load
from mailweekly.errors import MissingFileError, UsageError

__all__ = ["listed", "show"]

NUMBER: Final = re.compile(r"s(\d{1,18})")  # a subscriber as logs name them
NAME_WIDTH: Final = 24
STATUSES: Final = "active, pending, suppressed, or a reason: unsubscribed, complaint, dead, unreachable, blocked, held"


def show(who: str, *, as_json: bool) -> None:
    """Show everything that is known of one person, by address or by number (s1042)."""
    place = load()
    number = NUMBER.fullmatch(who.strip())
    key = "" if number else address_of(who)[1].key
    with Roster(place.database, partial(sources, place)) as roster:
        report = roster.report(key, int(number[1]) if number else 0)
    if report is None:
        hint = "mailweekly subscribers list finds people; who was erased is known no more."
        raise MissingFileError("Nobody has this address.", place=who, hint=hint)
    if as_json:
        terminal.out_json({"schema": 1, "subscriber": report})
        return
    terminal.out(*_person_lines(report))


def listed(*, lists: list[str], tags: list[str], status: str, segment: str, limit: int, as_json: bool) -> None:
    """Show who is in a part of the audience."""
    place = load()
    wanted = _wanted(place, lists, tags, status, segment)
    with Roster(place.database, partial(sources, place)) as roster:
        count, people = roster.list(wanted, limit)
    if as_json:
        shown = [_document(one) for one in people]
        terminal.out_json({"schema": 1, "count": count, "shown": len(people), "subscribers": shown})
        return
    width = max((len(terminal.safe(one.address)) for one in people), default=0)
    terminal.out(*(_line(one, min(width, 40)) for one in people))
    more = f"; the first {len(people):,} are shown, --limit 0 shows all" if count > len(people) else ""
    terminal.say(f"{count:,} {'person' if count == 1 else 'people'}{more}")


def _wanted(place: Place, lists: list[str], tags: list[str], status: str, segment: str) -> Segment:
    parts: list[Segment] = [Has(facet=Facet.LIST, word=one) for one in lists]
    parts += [Has(facet=Facet.TAG, word=one) for one in tags]
    if status:
        parts.append(_status(place, status))
    if segment:
        named = place.settings.segments.get(segment)
        where = f"mailweekly.toml: segments.{segment}" if named else ""
        parts.append(segment_of(place, named or segment, where=where))
    return All(parts=tuple(parts))


def _status(place: Place, word: str) -> Segment:
    try:
        found = segment_of(place, f"status:{word}")
    except UsageError:
        found = None
    if not isinstance(found, Has):
        raise UsageError(f"There is no status '{word}'.", place="--status", hint=f"It is one of {STATUSES}.")
    return found


def _document(one: Listed) -> dict[str, Any]:
    return {
        "id": f"s{one.id}",
        "address": one.address,
        "name": one.name,
        "status": one.status,
        "reason": one.reason,
        "tags": list(one.tags),
        "data": dict(one.data),
        "joined_at": _instant(one.joined_at),
    }


def _line(one: Listed, width: int) -> str:
    status = one.reason or one.status
    name = one.name if len(one.name) <= NAME_WIDTH else f"{one.name[: NAME_WIDTH - 1]}…"
    tags = f"  {', '.join(one.tags)}" if one.tags else ""
    return f"s{one.id:<8} {one.address:<{width}}  {status:<12}  {name}{tags}".replace("\n", " ").rstrip()


def _instant(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _person_lines(report: dict[str, Any]) -> list[str]:
    lines = [f"{report['address']}" + (f"  {report['name']}" if report.get("name") else "")]
    told = report.get("suppression")
    status = report["status"] + (f": {told['reason']}, by {told['origin'] or 'not known what'}" if told else "")
    facts = {
        "status": status,
        "lists": ", ".join(report.get("lists", ())),
        "tags": ", ".join(report.get("tags", ())),
        "frequency": report.get("frequency", ""),
        "joined": report.get("joined_at") or "",
        "confirmed": report.get("confirmed_at") or "",
        "left": report.get("left_at") or "",
    }
    lines += [f"  {name:<11} {value}" for name, value in facts.items() if value]
    for title, name in (("fields", "data"), ("consent", "consent")):
        if report.get(name):
            lines += [f"  {title}", *(f"    {key}: {value}" for key, value in report[name].items())]
    if report.get("story"):
        lines += ["  story", *(f"    {one['at']}  {one['what']}: {one['why']}" for one in report["story"])]
    if report.get("deliveries"):
        lines += ["  issues", *(_copy_line(one) for one in report["deliveries"])]
    return lines


def _copy_line(one: dict[str, Any]) -> str:
    kind = "" if one["kind"] == "issue" else f" ({one['kind']})"
    reply = f": {one['reply']}" if one["reply"] else ""
    return f"    {one['issue']}{kind} to {one['list']}: {one['state']} {one['outcome_at'] or ''}{reply}".rstrip()
