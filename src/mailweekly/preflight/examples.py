"""
A bad and a good example of each rule, read from `examples/*.toml` beside this module: shown on the rule's page and by `mailweekly rules`.

A test puts each through the whole check: the bad one must give its rule, at the line where the two differ, and the good one must not. Loaded only
when somebody asks, for a check needs none of it.

Units: lines from 1, in the example.
Errors: ValueError for a table that breaks its own form (a fault of ours, found by the tests).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

__all__ = ["WHERE", "Example", "examples"]

WHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "issue": "md",  # a block of an issue, or a whole one that begins with "---" or "# "
        "settings": "toml",  # lines of mailweekly.toml; the good ones stand in those of the tests
        "html": "html",  # a piece of the finished HTML
        "text": "text",  # a piece of the text part
        "header": "text",  # a piece of the message, header fields first
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """What a rule speaks of, and the same without a fault."""

    rule: str
    bad: str
    good: str
    where: str = "issue"  # a key of WHERE
    line: int = 0  # of the bad one, where the rule points; 0: the first that differs
    readers: str = ""  # the list it is checked against, as CSV; empty: none
    repeat: str = ""  # a piece of it that stands for ten thousand characters of its first

    @property
    def at(self) -> int:
        """The line of the bad example that the rule must name."""
        if self.line:
            return self.line
        good = self.good.split("\n")
        bad = self.bad.split("\n")
        return next((number for number, line in enumerate(bad, 1) if line not in good[number - 1 : number]), len(bad))


@cache
def examples() -> Mapping[str, Example]:
    """Return the example of each rule that has one, by the rule's id."""
    found: dict[str, Example] = {}
    for resource in sorted(files("mailweekly.preflight").joinpath("examples").iterdir(), key=lambda one: one.name):
        if resource.name.endswith(".toml"):
            for rule, entry in tomllib.loads(resource.read_text(encoding="utf-8")).items():
                found[rule] = _example(rule, entry)
    return MappingProxyType(dict(sorted(found.items())))


def _example(rule: str, entry: Mapping[str, Any]) -> Example:
    values: dict[str, Any] = {
        name: value.rstrip("\n") if isinstance(value, str) else value for name, value in entry.items()
    }
    where = values.pop("in", "issue")
    if where not in WHERE:
        message = f"the example of {rule} is in {where}, which is none of {', '.join(WHERE)}"
        raise ValueError(message)
    return Example(rule=rule, where=where, **values)
