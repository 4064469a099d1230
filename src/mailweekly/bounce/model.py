"""
What a mail that came back says: what kind of mail it is, whom it is about, and why.

Values only. A token here is text that looks like one of ours; whether it is ours its MAC says: the caller asks, or `read` where it has the
keys.

Source: RFC 3464 (reports), RFC 5965 (complaints).
"""

from dataclasses import dataclass
from enum import Enum

from mailweekly.bounce.cause import Weight, weight_of

__all__ = ["Bounce", "Complaint", "Incoming", "Kind", "Source", "Traces"]


class Kind(Enum):
    """What a mail is. Only a bounce counts, and only a complaint and an opt-out suppress; the others are filed."""

    BOUNCE = "bounce"  # it could not be delivered, and nobody tries any more
    COMPLAINT = "complaint"  # a reader pressed "this is spam"
    OPT_OUT = "opt-out"  # a reader wants no more of it
    DELAYED = "delayed"  # not yet delivered, still tried
    DELIVERED = "delivered"  # a report of success
    AUTO_REPLY = "auto-reply"  # away, on leave, thank you for your mail
    CHALLENGE = "challenge"  # asks the sender to prove that a person sent it
    READ_RECEIPT = "read-receipt"
    LIST_MAIL = "list-mail"  # another list's mail
    OTHER = "other"  # a person's mail, or nothing we understand


class Source(Enum):
    """How the one it is about was found; the last ones anybody can forge."""

    TOKEN = "token"  # noqa: S105 - our token in the address it was sent to
    ORIGINAL_ID = "original-id"  # our token in the returned original
    REPORT = "report"  # a field of the report
    TEXT = "text"  # an address in the text, or the returned To


@dataclass(frozen=True, kw_only=True, slots=True)
class Traces:
    """What of ours a mail carries, as text, in lower case."""

    delivery: str | None = None  # the token of a delivery
    source: Source = Source.TEXT
    message_id: str = ""  # of the returned original
    unsubscribe: str | None = None  # the token of an unsubscribe link


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounce:
    """One reader whom a message did not reach."""

    recipient: str  # the address we mailed, as far as the notice shows it; empty: only the token tells
    token: str | None  # of the delivery
    code: str  # "550"; empty: none
    status: str  # "5.1.1"; empty: none
    reason: str  # a word of `bounce.cause`
    diagnostic: str  # the words, at most 500 characters
    source: Source
    final: str = ""  # where the mail went in the end, if that is another address

    @property
    def hard(self) -> bool:
        """Whether the address takes no mail any more."""
        return weight_of(self.reason) is Weight.HARD

    @property
    def proven(self) -> bool:
        """Whether a token says whom it is about; else anybody could have written it."""
        return self.token is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """A reader who called it spam; whichever of these is there finds them."""

    recipient: str
    token: str | None
    message_id: str
    unsubscribe: str | None
    feedback: str  # Feedback-Type: abuse, fraud, …


@dataclass(frozen=True, kw_only=True, slots=True)
class Incoming:
    """A mail that came in, sorted."""

    kind: Kind
    bounces: tuple[Bounce, ...] = ()
    complaint: Complaint | None = None
    traces: Traces = Traces()
