"""
Reply codes and enhanced status codes: found in a text, and what each means where the words say nothing.

A precise status speaks for itself; a vague one (5.0.0, 5.1.0, 5.2.1, 5.5.0, 5.7.1) means "unclear" unless the words say more.

Source: RFC 3463 and its registry of enhanced status codes; RFC 5321, 4.2.3. That 5.7.1 is about the address in one refusal of twenty: measured.
"""

import re
from types import MappingProxyType
from typing import Final

__all__ = ["PRECISE", "VAGUE", "code_in", "precise_reason", "status_in", "vague_reason"]

_STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_CODE: Final = re.compile(
    r"(?<![\d.:/-])([45]\d\d)(?=[ \-#:<,;)\n]|$)(?! *(?:bytes|kb|mb|seconds|days))", re.IGNORECASE
)

# By subject and detail; the class does not change what it is about, only 4.x.x of the address is not yet final.
PRECISE: Final = MappingProxyType(
    {
        "1.1": "user-unknown",
        "1.2": "domain-unknown",
        "1.3": "bad-address",
        "1.4": "bad-address",
        "1.6": "moved",
        "1.7": "sender-refused",
        "1.8": "sender-refused",
        "1.10": "null-mx",
        "2.2": "mailbox-full",
        "2.3": "too-big",
        "3.1": "remote-full",
        "3.4": "too-big",
        "4.4": "domain-unknown",
        "4.6": "loop",
        "4.7": "no-answer",
        "4.14": "loop",
        "4.300": "no-answer",
        "4.310": "domain-unknown",
        "4.316": "no-answer",
        "4.317": "network",
        "6.7": "needs-smtputf8",
        "6.8": "needs-smtputf8",
        "6.9": "needs-smtputf8",
        "7.7": "content",
        "7.8": "credentials",
        "7.20": "auth",
        "7.21": "auth",
        "7.22": "auth",
        "7.23": "auth",
        "7.24": "auth",
        "7.25": "reverse-dns",
        "7.26": "auth",
        "7.27": "auth",
        "7.28": "rate",
        "7.29": "tls",
        "7.30": "auth",
        "7.32": "auth",
        "7.60": "sender-refused",
        "7.64": "relaying",
        "7.124": "not-allowed",
        "7.129": "not-allowed",
        "7.133": "not-allowed",
        "7.134": "not-allowed",
        "7.350": "spam",
        "7.509": "auth",
        "7.511": "blocked",
        "7.515": "auth",
        "7.606": "blocked",
        "7.705": "account-quota",
        "7.708": "blocked",
        "7.750": "sender-refused",
    }
)
VAGUE: Final = MappingProxyType(
    {
        "2.1": "disabled",
        "2.4": "not-allowed",
        "3.0": "remote-fault",
        "3.2": "host-down",
        "3.3": "remote-fault",
        "3.5": "remote-fault",
        "4.1": "no-answer",
        "4.2": "network",
        "4.3": "network",
        "4.5": "rate",
        "5.2": "syntax",
        "5.4": "syntax",
        "6.0": "content",
        "6.1": "content",
        "6.2": "content",
        "6.3": "content",
        "6.6": "content",
        "7.0": "rejected",
        "7.1": "rejected",
        "7.2": "not-allowed",
        "7.3": "remote-fault",
        "7.5": "tls",
    }
)


def status_in(text: str) -> str:
    """Return the first enhanced status in a text; empty where there is none."""
    found = _STATUS.search(text[:4_000])
    return found[1] if found else ""


def code_in(text: str) -> str:
    """Return the first reply code (4xx or 5xx) in a text; empty where there is none."""
    found = _CODE.search(text[:4_000])
    return found[1] if found else ""


def precise_reason(status: str) -> str:
    """Return what a status says by itself; empty for one that says little."""
    reason = PRECISE.get(status[2:], "")
    if status[:1] == "4" and reason in {"domain-unknown", "null-mx"}:
        return "network"
    return reason


def vague_reason(status: str, code: str) -> str:
    """Return what is left to say of a status and a code when no word helped."""
    if code == "556" or (code == "521" and status in {"", "5.3.2"}):  # RFC 7504
        return "null-mx"
    found = VAGUE.get(status[2:], "")
    if not found and code == "552":
        return "mailbox-full"
    if not found and code in {"421", "450", "451"}:
        return "no-answer"
    return found or "unclear"
