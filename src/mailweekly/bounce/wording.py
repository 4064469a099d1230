"""
What a refusal says in words, and what that means: the table reasons.toml, asked in its order.

No pattern here can take long: a phrase is a piece of text, or two that stand close together. It names a reason and judges nobody.

Units: the first 3,000 characters of a text are read; "…" in a phrase spans at most 80.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from mailweekly.bounce.cause import Weight, weight_of

__all__ = ["Row", "flattened", "reason_in", "rows"]

_LONGEST: Final = 3_000
_GAP: Final = 80
_GAP_MARK: Final = "…"
_ADDRESS: Final = re.compile(r"[^\s<>()\[\]:;,\"']{1,100}@[^\s<>()\[\]:;,\"']{1,100}")
_SCANNED: Final = re.compile(r"scanned (?:for|by)[^.\n]{0,80}")  # what a footer boasts of


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """Phrases that mean one reason; `reply_class` 4 or 5: only where code and status are of that class or absent; 0: always."""

    reason: str
    reply_class: int
    phrases: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]  # two pieces that stand close together


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    """Return the table."""
    text = files("mailweekly.bounce").joinpath("reasons.toml").read_text("utf-8")
    return tuple(_row(row) for row in tomllib.loads(text)["row"])


def flattened(text: str) -> str:
    """Return a text as the table wants it: lower case, one blank between words, an address only as @."""
    words = text[: _LONGEST * 2].lower().replace("’", "'")
    if "@" in words:
        words = _ADDRESS.sub("@", words)
    if "scanned" in words:
        words = _SCANNED.sub(" ", words)
    return " ".join(words.split())[:_LONGEST]


def reason_in(text: str, reply_class: int = 0, *, but_hard: bool = False) -> str:
    """Return the reason a text names; empty where none of the table's phrases is in it. With `but_hard`, none that blames the address."""
    words = flattened(text)
    if not words:
        return ""
    for row in rows():
        if row.reply_class and reply_class and row.reply_class != reply_class:
            continue
        if but_hard and weight_of(row.reason) is Weight.HARD:
            continue
        if _says(row, words):
            return row.reason
    return ""


def _row(row: Mapping[str, Any]) -> Row:
    pairs = [one.split(_GAP_MARK) for one in row["phrases"] if _GAP_MARK in one]
    return Row(
        reason=row["reason"],
        reply_class=row.get("class", 0),
        phrases=tuple(one for one in row["phrases"] if _GAP_MARK not in one),
        pairs=tuple((first.strip(), second.strip()) for first, second in pairs),
    )


def _says(row: Row, words: str) -> bool:
    for phrase in row.phrases:  # a plain loop: this is where the time of a notice goes
        if phrase in words:
            return True
    return any(second in words and _near(first, second, words) for first, second in row.pairs)


def _near(first: str, second: str, words: str) -> bool:
    place = words.find(first)
    while place >= 0:
        end = place + len(first)
        if words.find(second, end, end + _GAP + len(second)) >= 0:
            return True
        place = words.find(first, end)
    return False
