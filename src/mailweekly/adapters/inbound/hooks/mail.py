"""
An event as the ledger takes it: the same as a mail that came in, found and judged by the same rules.

The provider's signature vouches for the recipient, so an address that was mailed lately counts as known; a token that no key of ours made still
changes nothing.
"""

import hashlib
from typing import Final

from mailweekly import tokens
from mailweekly.adapters.inbound.hooks.event import Event
from mailweekly.bounce import Bounce, Complaint, Kind, Source
from mailweekly.delivery.returned import Returned
from mailweekly.tokens import Keys

__all__ = ["as_mail"]

WORD_CHARACTERS: Final = 120


def as_mail(event: Event, keys: Keys) -> Returned:
    """Return the event as a mail."""
    token = event.token or ""
    payload = tokens.read(keys, tokens.RETURN_PATH, token) if token else None
    letter = tokens.read(keys, tokens.LETTER, token) if token and payload is None else None
    is_test = bool(token) and tokens.read(keys, f"{tokens.RETURN_PATH}-test", token) is not None
    has_word = event.kind in {Kind.COMPLAINT, Kind.OPT_OUT}
    return Returned(
        digest=hashlib.sha256(f"{event.provider}\n{event.id}\n{event.recipient.lower()}".encode()).hexdigest(),
        raw=event.raw.encode(),
        kind=event.kind,
        subject=f"{event.provider}: {event.word}"[:WORD_CHARACTERS],
        bounces=(_bounce(event, is_ours=payload is not None),) if event.kind is Kind.BOUNCE else (),
        complaint=_complaint(event) if has_word else None,
        delivery=None if payload is None else int.from_bytes(payload, "big"),
        letter=None if letter is None else int.from_bytes(letter, "big"),
        message_id=event.message_id,
        is_test=is_test,
        is_forged=bool(token) and payload is None and letter is None and not is_test,
        is_vouched=True,
    )


def _bounce(event: Event, *, is_ours: bool) -> Bounce:
    return Bounce(
        recipient=event.recipient,
        token=event.token if is_ours else None,
        code=event.code,
        status=event.status,
        reason=event.reason,
        diagnostic=event.diagnostic,
        source=Source.TOKEN if is_ours else Source.REPORT,
    )


def _complaint(event: Event) -> Complaint:
    return Complaint(
        recipient=event.recipient,
        token=event.token,
        message_id=event.message_id,
        unsubscribe=None,
        feedback="abuse" if event.kind is Kind.COMPLAINT else "opt-out",
    )
