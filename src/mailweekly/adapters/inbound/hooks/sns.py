"""
The envelope that Amazon SNS puts around every notification: is it signed by SNS, and of a topic that is ours.

Anybody's topic is validly signed, so a signature alone says nothing: the topic must be one that the settings name. A certificate is only ever asked
for at a host of SNS itself. No age is asked for: SNS tries for hours, and a repeated notification is known by its id.

Source: Amazon SNS developer guide, verifying the signatures of messages (versions 1 and 2).
"""

import re
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from mailweekly.adapters.inbound.hooks.event import Trust, UnauthenticError
from mailweekly.adapters.inbound.hooks.seals import unpacked
from mailweekly.adapters.inbound.hooks.values import document

__all__ = [
    "CERTIFICATE_BYTES",
    "NOTIFICATION",
    "SUBSCRIPTION",
    "UNSUBSCRIPTION",
    "certificate_url",
    "is_certificate",
    "is_of_sns",
    "signed",
]

NOTIFICATION: Final = "Notification"
SUBSCRIPTION: Final = "SubscriptionConfirmation"
UNSUBSCRIPTION: Final = "UnsubscribeConfirmation"
CERTIFICATE_BYTES: Final = 65_536
HOST: Final = re.compile(r"sns\.[a-z]{2}[a-z0-9-]{0,30}\.amazonaws\.com(?:\.cn)?")
FIELDS: Final = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    UNSUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
DIGESTS: Final = {"1": SHA1, "2": SHA256}


def signed(body: bytes, trust: Trust) -> dict[str, Any]:
    """Return the envelope, if it is SNS's and of a topic of ours. Errors: UnauthenticError, MalformedError."""
    one = document(body)
    names, digest = FIELDS.get(_word(one, "Type")), DIGESTS.get(_word(one, "SignatureVersion"))
    url, shown = certificate_url(one), unpacked(_word(one, "Signature"))
    if names is None or digest is None or not url or not shown or _word(one, "TopicArn") not in trust.topics:
        raise UnauthenticError
    if names is not FIELDS[NOTIFICATION] and not is_of_sns(_word(one, "SubscribeURL")):
        raise UnauthenticError
    pem = trust.certificates.get(url) or trust.certificates.get("")
    if not pem:
        raise UnauthenticError
    try:
        _key(pem).verify(shown, _canonical(one, names), PKCS1v15(), digest())
    except (InvalidSignature, ValueError):
        raise UnauthenticError from None
    return one


def certificate_url(one: dict[str, Any]) -> str:
    """Return where the signature's certificate is; empty where that is no place of SNS's."""
    url = _word(one, "SigningCertURL") or _word(one, "SigningCertUrl")
    return url if is_of_sns(url) and urlsplit(url).path.endswith(".pem") and not urlsplit(url).query else ""


def is_of_sns(url: str) -> bool:
    """Return whether an address is https, of SNS's own host, and nothing but that."""
    if not url.isascii() or not url.isprintable() or any(one in url for one in " \\@#"):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(HOST.fullmatch(parts.netloc))
    except ValueError:
        return False


def is_certificate(pem: bytes) -> bool:
    """Return whether these bytes are a certificate of an RSA key."""
    try:
        _key(pem)
    except (UnauthenticError, ValueError):
        return False
    return True


def _word(one: dict[str, Any], name: str) -> str:
    found = one.get(name)
    return found if isinstance(found, str) else ""


def _canonical(one: dict[str, Any], names: tuple[str, ...]) -> bytes:
    parts = [f"{name}\n{_word(one, name)}\n" for name in names if name in one and one[name] is not None]
    return "".join(parts).encode("utf-8", "replace")


@lru_cache(maxsize=8)
def _key(pem: bytes) -> RSAPublicKey:
    key = load_pem_x509_certificate(pem).public_key()
    if not isinstance(key, RSAPublicKey):
        raise UnauthenticError
    return key
