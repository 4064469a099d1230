"""
Signing up: what a form or a JSON object asks for, judged, and taken in; and the confirmation of it.

The answer is the same whoever has the address: known, unknown, left or suppressed. Nothing a visitor writes but the address is kept. Whoever fills in
the field that people do not see is answered as all others, and nothing is done.

Errors: UnreachableError is the caller's to answer (503).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailweekly import address, tokens
from mailweekly.adapters.web.public.asked import BadBodyError
from mailweekly.adapters.web.public.desk import Desk
from mailweekly.adapters.web.public.face import Face
from mailweekly.audience.joining import Asked

__all__ = ["Answer", "Wish", "confirmed", "signed_up", "wish_of_form", "wish_of_json"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What somebody asks for, as they wrote it."""

    email: str
    lists: Sequence[str] | None  # None: all there are
    trapped: bool
    by: str  # "form" or "api"


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What becomes of it: taken where neither is set."""

    fault: str = ""  # the sentence that says what is wrong
    wait_s: float = 0.0


def wish_of_form(fields: Mapping[str, list[str]], trap: str) -> Wish:
    """Return what a form asks for."""
    return Wish(
        email=fields.get("email", [""])[0].strip(),
        lists=fields.get("list", []),
        trapped=any(value.strip() for value in fields.get(trap, [])),
        by="form",
    )


def wish_of_json(document: Mapping[str, Any], trap: str) -> Wish:
    """Return what a JSON object asks for. Errors: BadBodyError where `lists` is no array of names."""
    email, lists = document.get("email"), document.get("lists")
    if lists is not None and not (isinstance(lists, list) and all(isinstance(one, str) for one in lists)):
        raise BadBodyError(400)  # never all of them for somebody who named some
    return Wish(
        email=email.strip() if isinstance(email, str) else "",
        lists=lists,
        trapped=bool(document.get(trap)),
        by="api",
    )


async def signed_up(
    desk: Desk, face: Face, wish: Wish, *, lang: str, came_from: str, net_mark: Callable[[str], str]
) -> Answer:
    """Take a wish in."""
    try:
        known = address.parse(wish.email)
    except ValueError:
        return Answer(fault="bad_address")
    is_any = wish.lists is None or (not wish.lists and len(face.lists) == 1)
    wanted = frozenset(face.lists) & frozenset(face.lists if is_any else wish.lists or ())
    if not wanted:
        return Answer(fault="no_list")
    if wish.trapped:
        return Answer()
    consent = {"form": wish.by, "wording": face.say(lang, "subscribe_lead"), "language": lang, "ip": came_from}
    asked = Asked(
        key=known.key,
        address=known.text,
        lists=wanted,
        lang=lang,
        net=net_mark(came_from),
        consent={name: value for name, value in consent.items() if value},
    )
    wait = await desk.people.ask(asked)
    if not wait:
        desk.written()
    return Answer(wait_s=wait)


async def confirmed(desk: Desk, token: str) -> bool:
    """Confirm what the token's letter asked about. False: it says nothing (any more), and nothing has changed."""
    payload = tokens.read(desk.keys, tokens.CONFIRM, token)
    if payload is None:
        return False
    found = await desk.people.confirm(int.from_bytes(payload, "big"))
    if found:
        desk.written()
    return found
