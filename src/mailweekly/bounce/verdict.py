"""
Why one recipient was not reached: the words of the refusal first, then a precise status, then the notice's other words, then what is vague.

It reads texts and codes that others found; whether the reader is to blame is `cause`'s business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailweekly.bounce.status import code_in, precise_reason, status_in, vague_reason
from mailweekly.bounce.wording import flattened, reason_in

__all__ = ["Verdict", "verdict"]

_WEAK: Final = frozenset(
    {"rejected", "quota", "remote-fault", "host-down", "network", "content"}
)  # a precise status says more than these
_STRONG: Final = frozenset(
    {"auth", "reverse-dns", "not-allowed", "sender-refused", "needs-smtputf8", "account-quota"}
)  # a status that means just this

# Stages before the address was named: what is refused there is not about the reader.
_EARLY: Final = (
    "after mail from",
    "in reply to mail from",
    "in reply to ehlo",
    "in reply to helo",
    "after initial connection",
    "after helo",
    "after ehlo",
    "refused to talk",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """A reason and the codes it rests on; empty codes: none were found."""

    reason: str
    code: str
    status: str


def verdict(diagnostic: str, status: str, others: Sequence[str] = ()) -> Verdict:
    """Return why, from the refusal's own words, its status, and what else the notice says, nearest first."""
    said = status_in(diagnostic)
    declared = status_in(status)
    status = declared if precise_reason(declared) and not precise_reason(said) else said or declared
    code = code_in(diagnostic)
    for other in others:
        code, status = code or code_in(other), status or status_in(other)
    reply_class = int((code or status or "0")[0])
    precise = precise_reason(status)
    early = any(stage in flattened(diagnostic) for stage in _EARLY)
    reason = precise if precise in _STRONG else reason_in(diagnostic, reply_class, but_hard=early)
    if not early and (not reason or (reason in _WEAK and precise)):
        reason = precise or reason
    for other in others:
        reason = reason or ("sender-refused" if early else reason_in(other, reply_class))
    return Verdict(reason=reason or vague_reason(status, code), code=code, status=status)
