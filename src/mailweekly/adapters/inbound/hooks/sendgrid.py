"""
SendGrid's event webhook: an array of what happened.

The signature is ECDSA over time and body; the secret is the public key that SendGrid shows. What is deferred is still tried, and no bounce.

Source: Twilio SendGrid's documentation, event webhook and its security features.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mailweekly.adapters.inbound.hooks.event import THEIRS, Event, Trust, UnauthenticError, bounced, identity, raw_of
from mailweekly.adapters.inbound.hooks.seals import unpacked
from mailweekly.adapters.inbound.hooks.values import documents, instant, message_id_in, text, token_in
from mailweekly.bounce import Kind

__all__ = ["events", "is_key", "verified"]

NAME: Final = "sendgrid"
SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
STAMP: Final = "x-twilio-email-event-webhook-timestamp"
SEEN: Final = frozenset({"open", "click"})
KINDS: Final = {
    "bounce": Kind.BOUNCE,
    "blocked": Kind.BOUNCE,
    "dropped": Kind.BOUNCE,
    "deferred": Kind.DELAYED,
    "processed": Kind.DELAYED,
    "delivered": Kind.DELIVERED,
    "spamreport": Kind.COMPLAINT,
    "unsubscribe": Kind.OPT_OUT,
    "group_unsubscribe": Kind.OPT_OUT,
    "group_resubscribe": Kind.LIST_MAIL,
}
CLASSES: Final = {
    "invalid address": "hard",
    "mailbox unavailable": "soft",
    "technical": "soft",
    "technical failure": "soft",
    "unclassified": "soft",
    "reputation": "reputation",
    "content": "content",
    "frequency or volume too high": "rate",
}
# Of a message that SendGrid did not send, because it has the address on a list of its own.
DROPPED: Final = {
    "bounced address": Kind.BOUNCE,
    "spam reporting address": Kind.COMPLAINT,
    "unsubscribed address": Kind.OPT_OUT,
    "recipient in group unsubscribe list": Kind.OPT_OUT,
}


def verified(headers: Mapping[str, str], body: bytes, trust: Trust, now: datetime) -> None:
    """Return if it is SendGrid's. Errors: UnauthenticError."""
    del now  # SendGrid tries again for a day; a repeated event is known by its id
    shown, stamp = unpacked(headers.get(SIGNATURE, "").strip()), headers.get(STAMP, "").strip()
    if not shown or not re.fullmatch(r"[0-9]{1,13}", stamp):
        raise UnauthenticError
    signed = stamp.encode() + body
    if not any(_is_signed(_key(one), shown, signed) for one in trust.secrets):
        raise UnauthenticError


def is_key(written: str) -> bool:
    """Return whether this is a public key as SendGrid shows it."""
    try:
        _key(written)
    except UnauthenticError:
        return False
    return True


def events(body: bytes, headers: Mapping[str, str]) -> tuple[Event, ...]:
    """Return what it says. Errors: MalformedError."""
    del headers
    return tuple(_event(one) for one in documents(body) if text(one.get("event")) not in SEEN)


def _event(one: dict[str, Any]) -> Event:
    word, why = text(one.get("event")), text(one.get("reason"), 500)
    kind, hint = KINDS.get(word, Kind.OTHER), _hint(one, word)
    if word == "dropped" and why.lower() in DROPPED:
        kind = DROPPED[why.lower()]
        hint = THEIRS
    told = bounced(hint, why, one.get("status"), (one.get("response"),)) if kind is Kind.BOUNCE else ("", "", "", "")
    return Event(
        kind=kind,
        reason=told[0],
        recipient=text(one.get("email")),
        token=token_in(
            *(value for name, value in one.items() if name.lower().startswith(("mailweekly", "x-mailweekly")))
        ),
        provider=NAME,
        id=text(one.get("sg_event_id")) or identity(one),
        time=instant(one.get("timestamp")),
        raw=raw_of({name: value for name, value in one.items() if name not in {"ip", "useragent"}}),
        word=" ".join(filter(None, (word, text(one.get("type"), 40)))),
        code=told[1],
        status=told[2],
        diagnostic=told[3],
        message_id=message_id_in(one.get("smtp-id")),
        is_odd=kind is Kind.OTHER,
    )


def _hint(one: dict[str, Any], word: str) -> str:
    found = CLASSES.get(text(one.get("bounce_classification"), 60).lower())
    if found and found != "soft":
        return found
    if word == "blocked" or text(one.get("type")) == "blocked":
        return "policy"
    return found or "soft"


@lru_cache(maxsize=8)
def _key(written: str) -> EllipticCurvePublicKey:
    try:
        key = load_der_public_key(base64.b64decode(written, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        raise UnauthenticError from None
    if not isinstance(key, EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise UnauthenticError
    return key


def _is_signed(key: EllipticCurvePublicKey, shown: bytes, signed: bytes) -> bool:
    try:
        key.verify(shown, signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True
