"""
`[check]` of mailweekly.toml: levels of rules, each with a reason if it has one, and findings that are allowed.

Whether there is such a rule, and whether an allowance has a reason, is not asked here: `preflight` tells, as a finding with its line.

Errors: SettingsError for a wrong form or a level there is not.
"""

from collections.abc import Mapping
from typing import Any, Final

from mailweekly.errors import SettingsError
from mailweekly.settings.form import table_of, text_of, unknown
from mailweekly.settings.values import Allowance, CheckSettings

__all__ = ["checks"]

ALLOW: Final = "allow"  # no rule's name: those have a dot
LEVELS: Final = ("error", "warning", "info", "off")
ALLOWANCE: Final = ("rule", "reason", "match")
MOST_ALLOWANCES: Final = 1_000


def checks(table: Mapping[str, Any], place: str) -> CheckSettings:
    """Return the settings of `[check]`."""
    rows = _rows(table.get(ALLOW, []), place)
    levels: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for rule, value in _ruled({name: value for name, value in table.items() if name != ALLOW}).items():
        if isinstance(value, Mapping):
            _refuse_others(value, ("level", "reason"), f"{place}: check.{rule}")
            levels[rule] = _level(value["level"], place, rule)
            reasons[rule] = text_of(value.get("reason", ""), place, f"check.{rule}.reason")
        else:
            levels[rule] = _level(value, place, rule)
    return CheckSettings(levels=levels, reasons=reasons, allowed=rows)


def _ruled(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Rules by their whole name, whether it was written with a dot or as tables in tables; a table with a level is a rule's."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping) and "level" not in value:
            found.update(_ruled(value, f"{prefix}{name}."))
        else:
            found[prefix + name] = value
    return found


def _level(value: object, place: str, rule: str) -> str:
    level = text_of(value, place, f"check.{rule}")
    if level not in LEVELS:
        hint = "A level is error, warning, info or off."
        raise SettingsError(f"'{level}' is no level.", place=f"{place}: check.{rule}", hint=hint)
    return level


def _rows(value: object, place: str) -> tuple[Allowance, ...]:
    if not isinstance(value, list) or len(value) > MOST_ALLOWANCES:
        hint = "Write [[check.allow]] on a line of its own; below it rule, reason and, if you like, match."
        raise SettingsError("'check.allow' is not a list of tables.", place=f"{place}: check.allow", hint=hint)
    return tuple(_row(one, place, f"check.allow[{number}]") for number, one in enumerate(value, 1))


def _row(value: object, place: str, name: str) -> Allowance:
    row = table_of(value, f"{place}: {name}", name)
    _refuse_others(row, ALLOWANCE, f"{place}: {name}")
    return Allowance(**{key: text_of(item, place, f"{name}.{key}") for key, item in row.items()})


def _refuse_others(table: Mapping[str, Any], names: tuple[str, ...], place: str) -> None:
    for key in table:
        if key not in names:
            raise unknown(key, list(names), place)
