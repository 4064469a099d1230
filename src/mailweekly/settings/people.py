"""
`[fields]` and `[segments]`: what custom fields hold, and parts of the audience that have a name.

What a segment's text means is read where people are asked for; here it is only a text.

Errors: SettingsError naming the file, the key and what to write.
"""

import difflib
from collections.abc import Collection, Mapping
from typing import Any, Final

from mailweekly.errors import SettingsError
from mailweekly.settings.form import text_of

__all__ = ["KINDS", "check_apart", "field_kinds", "segment_texts"]

KINDS: Final = ("text", "number", "date", "yes/no")
MOST: Final = 500  # fields, as a list file has columns; and segments
NAME_CHARACTERS: Final = 200


def field_kinds(table: Mapping[str, Any], place: str) -> dict[str, str]:
    """Return `[fields]`: the names of custom fields with what they hold."""
    _check_names(table, place, "fields")
    found = {name: text_of(value, place, f"fields.{name}") for name, value in table.items()}
    for name, kind in found.items():
        if kind not in KINDS:
            near = difflib.get_close_matches(kind.lower(), KINDS, n=1, cutoff=0.4)
            known = ", ".join(f'"{one}"' for one in KINDS)
            hint = f'Write {name} = "{near[0]}".' if near else f"It is one of {known}."
            raise SettingsError(f"'{kind}' is nothing a field can hold.", place=f"{place}: fields.{name}", hint=hint)
    return found


def segment_texts(table: Mapping[str, Any], place: str) -> dict[str, str]:
    """Return `[segments]`: the names of segments with their texts."""
    _check_names(table, place, "segments")
    found = {name: text_of(value, place, f"segments.{name}") for name, value in table.items()}
    for name, text in found.items():
        if not text:
            hint = f'Write {name} = "tag:pro"; "everybody" is all.'
            raise SettingsError(f"The segment '{name}' is empty.", place=f"{place}: segments.{name}", hint=hint)
    return found


def check_apart(segments: Collection[str], lists: Collection[str], place: str) -> None:
    """Return if no segment is called as a list is: an audience has one name. Errors: SettingsError."""
    for name in sorted(set(segments) & set(lists)):
        what = f"'{name}' is the name of a list and of a segment."
        raise SettingsError(what, place=f"{place}: segments.{name}", hint="Give the segment another name.")


def _check_names(table: Mapping[str, Any], place: str, title: str) -> None:
    if len(table) > MOST:
        what = f"There are {len(table)} of them; {MOST} is the most."
        raise SettingsError(what, place=f"{place}: [{title}]", hint="Keep those that are used.")
    for name in table:
        if not name.strip() or not name.isprintable() or len(name) > NAME_CHARACTERS:
            raise SettingsError(
                "A name there is empty, too long, or cannot be shown.", place=f"{place}: [{title}]", hint="Rename it."
            )
