"""
A cell that holds many fields: a JSON object, or the literal of a Python dict, as fields of text.

Objects within it become longer names (`work_title`); lists become their JSON text; numbers stay as they are written; what is null is left away. A
cell that is broken, too deep, too large or ambiguous is no such cell, and whoever asked keeps its text.

Nothing is evaluated: a literal is looked at word by word before the standard library reads it.

Units: characters, levels, fields.
Errors: ValueError.
"""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Self

from mailweekly.audience.header import field_key

__all__ = ["from_json", "from_literal"]

LITERAL_CHARACTERS = 16_384  # the standard library's reader takes memory and stack by length
DEPTH = 8
FIELDS = 200

_WORDS = re.compile(
    r"""[\s,:]++|[{}\[\]()]|'(?:[^'\\\n]|\\.)*+'|"(?:[^"\\\n]|\\.)*+"|-?\d{1,400}(?:\.\d{1,400})?(?:e[+-]?\d{1,4})?(?![\w.])|True\b|False\b|None\b"""
)


def from_json(cell: str) -> dict[str, str]:
    """Return the fields of a JSON object. Errors: ValueError."""
    try:
        found = json.loads(cell, parse_float=_Written)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return _flat(found)


def from_literal(cell: str) -> dict[str, str]:
    """Return the fields of a Python dict's literal, or of a JSON object. Errors: ValueError."""
    if len(cell) > LITERAL_CHARACTERS or not _is_plain(cell):
        return from_json(cell)
    try:
        found = ast.literal_eval(cell.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return from_json(cell)
    return _flat(found)


class _Written(float):
    """A number that remembers how it was written."""

    def __new__(cls, text: str) -> Self:
        one = super().__new__(cls, text)
        one.written = text
        return one

    written: str


def _is_plain(cell: str) -> bool:
    """Say whether it is made of strings, numbers and brackets, and not of too many within each other."""
    position, depth = 0, 0
    while position < len(cell):
        match = _WORDS.match(cell, position)
        if match is None:
            return False
        depth += (match[0] in "{[(") - (match[0] in "}])")
        if depth > DEPTH:
            return False
        position = match.end()
    return True


def _flat(found: object) -> dict[str, str]:
    if not isinstance(found, Mapping):
        raise ValueError("it is no table of fields")  # noqa: TRY004 - a fault of the cell
    fields: dict[str, str] = {}
    for name, value in _leaves(found, "", 1):
        key = field_key(name)
        if key in fields:
            raise ValueError(f"two of its names give one field, {key}")
        if len(fields) == FIELDS:
            raise ValueError(f"it has more than {FIELDS} fields")
        fields[key] = value
    return fields


def _leaves(found: Mapping[object, object], before: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEPTH:
        raise ValueError("it is nested too deeply")
    for name, value in found.items():
        whole = f"{before}_{name}" if before else str(name)
        if isinstance(value, Mapping):
            yield from _leaves(value, whole, depth + 1)
        elif value is not None:
            yield whole, _text(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value.written if isinstance(value, _Written) else str(value)
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        raise ValueError("it holds what is no text") from None
