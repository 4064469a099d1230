"""
HTML that cannot be escaped by accident: elements are built from values, and every value that is not markup already is escaped.

Errors: none.
"""

import html
from collections.abc import Mapping
from typing import Final

__all__ = ["Markup", "element", "joined"]

VOID: Final = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})


class Markup(str):
    """Markup whose values have been escaped."""

    __slots__ = ()


def element(name: str, attributes: Mapping[str, str | int | bool | None] | None = None, *children: str) -> Markup:
    """Return one element; an attribute that is False or None is left out, one that is True stands alone."""
    opened = "".join(_attribute(key, value) for key, value in (attributes or {}).items())
    if name in VOID:
        return Markup(f"<{name}{opened}>")
    return Markup(f"<{name}{opened}>{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    """Return the children one after another, text among them escaped."""
    return Markup("".join(child if isinstance(child, Markup) else html.escape(child) for child in children))


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
