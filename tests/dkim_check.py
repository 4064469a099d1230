"""
Signatures as a receiver reads them: dkimpy's verifier, with the DNS records given by hand. It shares no code with what signs.

dkimpy checks Ed25519 by PyNaCl, which is not needed for anything else: the one primitive it asks for is lent to it from `cryptography`.
"""

import random
import re
from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Final

import dkim
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from mailweekly.message.dkim import Signer
from mailweekly.message.signing_key import ED25519, RSA, read_key

__all__ = ["ec_pem", "ed25519_pem", "records", "rsa_pem", "signed_names", "signer", "tags", "verdicts"]

DOMAIN: Final = "example.org"


@lru_cache(maxsize=8)
def rsa_pem(bits: int = 2048, passphrase: bytes = b"") -> bytes:
    """Return a key in PEM, made for this run."""
    return _pem(rsa.generate_private_key(65537, bits) if bits >= 1024 else _small(bits), passphrase)


@lru_cache(maxsize=1)
def ed25519_pem() -> bytes:
    """Return a key in PEM."""
    return _pem(ed25519.Ed25519PrivateKey.generate())


@lru_cache(maxsize=1)
def ec_pem() -> bytes:
    """Return a key that signs no mail."""
    return _pem(ec.generate_private_key(ec.SECP256R1()))


def signer(domain: str = DOMAIN, *, two: bool = True) -> Signer:
    """Return who signs for `domain`, with a key of each kind or RSA alone."""
    keys = [read_key(rsa_pem(), kind=RSA, selector="mail", place="test")]
    if two:
        keys.append(read_key(ed25519_pem(), kind=ED25519, selector="ed", place="test"))
    return Signer(domain=domain, keys=tuple(keys))


def records(who: Signer) -> dict[str, str]:
    """Return the DNS as the signer wants it."""
    return {key.record_name(who.domain): key.record for key in who.keys}


def verdicts(content: bytes, dns: Mapping[str, str]) -> list[bool]:
    """Return, for each signature of the message from the top, whether it holds."""

    def told(name: bytes | str, timeout: int = 5) -> str:
        text = name.decode("ascii") if isinstance(name, bytes) else name
        return dns.get(text.rstrip("."), "")

    count = len(re.findall(rb"(?im)^DKIM-Signature:", content.partition(b"\r\n\r\n")[0]))
    return [_holds(content, number, told) for number in range(count)]


def tags(content: bytes, number: int = 0) -> dict[str, str]:
    """Return the tags of a signature, white space taken out."""
    head = content.partition(b"\r\n\r\n")[0].decode("utf-8")
    found = re.findall(r"(?m)^DKIM-Signature:((?:.*\r\n[ \t])*.*)", head)[number]
    return {key: value for key, _, value in (tag.partition("=") for tag in re.sub(r"\s", "", found).split(";"))}


def signed_names(content: bytes) -> list[str]:
    """Return h= of the first signature."""
    return tags(content)["h"].split(":")


def _holds(content: bytes, number: int, told: Any) -> bool:
    dkim.nacl = _NACL
    try:
        return bool(dkim.DKIM(content).verify(number, dnsfunc=told))
    except dkim.DKIMException:
        return False


def _pem(key: Any, passphrase: bytes = b"") -> bytes:
    locked = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))


def _small(bits: int) -> rsa.RSAPrivateKey:
    """A key smaller than the library would make."""
    p, q = (_prime(bits // 2, seed) for seed in (1, 2))
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), numbers).private_key()


def _prime(bits: int, seed: int) -> int:
    number = random.Random(seed).getrandbits(bits) | 1 | 3 << (bits - 2)
    while any(pow(base, number - 1, number) != 1 for base in (2, 3, 5, 7)):
        number += 2
    return number


class _BadSignatureError(Exception):
    """What dkimpy expects."""


class _VerifyKey:
    """PyNaCl's, as far as dkimpy asks."""

    def __init__(self, text: bytes, encoder: object) -> None:
        self._key = ed25519.Ed25519PublicKey.from_public_bytes(b64decode(text))

    def verify(self, octets: bytes, signature: bytes) -> None:
        try:
            self._key.verify(signature, octets)
        except InvalidSignature as error:
            raise _BadSignatureError from error


_NACL: Final = SimpleNamespace(
    signing=SimpleNamespace(VerifyKey=_VerifyKey),
    encoding=SimpleNamespace(Base64Encoder=None),
    exceptions=SimpleNamespace(BadSignatureError=_BadSignatureError, ValueError=ValueError),
)
