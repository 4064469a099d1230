"""
`/u/TOKEN`: unsubscribing, exactly as mail programs ask for it.

POST acts, whatever stands in its body, and answers 200 with nothing: no cookie, no redirect, no question, the same for a known, an unknown, a
forged and a used token. Only our own page's button, known by a field of its own, gets a page to read. GET and HEAD change nothing, ever: scanners
follow links.

Errors: UnreachableError is the caller's to answer (503).
Source: RFC 8058, 3.2.
"""

from typing import Final

from starlette.datastructures import Headers

from mailweekly import tokens
from mailweekly.adapters.web.public.asked import kind_of
from mailweekly.adapters.web.public.desk import Desk
from mailweekly.adapters.web.public.pages import BY_PAGE

__all__ = ["by_our_page", "left"]

BUTTON: Final = f"{BY_PAGE}=".encode()


async def left(desk: Desk, token: str, *, by_page: bool) -> None:
    """Let whoever the token names go; nobody, where it is not ours."""
    known = tokens.read_reader(desk.keys, tokens.UNSUBSCRIBE, token)
    if known is not None:
        await desk.people.leave(known[0], known[1], "the unsubscribe page" if by_page else "one click")


def by_our_page(headers: Headers, body: bytes) -> bool:
    """Whether our own page's button was pressed."""
    is_form = kind_of(headers) == "application/x-www-form-urlencoded"
    return is_form and any(part.startswith(BUTTON) for part in body.split(b"&"))
