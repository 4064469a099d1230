"""
What the rules ask about the readers, answered in one go through them: an audience may be a million, and nobody of it is kept.

Units: bytes as they stand in the decoded HTML.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Final

from mailweekly.audience.model import Audience, Subscriber

__all__ = ["ADDRESS", "Survey", "Terms", "survey", "terms", "value_bytes", "value_of"]

ADDRESS: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
WIDEST: Final = 6  # bytes of one character: `"` becomes `&quot;`


Terms = frozenset[tuple[str, str]]  # ("segment", case-folded) or ("field", lower case): all of them


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """How many there are, and of them: for whom a field is empty, the longest value of each, and whose address a text names."""

    readers: int
    empty: Mapping[str, tuple[int, Subscriber]] = field(default_factory=dict)  # field -> how many, and the first one
    longest: Mapping[tuple[str, str], int] = field(default_factory=dict)  # field and default -> bytes
    own: Subscriber | None = None  # who gets the sample message
    named: frozenset[str] = frozenset()  # keys
    holding: Mapping[Terms, int] = field(default_factory=dict)  # conditions -> how many they hold for
    tags: Mapping[str, str] = field(default_factory=dict)  # of everybody, left out ones too: case-folded -> as written


def survey(
    audience: Audience,
    *,
    fields: Iterable[str],
    slots: Iterable[tuple[str, str]],
    recipient: str,
    addresses: Collection[str],
    conditions: Collection[Terms] = (),
) -> Survey:
    """Go through the audience. `slots` are fields with their defaults, `recipient` an address as written, `addresses` keys looked for."""
    names = tuple(dict.fromkeys(fields))
    longest = dict.fromkeys(slots, 0)
    empty: dict[str, tuple[int, Subscriber]] = {}
    own: Subscriber | None = None
    named: set[str] = set()
    holding = dict.fromkeys(conditions, 0)
    tags = {tag.casefold(): tag for left in audience.left_out for tag in left.subscriber.tags}
    for reader in audience.recipients:
        if names:
            _note_empty(empty, names, reader)
        if longest:
            _note_longest(longest, reader)
        if own is None and reader.address == recipient:
            own = reader
        for asked in holding:
            holding[asked] += _holds(asked, reader)
        if reader.key in addresses:
            named.add(reader.key)
        for tag in reader.tags:
            tags.setdefault(tag.casefold(), tag)
    return Survey(
        readers=len(audience.recipients),
        empty=empty,
        longest=longest,
        own=own,
        named=frozenset(named),
        holding=holding,
        tags=tags,
    )


def terms(options: Mapping[str, str]) -> Terms:
    """Return what a conditional block's options ask of a reader; empty: nothing."""
    said = {key: options.get(key, "").strip() for key in ("segment", "field")}
    return frozenset(
        (key, value.casefold() if key == "segment" else value.lower()) for key, value in said.items() if value
    )


def value_of(reader: Subscriber, name: str) -> str:
    """Return a reader's value of a field."""
    match name:
        case "name":
            return reader.name
        case "email":
            return reader.address
        case _:
            return reader.data.get(name, "")


def value_bytes(value: str) -> int:
    """Return how many bytes a value takes in HTML."""
    return len(escape(value).encode("utf-8", "replace"))


def _note_empty(empty: dict[str, tuple[int, Subscriber]], names: Iterable[str], reader: Subscriber) -> None:
    for name in names:
        value = reader.name if name == "name" else reader.data.get(name, "")
        if not value or value.isspace():
            count, first = empty.get(name, (0, reader))
            empty[name] = (count + 1, first)


def _note_longest(longest: dict[tuple[str, str], int], reader: Subscriber) -> None:
    for slot, most in longest.items():
        value = value_of(reader, slot[0]) or slot[1]
        if len(value) * WIDEST > most:
            longest[slot] = max(most, value_bytes(value))


def _holds(asked: Terms, reader: Subscriber) -> bool:
    return all(
        any(tag.casefold() == value for tag in reader.tags)
        if kind == "segment"
        else bool(value_of(reader, value).strip())
        for kind, value in asked
    )
