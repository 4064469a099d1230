"""
A prepared edition in a form that can be kept: plain strings and numbers, no key.

`pieces` is the whole message in order: literals, already encoded, and the numbers of the cells that each reader fills. The first cells are those of
every message (`TO` to `PREFERENCES_LINK`); the fields' follow.

Units: literals are ASCII with CRLF.
Errors: DataError for bytes that are no recipe of this version.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from mailweekly.errors import DataError
from mailweekly.message.values import Context

__all__ = [
    "BOUNDARY",
    "DATE",
    "DELIVERY",
    "FIRST_FIELD",
    "MESSAGE_ID",
    "PREFERENCES_LINK",
    "SUBJECT",
    "TO",
    "UNSUBSCRIBE",
    "UNSUBSCRIBE_LINK",
    "Field",
    "Recipe",
    "dumped",
    "loaded",
]

# Cells of every message, by number. TO and SUBJECT are whole lines; UNSUBSCRIBE and DELIVERY are tokens in the headers, the two LINK cells tokens in
# the body, with a soft break.
TO, SUBJECT, DATE, MESSAGE_ID, BOUNDARY, UNSUBSCRIBE, DELIVERY, UNSUBSCRIBE_LINK, PREFERENCES_LINK, FIRST_FIELD = range(
    10
)

_VERSION = 1
_FORMAT = "mailweekly program"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A merge field and the cells it fills, one for each context it stands in."""

    name: str
    default: str
    cells: tuple[tuple[int, Context], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """All that a message needs besides its reader, its delivery, its instant and the key."""

    pieces: tuple[str | int, ...]
    guards: tuple[tuple[int, ...], ...]  # for each piece, the numbers of the conditions it stands under
    conditions: tuple[str, ...]  # asked of each reader
    fields: tuple[Field, ...]  # those that stand in the documents or the Subject
    subject: tuple[str | int, ...]  # literals and places in `fields`; empty: the Subject is a literal of `pieces`
    header_names: tuple[str, ...]  # as intended, in order
    sender: str  # address in From
    issue_label: str
    kind: str
    list_name: str
    test: bool
    key: str  # fingerprint of the key it signs with
    id_label: str  # the Message-ID's left end
    id_domain: str  # its right side
    return_lead: str  # "b+"
    return_domain: str
    images: tuple[tuple[str, str], ...] = ()  # Content-ID and SHA-256 of each that travels along


def dumped(recipe: Recipe) -> bytes:
    """Return the recipe as JSON in ASCII."""
    content: dict[str, Any] = asdict(recipe)
    content["fields"] = [
        [field.name, field.default, [[cell, context.value] for cell, context in field.cells]] for field in recipe.fields
    ]
    return json.dumps({"format": _FORMAT, "version": _VERSION, **content}, separators=(",", ":")).encode("ascii")


def loaded(raw: bytes) -> Recipe:
    """Return the recipe that `dumped` wrote."""
    try:
        content = json.loads(raw)
        written_by, version = content.pop("format"), content.pop("version")
        content["fields"] = tuple(_field(*each) for each in content["fields"])
        content["images"] = tuple((str(cid), str(sha256)) for cid, sha256 in content.get("images", ()))
        content["guards"] = tuple(tuple(each) for each in content["guards"])
        for name in ("pieces", "subject", "header_names", "conditions"):
            content[name] = tuple(content[name])
        recipe = Recipe(**content)
        _check(recipe)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DataError("The frozen edition cannot be read.") from error
    if (written_by, version) != (_FORMAT, _VERSION):
        raise DataError(f"The frozen edition is of version {version!r}; this program reads version {_VERSION}.")
    return recipe


def _check(recipe: Recipe) -> None:
    cells = FIRST_FIELD + sum(len(field.cells) for field in recipe.fields)
    numbers = [piece for piece in recipe.pieces if not (isinstance(piece, str) and piece.isascii())]
    conditions = [number for guard in recipe.guards for number in guard]
    in_order = len(recipe.guards) == len(recipe.pieces) > 1
    if not (in_order and _below(numbers, cells) and _below(conditions, len(recipe.conditions))):
        raise ValueError("pieces, guards and cells do not fit")


def _below(numbers: Iterable[object], limit: int) -> bool:
    return all(isinstance(number, int) and 0 <= number < limit for number in numbers)


def _field(name: str, default: str, cells: list[tuple[int, str]]) -> Field:
    return Field(name=name, default=default, cells=tuple((cell, Context(context)) for cell, context in cells))
