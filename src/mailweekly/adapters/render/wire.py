"""
What parent and child say to each other: frames of plain JSON, and dataclasses to plain values and back.

A frame is four bytes of length (big-endian) and that many bytes of ASCII JSON. Nothing is unpickled, and what comes back is checked against the types
of the dataclass it should become: a child that has been talked into writing something else is found out here.

Units: lengths in bytes.
Errors: ValueError for a frame or a value that is not what was agreed.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

__all__ = ["HEAD_BYTES", "MAX_FRAME_BYTES", "frame", "length", "plain", "read", "rebuilt", "unframed"]

HEAD_BYTES: Final = 4
MAX_FRAME_BYTES: Final = 64 * 1024 * 1024  # an edition of the largest issue (1 MB of text) stays far below


def frame(document: Mapping[str, Any]) -> bytes:
    """Return the document as one frame. Errors: ValueError when it is larger than a frame may be."""
    body = json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    if len(body) > MAX_FRAME_BYTES:
        message = f"{len(body)} bytes are more than a frame holds"
        raise ValueError(message)
    return len(body).to_bytes(HEAD_BYTES, "big") + body


def length(head: bytes) -> int:
    """Return how many bytes follow this head. Errors: ValueError beyond the ceiling."""
    size = int.from_bytes(head, "big")
    if len(head) != HEAD_BYTES or size > MAX_FRAME_BYTES:
        message = "not the head of a frame"
        raise ValueError(message)
    return size


def unframed(body: bytes) -> dict[str, Any]:
    """Return the document of a frame's body. Errors: ValueError when it is no JSON object."""
    document = json.loads(body)
    if not isinstance(document, dict):
        message = "not a JSON object"
        raise ValueError(message)  # noqa: TRY004  what came is malformed, whatever its type
    return document


def read(stream: BinaryIO) -> dict[str, Any] | None:
    """Return the next document of a blocking stream, or None at its end. Errors: ValueError."""
    head = stream.read(HEAD_BYTES)
    return unframed(stream.read(length(head))) if head else None


def plain(value: Any) -> Any:
    """Return the value with dataclasses and mappings as dicts and every sequence as a list."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list, frozenset)):
        return [plain(item) for item in value]
    return value


def rebuilt(kind: Any, value: Any) -> Any:
    """Return the plain value as an instance of `kind`, a type or an annotation. Errors: ValueError when it does not fit."""
    origin = typing.get_origin(kind) or kind
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, value)
    if origin in {types.UnionType, typing.Union}:
        return _union(typing.get_args(kind), value)
    if origin in {tuple, frozenset} and isinstance(value, list):
        return origin(rebuilt(typing.get_args(kind)[0], item) for item in value)
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, dict):
        inner = typing.get_args(kind)[1]
        return {key: rebuilt(inner, item) for key, item in value.items()}
    if isinstance(origin, type) and type(value) is origin:
        return value
    message = f"a {type(value).__name__} where {kind} belongs"
    raise ValueError(message)


def _dataclass(kind: type[Any], value: Any) -> Any:
    hints = typing.get_type_hints(kind)
    if not isinstance(value, dict) or not value.keys() <= hints.keys():
        message = f"not the fields of {kind.__name__}"
        raise ValueError(message)
    try:
        return kind(**{name: rebuilt(hints[name], item) for name, item in value.items()})
    except TypeError as error:
        message = f"{kind.__name__}: {error}"
        raise ValueError(message) from error


def _union(kinds: tuple[Any, ...], value: Any) -> Any:
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        try:
            return rebuilt(kind, value)
        except ValueError:
            continue
    message = f"a {type(value).__name__} where one of {kinds} belongs"
    raise ValueError(message)
