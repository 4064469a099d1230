"""
`subscribers add` and `subscribers remove`: one person, by the editor's word.

Who left, complained or was erased comes back by `--again` alone, one at a time, with a note of how they asked for it.
"""

import time
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from mailweekly import address as addresses
from mailweekly.adapters.store.roster import Joining, Roster
from mailweekly.audience import report as told_changes
from mailweekly.audience.header import field_key
from mailweekly.audience.segment_values import is_of
from mailweekly.cli import terminal
from mailweekly.cli.audiences import erasure_secrets, field_kinds
from mailweekly.cli.people import sources
from mailweekly.cli.place import Place, load
from mailweekly.errors import MailweeklyError, UsageError

__all__ = ["Person", "add", "address_of", "remove"]

NAME_CHARACTERS: Final = 1_000
WORD_CHARACTERS: Final = 200  # of a list, a tag
VALUE_CHARACTERS: Final = 64_000  # as a cell of a list file has
EDITOR: Final = "the editor"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """What was said of the person on the command line."""

    address: str
    name: str
    lists: tuple[str, ...]
    tags: tuple[str, ...]
    fields: tuple[str, ...]
    is_pending: bool
    again: bool
    note: str


def add(said: Person, *, as_json: bool) -> None:
    """Add somebody, or add to what is known of them."""
    place = load()
    who = _joining(place, said)
    warnings = _warnings(place, who)
    with Roster(place.database, partial(sources, place)) as roster:
        _bring_in(roster)
    with Roster(place.database) as roster:
        became, number = roster.add(who, time.time())
        report = roster.report("", number)
    assert report is not None
    terminal.say(*(f"mailweekly: {one}" for one in warnings))
    if as_json:
        terminal.out_json(
            {"schema": 1, "id": f"s{number}", "became": became.value, "warnings": warnings, "subscriber": report}
        )
        return
    lists = ", ".join(report["lists"]) or "no list"
    terminal.out(f"{report['address']}: {became.value}; {report['status']}, on {lists} (s{number})")
    if report["status"] == "pending":
        terminal.out("Nothing is sent to them until they confirm; no letter was sent now.")


def remove(address: str, *, list_name: str, reason: str, as_json: bool) -> None:
    """Let somebody go: no file brings them back."""
    place, key = load(), address_of(address)[1].key
    why = EDITOR + (f": {_text(reason, '--reason', NAME_CHARACTERS)}" if reason else "")
    with Roster(place.database, partial(sources, place)) as roster:
        _bring_in(roster)
    with Roster(place.database) as roster:
        changed = roster.remove(key, list_name, why, time.time())
        report = roster.report(key) or {}
    told = report.get("suppression") or {"reason": "", "origin": ""}
    kept_out, origin, lists = told["reason"], told["origin"], report.get("lists", [])
    if as_json:
        document = {
            "schema": 1,
            "address": address,
            "changed": changed,
            "reason": kept_out,
            "origin": origin,
            "lists": lists,
        }
        terminal.out_json(document)
        return
    what = f"{address}: "
    if kept_out:
        what += (
            f"kept out from now on ({kept_out})."
            if changed
            else f"was kept out already ({kept_out}, {origin or 'not known by what'})."
        )
    elif changed:
        what += f"off the list {list_name}; still on {', '.join(lists) or 'no list'}."
    else:
        what += f"is not on the list {list_name}."
    terminal.out(what)


def address_of(said: str) -> tuple[str, addresses.Address]:
    """Return (name, address) of what was written as an address. Errors: UsageError."""
    name, inner = addresses.unwrap(said)
    try:
        return name, addresses.parse(inner)
    except ValueError as error:
        hint = "Write it as name@example.org."
        raise UsageError(f"This is no address: {error}.", place=said[:80], hint=hint) from None


def _bring_in(roster: Roster) -> None:
    """The list files first: somebody who stands in one is somebody. One that cannot be read must not keep anybody from leaving."""
    try:
        changes = roster.bring_in()
    except MailweeklyError as error:
        terminal.say(f"mailweekly: the list files were not brought in: {error.what} ({error.place})")
        return
    terminal.say(*(line for one in changes if not one.is_empty for line in told_changes.change_lines(one, people=0)))


def _joining(place: Place, said: Person) -> Joining:
    if said.again and not said.note.strip():
        hint = '--note "asked by mail on 3 March": it is kept with the person.'
        raise UsageError("--again needs a note of the new consent.", place="--again", hint=hint)
    name, parsed = address_of(said.address)
    lists = tuple(dict.fromkeys(_text(one, "--list", WORD_CHARACTERS) for one in said.lists)) or (place.settings.list,)
    for one in lists:
        if one in place.settings.segments:
            raise UsageError(f"'{one}' is a segment: nobody joins it.", place="--list", hint="Name a list.")
    return Joining(
        key=parsed.key,
        address=parsed.text,
        name=_text(said.name, "--name", NAME_CHARACTERS) if said.name else name,
        lists=lists,
        tags=frozenset(_text(one, "--tag", WORD_CHARACTERS) for one in said.tags),
        data=dict(_fields(said.fields)),
        is_pending=said.is_pending,
        again=said.again,
        note=_text(said.note, "--note", VALUE_CHARACTERS) if said.note else "",
        secrets=erasure_secrets(place),
    )


def _fields(said: Iterable[str]) -> Iterable[tuple[str, str]]:
    for one in said:
        name, mark, value = one.partition("=")
        key = field_key(name.strip().removeprefix("data.")) if name.strip() else ""
        if not mark or not key:
            raise UsageError("--set takes a field and a value.", place=f"--set {one[:80]}", hint="--set city=Paris")
        yield key, _text(value, f"--set {key}", VALUE_CHARACTERS, empty=True)


def _warnings(place: Place, who: Joining) -> list[str]:
    """What is kept as it was written, though it is not what the field is said to hold."""
    kinds = field_kinds(place)
    return [
        f"data.{key} holds '{value[:60]}', which is no {kinds[key].value}; it is kept as it is"
        for key, value in who.data.items()
        if key in kinds and not is_of(kinds[key], value)
    ]


def _text(value: str, place: str, most: int, *, empty: bool = False) -> str:
    """Return a text that may be kept. Errors: UsageError for one that is empty, too long, or holds what cannot be shown."""
    if (not value.strip() and not empty) or len(value) > most:
        hint = f"It has 1 to {most:,} characters."
        raise UsageError("This text is empty or too long.", place=place, hint=hint)
    if any(unicodedata.category(one) in {"Cc", "Cs"} for one in value):
        raise UsageError("This text holds a control character.", place=place, hint="Write it on one line.")
    return value if empty else value.strip()
