"""
Whom a notice is about: from the fields of its report, from its words, and from the returned original.

It answers with bounces whose reason is judged, and only for a mail that is known to be a notice.
"""

from collections.abc import Iterable
from typing import Final

from mailweekly.bounce.fields import Fields, addresses
from mailweekly.bounce.model import Bounce, Source, Traces
from mailweekly.bounce.prose import Said, Words, said
from mailweekly.bounce.report import Entry
from mailweekly.bounce.tree import Tree
from mailweekly.bounce.verdict import verdict

__all__ = ["Notice", "bounce_of", "bounces_of"]

_DIAGNOSTIC: Final = 500  # characters kept
_SENDERS: Final = (
    "from",
    "sender",
    "reply-to",
    "return-path",
    "errors-to",
    "x-envelope-from",
    "envelope-from",
    "x-sender",
    "resent-from",
)
_OUR_SIDE: Final = (
    "to",
    "from",
    "sender",
    "reply-to",
    "cc",
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "errors-to",
    "return-path",
)
_FAILED: Final = (
    "x-failed-recipients",
    "x-failed-recipient",
    "failed-recipient",
    "x-actual-recipient",
    "x-bounced-address",
    "x-failed-address",
)


class Notice:
    """One notice: what its parts say, kept together while its recipients are looked for."""

    __slots__ = ("entries", "traces", "tree", "words")

    def __init__(self, tree: Tree, words: Words, entries: tuple[Entry, ...], traces: Traces) -> None:
        self.tree, self.words, self.entries, self.traces = tree, words, entries, traces

    def original_to(self) -> tuple[str, ...]:
        """Return whom the returned original was for."""
        original = self.words.original
        for name in ("to", "x-original-to", "delivered-to", "envelope-to"):
            found = addresses(" ".join(original.every(name))[:4_000])
            if found:
                return found
        return ()


def bounces_of(notice: Notice) -> tuple[Bounce, ...]:
    """Return a bounce for each recipient, each once."""
    named = {one.address.lower(): one for one in said(notice.words, ())}
    found = [_from_entry(one, notice, named) for one in notice.entries] or _from_fields(notice, named)
    found = [one for one in found if one.recipient] or _from_words(notice) or found[:1]
    unique: dict[str, Bounce] = {}
    for one in found:
        unique.setdefault(one.recipient.lower(), one)
    if not unique and notice.traces.delivery is not None:
        unique[""] = _bounce("", notice, "", "", notice.words.text, Source.TEXT)
    return tuple(unique.values())


def bounce_of(entry: Entry, traces: Traces) -> Bounce:
    """Return the bounce that one row of a report is by itself."""
    judged = verdict(entry.diagnostic, entry.status)
    return Bounce(
        recipient=entry.recipient,
        token=traces.delivery,
        code=judged.code,
        status=judged.status,
        reason=judged.reason,
        diagnostic=" ".join(entry.diagnostic.split())[:_DIAGNOSTIC],
        source=Source.REPORT if traces.delivery is None else traces.source,
    )


def _from_entry(entry: Entry, notice: Notice, named: dict[str, Said]) -> Bounce:
    recipient = entry.recipient
    if not recipient and len(notice.entries) == 1:
        recipient = next(iter(notice.original_to()), "")
    near = named.get(recipient.lower()) or named.get(entry.final.lower())
    return _bounce(
        recipient,
        notice,
        entry.diagnostic,
        entry.status,
        near.context if near else "",
        Source.REPORT,
        final=entry.final if entry.final.lower() != recipient.lower() else "",
    )


def _from_fields(notice: Notice, named: dict[str, Said]) -> list[Bounce]:
    values = [value for name in _FAILED for value in notice.tree.fields.every(name)]
    found = addresses(" ".join(values)[:8_000])
    return [
        _bounce(one, notice, "", "", named[one.lower()].context if one.lower() in named else "", Source.REPORT)
        for one in found
    ]


def _from_words(notice: Notice) -> list[Bounce]:
    ours = _ours(notice)
    original = notice.original_to()
    every = [one for one in said(notice.words, ours - {one.lower() for one in original}) if one.strength]
    if not every:  # who mails himself, or a To that the notice repeats
        every = [one for one in said(notice.words, _senders(notice)) if one.strength > 1]
    best = max((one.strength for one in every), default=0)
    chosen = [one for one in every if one.strength == best] if best > 1 else []
    wanted = {one.lower() for one in original}
    if best < 3:  # noqa: PLR2004 - `Said.strength`: not named as failing
        chosen = [one for one in every if one.address.lower() in wanted] or chosen
    if chosen:
        return [_bounce(one.address, notice, "", "", one.context, Source.TEXT) for one in chosen]
    subject = [one for one in addresses(notice.tree.fields.first("subject")) if one.lower() not in ours]
    candidates = (
        subject or (list(original) if len(original) == 1 else []) or [one.address for one in every if len(every) == 1]
    )
    return [_bounce(one, notice, "", "", "", Source.TEXT) for one in candidates]


def _ours(notice: Notice) -> frozenset[str]:
    found: list[str] = []
    for fields, names in ((notice.tree.fields, _OUR_SIDE), (notice.words.original, _SENDERS)):
        found += _addresses_in(fields, names)
    return frozenset(one.lower() for one in found)


def _senders(notice: Notice) -> frozenset[str]:
    return frozenset(one.lower() for one in _addresses_in(notice.tree.fields, ("from", "sender", "reply-to")))


def _addresses_in(fields: Fields, names: Iterable[str]) -> list[str]:
    return [one for name in names for value in fields.every(name) for one in addresses(value[:2_000])]


def _bounce(
    recipient: str, notice: Notice, diagnostic: str, status: str, near: str, source: Source, *, final: str = ""
) -> Bounce:
    whole = notice.words.text
    judged = verdict(diagnostic or near, status, (near, whole) if diagnostic else (whole,))
    traces = notice.traces
    return Bounce(
        recipient=recipient,
        token=traces.delivery,
        code=judged.code,
        status=judged.status,
        reason=judged.reason,
        diagnostic=" ".join((diagnostic or near).split())[:_DIAGNOSTIC],
        source=source if traces.delivery is None else traces.source,
        final=final,
    )
