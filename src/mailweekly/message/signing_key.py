"""
A key that signs mail: read from PEM, with what the DNS must say for it.

It refuses whatever receivers would not take or could not check, before anything is signed, and never shows a key: neither in an error nor in a repr.

Units: `bits` is the size of an RSA modulus; 256 for Ed25519.
Errors: SettingsError at the place named by the caller.
Source: RFC 6376, 3.6.1 (record); RFC 8301, 3.2 (RSA: 1024 bits at least, 2048 asked for; receivers need not read more than 4096); RFC 8463, 4
(Ed25519: the bare key in the record).
"""

import re
import warnings
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from mailweekly.errors import SettingsError

__all__ = ["ED25519", "RSA", "SigningKey", "check_selector", "read_key"]

RSA: Final = "rsa"
ED25519: Final = "ed25519"
_LEAST_BITS: Final = 1024
_GOOD_BITS: Final = 2048
_MOST_BITS: Final = 4096
_SELECTOR: Final = re.compile(
    r"(?=.{1,200}\Z)[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*"
)
_HOW: Final = "docs/howto/sign-with-dkim.md shows how to make one."


@dataclass(frozen=True, kw_only=True, slots=True)
class SigningKey:
    """A private key under its selector; `sign` gives the same octets for the same octets."""

    selector: str
    kind: str  # rsa, ed25519: as in the record's k=
    bits: int
    record: str  # the TXT record's value
    sign: Callable[[bytes], bytes] = field(repr=False, compare=False)

    @property
    def algorithm(self) -> str:
        """What a signature's a= says."""
        return f"{self.kind}-sha256"

    @property
    def remark(self) -> str:
        """What is to be said against its size; empty: nothing."""
        if self.kind == ED25519 or _GOOD_BITS <= self.bits <= _MOST_BITS:
            return ""
        asked = f"at least {_GOOD_BITS}" if self.bits < _GOOD_BITS else f"at most {_MOST_BITS}"
        return f"the RSA key has {self.bits} bits, where receivers ask for {asked}"

    def record_name(self, domain: str) -> str:
        """Return where the record is published for `domain`."""
        return f"{self.selector}._domainkey.{domain}"


def check_selector(selector: str, place: str) -> None:
    """Refuse what cannot stand in the DNS."""
    if not _SELECTOR.fullmatch(selector):
        hint = "Letters, digits and hyphens, like mail or 2026a; dots between several."
        raise SettingsError("The selector cannot be a name in the DNS.", place=place, hint=hint)


def read_key(pem: bytes, *, kind: str, selector: str, place: str) -> SigningKey:
    """Return the private key of a PEM text, which must be of `kind` (RSA or ED25519)."""
    check_selector(selector, place)
    private = _loaded(pem, place)
    found = _kind_of(private)
    if found != kind:
        raise SettingsError(f"This is a key of another kind: {found}, where {kind} is needed.", place=place, hint=_HOW)
    return (_rsa if kind == RSA else _ed25519)(private, selector, place)


def _loaded(pem: bytes, place: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        with warnings.catch_warnings(action="ignore"):  # of kinds that are refused below
            return load_pem_private_key(pem, password=None)
    except TypeError:
        what, hint = "The key is locked with a passphrase.", "Write it without one: openssl pkey -in KEY -out OTHER"
    except (ValueError, UnsupportedAlgorithm):  # their words may hold part of what was read
        what, hint = "There is no private key in PEM that can be read.", _HOW
        if b"PUBLIC KEY" in pem:
            what = "This is the public key; the private one signs."
    raise SettingsError(what, place=place, hint=hint)


def _kind_of(private: object) -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(private, RSAPrivateKey):
        return RSA
    return ED25519 if isinstance(private, Ed25519PrivateKey) else "neither RSA nor Ed25519"


def _rsa(private: Any, selector: str, place: str) -> SigningKey:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if private.key_size < _LEAST_BITS:
        what = f"The RSA key has {private.key_size} bits; below {_LEAST_BITS} no receiver takes it."
        raise SettingsError(what, place=place, hint=_HOW)
    padding, digest = PKCS1v15(), SHA256()
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SigningKey(
        selector=selector,
        kind=RSA,
        bits=private.key_size,
        record=f"v=DKIM1; k=rsa; p={b64encode(public).decode('ascii')}",
        sign=lambda octets: bytes(private.sign(octets, padding, digest)),
    )


def _ed25519(private: Any, selector: str, _place: str) -> SigningKey:
    from hashlib import sha256

    public = private.public_key().public_bytes_raw()
    return SigningKey(
        selector=selector,
        kind=ED25519,
        bits=256,
        record=f"v=DKIM1; k=ed25519; p={b64encode(public).decode('ascii')}",
        sign=lambda octets: bytes(private.sign(sha256(octets).digest())),
    )
