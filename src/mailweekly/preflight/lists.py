"""The word lists of `tables.toml` as frozen sets: hosts, endings, parameters, empty words. Read once; nothing is judged here."""

import tomllib
from functools import cache
from importlib.resources import files

__all__ = ["languages", "words"]


@cache
def words(group: str, name: str) -> frozenset[str]:
    """Return one list, e.g. `words("links", "shorteners")`. Errors: KeyError for a list there is not."""
    return frozenset(_tables()[group][name])


def languages(group: str, name: str) -> frozenset[str]:
    """Return the list of a language, `languages("phrases", "zh")`; empty for one that has none. Errors: KeyError for a group there is not."""
    return words(group, name) if name in _tables()[group] else frozenset()


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    text = files("mailweekly.preflight").joinpath("tables.toml").read_text(encoding="utf-8")
    return {group: dict(lists) for group, lists in tomllib.loads(text).items()}
