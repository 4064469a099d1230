"""
One line of the run log for one answer, in the fields that a mail server's log has.

`2026-11-22T09:00:01Z 078:s1042: relay=smtp.example.net:587, delay=0.4, dsn=2.0.0, status=accepted (250 2.0.0 OK)`. Whatever the relay says stays
one line, and no address stands in it: readers are named by their ids, so that a log may be shown to somebody.

Units: delay in seconds, from the message's turn on its connection to the answer.
Source: the field names and their order are Postfix's, which log readers know.
"""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Final

from mailweekly.delivery.ports import Claim
from mailweekly.delivery.reply import Outcome

__all__ = ["event_line", "line", "plain", "queue_name"]

LONGEST: Final = 1000  # characters of a relay's words
NUMBER_DIGITS: Final = 3  # "078", as the issue's file has it
PART: Final = r"[^\s<>()\[\]\"',;:@]"
ADDRESS: Final = re.compile(rf"(?:(?<!{PART}){PART}+|\")@{PART}*")  # begins where a word does: no text makes it slow
CLASSES: Final = (2, 4, 5)  # RFC 3463, 2


def queue_name(issue: str, kind: str) -> str:
    """Return what the log calls a send: "078", or "078-correction"."""
    name = issue.zfill(NUMBER_DIGITS) if issue.isdecimal() else plain(issue).replace(" ", "_")
    return name if kind == "issue" else f"{name}-{kind}"


def line(name: str, claim: Claim, outcome: Outcome) -> str:
    """Return the line of an outcome; `name` is the send's (`queue_name`)."""
    reader = f"s{claim.reader.subscriber_id}"
    reply = outcome.reply
    code = reply.code // 100 if reply else 0
    dsn = (reply.status if reply else "") or (f"{code}.0.0" if code in CLASSES else "-")
    words = plain(_without_addresses(str(reply) if reply else outcome.reason, claim.reader.address, reader))
    return (
        f"{_stamp(outcome.at)} {name}:{reader}: relay={outcome.relay or 'none'}, delay={_seconds(outcome.took_s)}, dsn={dsn},"
        f" status={outcome.state.value}" + (f" ({words})" if words else "")
    )


def event_line(name: str, at: datetime, what: str) -> str:
    """Return the line of something that concerns the whole send."""
    return f"{_stamp(at)} {name}: {plain(_without_addresses(what))}"


def plain(text: str) -> str:
    """Return `text` on one line, its controls as escapes, cut where it is very long."""
    cut = text[:LONGEST] + ("…" if len(text) > LONGEST else "")
    if cut.isprintable():
        return cut
    return "".join(one if _is_plain(one) else one.encode("unicode_escape").decode("ascii") for one in cut)


def _without_addresses(text: str, own: str = "", reader: str = "") -> str:
    """Return `text` with the reader's address as their id, and any other one left out."""
    text = text[: 2 * LONGEST]
    if own and (
        not own.isascii() or own.lower() in text.lower()
    ):  # a pattern for each reader costs more than their message
        text = re.sub(re.escape(own), reader, text, flags=re.IGNORECASE)
    return ADDRESS.sub("…", text)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_plain(one: str) -> bool:
    return unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}
