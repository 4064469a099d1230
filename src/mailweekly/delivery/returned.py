"""
A mail that came in, as the ledger takes it: what it is, and which of our deliveries, letters and readers it names by a token of ours.

It reads and judges nothing of the ledger: whom a token means, and what follows, is decided where the people are. An unsubscribe mail counts by the
token in the address it was sent to; a quoted link is nobody's wish.

Source: RFC 3834, 2 (what must never be answered).
"""

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from typing import Final

from mailweekly import bounce, tokens
from mailweekly.bounce import Bounce, Complaint, Kind
from mailweekly.tokens import Keys

__all__ = ["HEAD_BYTES", "Returned", "returned"]

HEAD_BYTES: Final = 256_000  # of the mail's own header
SUBJECT_CHARACTERS: Final = 120
MOST_TOKENS: Final = 8
SENT_TO: Final = (
    "To",
    "Cc",
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Delivered-To",
    "X-Rcpt-To",
    "Resent-To",
    "Apparently-To",
)
OUT: Final = re.compile(r"(?<![a-z0-9])u[+-]([a-z2-7]{29,79})@")
BACK: Final = re.compile(r"(?<![a-z0-9])b[+-]([a-z2-7]{29,79})@")
MACHINES: Final = re.compile(
    r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?|owner-.*|.*-(?:request|owner|bounces?)|root|daemon)(?:[+=].*)?",
    re.IGNORECASE,
)
LISTS: Final = ("List-Id", "List-Unsubscribe", "List-Post", "List-Help", "Mailing-List", "Feedback-ID")


@dataclass(frozen=True, kw_only=True, slots=True)
class Returned:
    """A mail, read."""

    digest: str  # SHA-256 of the mail: the same one counts once
    raw: bytes
    kind: Kind
    subject: str
    bounces: tuple[Bounce, ...] = ()
    complaint: Complaint | None = None
    delivery: int | None = None  # that a token of ours names
    letter: int | None = None  # the same, of a letter beside the issues
    reader: int | None = None  # the same, of a subscriber: by an unsubscribe link in the returned original
    message_id: str = ""  # of the returned original
    leaving: tuple[tuple[int, bytes], ...] = ()  # (reader, list tag) of unsubscribe addresses it was sent to
    sender: str = ""  # who may be answered; empty: nobody
    is_test: bool = False  # about a test copy
    is_forged: bool = False  # it carries what looks like a token, and no key of ours made it
    is_vouched: bool = False  # a provider's signature says whom it is about


def returned(raw: bytes, keys: Keys) -> Returned:
    """Return what a mail says. Takes any bytes."""
    found = bounce.sort(raw, keys)
    head = _head(raw)
    sent_to = _values(head, SENT_TO).lower()
    outs, backs = OUT.findall(sent_to)[:MOST_TOKENS], BACK.findall(sent_to)[:MOST_TOKENS]
    leaving = [pair for token in outs if (pair := tokens.read_reader(keys, tokens.UNSUBSCRIBE, token))]
    delivery = found.traces.delivery
    reader = tokens.read_reader(keys, tokens.UNSUBSCRIBE, found.traces.unsubscribe or "")
    suspects = backs if delivery is None else []
    if delivery is None and found.kind in {Kind.BOUNCE, Kind.COMPLAINT}:
        seen = bounce.sort(raw).traces
        suspects = [*suspects, *([seen.delivery] if seen.delivery else [])]
    letter = next((one for token in suspects if (one := _letter(keys, token)) is not None), None)
    known = delivery is not None or letter is not None or bool(leaving)
    is_test = any(tokens.read(keys, f"{tokens.RETURN_PATH}-test", token) for token in suspects)
    return Returned(
        digest=hashlib.sha256(raw).hexdigest(),
        raw=raw,
        kind=Kind.OPT_OUT if leaving and found.kind is Kind.OTHER else found.kind,
        subject=_subject(head),
        bounces=found.bounces,
        complaint=found.complaint,
        delivery=tokens.read_delivery(keys, delivery) if delivery else None,
        letter=letter,
        reader=reader[0] if reader else None,
        message_id=found.traces.message_id,
        leaving=tuple(dict.fromkeys(leaving)),
        sender="" if outs else _answerable(head),
        is_test=is_test,
        is_forged=bool(suspects or outs) and not (known or is_test),
    )


def _letter(keys: Keys, token: str) -> int | None:
    payload = tokens.read(keys, tokens.LETTER, token)
    return None if payload is None else int.from_bytes(payload, "big")


def _head(raw: bytes) -> Message:
    start = raw[:HEAD_BYTES]
    ends = [place for mark in (b"\r\n\r\n", b"\n\n") if (place := start.find(mark)) >= 0]
    return message_from_bytes(start[: min(ends)] if ends else start)


def _values(head: Message, names: tuple[str, ...]) -> str:
    return "\n".join(str(value) for name in names for value in head.get_all(name, [])[:MOST_TOKENS])[:HEAD_BYTES]


def _subject(head: Message) -> str:
    text = str(head.get("Subject", ""))[:1000]
    with suppress(ValueError, LookupError, AssertionError, MessageError):  # an encoded word that is none
        text = str(make_header(decode_header(text)))
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:SUBJECT_CHARACTERS]


def _answerable(head: Message) -> str:
    """Return the one address a letter may answer: a person's. Programs, lists and the null sender get none."""
    if any(name in head for name in LISTS) or str(head.get("Auto-Submitted", "no")).strip().lower() != "no":
        return ""
    if str(head.get("Precedence", "")).strip().lower() in {"bulk", "list", "junk", "auto_reply"}:
        return ""
    if str(head.get("Return-Path", "<x@x>")).strip() in {"<>", ""} or "X-Auto-Response-Suppress" in head:
        return ""
    values = [str(one) for one in head.get_all("From", [])]
    found = getaddresses(values) if len(values) == 1 and len(values[0]) < SUBJECT_CHARACTERS * 10 else []
    if len(found) != 1 or MACHINES.fullmatch(found[0][1].rpartition("@")[0]):
        return ""
    return found[0][1]
