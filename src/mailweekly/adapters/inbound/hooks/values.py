"""
What stands in a provider's JSON, taken out with care: nothing here trusts a type, a depth or a length.

Errors: MalformedError for a body that is no JSON object, nor an array of them.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

__all__ = [
    "MOST_EVENTS",
    "MalformedError",
    "document",
    "documents",
    "inner",
    "instant",
    "items",
    "message_id_in",
    "text",
    "token_in",
]

MOST_EVENTS: Final = 5_000  # of one request: more than a megabyte of real ones
TOKEN: Final = re.compile(r"[a-z2-7]{29,79}")
RETURN_PATH: Final = re.compile(r"(?<![a-z0-9])b[+-]([a-z2-7]{29,79})(?:@|$)")
MESSAGE_ID: Final = re.compile(r"<?([^<>\s@]{1,250}@[^<>\s@]{1,250})>?")
MILLISECONDS: Final = 100_000_000_000  # a number of seconds above this is one of milliseconds


class MalformedError(Exception):
    """It is nothing that the provider sends."""


def document(body: bytes) -> dict[str, Any]:
    """Return a JSON object."""
    found = _parsed(body)
    if not isinstance(found, dict):
        raise MalformedError("no JSON object")
    return found


def documents(body: bytes) -> list[dict[str, Any]]:
    """Return the objects of an array, or the one that stands alone."""
    found = _parsed(body)
    rows = found if isinstance(found, list) else [found]
    if len(rows) > MOST_EVENTS or not all(isinstance(one, dict) for one in rows):
        raise MalformedError("no JSON object, and no array of them")
    return rows


def inner(value: Any, *names: str) -> Any:
    """Return what stands there, or None."""
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def items(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; what is none is left out."""
    found = value if isinstance(value, list) else []
    return [one for one in found if isinstance(one, dict)][:MOST_EVENTS]


def text(value: Any, most: int = 320) -> str:
    """Return a text or a number as text that may be stored and shown; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    try:
        found = str(value)[: most * 4]
    except ValueError:  # a number of thousands of digits
        return ""
    found = found.encode("utf-8", "replace").decode("utf-8")  # half a pair
    return " ".join("".join(one if one.isprintable() else " " for one in found).split())[:most]


def token_in(*values: Any) -> str | None:
    """Return the first thing that looks like a delivery's token: a return path, or the bare token."""
    for value in values:
        found = text(value).lower()
        path = RETURN_PATH.search(found)
        if path:
            return path[1]
        if TOKEN.fullmatch(found):
            return found
    return None


def message_id_in(*values: Any) -> str:
    """Return the first Message-ID, in its angle brackets."""
    for value in values:
        found = MESSAGE_ID.fullmatch(text(value, 512))
        if found:
            return f"<{found[1]}>"
    return ""


def instant(value: Any) -> datetime | None:
    """Return an instant of seconds, milliseconds or ISO 8601; None for what is none."""
    found = text(value, 64)
    try:
        if re.fullmatch(r"\d{1,15}(?:\.\d{1,9})?", found):
            seconds = float(found)
            return datetime.fromtimestamp(seconds / 1000 if seconds > MILLISECONDS else seconds, UTC)
        at = datetime.fromisoformat(found)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise MalformedError("no JSON") from None
