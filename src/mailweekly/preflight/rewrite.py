"""
A better address for a link, where one is known for certain.

https where the server itself leads there, the new place of a page that moved for good, and no marks that only follow the reader.

A guess is never made: an address is taken over only from an answer whose way ended at a page, and only where it keeps its path, its safety and the
host's name. Links that somebody pays for are left as they are but for https, since their redirects are how the sponsor counts.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

from mailweekly.issue.urls import safe_url
from mailweekly.preflight.answer import Answer, asked_form
from mailweekly.preflight.lists import words
from mailweekly.preflight.reach import loses_its_path
from mailweekly.preflight.trackers import Own, strays, without_strays
from mailweekly.preflight.urls import host, is_private

__all__ = ["RULES", "better"]

RULES: Final = ("link.insecure", "link.moved", "link.utm")
ROUNDS: Final = 8  # of answers that follow one another
LONG: Final = 500  # characters; a longer address is no improvement ("link.long")
DOOR: Final = re.compile(
    r"(?:^|[/._-])(?:log-?in|sign-?in|sso|oauth|consent|captcha|challenge|error|notfound|404)(?:$|[/._-])",
    re.IGNORECASE,
)
UNWRITABLE: Final = re.compile(r"&#?\w+;|[\s<>\"'`\\|^{}]")
ENCODED: Final = str.maketrans({"(": "%28", ")": "%29", "[": "%5B", "]": "%5D", "*": "%2A"})


def better(
    url: str, *, answers: Mapping[str, Answer], own: Own, rules: Collection[str] = RULES
) -> tuple[str, tuple[str, ...]]:
    """Return the best known address of a link and the rules that led there; the link itself and none where there is no better one."""
    current, used, seen = url, list[str](), {url}
    is_paid = url in own.paid
    for _ in range(ROUNDS):
        target, rule = _step(current, answers, own, rules, is_paid=is_paid)
        if not rule:
            return current, tuple(dict.fromkeys(used))
        if target in seen:
            break  # two answers that lead to each other: neither is better
        seen.add(target)
        current = target
        used.append(rule)
    return url, ()


def _step(
    url: str, answers: Mapping[str, Answer], own: Own, rules: Collection[str], *, is_paid: bool
) -> tuple[str, str]:
    answer = answers.get(asked_form(url))
    if answer is not None and answer.is_good and answer.hops:
        encrypted = f"https{url[4:]}"
        if "link.moved" in rules and not is_paid and (target := _new_place(url, answer)):
            return target, "link.moved"
        if "link.insecure" in rules and url.startswith("http://") and _same(answer.hops[0].url, asked_form(encrypted)):
            return encrypted, "link.insecure"
    if "link.utm" in rules and (names := strays(url, own)):
        return without_strays(url, names), "link.utm"
    return url, ""


def _new_place(url: str, answer: Answer) -> str:
    """Where the page has moved for good; empty: nowhere that may be taken over, or only to https."""
    target = answer.moved_to.translate(ENCODED)
    if not target or target == url or _same(target.partition("://")[2], asked_form(url).partition("://")[2]):
        return ""
    parts, old = urlsplit(target), urlsplit(url)
    is_safe = (
        safe_url(target) == target
        and not UNWRITABLE.search(target)
        and not is_private(target)
        and not (old.scheme == "https" and parts.scheme != "https")
        and host(target).removeprefix("www.") not in words("links", "shorteners")
    )
    keeps = not loses_its_path(answer) and not DOOR.search(parts.path) and len(target) <= max(LONG, len(url))
    if not (is_safe and keeps):
        return ""
    return target + (f"#{old.fragment}" if old.fragment else "")


def _same(one: str, other: str) -> bool:
    """Whether two addresses differ at most by the `/` behind a bare host."""
    return one == other or (one.rstrip("/") == other.rstrip("/") and "/" not in other.rstrip("/").partition("://")[2])
