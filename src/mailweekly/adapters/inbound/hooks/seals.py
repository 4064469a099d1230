"""
How a request shows whose it is: a password, or a keyed digest of what it says. Every comparison takes the same time, whatever differs.

Errors: UnauthenticError.
Source: RFC 7617 (basic), RFC 6750 (bearer), RFC 2104 (HMAC).
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from mailweekly.adapters.inbound.hooks.event import Trust, UnauthenticError

__all__ = ["by_password", "fresh", "keyed", "unpacked"]

SECONDS: Final = re.compile(r"[0-9]{9,11}")


def by_password(headers: Mapping[str, str], trust: Trust, *, may_be_bearer: bool = False) -> None:
    """Return if the request knows the secret: `user:password`, or a bearer's token. Errors: UnauthenticError."""
    kind, _, shown = headers.get("authorization", "").strip().partition(" ")
    if kind.lower() == "basic":
        said = unpacked(shown.strip())
    elif kind.lower() == "bearer" and may_be_bearer:
        said = shown.strip().encode("utf-8", "replace")
    else:
        raise UnauthenticError
    if not said or not _one_of(said, (one.encode() for one in trust.secrets)):
        raise UnauthenticError


def keyed(secrets: Iterable[bytes], signed: bytes, shown: Iterable[bytes]) -> None:
    """Return if one of the digests `shown` is HMAC-SHA256 of `signed` under one of the secrets. Errors: UnauthenticError."""
    own = [hmac.digest(one, signed, hashlib.sha256) for one in secrets if one]
    if not any(_one_of(one, own) for one in shown):
        raise UnauthenticError


def fresh(stamp: str, now: datetime, most: timedelta) -> None:
    """Return if a number of seconds since the epoch is at most that long ago, or ahead. Errors: UnauthenticError."""
    if not SECONDS.fullmatch(stamp) or abs(now.timestamp() - int(stamp)) > most.total_seconds():
        raise UnauthenticError


def unpacked(written: str) -> bytes:
    """Return what base64 says; nothing for what is none."""
    try:
        return base64.b64decode(written, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _one_of(said: bytes, known: Iterable[bytes]) -> bool:
    return any(hmac.compare_digest(said, one) for one in known if one)
