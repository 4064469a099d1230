"""
Short signed tokens: in unsubscribe links, return paths and headers.

A token is one letter naming the key, the payload, and 26 letters of MAC (130 bits), all in lower-case base32: it survives URLs and the local parts
of addresses, which relays fold to lower case. It holds no address, does not expire and may be used again, because scanners open links too. A token
made for one purpose is nothing for another. This module makes no keys and refuses to work without one; it never shows a key.

Units: sizes in bytes of payload and letters of token; a payload of 4 bytes makes 34 letters, of 5 bytes 35.
Errors: SettingsError for an unusable MAILWEEKLY_KEY; ValueError for a payload out of bounds. A token that is not ours reads as None.
Source: RFC 4648, 6 (alphabet); RFC 7693 (keyed BLAKE2b); RFC 8058, 3.1 (an opaque part that is hard to forge).
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from mailweekly.errors import SettingsError

__all__ = [
    "CONFIRM",
    "LETTER",
    "MESSAGE_ID",
    "PREFERENCES",
    "RETURN_PATH",
    "UNSUBSCRIBE",
    "Keys",
    "delivery_payload",
    "fingerprint",
    "letters",
    "list_tag",
    "marker",
    "read",
    "read_delivery",
    "read_reader",
    "reader_payload",
    "sign",
    "signer",
]

# The purposes. A test copy uses the same words with "-test" after them, which nobody reads.
UNSUBSCRIBE = "unsubscribe"
PREFERENCES = "preferences"
RETURN_PATH = "return-path"
MESSAGE_ID = "message-id"
CONFIRM = "confirm"
LETTER = "letter"  # the return path of a letter beside the issues

_ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567"
_LETTER_OF_BYTE = bytes(_ALPHABET[byte & 31] for byte in range(256))  # the low 5 bits; 256 is a multiple of 32
_PAIRS = tuple(chr(first) + chr(second) for first in _ALPHABET for second in _ALPHABET)
_MAC_LETTERS = 26  # 130 bits: at least 128 are wanted
_KEY_BYTES = 16  # the least a key may have: 128 bits
_PAYLOAD_BYTES = 32  # the most a payload may have
_TOKEN = re.compile(r"[a-z2-7]{29,79}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """The key that signs (`current`) and the `old` ones whose tokens still count. Never shown."""

    current: bytes = field(repr=False)
    old: tuple[bytes, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Refuse a key that can be guessed."""
        if min(map(len, (self.current, *self.old))) < _KEY_BYTES:
            raise SettingsError(
                f"A key in MAILWEEKLY_KEY is shorter than {_KEY_BYTES} bytes.",
                hint="`python -c 'import secrets; print(secrets.token_hex(32))'` prints a good one.",
            )

    @classmethod
    def parse(cls, text: str) -> "Keys":
        """Return the keys of a MAILWEEKLY_KEY: hex or base64, the current one first, old ones after it, commas or blanks between."""
        keys = [_key(word) for word in re.split(r"[\s,]+", text) if word]
        if not keys:
            raise SettingsError("MAILWEEKLY_KEY is empty.", hint="`mailweekly init` writes one into .env.")
        return cls(current=keys[0], old=tuple(keys[1:]))


def sign(keys: Keys, purpose: str, payload: bytes) -> str:
    """Return the token for `payload` (1 to 32 bytes) under the current key."""
    return signer(keys, purpose)(payload)


@lru_cache(maxsize=64)
def signer(keys: Keys, purpose: str) -> Callable[[bytes], str]:
    """Return `sign` for one purpose with all that can be made beforehand: about 1.5 µs a token."""
    base, key_letter = _keyed(keys.current, purpose, _MAC_LETTERS), _key_letter(keys.current)

    def signed(payload: bytes) -> str:
        if not 0 < len(payload) <= _PAYLOAD_BYTES:
            raise ValueError(f"a token's payload has 1 to {_PAYLOAD_BYTES} bytes, not {len(payload)}")
        state = base.copy()
        state.update(payload)
        return f"{key_letter}{_spelt(payload)}{state.digest().translate(_LETTER_OF_BYTE).decode('ascii')}"

    return signed


