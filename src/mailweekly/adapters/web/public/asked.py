"""
What a visitor sent, read within bounds: a body of so many bytes and seconds, a form or a JSON object.

Refuses, as a `BadBodyError` with the status to answer: what is too large (413), too slow (408), of another kind (415) or cannot be read (400).

Units: bytes, seconds.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Receive

__all__ = ["BODY_BYTES", "BODY_S", "BadBodyError", "body_of", "form_of", "json_of"]

BODY_BYTES: Final = 64 * 1024  # mail programs send 26; a form with every list chosen stays far below
BODY_S: Final = 10.0
FIELDS: Final = 200


class BadBodyError(Exception):
    """A body that is not taken; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def body_of(headers: Headers, receive: Receive, *, most: int = BODY_BYTES) -> bytes:
    """Return the whole body. Errors: BadBodyError."""
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdecimal()) or int(length[:12]) > most:
        raise BadBodyError(413)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise BadBodyError(400)  # gone before the end: what was cut off is not acted upon
                part: bytes = message.get("body", b"")
                size += len(part)
                if size > most:
                    raise BadBodyError(413)
                parts.append(part)
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise BadBodyError(408) from None


def form_of(headers: Headers, body: bytes) -> dict[str, list[str]]:
    """Return the fields of a form. Errors: BadBodyError."""
    if kind_of(headers) != "application/x-www-form-urlencoded":
        raise BadBodyError(415)
    found: dict[str, list[str]] = {}
    try:
        for name, value in parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict"
        ):
            found.setdefault(name, []).append(value)
    except ValueError:
        raise BadBodyError(400) from None
    return found


def json_of(headers: Headers, body: bytes) -> Mapping[str, Any]:
    """Return a JSON object. Errors: BadBodyError."""
    if kind_of(headers) != "application/json":
        raise BadBodyError(415)
    try:
        found = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadBodyError(400) from None
    if not isinstance(found, dict):
        raise BadBodyError(400)
    return found


def kind_of(headers: Headers) -> str:
    """Return the body's media type, bare."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()
