"""
The making of a Recipe: header block, documents, fields and conditions of one edition put together.

Errors: SettingsError for a sender, DataError for an edition that cannot be mailed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from mailweekly.edition.model import Edition, Slot
from mailweekly.errors import DataError
from mailweekly.message import recipe
from mailweekly.message.cuts import Cut, split
from mailweekly.message.documents import Filling, Guarded, Tables, body, filling
from mailweekly.message.heading import Routes, address_of, heading, routes
from mailweekly.message.model import Sender
from mailweekly.message.recipe import Field, Recipe
from mailweekly.message.values import clean

__all__ = ["assemble"]

_ID_LABEL_CHARACTERS = 32  # of the issue's label in a Message-ID; all of it counts in the letters beside it
_TEST_MARK = "[test] "


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
    pictures: Mapping[str, bytes],
) -> Recipe:
    """Return the recipe of an edition; arguments as in `program.prepare`, and the signing `key`'s fingerprint."""
    way, tables = routes(sender, issue_label, web_url), Tables()
    own = _own_fields(way, sender.list_name or list_name)
    subject = _subject(edition, own, test=test)
    top = heading(sender, way, _fixed(subject), issue_label=issue_label, list_name=list_name)
    pieces = _merged([*((piece, ()) for piece in top.pieces), *body(edition, own, tables, pictures)])
    used = sorted({slot for slot, _ in tables.cells} | {piece for piece in subject if isinstance(piece, int)})
    from_address = address_of(sender.address, "The sender's address").wire
    return Recipe(
        pieces=tuple(piece for piece, _ in pieces),
        guards=tuple(guard for _, guard in pieces),
        conditions=tuple(tables.conditions),
        fields=tuple(_field(slot, edition.slots[slot], tables.cells) for slot in used),
        subject=tuple(p if isinstance(p, str) else used.index(p) for p in subject) if _fixed(subject) is None else (),
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
        images=tuple((one.cid, one.sha256) for one in edition.embedded),
    )


def _own_fields(way: Routes, list_name: str) -> dict[str, Filling]:
    """Return the fields this product fills itself; an empty filling: the field's default stands there."""
    lead, tail = way.link
    return {
        "list_name": (clean(list_name),),
        "web_url": (way.web,),
        "forward_url": (way.web,),  # what a reader passes on is the page everybody may see
        "unsubscribe_url": (lead, recipe.UNSUBSCRIBE_LINK, tail) if lead else (),
        "preferences_url": (way.preferences, recipe.PREFERENCES_LINK) if way.preferences else (),
    }


def _subject(edition: Edition, own: Mapping[str, Filling], *, test: bool) -> list[str | int]:
    pieces: list[Guarded] = [(_TEST_MARK if test else "", ())]
    for piece in split(edition.subject, edition.nonce, edition.slots):
        found = (piece,) if isinstance(piece, str) else filling(edition.slots[piece], own)
        if found is not None and len(found) > 1:
            raise DataError("A reader's own link cannot stand in the Subject.")
        pieces.append((piece if found is None else found[0], ()))
    return [piece for piece, _ in _merged(pieces)]


def _fixed(subject: Sequence[str | int]) -> str | None:
    """The Subject where it is the same for all."""
    return subject[0] if len(subject) == 1 and isinstance(subject[0], str) else None


def _merged(pieces: Iterable[Guarded]) -> list[Guarded]:
    """Join the literals that stand side by side under the same conditions."""
    out: list[Guarded] = []
    for piece, guard in pieces:
        before, same = out[-1] if out else (None, None)
        if isinstance(piece, str) and isinstance(before, str) and guard == same:
            out[-1] = (before + piece, guard)
        else:
            out.append((piece, guard))
    return out


def _field(slot: int, field: Slot, cells: Mapping[Cut, int]) -> Field:
    filled = tuple((cell, context) for (of, context), cell in cells.items() if of == slot)
    return Field(name=field.name, default=clean(field.default), cells=filled)


def _id_label(issue_label: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", issue_label)[:_ID_LABEL_CHARACTERS].strip("-") or "issue"
