"""
Our own format: one table that holds all that is known of the people, and gives it back exactly.

Beside each writer of a cell stands its reader. Words (tags, lists) are parted by semicolons while all of them are plain; one that is not makes the
cell a JSON array. Data has a column for each key; the keys a header has no room for share one more column, as JSON.

Units: instants are ISO 8601 in UTC, `2026-01-02T03:04:05Z`, with microseconds where there are any.
Errors: ValueError from the readers, for a cell that no export of ours has.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from mailweekly.audience.export import FACETS, Person, Sheet, Target
from mailweekly.audience.model import Status

__all__ = [
    "COLUMNS",
    "DATA",
    "MOST_KEYS",
    "OPTIONAL",
    "OWN",
    "instant",
    "instant_cell",
    "is_bare",
    "pairs",
    "pairs_cell",
    "words",
    "words_cell",
]

COLUMNS: Final = (
    "email",
    "name",
    "status",
    "lists",
    "tags",
    "joined_at",
    "confirmed_at",
    "consent",
    "left_at",
    "suppression",
    "suppressed_at",
    "suppression_origin",
    "frequency",
)
OPTIONAL: Final = frozenset({"suppression_origin", "frequency"})  # a file may do without them
DATA: Final = "data"  # `data.<key>`; alone: the keys for which there was no column, as a JSON object
MOST_KEYS: Final = 480  # columns of data: with the others they stay under the 500 that are read
HEADER_CHARACTERS: Final = 60_000  # of the names of those columns: 65,536 are read

_NOT_PLAIN: Final = frozenset(';,|"[')


def words_cell(found: Collection[str]) -> str:
    """Return tags or lists as a cell, in order."""
    ordered = sorted(found)
    if all(map(_is_plain, ordered)):
        return ";".join(ordered)
    return json.dumps(ordered, ensure_ascii=False)


def words(cell: str) -> frozenset[str]:
    """Return what `words_cell` was given. Errors: ValueError."""
    if not cell.startswith("["):
        return frozenset(word for part in cell.split(";") if (word := part.strip()))
    found = _decoded(cell)
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError("it is no JSON array of texts")
    return frozenset(found)


def pairs_cell(found: Mapping[str, str]) -> str:
    """Return texts by name as a cell, in order; an empty one where there are none."""
    return json.dumps(dict(found), ensure_ascii=False, sort_keys=True) if found else ""


def pairs(cell: str) -> dict[str, str]:
    """Return what `pairs_cell` was given. Errors: ValueError."""
    found = _decoded(cell) if cell else {}
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise ValueError("it is no JSON object of texts")
    return found


def instant_cell(at: datetime | None) -> str:
    """Return an instant as a cell."""
    return "" if at is None else at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def instant(cell: str) -> datetime | None:
    """Return what `instant_cell` was given. Errors: ValueError."""
    if not cell:
        return None
    try:
        found = datetime.fromisoformat(cell)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from None


def is_bare(person: Person) -> bool:
    """Say whether a suppressed person's row holds nothing but the address, so that it is read as a suppression without a subscriber."""
    one = person.subscriber
    known = (one.name, one.lists, one.tags, any(one.data.values()), one.joined_at, one.confirmed_at, one.left_at)
    is_out = person.suppression is not None or one.status is Status.SUPPRESSED
    return is_out and one.address == one.key and not any((*known, one.consent, one.frequency))


def _head(keys: Sequence[str]) -> list[str]:
    alone, shared = _shared(keys)
    return [*COLUMNS, *(f"{DATA}.{key}" for key in alone), *([DATA] if shared else [])]


def _cells(keys: Sequence[str]) -> Callable[[Person], list[str]]:
    alone, shared = _shared(keys)

    def cells(person: Person) -> list[str]:
        data = person.subscriber.data
        found = _known(person)
        found += [data.get(key, "") for key in alone]
        if shared:
            found.append(pairs_cell({key: data[key] for key in shared if data.get(key)}))
        return found

    return cells


def _known(person: Person) -> list[str]:
    one, why = person.subscriber, person.suppression
    is_out = why is not None or one.status is Status.SUPPRESSED
    return [
        one.address,
        one.name,
        Status.SUPPRESSED.value if is_out else one.status.value,
        words_cell(one.lists) if one.lists else "",
        words_cell(one.tags) if one.tags else "",
        instant_cell(one.joined_at),
        instant_cell(one.confirmed_at),
        pairs_cell(one.consent),
        instant_cell(one.left_at),
        person.standing if is_out else "",
        instant_cell(why.since) if why else "",
        why.origin if why else "",
        one.frequency,
    ]


def _shared(keys: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the keys that have a column of their own, and those that share one."""
    if len(keys) <= MOST_KEYS and sum(map(len, keys)) + len(keys) * (len(DATA) + 1) <= HEADER_CHARACTERS:
        return keys, ()
    room, taken = HEADER_CHARACTERS, 0
    for key in keys[:MOST_KEYS]:
        room -= len(key) + len(DATA) + 1
        if room < 0:
            break
        taken += 1
    return keys[:taken], keys[taken:]


def _is_plain(word: str) -> bool:
    return bool(word) and word == word.strip() and _NOT_PLAIN.isdisjoint(word) and word.isprintable()


def _decoded(cell: str) -> object:
    try:
        return json.loads(cell)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


OWN: Final = Target(
    name="mailweekly",
    title="mailweekly",
    sheets=(
        Sheet(
            name="people.csv",
            standings=frozenset(),
            advice="Complete; mailweekly subscribers import reads it back. It also names those who must not be mailed: give it to no other product.",
        ),
    ),
    head=_head,
    cells=_cells,
    holds=frozenset(FACETS),
    is_own=True,
)
