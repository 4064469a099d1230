"""
A mail with images not loaded, as many readers first see it: the words of `alt` in a box of the image's size, no pictures behind anything.

The box is drawn by its outline.

Units: CSS pixels.
Errors: none.
"""

from collections.abc import Mapping
from typing import Final

from mailweekly.simulate.pieces import START, Piece, with_attributes
from mailweekly.simulate.sheets import Declaration, Node, Rule, traits
from mailweekly.simulate.style_passes import by_nodes, in_style

__all__ = ["images_off"]

EMPTY: Final = "data:image/png,"  # nothing: a browser writes the words of `alt` where an image fails, and only there
BOX: Final = "display:inline-block;overflow:hidden;box-sizing:border-box;outline:1px dashed #8A94A6;outline-offset:-1px"
LEAST_PX: Final = 16  # an image that says no height: a line of its words


def images_off(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Return the mail without a picture in it."""
    return by_nodes(
        tuple(_tag(piece) if piece.kind == START and piece.attributes else piece for piece in pieces), _rule
    )


def _tag(piece: Piece) -> Piece:
    kept = {name: value for name, value in piece.attributes if name not in {"background", "srcset", "poster"}}
    if "style" in kept:
        kept["style"] = in_style(kept["style"], _without_picture)
    if piece.name in {"img", "input", "source"} and "src" in kept:
        kept["src"] = EMPTY
        kept["style"] = f"{kept.get('style', '')};{BOX};{_size(kept)}".lstrip(";")
    return piece if kept == dict(piece.attributes) else with_attributes(piece, kept)


def _size(attributes: Mapping[str, str]) -> str:
    """Return the box's size: as wide and high as the attributes say, and no wider than there is room."""
    width, height = (attributes.get(name, "").strip() for name in ("width", "height"))
    if width.isdecimal() and height.isdecimal() and int(width) and len(width) + len(height) < LEAST_PX:
        return f"width:{width}px;max-width:100%;height:{height}px"
    return f"min-height:{LEAST_PX}px"


def _rule(node: Node) -> Node:
    if not isinstance(node, Rule):
        return node
    return node._replace(block=tuple(left for one in node.block if (left := _without_picture(one)) is not None))


def _without_picture(one: Declaration) -> Declaration | None:
    if "url" not in traits(one.value).functions:
        return one
    return None
