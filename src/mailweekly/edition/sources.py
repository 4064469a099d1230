"""
The line under an entry: where its link leads, and how many stars it has.

Refuses to fetch anything: what it says follows from the URL alone.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import unquote, urlsplit

from mailweekly.issue.model import Block, Paragraph, Text

__all__ = ["CODE_HOSTS", "source", "starless", "stars", "without_stars"]

CODE_HOSTS: Final = frozenset(
    {"github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "gitee.com", "git.sr.ht", "huggingface.co"}
)
NOT_OWNERS: Final = frozenset(
    {"blog", "collections", "explore", "features", "orgs", "papers", "spaces", "sponsors", "topics"}
)
LONGEST_NAME: Final = 60  # characters of owner/repo; longer ones would wrap the line on a phone
STARS_SAID: Final = re.compile(
    r"\s*[(（]\s*[0-9][0-9.,]*\s*[kKmM万]?\+?\s*(?:stars?|★|⭐|星)\s*[)）]\s*\Z", re.IGNORECASE
)
THOUSAND: Final = 1000


def source(url: str) -> str:
    """Return `owner/repo` for a code host, else the host without `www.`; empty for what is no web link."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    names = [unquote(part) for part in parts.path.split("/") if part]
    if host in CODE_HOSTS and len(names) > 1 and names[0].lower() not in NOT_OWNERS:
        whole = f"{names[0]}/{names[1].removesuffix('.git')}"
        if len(whole) <= LONGEST_NAME and whole.isprintable():
            return whole
    return host


def stars(count: int) -> str:
    """Return 950 as "950", 2700 as "2.7K", 12000 as "12K"."""
    if count < THOUSAND:
        return str(count)
    short = f"{count / THOUSAND:.1f}".removesuffix(".0")
    return f"{short}K"


def starless(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """Return the blurb without "(2.7K stars)" at the end of a paragraph: the badge says it. A paragraph of nothing else goes."""
    found: list[Block] = []
    for block in blocks:
        if (
            isinstance(block, Paragraph)
            and block.children
            and isinstance(last := block.children[-1], Text)
            and STARS_SAID.search(last.text)
        ):
            rest = without_stars(last.text)
            children = (*block.children[:-1], *((Text(text=rest),) if rest else ()))
            found += [replace(block, children=children)] if children else []
        else:
            found.append(block)
    return tuple(found)


def without_stars(text: str) -> str:
    """Return the text without "(2.7K stars)" at its end."""
    return STARS_SAID.sub("", text)
