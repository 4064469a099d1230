"""
A mail that came back, read: what it is, and which readers it did not reach.

Any bytes are taken; none make it raise, and none keep it long. It looks nothing up, trusts no address and suppresses nobody.

Units: of a message larger than about 1 MiB only the head and the end are read.
Source: RFC 3464, RFC 5965, RFC 3834; how mail systems write notices that follow none of them.
"""

from typing import Final

from mailweekly.bounce.complaint import complaint_of
from mailweekly.bounce.found import Notice, bounce_of, bounces_of
from mailweekly.bounce.identity import is_sent_to_opt_out, traces_in
from mailweekly.bounce.kinds import (
    is_auto_reply,
    is_challenge,
    is_complaint,
    is_list_mail,
    is_opt_out,
    is_receipt,
    looks_delivered,
    notice_score,
    still_tried,
)
from mailweekly.bounce.model import Complaint, Incoming, Kind, Traces
from mailweekly.bounce.prose import Words, words_of
from mailweekly.bounce.report import Entry, entries, reported
from mailweekly.bounce.told import Told, events_in
from mailweekly.bounce.tree import Tree, tree_of
from mailweekly.tokens import Keys

__all__ = ["sorted_mail"]

_NOTICE: Final = 3  # the score from which a mail is a notice
_CERTAIN: Final = 6
_FAILED: Final = frozenset({"failed", "failure", "fail", "undeliverable", "rejected", "expired", "failed;", "error"})
_DONE: Final = frozenset({"delivered", "deliverable", "relayed", "expanded", "delivered;", "relayed;"})


def sorted_mail(raw: bytes, keys: Keys | None = None) -> Incoming:
    """Return what kind of mail this is, and what it says."""
    tree = tree_of(raw)
    traces = traces_in(tree, keys)
    if is_complaint(tree):
        return _complaint(tree, traces)
    part = reported(tree)
    words = words_of(tree, part)
    if part is None and notice_score(tree.fields, words.text, returned=True) >= _NOTICE:
        part = reported(tree, nested=True)  # a gateway wrapped the notice
    told = events_in(tree)
    if told is not None:
        return _told(told, traces)
    if part is not None:
        rows = entries(part)
        if rows or tree.fields.parameter("report-type").lower() == "delivery-status":
            return _reported(tree, words, rows, traces)
    if is_receipt(tree):
        return Incoming(kind=Kind.READ_RECEIPT, traces=traces)
    return _unreported(tree, words, traces)


def _complaint(tree: Tree, traces: Traces) -> Incoming:
    complaint = complaint_of(tree, traces)
    match complaint.feedback:
        case "opt-out" | "opt-out-list":
            kind = Kind.OPT_OUT
        case "not-spam" | "auth-failure" | "virus":
            return Incoming(kind=Kind.OTHER, traces=traces)
        case _:
            kind = Kind.COMPLAINT
    return Incoming(kind=kind, complaint=complaint, traces=traces)


def _told(told: Told, traces: Traces) -> Incoming:
    """Return what a provider's notification, mailed as JSON, says."""
    if told.kind is Kind.COMPLAINT:
        complaint = Complaint(
            recipient=next(iter(told.recipients), ""),
            token=traces.delivery,
            message_id=traces.message_id,
            unsubscribe=traces.unsubscribe,
            feedback="abuse",
        )
        return Incoming(kind=told.kind, complaint=complaint, traces=traces)
    if told.kind is not Kind.BOUNCE or not told.entries:
        return Incoming(kind=Kind.OTHER if told.kind is Kind.BOUNCE else told.kind, traces=traces)
    return Incoming(kind=Kind.BOUNCE, bounces=tuple(bounce_of(one, traces) for one in told.entries), traces=traces)


def _reported(tree: Tree, words: Words, rows: tuple[Entry, ...], traces: Traces) -> Incoming:
    outcomes = [_outcome(row, tree, words) for row in rows]
    failed = tuple(row for row, kind in zip(rows, outcomes, strict=True) if kind is Kind.BOUNCE)
    if failed or not rows:
        return _bounced(Notice(tree, words, failed, traces))
    return Incoming(kind=Kind.DELAYED if Kind.DELAYED in outcomes else Kind.DELIVERED, traces=traces)


def _outcome(row: Entry, tree: Tree, words: Words) -> Kind:
    if row.action in _FAILED:
        return Kind.BOUNCE
    if row.action in _DONE or (not row.action and row.status.startswith("2")):
        return Kind.DELIVERED
    if row.action.startswith("delay"):
        return Kind.DELAYED
    late = not row.status.startswith("5") and still_tried(tree.fields.first("subject"), words.text)
    return Kind.DELAYED if late else Kind.BOUNCE


def _unreported(tree: Tree, words: Words, traces: Traces) -> Incoming:
    fields, text = tree.fields, words.text
    score = notice_score(fields, text, returned=bool(words.original.values))
    certain = score > _NOTICE
    if not certain and (is_sent_to_opt_out(fields) or is_opt_out(fields, text)):
        return Incoming(kind=Kind.OPT_OUT, traces=traces)
    if score < _CERTAIN and is_challenge(fields, text):
        return Incoming(kind=Kind.CHALLENGE, traces=traces)
    if not certain and is_auto_reply(fields, text):
        return Incoming(kind=Kind.AUTO_REPLY, traces=traces)
    if score >= _NOTICE:
        subject = fields.first("subject")
        if still_tried(subject, text):
            return Incoming(kind=Kind.DELAYED, traces=traces)
        if looks_delivered(subject, text):
            return Incoming(kind=Kind.DELIVERED, traces=traces)
        found = _bounced(Notice(tree, words, (), traces))
        if found.bounces:
            return found
    return Incoming(kind=Kind.LIST_MAIL if is_list_mail(fields) else Kind.OTHER, traces=traces)


def _bounced(notice: Notice) -> Incoming:
    bounces = bounces_of(notice)
    if not bounces:
        return Incoming(kind=Kind.OTHER, traces=notice.traces)
    return Incoming(kind=Kind.BOUNCE, bounces=bounces, traces=notice.traces)
