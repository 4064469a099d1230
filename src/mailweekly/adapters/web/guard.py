"""
Who may ask, and what every answer carries: an ASGI wrapper around the whole preview.

A draft and its readers' names must not leak to another web page or machine. In this order: a foreign Host (DNS rebinding) 421 with an empty body;
headers over 16 kB 431; a target that is no path 400; any method but GET and HEAD 405, save for POST under `/do/`, which is the only one there; a body
where none belongs, or too large a one, 413; a foreign Origin or a cross-site fetch 403; no cookie of this start 403. What changes something must
also name our Origin and carry a header and a type that no form of another site can set, else 403. The cookie is had by the start URL's token alone,
and by reading. There is no CORS header, ever.

Errors: none; refusals are answers.
Source: Fetch Metadata (Sec-Fetch-Site), RFC 6265bis (SameSite), RFC 9110 15.5.20 (421).
"""

import hmac
import ipaddress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ALWAYS", "BODY_BYTES", "HEAD_BYTES", "SHELL_CSP", "Access", "Guard"]

SHELL_CSP: Final = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
READING: Final = frozenset({"GET", "HEAD"})
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")
PICTURE_PARTS: Final = 4  # "/frame/<name>/<image>" split at its slashes
HEAD_BYTES: Final = 16 * 1024  # of all headers
BODY_BYTES: Final = (
    2_000_000  # of what an action is asked; an issue's whole text, where the editor saves one, is the largest
)
DOING: Final = "/do/"  # what changes something lies here, and nothing else
ASKING: Final = "x-mailweekly"  # a header that a form cannot set, and that a script of another site may not
HTTP_PORT: Final = 80  # the one port that a Host header leaves out


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """The secrets of one start, and the address it answers to."""

    token: str  # in the start URL
    cookie: str  # what the token is exchanged for
    host: str  # as bound: "127.0.0.1", "0.0.0.0", "192.0.2.7"
    port: int

    @property
    def cookie_name(self) -> str:
        """Cookies know no ports, so the name does."""
        return f"mailweekly_{self.port}"

    def is_own_host(self, host: str) -> bool:
        """Whether a Host header names this server; beyond loopback any bare IP address does, for only names can be rebound."""
        name, port = _split(host.lower())
        if port != str(self.port) and not (port == "" and self.port == HTTP_PORT):
            return False
        if name in LOOPBACK or name in {self.host, f"[{self.host}]"}:
            return True
        return not self.is_loopback and _is_address(name)

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        return self.host == "localhost" or (_is_address(self.host) and ipaddress.ip_address(self.host).is_loopback)


class Guard:
    """Lets through what may pass, with the headers every answer has."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in (ALWAYS | {"Content-Security-Policy": SHELL_CSP}).items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self._refusal(scope) or self._welcome(scope)
        await (answer or self._app)(scope, receive, dressed)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._access.is_own_host(hosts[0]):
            return Response(status_code=421, headers={"Connection": "close"})
        if malformed := _malformed(scope, headers):
            return malformed
        if _is_picture(scope["path"]):
            return None  # asked for by a frame, whose origin is opaque: neither cookie nor same-origin, but an unguessable name
        if not self._is_same_site(headers, hosts[0]):
            return _refused(403, "Not from another site.")
        if not (self._has_cookie(headers) or self._has_token(scope)):
            return _refused(403, "Open the address that `mailweekly preview` has printed in the terminal.")
        if scope["method"] == "POST" and not self._is_asked_by_us(headers):
            return _refused(403, "Not from a page of ours.")
        return None

    def _is_asked_by_us(self, headers: Headers) -> bool:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        return (
            self._has_cookie(headers)
            and len(headers.getlist("origin")) == 1
            and headers.get(ASKING) == "1"
            and kind == "application/json"
        )

    def _is_same_site(self, headers: Headers, host: str) -> bool:
        origin = headers.get("origin")
        if origin is not None and origin != f"http://{host}":
            return False
        return headers.get("sec-fetch-site", "none") in {"none", "same-origin"}

    def _has_cookie(self, headers: Headers) -> bool:
        try:
            jar = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        held = jar.get(self._access.cookie_name)
        return held is not None and _same(held.value, self._access.cookie)

    def _has_token(self, scope: Scope) -> bool:
        tokens = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        return len(tokens) == 1 and _same(tokens[0], self._access.token)

    def _welcome(self, scope: Scope) -> Response | None:
        """Exchange the start URL's token for the cookie, and take it out of the address bar."""
        if scope["method"] == "POST" or not self._has_token(scope):
            return None
        answer = RedirectResponse("/" + scope["path"].lstrip("/\\"), status_code=303)
        answer.set_cookie(self._access.cookie_name, self._access.cookie, httponly=True, samesite="strict", path="/")
        return answer


def _malformed(scope: Scope, headers: Headers) -> Response | None:
    if sum(len(name) + len(value) for name, value in scope["headers"]) > HEAD_BYTES:
        return _refused(431, "Too many headers.")
    if not scope["path"].startswith("/"):
        return _refused(400, "Not a path.")
    if scope["path"].startswith(DOING):
        return _no_question(scope["method"], headers)
    if scope["method"] not in READING:
        return Response(status_code=405, headers={"Allow": "GET, HEAD", "Connection": "close"})
    if headers.get("content-length", "0") != "0" or "transfer-encoding" in headers:
        return Response(status_code=413, headers={"Connection": "close"})
    return None


def _no_question(method: str, headers: Headers) -> Response | None:
    if method != "POST":
        return Response(status_code=405, headers={"Allow": "POST", "Connection": "close"})
    length = headers.get("content-length", "")
    known = length.isascii() and length.isdecimal() and len(length) < len(str(BODY_BYTES)) + 1
    if not known or int(length) > BODY_BYTES or "transfer-encoding" in headers:
        return Response(status_code=413, headers={"Connection": "close"})
    return None


def _refused(status: int, words: str) -> Response:
    return Response(words + "\n", status_code=status, media_type="text/plain")


def _same(held: str, wanted: str) -> bool:
    return hmac.compare_digest(held.encode("utf-8", "surrogatepass"), wanted.encode())


def _split(host: str) -> tuple[str, str]:
    if host.startswith("["):
        name, bracket, rest = host.partition("]")
        return name + bracket, rest.removeprefix(":") if rest.startswith(":") or not rest else "?"
    name, _, port = host.partition(":")
    return name, port


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _is_picture(path: str) -> bool:
    parts = path.split("/")
    return len(parts) == PICTURE_PARTS and parts[1] == "frame"
