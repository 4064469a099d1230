"""
Links, asked politely: HEAD, then GET where that says nothing, a few at once, each host once a second.

Each step of a redirect is judged anew: its form, its port, every address its name leads to. Whatever a server does, an answer comes within the
limits: of one request, of one link, of the whole round. Nothing is asked twice in a round, and a host that says "too many" is left alone.

Units: seconds; sizes in bytes.
Errors: none of the servers'; what they do stands in the Answer.
Source: RFC 9110, 15.4 (redirects); ten redirects are what the fetch standard's older half allowed, and more than any page needs.
"""

import asyncio
import errno
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urljoin, urlsplit

from mailweekly.adapters.net.addresses import (
    Admits,
    AwayError,
    NoNameError,
    PrivateError,
    Resolver,
    is_public,
    may_ask_port,
    resolved,
    system_resolver,
)
from mailweekly.adapters.net.exchange import Reply, Target, exchange
from mailweekly.issue.urls import safe_url
from mailweekly.preflight.answer import Answer, Fault, Hop

__all__ = ["Limits", "Ways", "ask_links"]

BODY: Final = 16_384
LONGEST_URL: Final = 2_000  # characters; a longer one is a trap
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
HEAD_SAYS: Final = frozenset({*range(200, 300), 429}) | REDIRECTS  # any other answer to HEAD may be about HEAD
TIRED: Final = 429
SEVERAL: Final = 3  # hosts
KIND_SHOWN: Final = 100
BROKEN: Final = {10: "it has expired", 9: "it is not valid yet", 18: "it is signed by nobody but itself"}
OTHER_NAME: Final = frozenset({62, 63, 64})  # OpenSSL: hostname, email, IP address mismatch
SAID: Final[dict[type[Exception], Fault]] = {
    PrivateError: Fault.PRIVATE,
    NoNameError: Fault.NAME,
    AwayError: Fault.AWAY,
}
NO_NET: Final = frozenset({errno.ENETUNREACH, errno.ENETDOWN})
LONELY: Final = frozenset({19, 20, 21})  # the chain leads to no authority known here


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How much of everything."""

    links: int = 500
    at_once: int = 8
    every_s: float = 1.0  # for one host, between two requests
    request_s: float = 10.0
    link_s: float = 30.0  # of asking, waiting for a host's turn not counted
    round_s: float = 300.0
    redirects: int = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Ways:
    """How names are resolved, which addresses may be asked, whom TLS trusts. Another than the usual one is for tests; no setting leads here."""

    resolver: Resolver = system_resolver
    admits: Admits = is_public
    admits_port: Callable[[int], bool] = may_ask_port
    trust: ssl.SSLContext | None = None  # None: the system's authorities


async def ask_links(
    urls: Iterable[str],
    *,
    told: Callable[[Answer], None] = lambda _: None,
    limits: Limits | None = None,
    ways: Ways | None = None,
) -> dict[str, Answer]:
    """
    Return an answer for each address, by address; `told` hears of each as it comes.

    Those beyond the limits have Fault.LIMIT. When cancelled, what `told` has heard stays true.
    """
    bounds = limits or Limits()
    wanted = list(dict.fromkeys(urls))
    found = {url: Answer(url=url, fault=Fault.LIMIT) for url in wanted}
    asking = _Round(bounds, ways or Ways())
    hosts: dict[str, list[str]] = {}
    for url in wanted[: bounds.links]:
        hosts.setdefault(_host(url), []).append(url)

    async def host(one: list[str]) -> None:
        for url in one:
            found[url] = await asking.ask(url)
            told(found[url])

    try:
        async with asyncio.timeout(bounds.round_s), asyncio.TaskGroup() as group:
            for one in hosts.values():
                group.create_task(host(one))
    except TimeoutError:
        pass  # what has no answer by now keeps its limit
    return _honest(found)


def _honest(found: dict[str, Answer]) -> dict[str, Answer]:
    """Where not one of several names was found, it is the name service of this machine that is at fault, and no link."""
    asked = [answer for answer in found.values() if answer.fault not in {Fault.LIMIT, Fault.FORM}]
    names = {_host(answer.url) for answer in asked}
    if len(names) < SEVERAL or any(answer.hops or answer.fault not in {Fault.NAME, Fault.AWAY} for answer in asked):
        return found
    away = {answer.url: replace(answer, fault=Fault.AWAY) for answer in asked}
    return {**found, **away}


class _LinkError(Exception):
    """Why a link has no answer."""

    def __init__(self, fault: Fault, note: str = "") -> None:
        super().__init__(fault)
        self.fault = fault
        self.note = note


class _Round:
    """One round of asking: whose turn it is, and who is tired of us."""

    def __init__(self, limits: Limits, ways: Ways) -> None:
        self._limits = limits
        self._ways = ways
        self._places = asyncio.Semaphore(limits.at_once)
        self._next: dict[str, float] = {}  # by host, when it may be asked again
        self._tired: set[str] = set()

    async def ask(self, url: str) -> Answer:
        """Follow one link to its end."""
        answer, seen, left = Answer(url=url), {url}, [self._limits.link_s]
        try:
            while True:
                reply = await self._asked(answer.final, left)
                answer = replace(answer, status=reply.status)
                target = _target_of(answer.final, reply)
                if not target:
                    return _described(answer, reply)
                answer = replace(answer, hops=(*answer.hops, Hop(status=reply.status, url=target)))
                fault = (
                    Fault.LOOP if target in seen else Fault.HOPS if len(answer.hops) > self._limits.redirects else None
                )
                if fault:
                    return replace(answer, fault=fault)
                seen.add(target)
        except _LinkError as error:
            return replace(answer, fault=error.fault, note=error.note)

    async def _asked(self, url: str, left: list[float]) -> Reply:
        """HEAD; GET where the answer may only be one to HEAD. Many servers do not know it, or say 403 or 404 to it."""
        try:
            reply = await self._one(url, "HEAD", left)
            if reply.status in HEAD_SAYS:
                return reply
        except _LinkError as error:
            if error.fault not in {Fault.GARBAGE, Fault.UNREACHABLE, Fault.TIMEOUT} or left[0] <= 0:
                raise
        return await self._one(url, "GET", left)

    async def _one(self, url: str, method: str, left: list[float]) -> Reply:
        """One request at its host's turn; `left` are the seconds the link still has."""
        host, port, tls, path = _parts(url, self._ways)
        if host in self._tired:
            raise _LinkError(Fault.TIRED)
        await self._turn(host)
        async with self._places:
            begun = time.monotonic()
            try:
                async with asyncio.timeout(max(min(self._limits.request_s, left[0]), 0.0)):
                    reply = await self._exchanged(host, port, tls, path, method)
            except TimeoutError:
                raise _LinkError(Fault.TIMEOUT) from None
            finally:
                left[0] -= time.monotonic() - begun
        if reply.status == TIRED:
            self._tired.add(host)
        return reply

    async def _exchanged(self, host: str, port: int, tls: bool, path: str, method: str) -> Reply:
        ways = self._ways
        try:
            addresses = await resolved(host, port, resolver=ways.resolver, admits=ways.admits)
            target = Target(host=host, port=port, tls=tls, path=path, addresses=addresses)
            return await exchange(target, method, most=BODY, trust=ways.trust)
        except TimeoutError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a server leads a library to is an answer about the server
            raise _told(error) from None

    async def _turn(self, host: str) -> None:
        now = asyncio.get_running_loop().time()
        at = max(now, self._next.get(host, 0.0))
        self._next[host] = at + self._limits.every_s
        await asyncio.sleep(at - now)


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _parts(url: str, ways: Ways) -> tuple[str, int, bool, str]:
    """Host, port, whether TLS, path. Errors: _LinkError for a form that is not asked."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _LinkError(Fault.FORM, "the address cannot be read") from None
    tls = parts.scheme == "https"
    port = (443 if tls else 80) if port is None else port
    if parts.scheme not in {"http", "https"} or not host or not url.isascii() or len(url) > LONGEST_URL:
        raise _LinkError(Fault.FORM, "the address is not one of the web, or too long")
    if "@" in parts.netloc:
        raise _LinkError(Fault.FORM, "a user name stands before the host")
    if not ways.admits_port(port):
        raise _LinkError(Fault.FORM, f"port {port} is not one of the web")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host.rstrip("."), port, tls, path


def _target_of(url: str, reply: Reply) -> str:
    """Where a redirect leads, in normal form and without a fragment; empty: it is none. Errors: _LinkError."""
    written = reply.headers.get("location", "")
    if reply.status not in REDIRECTS or not written:
        return ""
    try:
        joined = urljoin(url, written.strip())
    except ValueError:
        joined = ""
    target = safe_url(joined) if len(joined) <= LONGEST_URL else None
    if target is None or target.startswith("mailto:"):
        raise _LinkError(Fault.FORM, "it redirects to what is no address of the web")
    return target.partition("#")[0]


def _described(answer: Answer, reply: Reply) -> Answer:
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()[:KIND_SHOWN]
    size = reply.headers.get("content-length", "").strip()
    known = int(size) if size.isascii() and size.isdecimal() and len(size) < len(str(1 << 62)) else None
    return replace(answer, kind=kind, size=known)


def _told(error: Exception) -> _LinkError:
    """What an exception says of the link."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error)
    if isinstance(error, ssl.SSLError):
        return _LinkError(Fault.UNREACHABLE, "TLS failed")
    if isinstance(error, OSError):
        words = (error.strerror or type(error).__name__).lower()
        return _LinkError(Fault.AWAY) if error.errno in NO_NET else _LinkError(Fault.UNREACHABLE, words)
    return _LinkError(next((fault for kind, fault in SAID.items() if isinstance(error, kind)), Fault.GARBAGE))


def _of_certificate(error: ssl.SSLCertVerificationError) -> _LinkError:
    code = error.verify_code
    if code in LONELY:
        return _LinkError(Fault.CHAIN, "it leads to no authority that this system knows")
    if code in OTHER_NAME:
        return _LinkError(Fault.CERTIFICATE, "it is for another name")
    return _LinkError(Fault.CERTIFICATE, BROKEN.get(code, str(error.verify_message)[:KIND_SHOWN]))
