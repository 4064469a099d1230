"""
Passes of clients that set the mail into a page of their own: the body becomes a div, classes and ids get a prefix.

Errors: none.
Source: caniemail.com (html-body, css-selector-attribute); looks do not change by the prefix, but selectors that ask for a whole attribute miss.
"""

from functools import lru_cache
from typing import Any, Final

import tinycss2

from mailweekly.simulate.pieces import END, START, Piece, end, start, with_attributes
from mailweekly.simulate.profile import Profile, Step
from mailweekly.simulate.sheets import DEEPEST, Node, Rule, depth, split_list
from mailweekly.simulate.style_passes import by_nodes
from mailweekly.simulate.view import Log

__all__ = ["FRAME_PASSES"]

HOLDERS: Final = frozenset({"body", "html"})
BODY_ATTRIBUTES: Final = ("bgcolor", "background", "text", "link", "vlink", "alink")
KEPT: Final = 4_096  # renamed selectors


def body(pieces: tuple[Piece, ...], step: Step, profile: Profile, log: Log) -> tuple[Piece, ...]:
    """Put a div in the body's place, inside a body of the client's own; rules for body and html find nothing any more."""
    opened = next((piece for piece in pieces if piece.kind == START and piece.name == "body"), None)
    changed: list[Piece] = []
    for piece in pieces:
        if piece is opened:
            changed += _body_div(piece, step, profile, log)
        elif piece.kind == END and piece.name == "body" and opened:
            changed += [end("div", line=piece.line), piece]
        elif not (piece.kind == START and piece.name == "body"):
            changed.append(piece)
    return by_nodes(tuple(changed), lambda node: _without_holders(node, step, profile, log))


def prefix(pieces: tuple[Piece, ...], step: Step, _profile: Profile, _log: Log) -> tuple[Piece, ...]:
    """Give each class and id a prefix, in tags and in selectors."""
    before = str(step.options.get("with", "m_"))
    worn = tuple(_worn(piece, before) if piece.kind == START else piece for piece in pieces)
    return by_nodes(
        worn, lambda node: node._replace(selector=_renamed(node.selector, before)) if isinstance(node, Rule) else node
    )


def wrap(pieces: tuple[Piece, ...], step: Step, _profile: Profile, _log: Log) -> tuple[Piece, ...]:
    """Put a div of the client's own class around all that the body holds."""
    changed: list[Piece] = []
    for piece in pieces:
        closes = piece.kind == END and piece.name == "body"
        changed += [end("div", line=piece.line), piece] if closes else [piece]
        if piece.kind == START and piece.name == "body":
            changed.append(start("div", {"class": str(step.options.get("class", ""))}, line=piece.line))
    return tuple(changed)


FRAME_PASSES: Final = {"body": body, "prefix": prefix, "wrap": wrap}


def _body_div(piece: Piece, step: Step, profile: Profile, log: Log) -> list[Piece]:
    kept = dict(piece.attributes)
    for name in BODY_ATTRIBUTES:
        if name in kept:
            log.add(
                piece.line,
                f"{name}= on <body>",
                "the body becomes a div",
                step.tested or profile.fact("html-body").tested,
            )
            del kept[name]
    return [start("body", {"style": "margin:0"}, line=piece.line), start("div", kept, line=piece.line)]


def _without_holders(node: Node, step: Step, profile: Profile, log: Log) -> Node | None:
    if not isinstance(node, Rule):
        return node
    members = split_list(node.selector)
    left = [member for member in members if not _names_holder(member)]
    if len(left) == len(members):
        return node
    log.add(
        node.line, "a rule for body or html", "the body becomes a div", step.tested or profile.fact("html-body").tested
    )
    return node._replace(selector=", ".join(left)) if left else None


@lru_cache(maxsize=KEPT)
def _names_holder(selector: str) -> bool:
    before = ""
    for token in tinycss2.parse_component_value_list(selector, skip_comments=True):
        if token.type == "ident" and before not in {".", ":"} and token.lower_value in HOLDERS:
            return True
        before = token.value if token.type == "literal" else ""
    return False


def _worn(piece: Piece, before: str) -> Piece:
    if not any(name in {"class", "id"} for name, _ in piece.attributes):
        return piece
    renamed = {
        name: " ".join(before + word for word in value.split()) if name in {"class", "id"} else value
        for name, value in piece.attributes
    }
    return with_attributes(piece, renamed)


@lru_cache(maxsize=KEPT)
def _renamed(selector: str, before: str) -> str:
    if depth(selector) > DEEPEST:
        return selector
    tokens = tinycss2.parse_component_value_list(selector, skip_comments=True)
    _rename(tokens, before)
    return str(tinycss2.serialize(tokens))


def _rename(tokens: list[Any], before: str) -> None:
    last = None
    for token in tokens:
        if token.type == "hash" or (
            token.type == "ident" and last is not None and last.type == "literal" and last.value == "."
        ):
            token.value = before + token.value
        elif token.type == "function":
            _rename(token.arguments, before)
        last = token
