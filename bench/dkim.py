"""
How long a signature takes: our signer against dkimpy, on the same message and key, in the same run.

Units: microseconds of processor time a message; medians of interleaved rounds.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

import dkim
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench import compose as copies
from mailweekly.message.dkim import SIGNED, Signer, sign
from mailweekly.message.program import compose, prepare
from mailweekly.message.signing_key import ED25519, RSA, read_key
from mailweekly.tokens import Keys

__all__ = ["measure"]

_AT = datetime(2025, 1, 6, 7, 0, tzinfo=UTC)


def measure(html_bytes: int = 60_000, rounds: int = 15, each: int = 20) -> dict[str, float]:
    """Return `sign_us` (RSA-2048), `both_us` (Ed25519 as well), `dkimpy_us` (RSA-2048), the `ratio` of the first and the third, and `bytes`."""
    program = prepare(
        copies.sample(html_bytes),
        copies.sender(),
        keys=Keys(current=bytes(range(32))),
        issue_label="78",
        list_name="weekly",
    )
    content = compose(program, copies.reader_of(1), delivery_id=1, at=_AT).content
    pem = _pem(rsa.generate_private_key(65537, 2048))
    key = read_key(pem, kind=RSA, selector="mail", place="bench")
    second = read_key(_pem(ed25519.Ed25519PrivateKey.generate()), kind=ED25519, selector="ed", place="bench")
    one, both = Signer(domain="example.org", keys=(key,)), Signer(domain="example.org", keys=(key, second))
    work: dict[str, Callable[[], object]] = {
        "sign_us": lambda: sign(content, one, at=_AT),
        "both_us": lambda: sign(content, both, at=_AT),
        "dkimpy_us": lambda: _peer(content, pem),
    }
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, do in work.items():
            times[name].append(_timed(do, each if name != "dkimpy_us" else max(1, each // 10)))
    found = {name: statistics.median(values) for name, values in times.items()}
    return {**found, "ratio": found["dkimpy_us"] / found["sign_us"], "bytes": float(len(content))}


def _peer(content: bytes, pem: bytes) -> bytes:
    return bytes(
        dkim.sign(
            content,
            b"mail",
            b"example.org",
            pem,
            canonicalize=(b"relaxed", b"simple"),
            include_headers=list(dict.fromkeys(SIGNED)),
        )
    )


def _pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    kind = PrivateFormat.TraditionalOpenSSL if isinstance(key, rsa.RSAPrivateKey) else PrivateFormat.PKCS8
    return key.private_bytes(Encoding.PEM, kind, NoEncryption())


def _timed(do: Callable[[], object], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        do()
    return (time.process_time() - start) / times * 1e6
