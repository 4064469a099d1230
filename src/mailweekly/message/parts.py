"""
An edition's documents encoded and cut at their fields: the making of a Recipe.

Both parts are quoted-printable, whatever they hold: base64 would cost a pass over the part for each reader. What is the same for all readers (the
list's name, the issue's own page) is written in here and leaves no gap.

Source: RFC 2046, 5.1.4 (alternatives: the plainest first).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mailweekly.edition.model import Edition, Slot
from mailweekly.errors import DataError
from mailweekly.message import quoted, recipe
from mailweekly.message.cuts import Cut, html_pieces, split, text_pieces
from mailweekly.message.heading import Routes, address_of, heading, routes
from mailweekly.message.model import Sender
from mailweekly.message.recipe import Field, Recipe
from mailweekly.message.values import ESCAPES, Context, clean

__all__ = ["assemble"]

_ID_LABEL_CHARACTERS = 32  # of the issue's label in a Message-ID; all of it counts in the letters beside it
_SCHEMES = ("https://", "http://", "mailto:")
_TEST_MARK = "[test] "
_PART = "\r\nContent-Type: text/{}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"


Filling = tuple[str | int, ...]  # what stands for a field in every copy: text, with a token's cell in it


def assemble(
    edition: Edition,
    sender: Sender,
    *,
    key: str,
    issue_label: str,
    list_name: str,
    kind: str,
    test: bool,
    web_url: str,
) -> Recipe:
    """Return the recipe of an edition; arguments as in `program.prepare`, and the signing `key`'s fingerprint."""
    way = routes(sender, issue_label, web_url)
    own = _own_fields(way, sender.list_name or list_name)
    subject = _subject(edition, own, test=test)
    fixed = subject[0] if len(subject) == 1 and isinstance(subject[0], str) else None
    top = heading(sender, way, fixed, issue_label=issue_label, list_name=list_name)
    cells: dict[Cut, int] = {}
    body = list(_body(edition, own, cells))
    used = sorted({slot for slot, _ in cells} | {piece for piece in subject if isinstance(piece, int)})
    from_address = address_of(sender.address, "The sender's address").wire
    return Recipe(
        pieces=tuple(_merged([*top.pieces, *body])),
        fields=tuple(_field(slot, edition.slots[slot], cells) for slot in used),
        subject=() if fixed is not None else tuple(p if isinstance(p, str) else used.index(p) for p in subject),
        header_names=top.names,
        sender=from_address,
        issue_label=issue_label,
        kind=kind,
        list_name=list_name,
        test=test,
        key=key,
        id_label=_id_label(issue_label),
        id_domain=from_address.rpartition("@")[2].lower(),
        return_lead=way.return_lead,
        return_domain=way.return_domain,
    )


def _own_fields(way: Routes, list_name: str) -> dict[str, Filling]:
    """Return the fields this product fills itself; an empty filling: the field's default stands there."""
    lead, tail = way.link
    return {
        "list_name": (clean(list_name),),
        "web_url": (way.web,),
        "unsubscribe_url": (lead, recipe.UNSUBSCRIBE_LINK, tail) if lead else (),
        "preferences_url": (way.preferences, recipe.PREFERENCES_LINK) if way.preferences else (),
    }


def _filling(slot: Slot, own: Mapping[str, Filling]) -> Filling | None:
    filling = own.get(slot.name)
    return filling if filling is None or any(filling) else (clean(slot.default),)


def _subject(edition: Edition, own: Mapping[str, Filling], *, test: bool) -> list[str | int]:
    pieces: list[str | int] = [_TEST_MARK if test else ""]
    for piece in split(edition.subject, edition.nonce, edition.slots):
        filling = (piece,) if isinstance(piece, str) else _filling(edition.slots[piece], own)
        if filling is not None and len(filling) > 1:
            raise DataError("A reader's own link cannot stand in the Subject.")
        pieces.append(piece if filling is None else filling[0])
    return _merged(pieces)


def _body(edition: Edition, own: Mapping[str, Filling], cells: dict[Cut, int]) -> Iterator[str | int]:
    for kind, cut in (("plain", text_pieces(edition)), ("html", html_pieces(edition))):
        yield from ("--", recipe.BOUNDARY, _PART.format(kind))
        yield from _encoded(_settled(cut, edition.slots, own), cells)
        yield "\r\n"
    yield from ("--", recipe.BOUNDARY, "--\r\n")


def _settled(pieces: Iterable[str | Cut], slots: Sequence[Slot], own: Mapping[str, Filling]) -> list[str | int | Cut]:
    """Write in what no reader's data changes; neighbouring literals become one, and the document ends with a line's end."""
    out: list[str | int | Cut] = [""]
    for piece in pieces:
        filling: Sequence[str | int | Cut]
        if isinstance(piece, str):
            filling = (piece,)
        else:
            found = _filling(slots[piece[0]], own)
            if found is not None and piece[1] is Context.LINK and not str(found[0]).startswith(_SCHEMES):
                found = ("",)  # an editor's default for a missing link
            escape = ESCAPES[piece[1]]
            filling = (piece,) if found is None else [escape(part) if isinstance(part, str) else part for part in found]
        for part in filling:
            if isinstance(part, str):
                out[-1] = f"{out[-1]}{part}"
            else:
                out += (part, "")
    if not str(out[-1]).endswith(("\n", "\r")):
        out[-1] = f"{out[-1]}\n"
    return out


def _encoded(pieces: Sequence[str | int | Cut], cells: dict[Cut, int]) -> Iterator[str | int]:
    last = len(pieces) - 1
    for place, piece in enumerate(pieces):
        if isinstance(piece, str):
            yield quoted.encode(piece, closed=place < last).decode("ascii")
        elif isinstance(piece, int):
            yield piece
        else:
            yield cells.setdefault(piece, recipe.FIRST_FIELD + len(cells))


def _merged(pieces: Iterable[str | int]) -> list[str | int]:
    out: list[str | int] = []
    for piece in pieces:
        if isinstance(piece, str) and out and isinstance(out[-1], str):
            out[-1] += piece
        else:
            out.append(piece)
    return out


def _field(slot: int, field: Slot, cells: Mapping[Cut, int]) -> Field:
    filled = tuple((cell, context) for (of, context), cell in cells.items() if of == slot)
    return Field(name=field.name, default=clean(field.default), cells=filled)


def _id_label(issue_label: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", issue_label)[:_ID_LABEL_CHARACTERS].strip("-") or "issue"
