"""
`::: only` and `::: unless`: what is decided now, and what is left to each reader.

`in=mail`, `in=web`, `in=text` is decided here. `segment=` and `field=` become a pair of marks, in the HTML and in the text part alike:
`<!--mw:if segment=paid-->` … `<!--mw:fi-->`; `message` cuts between them. A condition is `term&term…` (all of them), a leading `!` turns the whole of
it round; values are percent-encoded, so that nothing in them can end a comment.
"""

import re
from typing import Final
from urllib.parse import quote

from mailweekly.issue.model import Component

__all__ = ["CLOSE", "CONDITIONAL", "asked_in", "condition", "is_in", "opening", "unmarked"]

CONDITIONAL: Final = frozenset({"only", "unless"})
CLOSE: Final = "<!--mw:fi-->"
MARK: Final = re.compile(r"<!--mw:if (\S+?)-->")
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


def asked_in(*documents: str) -> tuple[str, ...]:
    """Return each condition that the finished documents ask, once, in order of place."""
    return tuple(dict.fromkeys(found[1] for document in documents for found in MARK.finditer(document)))


def unmarked(said: str) -> str:
    """Return plain text in which nothing can be taken for a mark."""
    return said.replace("<!--mw:", "<!-- mw:")


def _value(raw: str) -> str:
    return quote(raw.strip(), safe="").replace("-", "%2D")
