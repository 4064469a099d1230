"""The matrix, read from `matrix.toml`: each fault with the tests that show what holds."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "Row", "rows"]

ROOT: Final = Path(__file__).parent.parent.parent


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One fault; `tests` and `wrong` are node ids without their cases."""

    number: str
    fault: str
    holds: str
    how: str
    tests: tuple[str, ...]
    wrong: tuple[str, ...]


def rows() -> tuple[Row, ...]:
    """Return every row, in order."""
    document = tomllib.loads((Path(__file__).parent / "matrix.toml").read_text("utf-8"))
    return tuple(
        Row(
            number=number,
            fault=row["fault"],
            holds=row["holds"],
            how=row["how"],
            tests=tuple(_node(one) for one in row["tests"]),
            wrong=tuple(_node(one) for one in row.get("wrong", ())),
        )
        for number, row in document.items()
    )


def _node(short: str) -> str:
    file, _, name = short.partition(": ")
    return f"tests/system/test_{file}.py::test_{name}"
