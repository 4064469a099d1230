"""
Rules on links: where they go, how they read as addresses, which stand twice.

One fault, one finding: a link that is empty, local or relative is not also reproached with its scheme. Nothing here asks the network.

Source: email-filter facts stand in `rules/links.toml` beside each rule.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import TOKEN, Facts, clipped, counted, spread
from mailweekly.preflight.finding import Level
from mailweekly.preflight.lists import words
from mailweekly.preflight.place import Place
from mailweekly.preflight.trackers import own_of, strays
from mailweekly.preflight.urls import host, is_private, normal, related
from mailweekly.preflight.walk import LinkUse

__all__ = ["ISSUE_RULES"]

LONG_URL: Final = 500  # characters; beyond it filters and text parts suffer (email rule book, "link.long")
ADDRESS_TEXT = re.compile(
    r"(?P<scheme>https?://)?(?P<host>[^\s/@:.]+(?:\.[^\s/@:.]+)+)(?::\d+)?(?P<path>/\S*)?", re.IGNORECASE
)
UNFINISHED: Final = frozenset({"#", "/", "todo", "tk", "url", "link", "http://", "https://"})
SAMPLE_HOSTS: Final = frozenset({"example.com", "www.example.com"})


def empty(facts: Facts) -> Iterator[Place]:
    """Yield links that lead nowhere yet."""
    for link in facts.links:
        if link.url.strip().lower() in UNFINISHED or not link.url.strip():
            yield _place(facts, link, f"The link “{clipped(link.text)}” has no target yet.")
        elif host(link.url) in SAMPLE_HOSTS and link.url.partition("//")[2].count("/") <= link.url.endswith("/"):
            yield _place(facts, link, f"The link goes to {host(link.url)}, the name made for examples.", Level.WARNING)


def insecure(facts: Facts) -> Iterator[Place]:
    """Yield links over plain http."""
    for link in facts.links:
        if link.url.lower().startswith("http://") and not is_private(link.url):
            yield _place(facts, link, f"{clipped(link.url)} is not encrypted.")


def relative(facts: Facts) -> Iterator[Place]:
    """Yield links without a host of their own."""
    for link in facts.links:
        if _is_relative(link.url):
            yield _place(facts, link, f"“{clipped(link.url)}” has no host: a mail has no address it could start from.")


def local(facts: Facts) -> Iterator[Place]:
    """Yield links that readers cannot follow, or that look like a trap."""
    for link in facts.links:
        reason = is_private(link.url) if link.url.lower().startswith(("http://", "https://")) else ""
        if reason:
            yield _place(facts, link, f"{clipped(link.url)} holds {reason}.")


def text_mismatch(facts: Facts) -> Iterator[Place]:
    """Yield links whose text is an address of somebody else's."""
    for link in facts.links:
        named = _named_host(link.text)
        target = host(link.url)
        if named and target and not TOKEN.search(target, re.IGNORECASE) and not related(named, target):
            yield _place(facts, link, f"The text says {clipped(named)}, the link goes to {clipped(target)}.")


def shortener(facts: Facts) -> Iterator[Place]:
    """Yield links through a shortening service."""
    for link in facts.links:
        if host(link.url).removeprefix("www.") in words("links", "shorteners"):
            yield _place(facts, link, f"{clipped(link.url)} hides where it goes.")


def cheap_tld(facts: Facts) -> Iterator[Place]:
    """Yield the first use of each host under an ending that filters score."""
    uses = [(link.url, link.line) for link in facts.links] + [(use.image.src, use.line) for use in facts.images]
    seen: dict[str, list[tuple[str, int]]] = {}
    for url, line in sorted(uses, key=lambda use: use[1]):
        name = host(url)
        if "." in name and name.rpartition(".")[2] in words("links", "scored_tlds"):
            seen.setdefault(name, []).append((url, line))
    for name, found in seen.items():
        line, column = facts.at(found[0][1], found[0][0], name)
        what = f"{name} (here {counted(len(found), 'time', 'times')}) ends in .{name.rpartition('.')[2]}."
        yield Place(line=line, column=column, what=what)


def duplicate(facts: Facts) -> Iterator[Place]:
    """Yield entries whose page an earlier entry already links."""
    seen: dict[str, int] = {}
    for entry in facts.issue.entries:
        if not entry.url:
            continue
        first = seen.setdefault(normal(entry.url), entry.line)
        if first != entry.line:
            line, column = facts.at(entry.line, entry.url)
            yield Place(
                line=line, column=column, what=f"{clipped(entry.url)} is already linked by the entry on line {first}."
            )


def long(facts: Facts) -> Iterator[Place]:
    """Yield links of monstrous length."""
    for link in facts.links:
        if len(link.url) > LONG_URL:
            yield _place(facts, link, f"The link to {host(link.url)} has {len(link.url):,} characters.")


def utm(facts: Facts) -> Iterator[Place]:
    """Yield links that carry somebody else's tracking parameters."""
    own = own_of(facts.issue, facts.checked.settings)
    for link in facts.links:
        names = strays(link.url, own)
        if names:
            yield _place(facts, link, f"The link to {host(link.url)} carries {clipped(spread(names))}.")


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {
    "link.cheap-tld": cheap_tld,
    "link.duplicate": duplicate,
    "link.empty": empty,
    "link.insecure": insecure,
    "link.local": local,
    "link.long": long,
    "link.relative": relative,
    "link.shortener": shortener,
    "link.text-mismatch": text_mismatch,
    "link.utm": utm,
}


def _place(facts: Facts, link: LinkUse, what: str, level: Level | None = None) -> Place:
    line, column = facts.at(link.line, link.url, host(link.url))
    return Place(line=line, column=column, what=what, level=level)


def _is_relative(url: str) -> bool:
    """An anchor is no relative link; nor is a merge field's whole link, which is absolute by construction."""
    text = url.strip()
    if text.lower() in UNFINISHED or not text or text.startswith("#") or TOKEN.match(text):
        return False
    return text.startswith("//") or not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text)


def _named_host(text: str) -> str:
    """The host a link text claims: it must be nothing but an address, and one that no product's name could be."""
    found = ADDRESS_TEXT.fullmatch(text.strip())
    if not found:
        return ""
    name = found["host"].lower()
    is_address = found["scheme"] or name.startswith("www.")
    is_page = found["path"] and name.rpartition(".")[2] in words("links", "address_tlds")
    return name if is_address or is_page else ""
