r"""
Merge fields: the grammar of `{{ name | default("friend") }}`, and the tokens that stand for them.

Complete grammar: `{{ field }}` or `{{ field | default("text") }}`; a field is a letter, then letters, digits and `_` (Unicode, NFKC, lower case);
`\{{` is literal. No filters, no expressions, no dots. Inside link destinations and titles a field travels through the Markdown parser as a *mark*,
two control characters round its hexadecimal form: controls are stripped from every issue beforehand, so no text can forge one.
"""

import hashlib
import re
import unicodedata
from functools import lru_cache

from mailweekly import __version__

__all__ = [
    "BUILT_IN",
    "FIELD",
    "FOREIGN",
    "LINK_FIELDS",
    "MALFORMED",
    "MARK",
    "has_fields",
    "marked",
    "masked",
    "name_of",
    "nonce_of",
    "piped",
    "read_mark",
    "unmarked",
    "unpiped",
]

LINK_FIELDS = frozenset({"unsubscribe_url", "preferences_url", "web_url", "forward_url"})
BUILT_IN = LINK_FIELDS | {"email", "name", "list_name"}
FIELD = re.compile(r'\{\{[ \t]*([^\W\d_]\w*)[ \t]*(?:\|[ \t]*default\([ \t]*"([^"\n]*)"[ \t]*\)[ \t]*)?\}\}')
MALFORMED = re.compile(r"\{\{[^{}\n]{0,200}\}\}")
# What other senders write: Handlebars blocks, Liquid tags, Mailchimp, Mailgun, Salesforce, ERB.
FOREIGN = re.compile(
    r"\{\{\{[^{}\n]{1,200}\}\}\}|\{\{[ \t]*[#/>^!&][^{}\n]{0,200}\}\}|\{%[^%\n]{1,200}%\}|\*\|[A-Za-z0-9_:.]{1,80}\|\*"
    r"|%%[A-Za-z_]{2,60}%%|%recipient\.[a-z_]{1,60}%|<%=?[^%\n]{1,200}%>"
)
_BRACED = re.compile(f"{FIELD.pattern}|{MALFORMED.pattern}")
_BAR = re.compile(r"(?<!\\)\|")  # an escaped one is no end of a cell anyway
_PIPE = "\x03"  # stands for a bar inside braces while a table's rows are cut at their bars
MARK = re.compile("\x01([0-9a-f]+)\x02")
_NONCE_DIGITS = 10


def name_of(written: str) -> str:
    """Return a field's name in its one normal form."""
    return unicodedata.normalize("NFKC", written).lower()


def nonce_of(text: str) -> str:
    """Return 10 hex digits derived from `text` and the product's version, so chosen that no token of theirs occurs in `text`."""
    counter = 0
    while True:
        seed = f"{__version__}\0{counter}\0{text}".encode()
        nonce = hashlib.sha256(seed).hexdigest()[:_NONCE_DIGITS]
        if f"MW{nonce}" not in text:
            return nonce
        counter += 1


@lru_cache(maxsize=16)
def has_fields(text: str) -> bool:
    """Return whether `text` may hold a field; remembered, for a parser asks it once a link of the same long paragraph."""
    return "{{" in text


@lru_cache(maxsize=16)
def masked(text: str) -> str:
    """Return `text` with every field blotted out by as many letters, so that its blanks and quotes no longer count."""
    return FIELD.sub(_blot, text)


def marked(raw: str) -> str:
    """Return `raw` with its fields as marks; backslash-escaped ones stay."""
    return FIELD.sub(lambda match: match[0] if _escaped(raw, match.start()) else _mark(match[0]), raw)


def unmarked(text: str) -> str:
    """Return `text` with its marks as fields, as they were written."""
    return MARK.sub(lambda match: bytes.fromhex(match[1]).decode(), text)


def read_mark(match: re.Match[str]) -> tuple[str, str | None]:
    """Return name and default of the field that a match of `MARK` holds."""
    field = FIELD.fullmatch(bytes.fromhex(match[1]).decode())
    assert field is not None
    return name_of(field[1]), field[2]


def piped(text: str) -> str:
    """Return `text`, as long as before, with the bars inside braces hidden: a table must not be cut there."""
    return _BRACED.sub(lambda match: _BAR.sub(_PIPE, match[0]), text)


def unpiped(text: str) -> str:
    """Return `text` with the bars that `piped` hid."""
    return text.replace(_PIPE, "|")


def _mark(written: str) -> str:
    return f"\x01{written.encode().hex()}\x02"


def _blot(match: re.Match[str]) -> str:
    return match[0] if _escaped(match.string, match.start()) else "x" * len(match[0])


def _escaped(text: str, position: int) -> bool:
    return position > 0 and text[position - 1] == "\\"
