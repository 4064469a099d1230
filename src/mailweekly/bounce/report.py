"""
The machine-readable part of a report: one row for each recipient, also where the part is damaged.

It reads fields and judges nothing.

Source: RFC 3464, 2; RFC 3461 (xtext).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mailweekly.bounce.fields import Fields, addresses, fields_of
from mailweekly.bounce.tree import Part, Tree

__all__ = ["Entry", "entries", "reported"]

_MOST: Final = 200
_GROUP: Final = re.compile(r"\n[ \t]*\n")
_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")
_RECIPIENTS: Final = ("final-recipient", "original-recipient")
_KINDS: Final = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "text/delivery-status", "message/xdelivery-status"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One recipient of a report."""

    recipient: str
    final: str
    action: str
    status: str
    diagnostic: str


def reported(tree: Tree, *, nested: bool = False) -> Part | None:
    """Return the part with the report's fields: one declared as such, or one that reads like it; `nested`: within a returned message."""
    parts = [part for part in tree.parts if part.returned is nested]
    for part in parts:
        if part.kind in _KINDS:
            return part
    for part in parts:
        head = part.text[:6_000].lower()
        if not nested and "final-recipient:" in head and ("action:" in head or "status:" in head):
            return part
    return None


def entries(part: Part) -> tuple[Entry, ...]:
    """Return the recipients that a report's part names."""
    found: list[Entry] = []
    for fields in _groups(part.text):
        entry = _entry(fields)
        if entry is not None and len(found) < _MOST:
            found.append(entry)
    return tuple(found)


def _groups(text: str) -> Iterator[Fields]:
    """Yield the fields of each group; a group with two recipients (the blank line got lost) is two."""
    for block in _GROUP.split(text)[: _MOST * 2]:
        lines = [line for line in block.split("\n") if not line.startswith("--")]
        fresh: list[str] = []
        for line in lines:
            begins = line[:16].lower() == "final-recipient:"
            if begins and any(one[:16].lower() == "final-recipient:" for one in fresh[:12]):
                yield fields_of("\n".join(fresh).encode("utf-8", "replace"))
                fresh = []
            fresh.append(line)
        yield fields_of("\n".join(fresh).encode("utf-8", "replace"))


def _entry(fields: Fields) -> Entry | None:
    final = _address(fields.first("final-recipient"))
    original = _address(fields.first("original-recipient"))
    other = _address(fields.first("x-actual-recipient")) or _address(fields.first("x-display-name"))
    if not any(name in fields for name in (*_RECIPIENTS, "x-actual-recipient")):
        return None
    diagnostic = " ".join(
        value
        for name in (
            "diagnostic-code",
            "x-supplementary-info",
            "x-notes",
            "x-original-diagnostic-code",
            "smtp-remote-reply",
        )
        for value in fields.every(name)
    )
    return Entry(
        recipient=original or final or other,
        final=final,
        action=fields.first("action").split("(")[0].split(" ")[0].strip().lower(),
        status=fields.first("status"),
        diagnostic=diagnostic,
    )


def _address(value: str) -> str:
    """Return the address in a recipient field; empty where there is none."""
    kind, _, rest = value.partition(";")
    text = (rest or kind).strip()
    if "@" not in text or "+3D" in text or "+2B" in text:
        text = _XTEXT.sub(lambda found: chr(int(found[1], 16)), text)
    found = addresses(text.strip("<> "))
    return found[0] if found else ""
