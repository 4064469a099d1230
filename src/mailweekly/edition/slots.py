"""
The edition's table of merge fields: the issue's own, then those the theme asks for.

A field stands in every string as a token `MW<nonce>x<slot>Z`, letters and digits only. The issue's fields keep their numbers; a theme's field gets
the next one, once per name and default.

Errors: ThemeError for a field name no theme may ask for.
"""

import re
from collections.abc import Sequence
from typing import Final

from mailweekly.edition.model import Slot
from mailweekly.errors import ThemeError
from mailweekly.issue.model import Field

__all__ = ["LINK_FIELDS", "SlotTable", "named"]

LINK_FIELDS: Final = frozenset({"unsubscribe_url", "web_url", "preferences_url", "forward_url"})
NAME: Final = re.compile(r"[^\W\d]\w*")


class SlotTable:
    """Slots by number; grows while a theme is drawn."""

    def __init__(self, nonce: str, fields: Sequence[Field]) -> None:
        self.nonce = nonce
        self.own = len(fields)
        self._slots = [Slot(name=item.name, default=item.default or "") for item in fields]
        self._known: dict[Slot, int] = {}

    @property
    def pattern(self) -> re.Pattern[str]:
        """The tokens of this edition; group 1 is the slot's number."""
        return re.compile(f"MW{self.nonce}x([0-9]+)Z")

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every slot, its index being its number."""
        return tuple(self._slots)

    def token(self, name: object, default: object = "") -> str:
        """Return the token of a theme's field, with a new slot if there is none yet. Errors: ThemeError."""
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise ThemeError(
                f"a template asks for a field that cannot be one: {name!r}",
                hint="a field's name is a letter, then letters, digits and _: field('unsubscribe_url')",
            )
        slot = Slot(name=name.lower(), default=str(default))
        if slot not in self._known:
            self._known[slot] = len(self._slots)
            self._slots.append(slot)
        return f"MW{self.nonce}x{self._known[slot]}Z"


def named(text: str, table: SlotTable) -> str:
    """Return the text with each token written as its field's name and default: the same for every nonce."""
    slots = table.slots

    def name(found: re.Match[str]) -> str:
        slot = slots[int(found[1])]
        return f"\x00{slot.name}\x00{slot.default}\x00"

    return table.pattern.sub(name, text)
