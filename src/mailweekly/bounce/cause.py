"""
Why a message was not taken: one word for each cause, and how heavily it weighs on the reader.

The same words serve a refusal during the SMTP dialogue and a notice that comes back days later. This module names; it reads no notice and decides
nothing about a subscriber.

Source: RFC 3463 (what an enhanced status can say). Most refusals that look permanent are not about the address; only hard ones are.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

__all__ = ["CAUSES", "Weight", "weight_of"]


class Weight(Enum):
    """What a cause says about the reader."""

    HARD = "hard"  # this address takes no mail: counts at once
    SOFT = "soft"  # not now, or nobody can tell: counts once an issue
    POLICY = "policy"  # the receiver dislikes sender or content: never counts against the reader
    ACCOUNT = "account"  # our account, domain or login: never counts, stops the send
    MESSAGE = "message"  # this message cannot be carried: never counts


_WORDS: Final = {
    Weight.HARD: "user-unknown domain-unknown null-mx moved bad-address",
    Weight.SOFT: "mailbox-full disabled no-answer host-down network remote-fault remote-full quota loop unclear",
    Weight.POLICY: "blocked reputation spam virus content rate greylisted not-allowed rejected",
    Weight.ACCOUNT: "auth reverse-dns tls relaying sender-refused credentials account-quota",
    Weight.MESSAGE: "too-big syntax needs-smtputf8",
}
CAUSES: Final[Mapping[str, Weight]] = MappingProxyType(
    {word: weight for weight, words in _WORDS.items() for word in words.split()}
)


def weight_of(cause: str) -> Weight | None:
    """Return how heavily `cause` weighs; None: no cause of ours, or none at all."""
    return CAUSES.get(cause)
