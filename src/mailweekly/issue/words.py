"""
What inlines and blocks say in plain text. Links give their text, images their alt text, footnote references nothing.

Units: none. A soft break is a blank, a hard one a line end.
"""

from collections.abc import Iterable

from mailweekly.issue.model import Break, CodeSpan, FootnoteRef, Image, Inline, Link, Styled, Text

__all__ = ["plain"]


def plain(inlines: Iterable[Inline]) -> str:
    """Return the visible text of `inlines`."""
    return "".join(_pieces(inlines))


def _pieces(inlines: Iterable[Inline]) -> list[str]:
    found: list[str] = []
    for inline in inlines:
        match inline:
            case Text(text=text) | CodeSpan(text=text):
                found.append(text)
            case Styled(children=children) | Link(children=children):
                found.extend(_pieces(children))
            case Image(alt=alt):
                found.append(alt)
            case Break(hard=hard):
                found.append("\n" if hard else " ")
            case FootnoteRef():
                pass
    return found
