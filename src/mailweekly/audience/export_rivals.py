"""
The other products people may be taken to; the table is `exports.toml`.

A column there is its name and one of the CELLS here. What a target can hold of a person follows from its columns, so that the report of what is lost
cannot drift from what is written.

Errors: none.
"""

import json
import re
import tomllib
from collections.abc import Callable, Sequence
from datetime import UTC
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from mailweekly.audience.export import Person, Sheet, Target
from mailweekly.audience.export_own import OWN, instant_cell
from mailweekly.audience.vocabulary import COLUMNS, LEAVING, folded

__all__ = ["CELLS", "TARGETS", "halves"]

Cell = Callable[[Person], str]
_Miss = tuple[str, Callable[[Person], bool]]

_HALVES: Final = re.compile(r"(.*\S) (\S+)", re.DOTALL)
_STRIPE: Final = ("stripe_customer_id", "stripe_id", "stripe_connected_customer_id")
_COMMA: Final = frozenset(',"')
_SEMICOLON: Final = frozenset(';"')
_NEEDS_QUOTES: Final = re.compile(r'[()\[\]:;@\\,."#]')
_ROLES: Final = frozenset(LEAVING).union(*COLUMNS.values())  # names that would be taken for something else when read


def halves(name: str) -> tuple[str, str]:
    """Return a name as first and last name, parted at the last blank; joined by one blank they are the name again."""
    match = _HALVES.fullmatch(name)
    return (match[1], match[2]) if match else (name, "")


def _tags(person: Person, mark: str, special: frozenset[str]) -> str:
    return mark.join(
        f'"{tag}"' if not special.isdisjoint(tag) else tag for tag in sorted(person.subscriber.tags) if '"' not in tag
    )


def _attributes(person: Person) -> str:
    one = person.subscriber
    found: dict[str, Any] = {key: value for key, value in one.data.items() if value}
    if one.tags and "tags" not in found:
        found["tags"] = sorted(one.tags)  # listmonk and Keila ask attributes in their segments
    return json.dumps(found, ensure_ascii=False, sort_keys=True) if found else "{}"


def _metadata(person: Person) -> str:
    found = {key: value for key, value in person.subscriber.data.items() if value and key != "notes"}
    return json.dumps(found, ensure_ascii=False, sort_keys=True) if found else ""


def _stripe(person: Person) -> str:
    return next((found for key in _STRIPE if (found := person.subscriber.data.get(key))), "")


def _line(person: Person) -> str:
    one = person.subscriber
    if not one.name or "<" in one.name or ">" in one.name or not one.name.isprintable():
        return f"<{one.address}>" if one.address.startswith("#") else one.address  # a bare # begins a comment
    name = one.name
    if _NEEDS_QUOTES.search(name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name} <{one.address}>"


CELLS: Final = MappingProxyType[str, tuple[Cell, frozenset[str]]](
    {  # what may stand in a column: how it is made, and what of FACETS it holds
        "nothing": (lambda _: "", frozenset()),
        "address": (lambda one: one.subscriber.address, frozenset()),
        "name": (lambda one: one.subscriber.name, frozenset({"name"})),
        "first": (lambda one: halves(one.subscriber.name)[0], frozenset({"name"})),
        "last": (lambda one: halves(one.subscriber.name)[1], frozenset({"name"})),
        "line": (_line, frozenset({"name"})),
        "tags by comma": (lambda one: _tags(one, ",", _COMMA), frozenset({"tags"})),
        "tags by semicolon": (lambda one: _tags(one, ";", _SEMICOLON), frozenset({"tags"})),
        "attributes": (_attributes, frozenset({"data", "tags"})),
        "metadata": (_metadata, frozenset({"data"})),
        "stripe": (_stripe, frozenset()),  # one field of many is no place for the data
        "note": (lambda one: one.subscriber.data.get("note", ""), frozenset()),
        "notes": (lambda one: one.subscriber.data.get("notes", ""), frozenset()),  # the metadata do without
        "truth": (lambda one: "true" if one.standing == "active" else "false", frozenset()),
        "joined": (lambda one: instant_cell(one.subscriber.joined_at), frozenset({"joined_at"})),
        "joined plainly": (
            lambda one: f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if (at := one.subscriber.joined_at) else "",
            frozenset({"joined_at"}),
        ),
    }
)


_MISSES: Final = MappingProxyType[str, _Miss](
    {
        "tags by comma": ("tags", lambda one: any('"' in tag for tag in one.subscriber.tags)),
        "tags by semicolon": ("tags", lambda one: any('"' in tag for tag in one.subscriber.tags)),
        "attributes": ("tags", lambda one: bool(one.subscriber.tags and one.subscriber.data.get("tags"))),
        "line": ("name", lambda one: bool(one.subscriber.name) and " <" not in _line(one)),
    }
)


def _column_of(key: str, taken: frozenset[str], *, upper: bool) -> str:
    """Return a data key as a column's name, never one that is read as something else."""
    word = folded(key)
    return f"data.{key}" if word in taken or word in _ROLES else key.upper() if upper else key


def _target(name: str, table: dict[str, Any]) -> Target:
    columns: list[tuple[str, str]] = [(title, source) for title, source in table["columns"]]
    words: dict[str, str] = table.get("words", {})
    data = table.get("data", "")
    taken = frozenset(folded(title) for title, _ in columns)
    makers = [
        (lambda one: words.get(one.standing) or words["unsubscribed"]) if source == "word" else CELLS[source][0]
        for _, source in columns
    ]
    held = frozenset[str]().union(*(CELLS[source][1] for _, source in columns if source != "word"))

    def head(keys: Sequence[str]) -> list[str]:
        more = [_column_of(key, taken, upper=data == "upper columns") for key in keys] if data else []
        return [*(title for title, _ in columns), *more]

    def cells(keys: Sequence[str]) -> Callable[[Person], list[str]]:
        more = keys if data else ()

        def plain(one: Person) -> list[str]:
            return [*(make(one) for make in makers), *(one.subscriber.data.get(key, "") for key in more)]

        return _unquoted(plain) if table.get("quotes_all") else plain

    return Target(
        name=name,
        title=table["title"],
        sheets=tuple(
            Sheet(name=one["name"], standings=frozenset(one["standings"]), advice=one["advice"])
            for one in table["files"]
        ),
        head=head,
        cells=cells,
        holds=held | ({"data"} if data else frozenset()),
        words=words,
        misses=_misses(columns, quotes_all=table.get("quotes_all", False)),
        quotes_all=table.get("quotes_all", False),
        is_table=[source for _, source in columns] != ["line"],
    )


def _unquoted(make: Callable[[Person], list[str]]) -> Callable[[Person], list[str]]:
    return lambda one: [cell.replace('"', "'") for cell in make(one)]


def _misses(columns: Sequence[tuple[str, str]], *, quotes_all: bool) -> tuple[_Miss, ...]:
    found = [_MISSES[source] for _, source in columns if source in _MISSES]
    return (*found, ("quotes", _has_quotes)) if quotes_all else tuple(found)


def _has_quotes(person: Person) -> bool:
    return '"' in person.subscriber.name or any('"' in value for value in person.subscriber.data.values())


_TABLES: Final = tomllib.loads(files("mailweekly.audience").joinpath("exports.toml").read_text("utf-8"))

TARGETS: Final = MappingProxyType({OWN.name: OWN, **{name: _target(name, table) for name, table in _TABLES.items()}})
