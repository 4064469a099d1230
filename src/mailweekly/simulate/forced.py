"""
A light mail as a client shows it that forces its own dark mode upon it: colours of style attributes, sheets and attributes inverted.

Texts and grounds are told apart by the property; what the author wrote for dark mode or for `data-ogsc` and `data-ogsb` is left to win, as it is in
the clients that read it. Pictures stay as they are. How colours are inverted is `invert`'s matter.

Errors: none; what is no colour stays.
Source: the properties CSS gives colours to; hteumeuleu/email-bugs 64 (the attributes of Outlook.com).
"""

import re
from functools import lru_cache
from typing import Any, Final

import tinycss2

from mailweekly.simulate.colours import Colour, colour
from mailweekly.simulate.invert import inverted
from mailweekly.simulate.pieces import START, Piece, start, with_attributes
from mailweekly.simulate.sheets import DEEPEST, At, Declaration, Node, Rule, declarations, depth
from mailweekly.simulate.style_passes import by_nodes, in_style

__all__ = ["forced"]

KEPT: Final = 4_096  # inverted values
WHITE: Final = "#FFFFFF"
BLACK: Final = "#000000"
LINK: Final = "#0000EE"  # of a browser's own sheet
FRONTS: Final = frozenset(
    {
        "color",
        "-webkit-text-fill-color",
        "text-decoration",
        "text-decoration-color",
        "text-emphasis-color",
        "caret-color",
    }
)
BACKS: Final = re.compile(
    r"background(?:-color|-image)?|border(?:-(?:top|right|bottom|left))?(?:-color)?|outline(?:-color)?|box-shadow|column-rule(?:-color)?"
)
ATTRIBUTES: Final = {
    "bgcolor": False,
    "bordercolor": False,
    "color": True,
    "text": True,
    "link": True,
    "vlink": True,
}  # is it a text's?
AUTHORS: Final = "data-ogs"  # in a selector: the author's own rule for this client
SCHEME: Final = "prefers-color-scheme"  # in a query: the same
SOLID: Final = 1.0


def forced(pieces: tuple[Piece, ...], way: str, *, marks: bool = False) -> tuple[Piece, ...]:
    """Return a mail inverted; `way` is "full" or "partial", with `marks` each changed element says which colours were changed."""
    tinted = tuple(_tag(piece, way, marks) if piece.kind == START and piece.attributes else piece for piece in pieces)
    return _grounded(by_nodes(tinted, lambda node: _rule(node, way), skip=_is_authors), way)


def _tag(piece: Piece, way: str, marks: bool) -> Piece:
    read = dict(piece.attributes)
    changed = dict(read)
    marked: dict[str, str] = {}
    if "style" in read:
        changed["style"] = in_style(read["style"], lambda one: _declared(one, way))
        marked |= _marks(read["style"], changed["style"])
    for name, is_front in ATTRIBUTES.items():
        if name in read:
            changed[name] = _value(read[name], way, is_front=is_front)
            if changed[name] != read[name] and name in {"bgcolor", "color"}:
                marked.setdefault("data-ogac" if is_front else "data-ogab", read[name])
    return piece if changed == read else with_attributes(piece, changed | (marked if marks else {}))


def _marks(before: str, after: str) -> dict[str, str]:
    was, now = ({one.name: one.value for one in declarations(style)} for style in (before, after))
    pairs = (("color", "data-ogsc"), ("background-color", "data-ogsb"), ("background", "data-ogsb"))
    return {mark: was[name] for name, mark in pairs if name in was and was[name] != now.get(name)}


def _is_authors(node: Node) -> bool:
    """Whether a rule is the author's own for dark mode."""
    return SCHEME in node.prelude.lower() if isinstance(node, At) else AUTHORS in node.selector


def _rule(node: Node, way: str) -> Node:
    if isinstance(node, At):
        return node
    return Rule(node.selector, tuple(_declared(one, way) for one in node.block), node.inner, node.line)


def _declared(one: Declaration, way: str) -> Declaration:
    if one.name in FRONTS:
        return one._replace(value=_value(one.value, way, is_front=True))
    if BACKS.fullmatch(one.name):
        return one._replace(value=_value(one.value, way, is_front=False))
    return one


@lru_cache(maxsize=KEPT)
def _value(value: str, way: str, *, is_front: bool) -> str:
    if depth(value) > DEEPEST:
        return value
    tokens = tinycss2.parse_component_value_list(value, skip_comments=True)
    return _mixed(tokens, [_token(token, way, is_front) for token in tokens])


def _mixed(tokens: list[Any], parts: list[str | None]) -> str:
    return "".join(
        [str(tinycss2.serialize([token])) if part is None else part for token, part in zip(tokens, parts, strict=True)]
    )


def _token(token: Any, way: str, is_front: bool) -> str | None:
    """Return a token with its colour inverted, None where it has none."""
    if token.type == "function" and token.lower_name.endswith("gradient"):
        inner = [_token(one, way, is_front) for one in token.arguments]
        return f"{token.lower_name}({_mixed(token.arguments, inner)})"
    found = colour(str(tinycss2.serialize([token]))) if token.type in {"ident", "hash", "function"} else None
    return _shade(found, way, is_front) if found else None


@lru_cache(maxsize=KEPT)
def _shade(found: Colour, way: str, is_front: bool) -> str:
    front, back = inverted(*((found.hex, WHITE) if is_front else (BLACK, found.hex)), way)
    shade = front if is_front else back
    if found.alpha >= SOLID:
        return shade
    red, green, blue = (int(shade[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{found.alpha:g})"


def _grounded(pieces: tuple[Piece, ...], way: str) -> tuple[Piece, ...]:
    """Put the client's own dark ground below the mail, for whatever has no colour."""
    text, ground = inverted(BLACK, WHITE, way)
    sheet = f"html{{background-color:{ground};color:{text}}}a{{color:{inverted(LINK, WHITE, way)[0]}}}"
    own = (start("style", {}), Piece("sheet", sheet, "style"), Piece("end", "</style>", "style"))
    at = next((at for at, piece in enumerate(pieces) if piece.kind == START and piece.name == "head"), None)
    return (*own, *pieces) if at is None else (*pieces[: at + 1], *own, *pieces[at + 1 :])
