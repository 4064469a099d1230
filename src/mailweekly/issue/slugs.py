"""
The part of a web address that names an issue or a topic: steady, safe as a file's name, and never the same for two.

An issue's is made of what the ledger calls it (its number, else its file's name), so that it stays while titles change: the link in a mail that was
sent years ago must still arrive. Where a name had to be changed to be safe, a piece of its hash keeps it apart from others.

Errors: none.
"""

import hashlib
import re
import unicodedata
from typing import Final

__all__ = ["issue_slug", "topic_slug"]

LONGEST: Final = 80  # characters of an issue's; with the address before it a line of a mail still holds it
TOPIC_BYTES: Final = 120  # of a topic's in UTF-8; half of what a file's name may have
HASH: Final = 8  # hex digits
PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
UNSAFE: Final = re.compile(r"[^A-Za-z0-9_]+")
BLANKS: Final = re.compile(r"[\s_-]+")


def issue_slug(label: str) -> str:
    """Return the name of an issue in an address, ASCII; "" for an issue without a label."""
    if not label or (len(label) <= LONGEST and PLAIN.fullmatch(label) and ".." not in label and label[-1] != "."):
        return label
    words = UNSAFE.sub("-", label).strip("-")[: LONGEST - HASH - 1]
    return f"{words}-{_hash(label)}".lstrip("-")


def topic_slug(title: str) -> str:
    """Return the name of a topic in an address: its letters and digits in any script."""
    folded = unicodedata.normalize("NFKC", title).casefold().strip()
    kept = BLANKS.sub("-", "".join(one for one in folded if one.isalnum() or one in "_- \t"))
    words = kept.strip("-")
    is_whole = BLANKS.sub("-", folded).strip("-") == words
    if words and is_whole and len(words.encode()) <= TOPIC_BYTES:
        return words
    short = words.encode()[: TOPIC_BYTES - HASH - 1].decode("utf-8", "ignore").rstrip("-")
    return f"{short}-{_hash(folded)}".lstrip("-")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:HASH]
