"""
What may be wrong with a setting, whatever it is called: an unknown name, no table, no text.

Errors: SettingsError naming the file, the key and the nearest known name.
"""

import difflib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, cast

from mailweekly.errors import SettingsError

__all__ = ["FIRST_PRINTABLE", "check_names", "flattened", "table_of", "text_of", "unknown", "unreadable"]

FIRST_PRINTABLE: Final = 0x20  # below are the C0 controls


def check_names(table: Mapping[str, Any], kind: type[Any], place: str) -> None:
    """Refuse a name that `kind` has no field for. Errors: SettingsError."""
    names = [item.name for item in fields(kind)]
    for key in table:
        if key not in names:
            raise unknown(key, names, place)


def unknown(key: str, names: list[str], place: str) -> SettingsError:
    """Return the error of a name nobody knows, with the nearest known one."""
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
    hint = f"Did you mean '{near[0]}'?" if near else f"Known are: {', '.join(sorted(names))}."
    return SettingsError(f"There is no setting '{key}'.", place=place, hint=hint)


def table_of(value: object, place: str, name: str) -> Mapping[str, Any]:
    """Return a value that must be a table. Errors: SettingsError."""
    if not isinstance(value, Mapping):
        raise SettingsError(
            f"'{name}' is not a table.", place=place, hint=f"Write [{name}] on a line of its own, its settings below."
        )
    return cast("Mapping[str, Any]", value)


def flattened(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return tables in tables as one, its keys joined by dots."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            found.update(flattened(value, f"{prefix}{key}."))
        else:
            found[prefix + key] = value
    return found


def text_of(value: object, place: str, name: str) -> str:
    """Return a value that must be a text without control characters, blanks at its ends taken off. Errors: SettingsError."""
    if not isinstance(value, str):
        raise SettingsError(f"'{name}' is not a text.", place=f"{place}: {name}", hint="Put it in double quotes.")
    if any(ord(character) < FIRST_PRINTABLE and character != "\n" for character in value) or (
        "\n" in value and name != "sender.postal_address"
    ):
        raise SettingsError(
            f"'{name}' holds a control character.", place=f"{place}: {name}", hint="Write it on one line."
        )
    return value.strip()


def unreadable(error: ValueError, place: str) -> SettingsError:
    """Return the error of a setting whose form is wrong; `error` says how it is written."""
    return SettingsError(f"This setting cannot be read: {error}.", place=place, hint="See docs/reference/settings.md.")
