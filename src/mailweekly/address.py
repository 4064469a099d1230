"""
An email address: one strict grammar for every entry, from a list file to the envelope.

Taken: `local@domain` with dot-separated atoms before the @ (RFC 5321's Dot-string, RFC 6531's letters beyond ASCII) and a domain of at least two
labels. Refused, though some standard allows each: quoted local parts, comments, bracketed literals, source routes, lists, folding blanks, and
every character that cannot be seen. What two programs may read differently is not an address here. Nothing is repaired: `unwrap` takes an address
out of `Name <a@b>` or `mailto:`, and `parse` says yes or no.

Units: lengths in octets of UTF-8.
Errors: ValueError whose text says in plain words what is wrong; it never repeats unseen characters.
Source: RFC 5321, 4.5.3.1 (64 and 254 octets); RFC 1035, 2.3.4 (63 a label); RFC 6531, 3.3; UTS #46 (domains).
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["Address", "is_plain", "key", "parse", "unwrap", "wire_domain"]

_LOCAL_OCTETS = 64
_TOTAL_OCTETS = 254
_LABEL_OCTETS = 63
_DOMAIN_OCTETS = 253

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TOP = r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_TOP}")
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_TOP}")
_LOCAL_ASCII = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]*")
_WRAPPED = re.compile(r"([^<>]*)<([^<>]*)>")
_SPECIALS = frozenset('()<>[]:;@\\,."')
# Default-ignorable marks, drawn as nothing though they are letters or marks by category (DerivedCoreProperties.txt).
_IGNORABLE = re.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_KINDS = {
    "Cc": "a control character",
    "Cf": "a character that cannot be seen",
    "Cs": "half of a character",
    "Co": "a character of private use",
    "Cn": "an unknown character",
    "Zl": "a line break",
    "Zp": "a line break",
    "Zs": "a blank",
}
_WORDS = {
    '"': "quoted names before the @ are not taken",
    "(": "comments in brackets are not taken",
    ")": "comments in brackets are not taken",
    "<": "it holds an angle bracket, so it is more than a bare address",
    ">": "it holds an angle bracket, so it is more than a bare address",
    ",": "it holds a comma, as if there were two addresses",
    ";": "it holds a semicolon, as if there were two addresses",
    "[": "an address in square brackets is not taken",
    "]": "an address in square brackets is not taken",
    "\\": "it holds a backslash",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """A good address; `text` is exactly what was written."""

    text: str
    local: str
    domain: str  # as written
    wire: str  # as it stands in envelope and headers: the domain as A-labels, if it has other letters
    key: str  # equal for the same person: local part NFC and case-folded, domain as lower-case A-labels
    needs_smtputf8: bool  # the local part has letters beyond ASCII


def parse(text: str) -> Address:
    """Return the address; ValueError says what is wrong with it."""
    local, _, domain = text.rpartition("@")
    if is_plain(text):
        wire = domain
    else:
        _refuse_characters(text)
        _refuse_local(local)
        wire = wire_domain(domain)
    if len(local.encode()) + 1 + len(wire) > _TOTAL_OCTETS:
        raise ValueError(f"it is longer than {_TOTAL_OCTETS} octets")
    return Address(
        text=text,
        local=local,
        domain=domain,
        wire=f"{local}@{wire}",
        key=f"{_folded(local)}@{wire.lower()}",
        needs_smtputf8=not local.isascii(),
    )


def key(text: str) -> str:
    """Return what is equal for the same person; ValueError as for `parse`."""
    return parse(text).key


def is_plain(text: str) -> bool:
    """Return whether this is a good address of ASCII alone, which goes on the wire as it is. Costs under 1 µs."""
    return len(text) <= _TOTAL_OCTETS and _PLAIN.fullmatch(text) is not None and "xn--" not in text.lower()


def wire_domain(domain: str) -> str:
    """Return the domain as it goes on the wire: unchanged where it is ASCII, else as A-labels (UTS #46, non-transitional)."""
    if not domain:
        raise ValueError("nothing stands after the @")
    if len(domain) > _DOMAIN_OCTETS:
        raise ValueError("its domain is too long")
    if "." not in domain and domain.isascii():
        raise ValueError("its domain has no dot")
    wire = domain if domain.isascii() else _a_labels(domain)
    labels = wire.split(".")
    if "" in labels:
        raise ValueError("its domain begins or ends with a dot, or has two in a row")
    if len(labels) == 1:
        raise ValueError("its domain has no dot")
    if max(map(len, labels)) > _LABEL_OCTETS or len(wire) > _DOMAIN_OCTETS:
        raise ValueError(f"its domain, or a part of it, is too long ({_LABEL_OCTETS} octets a part)")
    _refuse_labels(wire, labels)
    return wire


def unwrap(cell: str) -> tuple[str, str]:
    """
    Return (name, address text) of a cell: a bare address, `Name <a@b>`, `"Doe, Jane" <a@b>` or `mailto:a@b`.

    Whatever is anything else, two addresses included, comes back as it was (without outer blanks), for `parse` to refuse.
    """
    text = cell.strip()
    wrapped = _WRAPPED.fullmatch(text)
    name, inner = ("", text) if wrapped is None else (_unquoted(wrapped[1].strip()), wrapped[2].strip())
    if inner[:7].lower() == "mailto:":
        inner = unquote(inner[7:], errors="replace")
    return name, inner


def _refuse_characters(text: str) -> None:
    if not text:
        raise ValueError("the address is empty")
    if len(text) > _TOTAL_OCTETS:
        raise ValueError(f"it is longer than {_TOTAL_OCTETS} octets")
    for character in text:
        if character in _WORDS:
            raise ValueError(_WORDS[character])
        kind = _KINDS.get(unicodedata.category(character)) if character != " " else "a blank"
        if kind is None and _IGNORABLE.match(character):
            kind = _KINDS["Cf"]
        if kind is not None:
            raise ValueError(f"it holds {kind} (U+{ord(character):04X})")
        if character == "\ufffd":
            raise ValueError("it holds U+FFFD, what is left of a letter read in the wrong encoding")
    if text.count("@") != 1:
        raise ValueError("it has no @" if "@" not in text else "it has more than one @")


def _refuse_local(local: str) -> None:
    if not local:
        raise ValueError("nothing stands before the @")
    if len(local.encode()) > _LOCAL_OCTETS:
        raise ValueError(f"what stands before the @ is longer than {_LOCAL_OCTETS} octets")
    if local.startswith(".") or local.endswith(".") or ".." in local:
        raise ValueError("what stands before the @ begins or ends with a dot, or has two in a row")
    if unicodedata.category(local[0]).startswith("M"):
        raise ValueError("it begins with an accent that has no letter")
    for character in local:
        if character.isascii():
            if not _LOCAL_ASCII.fullmatch(character):
                raise ValueError(f"the character {character!r} cannot stand before the @")
        elif not _SPECIALS.isdisjoint(unicodedata.normalize("NFKC", character)):
            raise ValueError(f"it holds a look-alike of punctuation (U+{ord(character):04X})")


def _a_labels(domain: str) -> str:
    import idna

    try:
        return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise ValueError("its domain is not a valid international name") from error


def _refuse_labels(wire: str, labels: list[str]) -> None:
    if not _DOMAIN.fullmatch(wire):
        if labels[-1][:1].isdigit():
            raise ValueError("its domain ends in a number, like an IP address")
        raise ValueError("its domain has a character or a hyphen where none may stand")
    if not all(_means_something(label[4:]) for label in labels if label[:4].lower() == "xn--"):
        raise ValueError("its domain has an xn-- part that means nothing")


def _means_something(punycode: str) -> bool:
    try:
        name = punycode.encode("ascii").decode("punycode")
    except (UnicodeError, IndexError):
        return False
    return bool(name) and not any(unicodedata.category(character) in _KINDS for character in name)


def _folded(local: str) -> str:
    if local.isascii():
        return local.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", local).casefold())


def _unquoted(name: str) -> str:
    if len(name) > 1 and name[0] == name[-1] == '"':
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    return name
