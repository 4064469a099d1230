"""
What the row of an inbox shows of a mail: as much of its subject as fits, and behind it whatever the mail begins with.

A row is cut by columns: an East Asian character or a picture takes two. Refuses to cut a character from its accents.

Units: columns.
Errors: none.
Source: `preflight.inbox` for where each client cuts.
"""

import re
import unicodedata
from email import message_from_string, policy
from email.errors import MessageError
from html import unescape
from typing import Final

from mailweekly.edition.columns import width

__all__ = ["cut", "sender", "snippet"]

LOOKED_AT: Final = 20_000  # characters of the body's beginning
LONGEST: Final = 400  # characters of a snippet; the widest row shows 140 columns
BODY: Final = re.compile(r"<body\b[^>]*>", re.IGNORECASE)
SILENT: Final = re.compile(r"<!--.*?(?:-->|$)|<(style|script|title|head)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
INLINE: Final = re.compile(r"</?(?:a|abbr|b|bdi|code|em|i|mark|s|small|span|strong|sub|sup|u)\b[^<>]*>", re.IGNORECASE)
TAG: Final = re.compile(r"<[^<>]*>")
# What themes put behind the preheader so that nothing of the mail follows it; three in a row are no accident.
FILLER: Final = re.compile("(?:[\u034f\u200b\u200c\u2007\u00ad\ufeff\u2060\u00a0]\\s*){3,}")
JOINER: Final = "\u200d"


def cut(text: str, columns: int) -> str:
    """Return as much of a text as takes no more than that many columns, an ellipsis included where it is cut."""
    if width(text) <= columns:
        return text
    end, used = 0, 0
    for at, char in enumerate(text):
        used += max(width(char), 0)
        if used > columns - 1:
            break
        end = at + 1
    while 0 < end < len(text) and (unicodedata.combining(text[end]) or _joins(text[end]) or text[end - 1] == JOINER):
        end -= 1
    return text[:end].rstrip() + "…"


def snippet(html: str) -> str:
    """Return what a mail begins with, hidden or not, up to the filler behind a preheader."""
    body = BODY.search(html)
    start = html[body.end() if body else 0 :][:LOOKED_AT]
    words = unescape(TAG.sub(" ", INLINE.sub("", SILENT.sub(" ", start))))
    return " ".join(FILLER.split(words.lstrip(), maxsplit=1)[0].split())[:LONGEST]


def sender(headers: str) -> str:
    """Return the name that a list shows for who a mail is from; "" where its headers do not say."""
    try:
        addresses = message_from_string(headers, policy=policy.default)["From"].addresses
        return str(addresses[0].display_name or addresses[0].addr_spec)
    except (
        MessageError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ):  # of a parser that breaks on odd addresses
        return ""


def _joins(char: str) -> bool:
    return char == JOINER or "\ufe00" <= char <= "\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff"
