"""
Where a mail makes use of which feature of the facts table: style attributes, style sheets, tags, images.

Reads the finished HTML as a client finds it that hides conditional comments, or as Word does, which resolves them. Refuses to judge: whether a use
matters is for who asks.

Units: lines of the HTML, from 1.
Errors: none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mailweekly.simulate.features import (
    at_features,
    declaration_features,
    element_features,
    image_feature,
    media_features,
    selector_features,
)
from mailweekly.simulate.markup_passes import conditions
from mailweekly.simulate.pieces import SHEET, START, Piece, pieces_of, value_of
from mailweekly.simulate.profile import Profile, Step
from mailweekly.simulate.sheets import At, Node, declarations, nodes_of, split_list, walk
from mailweekly.simulate.view import Log

__all__ = ["Use", "uses_of"]

STYLED: Final = 4_096  # uses of style attributes kept


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """One way a mail uses a feature, as often as it does."""

    feature: str
    where: str  # style: an attribute; sheet: a rule; media: a rule inside an at-rule, or that itself; tag; image
    line: int  # of the first time
    tag: str = ""
    value: str = ""  # "margin:0" of a declaration, a selector, an image's address, else empty
    times: int = 1


def uses_of(html: str, profile: Profile) -> tuple[Use, ...]:
    """Return every use that a client meets, in the order of the mail. A style sheet the client drops holds none."""
    step = next(
        (step for step in profile.steps if step.do == "conditionals"), Step(do="conditionals", options={"as": "strip"})
    )
    has_sheets = not any(step.do == "styles" and step.options.get("keep") == "none" for step in profile.steps)
    return tuple(
        use
        for use in _uses(html, str(step.options.get("as", "strip")))
        if has_sheets or use.where not in {"sheet", "media"}
    )


@lru_cache(maxsize=8)
def _uses(html: str, way: str) -> tuple[Use, ...]:
    step = Step(do="conditionals", options={"as": way})
    found: dict[tuple[str, str, str, str], tuple[int, int]] = {}
    for piece in conditions(pieces_of(html), step, Profile(id="", name=""), Log()):
        for key, line in _of_piece(piece):
            first, times = found.get(key, (line, 0))
            found[key] = (first, times + 1)
    return tuple(
        Use(feature=feature, where=where, tag=tag, value=value, line=line, times=times)
        for (feature, where, tag, value), (line, times) in found.items()
    )


def _of_piece(piece: Piece) -> Iterator[tuple[tuple[str, str, str, str], int]]:
    if piece.kind == START:
        for feature in element_features(piece):
            yield (feature, "tag", piece.name, ""), piece.line
        if piece.name == "img" and (feature := image_feature(value_of(piece, "src") or "")):
            yield (feature, "image", "img", value_of(piece, "src") or ""), piece.line
        for feature, value in _of_style(value_of(piece, "style") or ""):
            yield (feature, "style", piece.name, value), piece.line
    elif piece.kind == SHEET:
        for node, around in walk(nodes_of(piece.raw)):
            where = "media" if around or isinstance(node, At) else "sheet"
            for feature, value in _of_node(node):
                yield (feature, where, "", value), piece.line + node.line - 1


@lru_cache(maxsize=STYLED)
def _of_style(style: str) -> tuple[tuple[str, str], ...]:
    return tuple(
        (feature, f"{one.name}:{one.value}") for one in declarations(style) for feature in declaration_features(one)
    )


def _of_node(node: Node) -> Iterator[tuple[str, str]]:
    if isinstance(node, At):
        yield from ((feature, "") for feature in at_features(node.keyword))
        yield from ((feature, "") for feature in (media_features(node.prelude) if node.keyword == "media" else ()))
        return
    for member in split_list(node.selector):
        yield from ((feature, member) for feature in selector_features(member))
    for one in node.block:
        yield from ((feature, f"{one.name}:{one.value}") for feature in declaration_features(one))
