"""
Rules on what marks a message as one of many: the list's own fields, the way out, what providers report by.

A field that is only good to have is an info; none of them carries a reader's data.

Units: characters of an address as it stands in the header; bits of a token by its alphabet.
Source: RFC 2369, RFC 3834 (5), Google's description of Feedback-ID, SpamAssassin on our own samples (Precedence).
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from mailweekly.preflight.facts import Facts, clipped, counted, spread
from mailweekly.preflight.mail import Mail
from mailweekly.preflight.place import Place

__all__ = ["MESSAGE_RULES"]

GOOD_TO_HAVE: Final[Mapping[str, str]] = {
    "List-Help": "",
    "List-Owner": "",
    "List-Archive": "",
    "List-Post": "NO",
    "Precedence": "bulk",
}
LONGEST_URI: Final = 74  # characters; "<…>," after a fold of one blank then keeps to 78 columns (RFC 5322, 2.1.1)
TOKEN_BITS: Final = 128  # what nobody guesses (RFC 8058, 6, asks for unguessable)
URI = re.compile(r"<(https://[^<>\s]*)>", re.IGNORECASE)
ALPHABETS: Final = ((r"[0-9a-f]+", 16), (r"[a-z2-7]+", 32), (r"[A-Z2-7]+", 32), (r"[A-Za-z0-9_-]+", 64))
FEEDBACK_FIELDS: Final = 4
SENDER_ID: Final = range(5, 16)  # characters of the last field


def list_more(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place that names what a list's mail would do well to have, or has twice."""
    faults = []
    for name, value in GOOD_TO_HAVE.items():
        found = mail.all(name)
        if not found:
            faults.append(f"{name} is missing")
        elif len(found) > 1:
            faults.append(f"{name} stands {len(found)} times")
        elif value and found[0].value.lower() != value.lower():
            faults.append(f"{name} is “{clipped(found[0].value, 30)}”, not {value}")
    if faults:
        yield Place(
            file=facts.checked.settings_file, line=facts.setting_line("sender.help_url"), what=f"{spread(faults)}."
        )


def unsubscribe_url(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield what makes the address for leaving fragile, telling or guessable."""
    found = URI.search(mail.value("List-Unsubscribe"))
    if not found:
        return
    uri, file, line = found[1], facts.checked.settings_file, facts.setting_line("base_url")
    recipient = mail.message.recipient.lower()
    faults = (
        [f"has {len(uri)} characters, more than {LONGEST_URI}: other programs fold it in the wrong place"]
        if len(uri) > LONGEST_URI
        else []
    )
    if recipient and recipient in unquote(uri).lower():
        faults.append("holds the reader's address in clear")
    elif (bits := _bits(uri)) < TOKEN_BITS:
        faults.append(f"holds a token of about {counted(bits, 'bit', 'bits')}; {TOKEN_BITS} cannot be guessed")
    for fault in faults:
        yield Place(file=file, line=line, what=f"The address of List-Unsubscribe {fault}.")


def auto_submitted(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when the mail says that a machine wrote it."""
    value = mail.value("Auto-Submitted").partition(";")[0].strip().lower()
    if value and value != "no":
        yield Place(line=facts.title_line, what=f"Auto-Submitted says “{clipped(value)}”.")


def feedback_id(facts: Facts, mail: Mail) -> Iterator[Place]:
    """Yield one place when Google's report could not be read, or would say who complained."""
    found, recipient = mail.all("Feedback-ID"), mail.message.recipient.lower()
    value = mail.value("Feedback-ID")
    fields = value.split(":")
    fault = ""
    if len(found) != 1:
        fault = f"stands {counted(len(found), 'time', 'times')}" if found else "is missing"
    elif "@" in value or (recipient and recipient.partition("@")[0] in [field.lower() for field in fields]):
        fault = "names the reader"
    elif len(fields) != FEEDBACK_FIELDS or len(fields[-1]) not in SENDER_ID:
        fault = f"“{clipped(value)}” is not three fields and a sender's name of {SENDER_ID.start} to {SENDER_ID.stop - 1} characters"
    if fault:
        yield Place(file=facts.checked.settings_file, what=f"Feedback-ID {fault}.")


MESSAGE_RULES: Final[Mapping[str, Callable[[Facts, Mail], Iterator[Place]]]] = {
    "header.auto-submitted": auto_submitted,
    "header.feedback-id": feedback_id,
    "header.list-more": list_more,
    "header.unsubscribe-url": unsubscribe_url,
}


def _bits(uri: str) -> int:
    """The bits of the longest part of an address that could be a token."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return 0
    pieces = re.split(r"[/?&=.#;]", f"{parts.path}/{parts.query}/{parts.fragment}")
    return max((_bits_of(piece) for piece in pieces), default=0)


def _bits_of(piece: str) -> int:
    size = next((size for pattern, size in ALPHABETS if re.fullmatch(pattern, piece)), 0)
    return int(len(piece) * math.log2(size)) if size else 0
