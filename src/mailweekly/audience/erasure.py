"""
The mark of somebody who was erased: a keyed hash of the address key, by which a file that would bring them back is known, and nothing else is.

Refuses to work without a secret: an unkeyed hash of an address is the address, to anybody who has a list of addresses.

Units: 64 hexadecimal digits.
Errors: ValueError for a secret that is too short.
Source: RFC 2104 (HMAC), FIPS 180-4 (SHA-256).
"""

import hmac

__all__ = ["mark"]

PURPOSE = b"mailweekly erased\0"  # the same secret signs other things
SECRET_BYTES = 16  # the least: 128 bits


def mark(key: str, secret: bytes) -> str:
    """Return the mark of an address key (`address.key`)."""
    if len(secret) < SECRET_BYTES:
        raise ValueError("the secret is too short")
    return hmac.digest(secret, PURPOSE + key.encode("utf-8", "surrogatepass"), "sha256").hex()
