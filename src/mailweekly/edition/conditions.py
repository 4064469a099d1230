"""
`::: only` and `::: unless`: what is decided now, and what is left to each reader.

`in=mail`, `in=web`, `in=text` is decided here. `segment=` and `field=` become a pair of marks, in the HTML and in the text part alike:
`<!--mw:if segment=paid-->` … `<!--mw:fi-->`; `message` cuts between them. A condition is `term&term…` (all of them), a leading `!` turns the whole of
it round; values are percent-encoded, so that nothing in them can end a comment.
"""

from typing import Final
from urllib.parse import quote

from mailweekly.issue.model import Component

__all__ = ["CLOSE", "CONDITIONAL", "condition", "is_in", "opening"]

CONDITIONAL: Final = frozenset({"only", "unless"})
CLOSE: Final = "<!--mw:fi-->"
PERSONAL: Final = ("segment", "field")


def is_in(component: Component, medium: str) -> bool:
    """Return whether the block belongs to this kind of edition (mail, text or web), whoever reads it."""
    if component.name == "draft":
        return False
    wanted = component.options.get("in", "")
    if component.name not in CONDITIONAL or not wanted:
        return True
    named = {part.strip().lower() for part in wanted.split(",")}
    inside = medium in named or (medium == "text" and "mail" in named and "text" not in named)
    if component.name == "only":
        return inside
    return not inside or any(component.options.get(key) for key in PERSONAL)


def condition(component: Component) -> str:
    """Return the condition each reader is asked, "" where there is none."""
    if component.name not in CONDITIONAL:
        return ""
    terms = [f"{key}={_value(component.options[key])}" for key in PERSONAL if component.options.get(key)]
    return ("!" if component.name == "unless" and terms else "") + "&".join(terms)


def opening(asked: str) -> str:
    """Return the mark before a conditional block."""
    return f"<!--mw:if {asked}-->"


def _value(raw: str) -> str:
    return quote(raw.strip(), safe="").replace("-", "%2D")
