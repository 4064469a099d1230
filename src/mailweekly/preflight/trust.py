"""
Rules on links that a filter, or a careful reader, would not follow: hosts that look like others, hosts the publication has barred, links that let in.

A name in one script is nobody's lookalike: `bücher.example` is a word. What lets somebody in is told by the shape of a parameter's value, for
`?key=de` is a language.

Source: Unicode Technical Standard 39, 5.1 (mixed scripts); the parameters are those of the services' own documentation.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from mailweekly.preflight.facts import TOKEN, Facts, clipped
from mailweekly.preflight.finding import Level
from mailweekly.preflight.lists import words
from mailweekly.preflight.place import Place
from mailweekly.preflight.urls import host
from mailweekly.preflight.walk import LinkUse

__all__ = ["ISSUE_RULES"]

LOOKALIKE: Final = frozenset(
    "аасеһіјӏорԛѕԝхуԁɡνоωαορτυικεηѵᴄɑ"
)  # letters of other scripts that a Latin one could be taken for
SCRIPTS: Final = (
    "LATIN",
    "CYRILLIC",
    "GREEK",
    "ARMENIAN",
    "CHEROKEE",
)  # those whose letters can stand for each other's
LONGEST_HOST: Final = 253  # characters (RFC 1035, 2.3.4)
OPAQUE = re.compile(r"[A-Za-z0-9._~+/=%-]{16,}")
SHORT_KEY: Final = 8  # characters of a value that is certainly no word of a page's own
DIGIT = re.compile(r"\d")
SESSION = re.compile(r";jsessionid=\w{8,}|\(S\([a-z0-9]{20,}\)\)", re.IGNORECASE)
EDITING: Final[Mapping[str, str]] = {
    "docs.google.com": r"/(?:document|spreadsheets|presentation|drawings|forms)/(?:u/\d+/)?d/[\w-]{10,}/edit\b",
    "www.overleaf.com": r"/(?:project/[0-9a-f]{24}|\d{8,}[a-z]{10,})\b",
    "admin.mailchimp.com": r"/\S",
    "medium.com": r"/p/[0-9a-f]{8,}/edit\b",
    "hackmd.io": r"/[\w@/-]+\?(?:edit|both)\b",
    "*": r"/wp-admin/|/ghost/#/editor/|/publish/post/\d+",
}


def lookalike(facts: Facts) -> Iterator[Place]:
    """Yield hosts whose letters are of several scripts, or all of a kind that reads as another word; other names beyond ASCII are only mentioned."""
    for link in facts.links:
        written = _unpunycoded(host(link.url))
        if written.isascii():
            continue
        labels = written.split(".")
        mixed = next((label for label in labels if len(_scripts(label)) > 1), "")
        posing = labels[-1].isascii() and next((label for label in labels if _poses(label)), "")
        if mixed:
            what = f"{written} mixes letters of {' and '.join(sorted(_scripts(mixed)))}."
            yield _place(facts, link, what)
        elif posing:
            yield _place(facts, link, f"{written} reads like a name in Latin letters, and is none.")
        else:
            yield _place(facts, link, f"Some mail programs show {written} as {host(link.url)}.", Level.INFO)


def spammy(facts: Facts) -> Iterator[Place]:
    """Yield links to hosts on the publication's own list, the hosts under them included."""
    for link in facts.links if facts.checked.blocked_hosts else ():
        labels = host(link.url)[-LONGEST_HOST:].split(".")
        names = (".".join(labels[at:]) for at in range(len(labels)))
        barred = next((name for name in names if name in facts.checked.blocked_hosts), "")
        if barred:
            yield _place(facts, link, f"{clipped(link.url)} is on the list of blocked hosts ({barred}).")


def secret(facts: Facts) -> Iterator[Place]:
    """Yield links that let whoever has them into something; what they hold is not shown again."""
    for link in facts.links:
        if not link.url.lower().startswith("http") or TOKEN.search(link.url):
            continue
        reason, level = _lets_in(link.url)
        if reason:
            yield _place(facts, link, f"The link to {host(link.url)} holds {reason}.", level)


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {
    "link.lookalike": lookalike,
    "link.secret": secret,
    "link.spammy": spammy,
}


def _place(facts: Facts, link: LinkUse, what: str, level: Level | None = None) -> Place:
    written = _unpunycoded(host(link.url))
    line, column = facts.at(link.line, link.url, written, host(link.url))
    return Place(line=line, column=column, what=what, level=level)


def _unpunycoded(name: str) -> str:
    return ".".join(_label(label) for label in name.split("."))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def _scripts(label: str) -> frozenset[str]:
    """The scripts of a label that have letters in common with each other's."""
    names = (unicodedata.name(char, "").partition(" ")[0] for char in label if char.isalpha())
    return frozenset(name.capitalize() for name in names if name in SCRIPTS)


def _poses(label: str) -> bool:
    letters = [char for char in label if char.isalpha()]
    return len(letters) > 1 and not label.isascii() and all(char in LOOKALIKE for char in letters)


def _lets_in(url: str) -> tuple[str, Level | None]:
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return "", None
    for name, value in pairs:
        if _is_key(name.lower(), value):
            return f"a key or a login in its parameter {clipped(name, 30)}", None
    if SESSION.search(url):
        return "the number of somebody's session", None
    place, rest = host(url), unquote(parts.path) + (f"?{parts.query}" if parts.query else "")
    for name in (place, "*"):
        if name in EDITING and re.search(EDITING[name], rest + (f"#{parts.fragment}" if parts.fragment else "")):
            is_shared = "usp=sharing" in parts.query or "usp=share_link" in parts.query
            return "the page where a document is edited", Level.WARNING if is_shared else None
    return "", None


def _is_key(name: str, value: str) -> bool:
    """Whether a parameter is a key: by its name where that says so, else by name and an opaque value."""
    if name in words("links", "secret_parameters"):
        return len(value) >= SHORT_KEY
    return name in words("links", "key_parameters") and bool(OPAQUE.fullmatch(value) and DIGIT.search(value))