def read(keys: Keys, purpose: str, token: str) -> bytes | None:
    """
    Return what `token` was made for, or None where it is not ours, not for this purpose, or changed.

    Capitals are not ours either: whoever reads an address lowers it first.
    """
    if not _TOKEN.fullmatch(token):
        return None
    payload = _unspelt(token[1:-_MAC_LETTERS])
    if payload is None:
        return None
    for key in (keys.current, *keys.old):
        if hmac.compare_digest(_key_letter(key) + _stamp(key, purpose)(payload), token[0] + token[-_MAC_LETTERS:]):
            return payload
    return None


def marker(keys: Keys, purpose: str, size: int) -> Callable[[bytes], bytes]:
    """Return a function giving `size` (1 to 64) keyed bytes for any context: an identity that tells nothing and cannot be read back."""
    base = _keyed(keys.current, purpose, size)

    def marked(context: bytes) -> bytes:
        state = base.copy()
        state.update(context)
        return state.digest()

    return marked


def letters(raw: bytes) -> str:
    """Return one base32 letter for each byte (5 bits of each)."""
    return raw.translate(_LETTER_OF_BYTE).decode("ascii")


def fingerprint(key: bytes) -> str:
    """Return 16 letters that name a key without showing it."""
    return letters(_keyed(key, "fingerprint", 16).digest())


def list_tag(list_name: str) -> bytes:
    """Return the 2 bytes that stand for a list inside a token. Two lists of one publication share them once in 65,536."""
    return blake2b(list_name.encode("utf-8", "replace"), digest_size=2, person=b"mailweekly list").digest()


def reader_payload(subscriber_id: int, list_name: str) -> bytes:
    """Return what an unsubscribe or preferences token binds: a subscriber on a list. 4 bytes up to number 65,535."""
    return list_tag(list_name) + delivery_payload(subscriber_id)


def read_reader(keys: Keys, purpose: str, token: str) -> tuple[int, bytes] | None:
    """Return (subscriber id, list tag) of such a token; compare the tag with `list_tag` of each list. A list that is gone has no match."""
    payload = read(keys, purpose, token)
    if payload is None or len(payload) <= len(list_tag("")):
        return None
    return int.from_bytes(payload[2:], "big"), payload[:2]


def delivery_payload(number: int) -> bytes:
    """Return a row number, at least 0, in as few bytes as it needs."""
    if number < 0:
        raise ValueError("a row number is at least 0")
    return number.to_bytes(number.bit_length() + 7 >> 3 or 1, "big")


def read_delivery(keys: Keys, token: str) -> int | None:
    """Return the delivery id a return path or X-Mailweekly-Id names."""
    payload = read(keys, RETURN_PATH, token)
    return None if payload is None else int.from_bytes(payload, "big")


def _key(word: str) -> bytes:
    if _HEX.fullmatch(word):
        return bytes.fromhex(word)
    plain = word.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SettingsError("A key in MAILWEEKLY_KEY is neither hex nor base64.") from error


def _keyed(key: bytes, purpose: str, size: int) -> "blake2b":
    short = blake2b(key, digest_size=32, person=b"mailweekly key").digest()  # BLAKE2b takes keys up to 64 bytes
    name = purpose.encode("utf-8", "replace")
    state = blake2b(key=short, digest_size=size, person=b"mailweekly token")
    state.update(len(name).to_bytes(4, "big") + name)  # the length in front: no purpose runs on into a payload
    return state


@lru_cache(maxsize=256)
def _stamp(key: bytes, purpose: str) -> Callable[[bytes], str]:
    base = _keyed(key, purpose, _MAC_LETTERS)

    def stamped(payload: bytes) -> str:
        state = base.copy()
        state.update(payload)
        return state.digest().translate(_LETTER_OF_BYTE).decode("ascii")

    return stamped


@lru_cache(maxsize=64)
def _key_letter(key: bytes) -> str:
    return fingerprint(key)[0]


@lru_cache(maxsize=8)  # one reader's tokens share their payload
def _spelt(payload: bytes) -> str:
    count = (len(payload) * 8 + 4) // 5
    top = (count + 1) // 2 * 10
    number = int.from_bytes(payload, "big") << (top - len(payload) * 8)
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(top - 10, -1, -10)])[:count]


def _unspelt(text: str) -> bytes | None:
    try:
        payload = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except binascii.Error:
        return None
    return payload if payload and _spelt(payload) == text else None
