"""
DKIM: signs a finished message, with one key or with two. It is the last thing that is done to the bytes.

Headers are signed in their relaxed form, the body as it is: our bodies are 7-bit, without blanks at a line's end, so nothing ordinary alters them.
From is named once more than it occurs, so that nobody adds another. The same message gives the same signature, on every try. It neither judges the
message nor fetches a key: bytes in, bytes out.

Units: `at` is the instant of the message's Date, aware.
Errors: SettingsError for a domain that does not stand behind From; DataError for bytes that are no message of one From; ValueError for a naive `at`.
Source: RFC 6376, 3.4.2 and 3.4.3 (canonical forms), 3.5 (tags), 3.7 (what is hashed), 5.4.2 (which of several); RFC 8463 (Ed25519 over the SHA-256).
"""

import re
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from mailweekly.errors import DataError, SettingsError
from mailweekly.message.signing_key import SigningKey

__all__ = ["NAME", "SIGNED", "Signer", "check_alignment", "sign"]

NAME: Final = "DKIM-Signature"
SIGNED: Final = (
    *(b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type", b"reply-to", b"list-id"),
    *(b"list-unsubscribe", b"list-unsubscribe-post", b"feedback-id", b"from"),
)
_LINE: Final = 78  # RFC 5322, 2.1.1
_BASE64_LINE: Final = 76
_UNFOLDED: Final = re.compile(rb"\r\n(?![ \t])")
_BLANKS: Final = re.compile(rb"[ \t]+")

Fields = dict[bytes, list[bytes]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """Who signs: a domain, and a key for each signature, the first of them RSA."""

    domain: str  # as A-labels, in lower case
    keys: tuple[SigningKey, ...]


def check_alignment(domain: str, from_domain: str, *, place: str = "") -> None:
    """Refuse a domain that is neither From's nor one above it: receivers would not count the signature (DMARC)."""
    domain, from_domain = domain.lower(), from_domain.lower()
    if "." not in domain or (domain != from_domain and not from_domain.endswith(f".{domain}")):
        hint = f"Sign for {from_domain}, or for a domain it belongs to."
        raise SettingsError(
            f"A signature of {domain} says nothing for mail from {from_domain}.", place=place, hint=hint
        )


def sign(content: bytes, signer: Signer, *, at: datetime) -> bytes:
    """Return the message with a signature of each key on top."""
    if at.tzinfo is None:
        raise ValueError("the instant of a signature needs a time zone")
    gap = content.find(b"\r\n\r\n")
    fields = _fields(content[: max(gap, 0)])
    if len(fields.get(b"from", ())) != 1:
        raise DataError("A message without exactly one From is not signed.")
    names, canonical = _canonical(fields)
    body = b64encode(_body_digest(content, gap + 4)).decode("ascii")
    made = [_signature(signer.domain, key, names, canonical, body, int(at.timestamp())) for key in signer.keys]
    return b"".join((*made, content))


def _signature(domain: str, key: SigningKey, names: list[str], canonical: bytes, body: str, second: int) -> bytes:
    """Return one header line with its CRLF; what is signed ends with this header, its b= still empty."""
    tags = ["v=1;", f"a={key.algorithm};", "c=relaxed/simple;", f"t={second};", f"d={domain};", f"s={key.selector};"]
    tags += [f"h={names[0]}:", *(f"{name}:" for name in names[1:-1]), f"{names[-1]};", f"bh={body};"]
    head = _folded(tags) + "\r\n b="
    unsigned = canonical + _relaxed(NAME.lower().encode("ascii"), head.partition(":")[2].encode("ascii"))
    value = b64encode(key.sign(unsigned)).decode("ascii")
    room = _BASE64_LINE - len(" b=")
    lines = [value[:room], *(value[start : start + _BASE64_LINE] for start in range(room, len(value), _BASE64_LINE))]
    return (head + "\r\n ".join(lines) + "\r\n").encode("ascii")


def _folded(tags: list[str]) -> str:
    """Return the header up to its last tag but one; between the names of h= stands a blank only where a line ends."""
    lines = [f"{NAME}:"]
    for tag in tags:
        joint = "" if lines[-1].endswith(":") and lines[-1] != f"{NAME}:" else " "
        if len(lines[-1]) + len(joint) + len(tag) <= _LINE:
            lines[-1] += joint + tag
        else:
            lines.append(f" {tag}")
    return "\r\n".join(lines)


def _fields(head: bytes) -> Fields:
    """Return the values of those headers that are signed, in order, by their names in lower case."""
    found: Fields = {}
    for field in _UNFOLDED.split(head):
        name, _, value = field.partition(b":")
        name = name.rstrip(b" \t").lower()
        if name in SIGNED:
            found.setdefault(name, []).append(value)
    return found


def _canonical(fields: Fields) -> tuple[list[str], bytes]:
    """Return the names for h= and what is hashed of them: of several the last first; a name once more than it occurs adds nothing."""
    left = {name: list(values) for name, values in fields.items()}
    names = [name for name in SIGNED if name in fields]
    lines = [_relaxed(name, left[name].pop()) + b"\r\n" for name in names if left[name]]
    return [name.decode("ascii") for name in names], b"".join(lines)


def _relaxed(name: bytes, value: bytes) -> bytes:
    return name + b":" + _BLANKS.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def _body_digest(content: bytes, start: int) -> bytes:
    """Hash the body in its simple form: however many empty lines it ends with, one line's end."""
    end = len(content)
    while content.endswith(b"\r\n", start, end):
        end -= 2
    digest = sha256(memoryview(content)[start:end])
    digest.update(b"\r\n")
    return digest.digest()
