"""
Which parameters of an address only follow the reader, and which of them are nobody's loss.

Marks of one click or one reader (`fbclid`, `mc_eid`) are, wherever they stand. Marks of a campaign (`utm_*`) are where somebody else set them:
on the publication's own hosts they are the editor's, so they are where `utm_source` names the publication, and in a sponsor's link they are part of
the deal. An address that is signed is left alone, for it would no longer open.

Nothing here changes how the rest of an address is written.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote, urlsplit

from mailweekly.issue.model import Block, Component, Entry, Issue
from mailweekly.preflight.lists import words
from mailweekly.preflight.urls import host, related
from mailweekly.preflight.walk import LinkUse, walk
from mailweekly.settings import Settings

__all__ = ["Own", "own_of", "strays", "without_strays"]

SIGNED: Final = frozenset(
    {"sig", "signature", "hmac", "expires", "policy", "key-pair-id", "x-amz-signature", "x-goog-signature", "token"}
)
NAMING: Final = frozenset({"utm_source", "utm_campaign"})
SHORTEST: Final = 4  # letters of a name that are enough to know it by


@dataclass(frozen=True, kw_only=True, slots=True)
class Own:
    """What is the publication's: its hosts, the names it goes by, and the links it is paid for."""

    hosts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    paid: frozenset[str] = frozenset()

    def is_host(self, name: str) -> bool:
        """Whether a host is the publication's, or one beside it."""
        return any(related(name, own) for own in self.hosts)


def own_of(issue: Issue, settings: Settings | None) -> Own:
    """Return what is the publication's own, as settings and issue tell."""
    if settings is None:
        return Own(paid=_paid(issue))
    hosts = (host(settings.base_url), settings.sender.address.rpartition("@")[2].lower())
    names = (
        settings.name,
        issue.newsletter,
        settings.sender.name,
        *(one.split(".")[-2] for one in hosts if "." in one),
    )
    letters = {_letters(name) for name in names}
    return Own(
        hosts=tuple(one for one in hosts if one),
        names=tuple(sorted(name for name in letters if len(name) >= SHORTEST)),
        paid=_paid(issue),
    )


def strays(url: str, own: Own) -> tuple[str, ...]:
    """Return the names of the parameters that can go, each once, as written."""
    pairs = _pairs(url)
    if any(name.lower() in SIGNED for name, _ in pairs):
        return ()
    keeps = url in own.paid or own.is_host(host(url)) or _is_ours(pairs, own)
    found = [name for name, _ in pairs if _is_click(name) or (_is_campaign(name) and not keeps)]
    return () if url in own.paid else tuple(dict.fromkeys(found))


def without_strays(written: str, names: Iterable[str]) -> str:
    """Return an address without these parameters, everything else as it was written (`&amp;` too)."""
    head, mark, query = written.partition("?")
    query, hash_, fragment = query.partition("#")
    gone = set(names)
    pieces = re.split(r"(&amp;|&)", query)
    kept: list[str] = []
    for index in range(0, len(pieces), 2):
        if unquote(pieces[index].partition("=")[0]) not in gone:
            kept += [pieces[index - 1] if kept else "", pieces[index]]
    rest = "".join(kept)
    return head + (mark + rest if rest else "") + hash_ + fragment


def _pairs(url: str) -> list[tuple[str, str]]:
    try:
        query = urlsplit(url).query
    except ValueError:
        return []
    rows = [item.partition("=") for item in query.split("&") if item]
    return [(unquote(name), unquote(value)) for name, _, value in rows]


def _is_click(name: str) -> bool:
    return name.lower() in words("links", "tracking")


def _is_campaign(name: str) -> bool:
    return name.lower().startswith("utm_")


def _is_ours(pairs: list[tuple[str, str]], own: Own) -> bool:
    said = [_letters(value) for name, value in pairs if name.lower() in NAMING]
    return any(len(value) >= SHORTEST and (value in name or name in value) for value in said for name in own.names)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _paid(issue: Issue) -> frozenset[str]:
    sections = (block for section in issue.sections for block in section.items)
    found = {url for block in (*issue.intro, *sections, *issue.outro) for url in _of_sponsors(block, issue)}
    named = issue.meta.get("sponsor.url", "")
    return frozenset(found | ({named} if named else set()))


def _of_sponsors(block: Block | Entry, issue: Issue) -> set[str]:
    match block:
        case Component(name="sponsor"):
            alone = replace(issue, intro=(block,), sections=(), outro=(), footnotes=())
            return {use.url for use in walk(alone) if isinstance(use, LinkUse)}
        case Component(blocks=inside) | Entry(blocks=inside):
            return {url for one in inside for url in _of_sponsors(one, issue)}
        case _:
            return set()
