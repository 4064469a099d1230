"""
An edition's two documents as pieces that join in any selection: encoded literals, and the cells of fields between them.

Every piece begins and ends at a line's start of the encoding, so a block that a reader does not get is left out by leaving out its pieces. What is
the same for all readers is written in here and leaves no gap.

Source: RFC 2045, 6.7 (soft breaks); RFC 2046, 5.1.4 (alternatives: the plainest first); RFC 2387 (a part and what it is made of).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mailweekly.edition.model import Edition, Slot
from mailweekly.message import images, quoted, recipe
from mailweekly.message.conditions import blocks
from mailweekly.message.cuts import Cut, html_pieces, text_pieces
from mailweekly.message.values import ESCAPES, Context, clean

__all__ = ["Filling", "Guarded", "Tables", "body", "filling"]

_SCHEMES = ("https://", "http://", "mailto:")
_PART = "\r\nContent-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"

_RELATED = f'\r\nContent-Type: multipart/related; type="text/html";\r\n boundary="{images.RELATED}'

Filling = tuple[str | int, ...]  # what stands for a field in every copy: text, with a token's cell in it
Guarded = tuple[str | int, tuple[int, ...]]  # a piece, and the numbers of the conditions it stands under


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """What the documents turned out to need; both grow as pieces are met."""

    cells: dict[Cut, int] = field(default_factory=dict)  # number of the cell that a (slot, context) fills
    conditions: dict[str, int] = field(default_factory=dict)


def body(
    edition: Edition, own: Mapping[str, Filling], tables: Tables, pictures: Mapping[str, bytes]
) -> Iterator[Guarded]:
    """Yield the pieces after the header block: both parts with their boundaries, and beside the HTML the images it embeds."""
    yield from (("--", ()), (recipe.BOUNDARY, ()))
    yield _PART.format("plain"), ()
    yield from _document(edition.text, edition, own, tables, is_html=False)
    yield from (("\r\n--", ()), (recipe.BOUNDARY, ()))
    if edition.embedded:
        yield from _related(edition, own, tables, pictures)
    else:
        yield _PART.format("html"), ()
        yield from _document(edition.html, edition, own, tables, is_html=True)
    yield from (("\r\n--", ()), (recipe.BOUNDARY, ()), ("--\r\n", ()))


def _related(
    edition: Edition, own: Mapping[str, Filling], tables: Tables, pictures: Mapping[str, bytes]
) -> Iterator[Guarded]:
    line: list[Guarded] = [(piece, ()) for piece in images.boundary()]
    yield from ((_RELATED, ()), (recipe.BOUNDARY, ()), ('"\r\n\r\n', ()))
    yield from line
    yield _PART.format("html"), ()
    yield from _document(edition.html, edition, own, tables, is_html=True)
    yield "\r\n", ()
    for part, guard in images.image_parts(edition, pictures, tables.conditions):
        yield from ((piece, guard) for piece in (*images.boundary(), part))
    yield from line
    yield "--\r\n", ()


def filling(slot: Slot, own: Mapping[str, Filling]) -> Filling | None:
    """Return what stands for a field in every copy (its default, where we have nothing); None: each reader has a value of their own."""
    found = own.get(slot.name)
    return found if found is None or any(found) else (clean(slot.default),)


def _document(
    document: str, edition: Edition, own: Mapping[str, Filling], tables: Tables, *, is_html: bool
) -> Iterator[Guarded]:
    cut = html_pieces if is_html else text_pieces
    if not document.endswith(("\n", "\r")):
        document += "\n"
    stretches = list(blocks(document, is_html=is_html))
    for number, (stretch, around) in enumerate(stretches, start=1):
        guard = tuple(tables.conditions.setdefault(asked, len(tables.conditions)) for asked in around)
        settled = _settled(cut(stretch, edition.nonce, edition.slots), edition.slots, own)
        is_last = number == len(stretches)
        for place, piece in enumerate(settled, start=1):
            if isinstance(piece, str):
                yield quoted.encode(piece, closed=not is_last or place < len(settled)).decode("ascii"), guard
            elif isinstance(piece, int):
                yield piece, guard
            else:
                yield tables.cells.setdefault(piece, recipe.FIRST_FIELD + len(tables.cells)), guard


def _settled(pieces: Sequence[str | Cut], slots: Sequence[Slot], own: Mapping[str, Filling]) -> list[str | int | Cut]:
    out: list[str | int | Cut] = [""]
    for piece in pieces:
        for part in _parts(piece, slots, own):
            if isinstance(part, str):
                out[-1] = f"{out[-1]}{part}"
            else:
                out += (part, "")
    return out


def _parts(piece: str | Cut, slots: Sequence[Slot], own: Mapping[str, Filling]) -> Sequence[str | int | Cut]:
    if isinstance(piece, str):
        return (piece,)
    slot, context = piece
    found = filling(slots[slot], own)
    if found is None:
        return (piece,)
    if context is Context.LINK and not str(found[0]).startswith(_SCHEMES):
        return ("",)  # an editor's default for a missing link
    return [ESCAPES[context](part) if isinstance(part, str) else part for part in found]
