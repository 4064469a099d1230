"""
Header lines, written out in full: encoded where needed, folded where allowed.

Text from outside arrives as it was typed and can do nothing else: no control character passes, and what looks like an encoded-word is itself encoded.
Encoded-words stand in text and display names only, never in an address, a URI or an id. Lists of URIs are folded after their commas alone, because
readers of List-Unsubscribe do not undo anything else; ids are never folded.

Units: octets; a line is kept within 78, one with an encoded-word within 76.
Errors: SettingsError for a header name, URI or id with characters that have no place in it.
Source: RFC 5322, 2.2.3 (folding); RFC 2047, 2 and 5 (encoded-words); RFC 2369, 2 (lists of URIs).
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache

from mailweekly.errors import SettingsError
from mailweekly.message.values import clean

__all__ = ["checked", "encoded_words", "mailbox_field", "phrase", "text_field", "token_field", "uri_field"]

_LINE = 78  # RFC 5322, 2.1.1
_WORD = 75  # RFC 2047, 2
_WORD_LINE = 76  # RFC 2047, 2
_FRAME = len("=?utf-8?q??=")
_LEAST_ROOM = 24  # the room for a first word where a header's name leaves less: then the word goes to the next line
_NAME_CHARACTERS = 128  # a longer display name is cut; relays limit a whole header, and nobody is called that
_LONGEST_LINE = 998  # RFC 5322, 2.1.1

_NAME = re.compile(r"[A-Za-z0-9-]+")
_VISIBLE = re.compile(r"[!-~]+")
_URI = re.compile(r"(?:https?|mailto):[!#-+\-.-;=?-~]+", re.IGNORECASE)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_Q_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")  # RFC 2047, 5 (3)
_Q_TABLE = {byte: chr(byte) if byte in _Q_PLAIN else f"={byte:02X}" for byte in range(256)} | {ord(" "): "_"}


def text_field(name: str, value: str) -> str:
    """Return `name: value` as whole lines with CRLF; the value is any text."""
    value = clean(value)
    lead = f"{checked(name)}: "
    if value.isascii() and "=?" not in value:
        folded = _folded(lead, value)
        if folded is not None:
            return folded
    return lead + "\r\n ".join(encoded_words(value, _WORD_LINE - len(lead))) + "\r\n"


def mailbox_field(name: str, display: str, address: str) -> str:
    """Return `name: display <address>`; `address` is good already (`mailweekly.address`) and is written as it is."""
    lead = f"{checked(name)}: "
    words = phrase(display, _WORD_LINE - len(lead))
    if not words:
        return f"{lead}{address}\r\n"
    room = _WORD_LINE if words[-1].startswith("=?") else _LINE
    last = len(words[-1]) + (len(lead) if len(words) == 1 else 1)
    gap = " " if last + len(address) + 3 <= room else "\r\n "
    return lead + "\r\n ".join(words) + f"{gap}<{address}>\r\n"


def phrase(display: str, room: int) -> list[str]:
    """Return a display name as the words that go on one line each (the first in `room` octets): atoms, a quoted string, or encoded-words."""
    display = clean(display).strip()
    if len(display) > _NAME_CHARACTERS:
        display = display[: _NAME_CHARACTERS - 1] + "…"
    if not display:
        return []
    if display.isascii() and "=?" not in display and len(display) <= room:
        if _ATOMS.fullmatch(display):
            return [display]
        string = '"' + display.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if len(string) <= room:
            return [string]
    return encoded_words(display, room)


def uri_field(name: str, uris: Sequence[str]) -> str:
    """Return `name: <uri>,` and each further URI on a line of its own."""
    for uri in uris:
        if not _URI.fullmatch(uri):
            raise SettingsError(
                f"{name} cannot hold {clean(uri)[:80]!r}: it must be an http, https or mailto address in ASCII, without a comma."
            )
    field = f"{checked(name)}: " + ",\r\n ".join(f"<{uri}>" for uri in uris) + "\r\n"
    if max(map(len, field.split("\r\n"))) > _LONGEST_LINE:
        raise SettingsError(f"{name} is longer than {_LONGEST_LINE} characters.")
    return field


def token_field(name: str, value: str) -> str:
    """Return `name: value` on one line, for ids and fixed words: visible ASCII and single blanks."""
    if not all(_VISIBLE.fullmatch(word) for word in value.split(" ")) or "=?" in value:
        raise SettingsError(f"{name} cannot hold {clean(value)[:80]!r}: only ASCII without controls.")
    return f"{checked(name)}: {value}\r\n"


@lru_cache(maxsize=64)
def checked(name: str) -> str:
    """Return a header's name, if it can be one."""
    if not _NAME.fullmatch(name):
        raise SettingsError(f"{clean(name)[:80]!r} cannot be a header's name.")
    return name


def encoded_words(text: str, room: int) -> list[str]:
    """Return `text` as encoded-words of at most 75 octets, the first of at most `room`; between two of them readers see nothing."""
    room = min(room, _WORD) - _FRAME
    octets = text.encode()
    spelt = octets.decode("latin-1").translate(_Q_TABLE)
    base64 = len(spelt) > 2 * len(octets) and not text.isascii()  # filters distrust base64 of what is mostly ASCII
    if base64 and (len(octets) + 2) // 3 * 4 <= room:
        return [f"=?utf-8?b?{b64encode(octets).decode('ascii')}?="]
    if not base64 and len(spelt) <= room:
        return [f"=?utf-8?q?{spelt}?="]
    return _several_words(text, room, base64=base64)


def _several_words(text: str, room: int, *, base64: bool) -> list[str]:
    words, start = [], 0
    if room < _LEAST_ROOM - _FRAME:
        words.append("")  # nothing fits beside the name
        room = _WORD - _FRAME
    while start < len(text):
        end = _fitting(text, start, room, base64=base64)
        words.append(_word(text[start:end], base64=base64))
        start, room = end, _WORD - _FRAME
    return words


def _fitting(text: str, start: int, room: int, *, base64: bool) -> int:
    budget = room // 4 * 3 if base64 else room
    end = start
    while end < len(text):
        budget -= len(text[end].encode()) if base64 else _q_cost(text[end])
        if budget < 0:
            break
        end += 1
    return end


def _word(text: str, *, base64: bool) -> str:
    if base64:
        return f"=?utf-8?b?{b64encode(text.encode()).decode('ascii')}?="
    return f"=?utf-8?q?{text.encode().decode('latin-1').translate(_Q_TABLE)}?="


def _q_cost(character: str) -> int:
    return sum(len(_Q_TABLE[byte]) for byte in character.encode())


def _folded(lead: str, value: str) -> str | None:
    if len(lead) + len(value) <= _LINE and not value.startswith(" ") and not value.endswith(" "):
        return f"{lead}{value}\r\n"
    words = value.split(" ")
    if "" in words:
        return None  # blanks in a row, or at an end, live through folding only as encoded-words
    lines = [lead + words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= _LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(f" {word}")
    if max(map(len, lines)) > _LINE:
        return None
    return "\r\n".join(lines) + "\r\n"
