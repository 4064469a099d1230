"""
The words by which mails and their parts are told from each other: the table kinds.toml.

It holds no reasons; those are in reasons.toml.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

__all__ = ["any_of", "is_in", "words"]


def words(name: str) -> tuple[str, ...]:
    """Return one list of the table."""
    return _table()[name]


def is_in(name: str, text: str) -> bool:
    """Return whether a text in lower case holds one of a list."""
    return any(one in text for one in _table()[name])


@lru_cache(maxsize=8)
def any_of(name: str) -> str:
    """Return the pattern that finds one of a list."""
    return "|".join(re.escape(one) for one in _table()[name])


@lru_cache(maxsize=1)
def _table() -> Mapping[str, tuple[str, ...]]:
    loaded = tomllib.loads(files("mailweekly.bounce").joinpath("kinds.toml").read_text("utf-8"))
    return {name: tuple(each) for name, each in loaded.items()}
