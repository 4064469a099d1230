"""
A table somebody brings: its bytes, or its records, with how far it was read.

Units: sizes in bytes.
Errors: none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mailweekly.audience.records import Record

__all__ = ["PIECE_BYTES", "Table"]

PIECE_BYTES: Final = 1 << 18  # read at a time


@dataclass(kw_only=True, slots=True)
class Table:
    """One table: its bytes, or (of a workbook) its records; gone through once."""

    shown: str  # "export.zip/cleaned.csv"
    size: int  # of the whole file, or of the member unpacked
    pieces: Iterator[bytes] = field(default_factory=lambda: iter(()))
    records: Iterator[Record] | None = None
    is_member: bool = False  # of an archive
    read: int = 0  # bytes so far
