"""
Rules on bytes: what Gmail cuts off, what relays refuse, what may not stand on the wire.

Units: bytes of the *decoded* HTML part for the clip; octets on the wire for the message and its lines.
Source: Gmail's limit as published by several senders is 102,400 or 104,448 bytes; the lower counts here. RFC 5321, 4.5.3.1.6 and RFC 5322, 2.1.1.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import TOKEN, Facts, counted
from mailweekly.preflight.finding import Level
from mailweekly.preflight.mail import Mail
from mailweekly.preflight.place import Place
from mailweekly.preflight.survey import value_bytes, value_of

__all__ = ["GMAIL_CLIP", "MESSAGE_RULES", "html_size"]

GMAIL_CLIP: Final = 102_400  # bytes
NEAR_CLIP: Final = 90_000  # bytes; a full entry of the digest theme costs about 1,300
REFUSED_SIZE: Final = 10_000_000  # octets; the default limit of Amazon SES
LARGE_SIZE: Final = 500_000  # octets; several times a rich newsletter
LONGEST_LINE: Final = 998  # octets without CRLF


def gmail_clip(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when Gmail will cut the longest copy."""
    size = html_size(facts, mail)
    if size >= GMAIL_CLIP:
        yield Place(
            line=facts.title_line,
            what=f"The HTML has {size:,} bytes with the longest values; Gmail cuts at {GMAIL_CLIP:,}.",
        )


def near_clip(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when the longest copy comes near the cut."""
    size = html_size(facts, mail)
    if NEAR_CLIP <= size < GMAIL_CLIP:
        yield Place(
            line=facts.title_line, what=f"The HTML has {size:,} bytes of the {GMAIL_CLIP:,} at which Gmail cuts."
        )


def message(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when the whole message is large, or too large to be taken."""
    size = len(mail.message.content)
    if size > LARGE_SIZE:
        level = Level.ERROR if size > REFUSED_SIZE else Level.WARNING
        yield Place(line=facts.title_line, what=f"The whole message has {size:,} bytes.", level=level)


def line(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place for each kind of thing that may not stand on the wire."""
    content = mail.message.content
    long = sum(1 for text in content.split(b"\r\n") if len(text) > LONGEST_LINE)
    bare = len(re.findall(rb"\r(?!\n)|(?<!\r)\n", content))
    faults = (
        (long, f"lines of more than {LONGEST_LINE} octets"),
        (bare, "line ends that are not CR LF"),
        (content.count(b"\0"), "NUL octets"),
    )
    for number, kind in faults:
        if number:
            yield Place(line=facts.title_line, what=f"The message holds {kind} ({counted(number, 'time', 'times')}).")


MESSAGE_RULES: Final[Mapping[str, Callable[[Facts, Mail], Iterator[Place]]]] = {
    "size.gmail-clip": gmail_clip,
    "size.line": line,
    "size.message": message,
    "size.near-clip": near_clip,
}


def html_size(facts: Facts, mail: Mail) -> int:
    """Return the bytes of the HTML part of the longest copy: the sample's, widened by each field's longest value in the audience."""
    sample = len(mail.text_of("text/html").replace("\r\n", "\n").encode("utf-8", "replace"))
    edition, found = facts.checked.edition, facts.survey
    if edition is None or found is None or not found.readers:
        return sample
    extra = 0
    for index, uses in Counter(TOKEN.findall(edition.html)).items():
        slot = edition.slots[int(index)] if int(index) < len(edition.slots) else None
        if slot is not None:
            shown = value_bytes(value_of(found.own, slot.name) or slot.default) if found.own else 0
            extra += uses * max(0, found.longest[slot.name, slot.default] - shown)
    return sample + extra
