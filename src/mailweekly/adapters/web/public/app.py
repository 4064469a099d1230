"""
The public side as an application: which address does what, and the headers that every answer has.

There is no cookie, no script, no redirect and no session; a link's token is all that a visitor shows. What changes something is a POST. An address
under which the publication stands behind a proxy may be left on or taken off: both are understood.

Errors: none; they are answers. 503 means that nothing was stored.
"""

import asyncio
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mailweekly import tokens
from mailweekly.adapters.web.public import asked, joining, leaving, pages
from mailweekly.adapters.web.public.asked import BadBodyError
from mailweekly.adapters.web.public.desk import Desk
from mailweekly.adapters.web.public.face import Face
from mailweekly.adapters.web.public.nets import net_of, visitor
from mailweekly.adapters.web.public.preferences import preferences
from mailweekly.adapters.web.public.words import chosen
from mailweekly.errors import MailweeklyError

__all__ = ["HEAD_BYTES", "PublicSide"]

HEAD_BYTES: Final = 16 * 1024  # of all headers
READING: Final = frozenset({"GET", "HEAD"})
HOOK_BYTES: Final = 1_048_576  # of what a provider reports at once
MAIN_BYTES: Final = 2_048  # of an address
OURS: Final = re.compile(r"[A-Za-z2-7]*")  # what a token is written in
ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-dns-prefetch-control", b"off"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
PRIVATE: Final = ((b"cache-control", b"no-store"), (b"x-robots-tag", b"noindex, nofollow"))
# Of the archive: its pages carry their own style, its pictures may lie elsewhere, its search is its own script.
SITE_POLICY: Final = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' https: data:; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One request."""

    method: str
    path: str  # without the prefix
    headers: Headers
    receive: Receive
    peer: str
    lang: str


