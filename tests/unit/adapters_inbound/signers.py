"""Requests signed as each provider signs them, with keys made here."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509.oid import NameOID

__all__ = [
    "CERT_URL",
    "NOW",
    "SECRETS",
    "TOPIC",
    "Sent",
    "basic",
    "certificate",
    "mailgun",
    "resend",
    "sendgrid",
    "sendgrid_key",
    "signed_generic",
    "sns",
]

Sent = tuple[dict[str, str], bytes]
NOW: Final = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
TOPIC: Final = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERT_URL: Final = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem"
SECRETS: Final = {
    "postmark": "hook:a-long-password",
    "mailjet": "hook:a-long-password",
    "brevo": "hook:a-long-password",
    "mailgun": "key-0123456789abcdef0123456789abcdef",
    "resend": "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode(),
    "generic": "our-own-long-secret-of-a-webhook",
}


@lru_cache
def rsa_key(_name: str) -> rsa.RSAPrivateKey:
    """A key of SNS's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@lru_cache
def ec_key(_name: str) -> ec.EllipticCurvePrivateKey:
    """A key of SendGrid's."""
    return ec.generate_private_key(ec.SECP256R1())


def sendgrid_key() -> str:
    """The public key as SendGrid shows it."""
    kind, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(ec_key("sendgrid").public_key().public_bytes(kind, form)).decode()


@lru_cache
def certificate() -> bytes:
    """SNS's certificate."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(rsa_key("sns").public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=3650))
        .sign(rsa_key("sns"), SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def sns(message: object, *, version: str = "1", key: str = "sns", **changed: Any) -> Sent:
    """A notification as SNS posts it; `changed` are fields as SNS signed them."""
    one: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": "5f3e-1",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2026-03-02T10:00:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERT_URL,
    }
    one.update(changed)
    names = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    signed = "".join(f"{name}\n{one[name]}\n" for name in names if name in one).encode()
    digest = SHA1() if version == "1" else SHA256()
    one["Signature"] = base64.b64encode(rsa_key(key).sign(signed, padding.PKCS1v15(), digest)).decode()
    return {"content-type": "text/plain; charset=UTF-8"}, json.dumps(one).encode()


def basic(document: object, *, secret: str = SECRETS["postmark"]) -> Sent:
    """A body with a password."""
    shown = base64.b64encode(secret.encode()).decode()
    return {"authorization": f"Basic {shown}", "content-type": "application/json"}, json.dumps(document).encode()


def mailgun(data: object, *, at: datetime = NOW, token: str = "0123456789abcdef" * 3) -> Sent:
    """What Mailgun posts."""
    stamp = str(int(at.timestamp()))
    digest = hmac.new(SECRETS["mailgun"].encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    signature = {"timestamp": stamp, "token": token, "signature": digest}
    return {}, json.dumps({"signature": signature, "event-data": data}).encode()


def sendgrid(events: object, *, key: str = "sendgrid") -> Sent:
    """What SendGrid posts."""
    body, stamp = json.dumps(events).encode(), str(int(NOW.timestamp()))
    shown = ec_key(key).sign(stamp.encode() + body, ec.ECDSA(SHA256()))
    prefix = "x-twilio-email-event-webhook-"
    return {f"{prefix}signature": base64.b64encode(shown).decode(), f"{prefix}timestamp": stamp}, body


def resend(document: object, *, at: datetime = NOW, number: str = "msg_1") -> Sent:
    """What Resend posts."""
    body, stamp = json.dumps(document).encode(), str(int(at.timestamp()))
    key = base64.b64decode(SECRETS["resend"].removeprefix("whsec_"))
    digest = hmac.new(key, f"{number}.{stamp}.".encode() + body, hashlib.sha256).digest()
    shown = f"v1,{base64.b64encode(b'x' * 32).decode()} v1,{base64.b64encode(digest).decode()}"
    return {"svix-id": number, "svix-timestamp": stamp, "svix-signature": shown}, body


def signed_generic(document: object, *, at: datetime = NOW, secret: str = SECRETS["generic"]) -> Sent:
    """What our own form posts."""
    body, stamp = json.dumps(document).encode(), str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).hexdigest()
    headers: Mapping[str, str] = {"x-mailweekly-timestamp": stamp, "x-mailweekly-signature": f"v1={digest}"}
    return dict(headers), body
