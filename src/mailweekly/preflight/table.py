"""
The rule book: every rule's level, reason and remedy, read from `rules/*.toml` beside this module.

The tables are the package's own resources and the only files the stage reads. Functions that find places stand in the modules named after the
groups; a test holds the two together.

Errors: ValueError for a table that breaks its own form (a fault of ours, found by the tests).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from mailweekly.preflight.finding import Level

__all__ = ["STAGES", "Rule", "rules"]

STAGES: Mapping[str, str] = MappingProxyType(
    {
        "I": "issue",  # the text as written
        "E": "edition",  # HTML, text part, subject
        "M": "message",  # one composed sample
        "P": "plan",  # needs the audience or what was sent before
        "T": "settings",  # mailweekly.toml itself
        "N": "the net, with --links",
        "S": "local spam filters, with --spam",
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One entry of the book."""

    id: str
    level: Level
    stages: tuple[str, ...]  # keys of STAGES
    title: str
    why: str
    mend: str
    source: str = ""  # whence the rule is known
    tested_on: str = ""  # year and month of what it says of mail programs; empty: it says nothing of them
    cannot_be_silenced: bool = False


@cache
def rules() -> Mapping[str, Rule]:
    """Return every rule by id, in the order of the ids."""
    found: dict[str, Rule] = {}
    for resource in files("mailweekly.preflight").joinpath("rules").iterdir():
        if not resource.name.endswith(".toml"):
            continue
        for entry in tomllib.loads(resource.read_text(encoding="utf-8"))["rule"]:
            rule = _rule(entry)
            if rule.id in found:
                message = f"rule {rule.id} stands twice in the tables"
                raise ValueError(message)
            found[rule.id] = rule
    return MappingProxyType(dict(sorted(found.items())))


def _rule(entry: Mapping[str, Any]) -> Rule:
    values = dict(entry)
    stages = tuple(values.pop("stage"))
    if not set(stages) <= set(STAGES):
        message = f"rule {values.get('id')} names an unknown stage"
        raise ValueError(message)
    return Rule(level=Level(values.pop("level")), stages=stages, **values)
