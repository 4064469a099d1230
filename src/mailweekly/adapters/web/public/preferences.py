"""
`/p/TOKEN`: what a reader sees and changes of themselves. The token is the key to it; there is no other.

A token that is not ours, or names nobody, gets the page that any such token gets.

Errors: UnreachableError is the caller's to answer (503).
"""

import json
from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from mailweekly import tokens
from mailweekly.adapters.web.public import pages
from mailweekly.adapters.web.public.asked import BadBodyError
from mailweekly.adapters.web.public.desk import Desk, Reader
from mailweekly.adapters.web.public.face import Face

__all__ = ["preferences"]

NAME_CHARACTERS: Final = 200
ORIGIN: Final = "the preferences page"


async def preferences(
    desk: Desk, face: Face, token: str, lang: str, fields: Mapping[str, list[str]] | None
) -> Response:
    """Return the page; `fields` are a form's that was sent, None for a look at it."""
    known = tokens.read_reader(desk.keys, tokens.PREFERENCES, token)
    reader = await desk.people.person(known[0]) if known else None
    if known is None or reader is None:
        return Response(pages.message_page(face, lang, "void", link="again"), media_type="text/html")
    match (fields or {}).get("do", [""])[0]:
        case "save":
            return await _saved(desk, face, known[0], lang, fields or {}, reader)
        case "export":
            return await _exported(desk, known[0])
        case "leave":
            await desk.people.leave_everything(known[0], ORIGIN)
            return Response(pages.message_page(face, lang, "left", done=True, link="return"), media_type="text/html")
        case _ if fields is None:
            return _page(face, lang, reader, saved=False)
        case _:
            raise BadBodyError(400)


async def _saved(
    desk: Desk, face: Face, number: int, lang: str, fields: Mapping[str, list[str]], reader: Reader
) -> Response:
    name = one_line(fields.get("name", [reader.name])[0])
    wanted = fields.get("list", [])
    often = fields.get("frequency", [reader.frequency])[0]
    if often not in pages.FREQUENCIES:
        raise BadBodyError(400)
    changed = await desk.people.change(
        number, name=name, lists=wanted, public=face.lists if len(face.lists) > 1 else (), frequency=often
    )
    return _page(face, lang, changed or reader, saved=changed is not None and changed.active)


async def _exported(desk: Desk, number: int) -> Response:
    found = await desk.people.facts(number)
    text = json.dumps({"schema": 1, **(found or {})}, ensure_ascii=False, indent=2) + "\n"
    own = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return Response(text, media_type="application/json", headers=own)


def _page(face: Face, lang: str, reader: Reader, *, saved: bool) -> Response:
    page = pages.preferences_page(
        face,
        lang,
        address=reader.address,
        name=reader.name,
        lists=reader.lists,
        frequency=reader.frequency,
        active=reader.active,
        saved=saved,
    )
    return Response(page, media_type="text/html")


def one_line(text: str) -> str:
    """Return a name as it may be kept: one line of characters that can be seen, of no more than 200."""
    seen = "".join(one if one.isprintable() else " " for one in text)
    return " ".join(seen.split())[:NAME_CHARACTERS].strip()
