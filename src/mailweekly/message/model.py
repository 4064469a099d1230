"""
The values of this stage: Sender, Reader, Program, Message.

Units: `at` and `date` are aware datetimes. Bytes are final: CRLF, 7-bit, no line over 76 octets in bodies, nothing left to dot-stuff.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Message", "Reader", "Sender"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """Who the mail is from and where its machine-readable answers go."""

    name: str
    address: str
    reply_to: str = ""
    return_domain: str = ""  # bounce domain; empty: the sender's
    return_plus: bool = True  # b+TOKEN@ (True) or b-TOKEN@
    list_id: str = ""  # "weekly.example.org"
    list_name: str = ""
    unsubscribe_base: str = ""  # https base: <base>/u/TOKEN; empty: no https side
    unsubscribe_mailbox: str = ""  # u+TOKEN@ this domain; empty: no mailto
    list_help: str = ""
    list_owner: str = ""
    list_archive: str = ""
    feedback_id: str = ""  # the steady last field; empty: no Feedback-ID


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """One recipient as the message needs them."""

    subscriber_id: int
    address: str
    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)  # custom fields by name
    tags: frozenset[str] = frozenset()  # what `::: only segment=…` asks for


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One reader's copy, ready for a relay."""

    envelope_from: str
    recipient: str
    message_id: str  # with its angle brackets
    content: bytes
    needs_smtputf8: bool = False