class PublicSide:
    """Answers each request; `desk` is what it acts on, `face` how it looks."""

    def __init__(self, desk: Desk, face: Face) -> None:
        self._desk = desk
        self._face = face
        self._policy = face.policy.encode()
        mark = tokens.marker(desk.keys, "net", 16)
        self._net_mark = lambda came_from: mark(net_of(came_from).encode()).hex() if net_of(came_from) else ""
        self._drawn: dict[tuple[str, str], bytes] = {}  # pages that are the same for everybody, by word and language

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            answer = await self._answered(scope, receive)
        except BadBodyError as error:
            answer = self._fault(scope, "refused", error.status)
            answer.headers["Connection"] = "close"
        except MailweeklyError:
            answer = self._fault(scope, "fault", 503)
            answer.headers["Retry-After"] = "60"
        known = {name for name, _ in answer.raw_headers}
        own = (*ALWAYS, *PRIVATE, (b"content-security-policy", self._policy))
        answer.raw_headers = [one for one in answer.raw_headers if one[1]] + [one for one in own if one[0] not in known]
        await answer(scope, receive, send)

    async def _answered(self, scope: Scope, receive: Receive) -> Response:
        path = _path_of(scope["path"])
        headers = Headers(scope=scope)
        if sum(len(name) + len(value) for name, value in scope["headers"]) > HEAD_BYTES or len(path) > MAIN_BYTES:
            return Response(status_code=431, headers={"Connection": "close"})
        prefix = self._face.prefix
        if prefix and (path == prefix or path.startswith(f"{prefix}/")):
            path = path[len(prefix) :] or "/"
        method = scope["method"]
        if method not in {"GET", "HEAD", "POST"}:
            return Response(status_code=405, headers={"Allow": "GET, HEAD, POST", "Connection": "close"})
        peer = scope["client"][0] if scope.get("client") else ""
        visit = Visit(method=method, path=path, headers=headers, receive=receive, peer=peer, lang=self._lang(headers))
        return await (self._posted(visit) if method == "POST" else self._read(visit))

    async def _posted(self, visit: Visit) -> Response:
        if visit.path.startswith("/hooks/"):
            return await self._hooked(visit)
        body = await asked.body_of(visit.headers, visit.receive)
        if visit.path.startswith("/u/"):
            return await self._leave(visit, body)
        if visit.path.startswith("/c/"):
            is_in = await joining.confirmed(self._desk, _token_in(visit.path))
            return self._message(
                visit.lang, "confirmed" if is_in else "void", done=is_in, link="" if is_in else "again"
            )
        if visit.path.startswith("/p/"):
            fields = asked.form_of(visit.headers, body)
            return await preferences(self._desk, self._face, _token_in(visit.path), visit.lang, fields)
        if visit.path in {"/", "/subscribe"}:
            return await self._subscribe(visit, body)
        if visit.path == "/api/subscribe":
            return await self._subscribe_json(visit, body)
        return Response(status_code=405, headers={"Allow": "GET, HEAD"})

    async def _read(self, visit: Visit) -> Response:
        path, lang = visit.path, visit.lang
        if path.startswith("/u/"):
            return self._same(lang, "leave")
        if path.startswith("/c/"):
            return self._same(lang, "confirm")
        if path.startswith("/p/"):
            return await preferences(self._desk, self._face, _token_in(path), lang, None)
        if path in {"/health", "/health/ready", "/health/live"}:
            return await self._health(path)
        if path == "/logo" and self._face.logo:
            content, kind = self._face.logo
            return Response(content, media_type=kind, headers={"Cache-Control": "public, max-age=3600"})
        if path == "/subscribe":
            return self._same(lang, "subscribe")
        if path == "/api/subscribe":
            return Response(status_code=405, headers={"Allow": "POST"})
        return await self._archived(visit)

    async def _leave(self, visit: Visit, body: bytes) -> Response:
        by_page = leaving.by_our_page(visit.headers, body)
        try:
            await leaving.left(self._desk, _token_in(visit.path), by_page=by_page)
        except MailweeklyError:
            if by_page:
                raise
            return Response(status_code=503, headers={"Retry-After": "60"})
        return self._message(visit.lang, "left", done=True, link="return") if by_page else Response(b"")

    async def _subscribe(self, visit: Visit, body: bytes) -> Response:
        fields = asked.form_of(visit.headers, body)
        wish = joining.wish_of_form(fields, pages.TRAP)
        found = await self._signed_up(visit, wish)
        if found.fault:
            page = pages.subscribe_page(
                self._face, visit.lang, address=wish.email[:254], chosen=wish.lists, fault=found.fault
            )
            return self._html(page, status=422)
        if found.wait_s:
            answer = self._message(visit.lang, "busy", status=429)
            answer.headers["Retry-After"] = str(math.ceil(found.wait_s))
            return answer
        return self._same(visit.lang, "asked")

    async def _subscribe_json(self, visit: Visit, body: bytes) -> Response:
        wish = joining.wish_of_json(asked.json_of(visit.headers, body), pages.TRAP)
        found = await self._signed_up(visit, wish)
        if found.fault:
            return _json({"error": found.fault, "message": self._face.say(visit.lang, found.fault)}, 422)
        if found.wait_s:
            answer = _json({"error": "busy", "message": self._face.say(visit.lang, "busy_text")}, 429)
            answer.headers["Retry-After"] = str(math.ceil(found.wait_s))
            return answer
        return _json({"status": "asked", "message": self._face.say(visit.lang, "asked_text")}, 202)

    async def _signed_up(self, visit: Visit, wish: joining.Wish) -> joining.Answer:
        came_from = visitor(visit.peer, visit.headers.getlist("x-forwarded-for"), self._desk.trusted)
        return await joining.signed_up(
            self._desk, self._face, wish, lang=visit.lang, came_from=came_from, net_mark=self._net_mark
        )

    async def _hooked(self, visit: Visit) -> Response:
        """What a mail provider reports: 200 once it is stored, 404 where no secret opens its address."""
        hook = self._desk.hooks.get(visit.path.removeprefix("/hooks/").rstrip("/"))
        if hook is None:
            return Response(status_code=404, headers={"Connection": "close"})
        try:
            body = await asked.body_of(visit.headers, visit.receive, most=HOOK_BYTES)
            status = await hook(dict(visit.headers), body)
        except BadBodyError as error:
            return Response(status_code=error.status, headers={"Connection": "close"})
        except MailweeklyError:
            return Response(status_code=503, headers={"Retry-After": "60"})
        return Response(status_code=status)

    async def _health(self, path: str) -> Response:
        if path != "/health/live":
            try:
                await self._desk.people.is_ready()
            except MailweeklyError as error:
                return _json({"status": "not ready", "what": type(error).__name__}, 503)
        return _json({"status": "ok"}, 200)

    async def _archived(self, visit: Visit) -> Response:
        file = await asyncio.to_thread(self._desk.file, visit.path)
        if file is None and visit.path == "/":
            return self._same(visit.lang, "subscribe")
        if file is None and visit.path == "/favicon.ico":
            return Response(status_code=204)  # every browser asks; none shall show a fault
        if file is None:
            place = await asyncio.to_thread(self._desk.moved, visit.path)
            if place:
                relative = f"{place.rstrip('/').rpartition('/')[2]}/"  # seen from the address: right behind any proxy
                return Response(status_code=308, headers={"Location": relative})
            return self._message(visit.lang, "missing", status=404)
        own = {
            "ETag": file.etag,
            "Cache-Control": "public, max-age=300",
            "Content-Security-Policy": SITE_POLICY,
            "X-Robots-Tag": "",
        }
        if file.etag in visit.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=own)
        return Response(file.content, media_type=file.kind, headers=own)

    def _same(self, lang: str, word: str) -> Response:
        """A page that is the same for everybody of a language."""
        page = self._drawn.get((word, lang))
        if page is None:
            if word == "subscribe":
                text = pages.subscribe_page(self._face, lang)
            elif word == "asked":
                text = pages.message_page(self._face, lang, "asked", done=True)
            else:
                text = pages.button_page(self._face, lang, word)
            page = self._drawn[word, lang] = text.encode()
        own = {"X-Robots-Tag": ""} if word == "subscribe" else {}
        return Response(
            page, media_type="text/html", headers={"Content-Language": lang, "Vary": "Accept-Language", **own}
        )

    def _fault(self, scope: Scope, word: str, status: int) -> Response:
        """A fault in the form that was asked for: a page, or JSON."""
        lang = self._lang(Headers(scope=scope))
        if _path_of(scope["path"]).endswith("/api/subscribe"):
            return _json({"error": word, "message": self._face.say(lang, f"{word}_text")}, status)
        return self._message(lang, word, status=status)

    def _message(self, lang: str, word: str, *, status: int = 200, done: bool = False, link: str = "") -> Response:
        return self._html(pages.message_page(self._face, lang, word, done=done, link=link), status=status)

    @staticmethod
    def _html(page: str, *, status: int = 200) -> Response:
        return Response(page, status_code=status, media_type="text/html")

    def _lang(self, headers: Headers) -> str:
        return chosen(self._face.words, headers.get("accept-language", ""), self._desk.lang)


def _path_of(target: str) -> str:
    """The path of a request's target, which may name scheme and host as well (RFC 9112, 3.2.2), or begin with a slash too many."""
    if not target.startswith("/"):
        target = target.partition("://")[2].partition("/")[2]
    return f"/{target.lstrip('/')}"


def _token_in(path: str) -> str:
    """The token of a link, without what a mail program, a proxy or a hand left at its end: nobody shall be told that they have left, and stay."""
    found = OURS.match(path, len("/u/"))
    return found[0].lower() if found else ""


def _json(document: Mapping[str, Any], status: int) -> Response:
    return Response(json.dumps(document, ensure_ascii=False), status_code=status, media_type="application/json")
