"""
When a reader is mailed no more, counted in issues.

Events in, a standing out: complaint and opt-out at once, an address that takes no mail at once, bounces for a passing reason only after four issues
in a row that span three weeks. An issue that was accepted and did not bounce within five days breaks the row. What policy, account or message are to
blame for counts for nobody. A notice that anyone could have written (no token in it) never weighs more than one bounced issue until a second issue
confirms it. This module keeps no state of its own and undoes nothing by itself: an editor's word does, and is an event too.

Units: instants are aware datetimes.
Errors: ValueError for an instant without a zone.
Source: a daily or weekly decay never adds up on a weekly list, so issues are counted; four and 21 days are the product's choice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from mailweekly.bounce.cause import Weight, weight_of

__all__ = ["GRACE", "IN_A_ROW", "QUIET", "SPAN", "Decision", "Event", "Happened", "Standing", "after", "decide"]

IN_A_ROW: Final = 4  # issues
SPAN: Final = timedelta(days=21)  # from the first bounced issue of the row to the last
GRACE: Final = timedelta(hours=12)  # a send is not at the same minute every week
QUIET: Final = timedelta(days=5)  # so long after it was accepted, an issue no longer bounces


class Happened(Enum):
    """What happened between us and one reader."""

    BOUNCED = "bounced"  # a notice or a refusal; `reason` says why
    ACCEPTED = "accepted"  # a relay took charge of an issue for them
    COMPLAINED = "complained"
    LEFT = "left"  # unsubscribed, by whatever way
    THEIRS = "theirs"  # a provider says that it suppresses the address
    UNDONE = "undone"  # the editor takes a suppression back


class Decision(Enum):
    """How a reader stands. All but GOOD: no issue goes to them."""

    GOOD = "good"
    DEAD = "dead"  # the address takes no mail
    UNREACHABLE = "unreachable"  # four issues in a row; may come back
    COMPLAINT = "complaint"
    UNSUBSCRIBED = "unsubscribed"
    THEIRS = "theirs"


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened, as the ledger has it. `proven`: a token or the dialogue itself says whom it is about."""

    happened: Happened
    at: datetime
    issue: str = ""
    reason: str = ""  # of a bounce: a word of `bounce.cause`
    proven: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """Where a reader stands, and what it rests on."""

    decision: Decision = Decision.GOOD
    why: str = ""  # the reason, or the issues counted; for people
    row: tuple[tuple[str, datetime], ...] = ()  # bounced issues in a row, and when each was sent
    pending: tuple[tuple[str, datetime], ...] = ()  # accepted issues that may still bounce
    doubtful: str = ""  # the issue of a hard bounce that nothing proves


_AT_ONCE: Final = {
    Happened.COMPLAINED: Decision.COMPLAINT,
    Happened.LEFT: Decision.UNSUBSCRIBED,
    Happened.THEIRS: Decision.THEIRS,
}
_FINAL: Final = frozenset({Decision.COMPLAINT, Decision.UNSUBSCRIBED})


def decide(events: Iterable[Event], now: datetime) -> Standing:
    """Return where the events, in any order, leave a reader at `now`. Events later than `now` are not looked at."""
    standing = Standing()
    for event in sorted(events, key=lambda one: one.at):
        if event.at <= now:
            standing = after(standing, event)
    return _settled(standing, now)


def after(standing: Standing, event: Event) -> Standing:
    """Return where one more event, later than the ones before, leaves the reader."""
    if event.at.tzinfo is None:
        raise ValueError("an event's instant has no zone")
    standing = _settled(standing, event.at)
    if event.happened is Happened.UNDONE:
        return Standing(pending=standing.pending)
    if event.happened in _AT_ONCE:
        decision = _AT_ONCE[event.happened]
        if standing.decision in _FINAL:
            return standing
        return replace(standing, decision=decision, why=event.reason or decision.value)
    if standing.decision is not Decision.GOOD:
        return standing
    if event.happened is Happened.ACCEPTED:
        return _accepted(standing, event)
    match weight_of(event.reason):
        case Weight.HARD:
            return _hard(standing, event)
        case Weight.SOFT:
            return _counted(standing, event)
        case _:
            return _not_delivered(standing, event)


def _hard(standing: Standing, event: Event) -> Standing:
    if event.proven or (standing.doubtful and standing.doubtful != event.issue):
        return replace(_not_delivered(standing, event), decision=Decision.DEAD, why=event.reason)
    return replace(_counted(standing, event), doubtful=event.issue or standing.doubtful)


def _counted(standing: Standing, event: Event) -> Standing:
    """Count an issue that bounced: once, however many notices came."""
    sent = next((at for issue, at in standing.pending if issue == event.issue), event.at)
    standing = _not_delivered(standing, event)
    if any(issue == event.issue for issue, _ in standing.row):
        return standing
    row = tuple(sorted((*standing.row, (event.issue, sent)), key=lambda one: one[1]))
    if len(row) >= IN_A_ROW and row[-1][1] - row[0][1] >= SPAN - GRACE:
        issues = ", ".join(issue for issue, _ in row)
        return replace(standing, row=row, decision=Decision.UNREACHABLE, why=f"{len(row)} issues in a row: {issues}")
    return replace(standing, row=row)


def _accepted(standing: Standing, event: Event) -> Standing:
    if any(issue == event.issue for issue, _ in (*standing.pending, *standing.row)):
        return standing
    return replace(standing, pending=(*standing.pending, (event.issue, event.at)))


def _not_delivered(standing: Standing, event: Event) -> Standing:
    """Return the standing without the hope that this issue arrived."""
    return replace(standing, pending=tuple(one for one in standing.pending if one[0] != event.issue))


def _settled(standing: Standing, now: datetime) -> Standing:
    """Break the row where an accepted issue stayed quiet long enough."""
    quiet = [at for _, at in standing.pending if now - at >= QUIET]
    if not quiet:
        return standing
    pending = tuple(one for one in standing.pending if now - one[1] < QUIET)
    if standing.decision is not Decision.GOOD:
        return replace(standing, pending=pending)
    arrived = max(quiet)
    row = tuple(one for one in standing.row if one[1] > arrived)
    return replace(standing, pending=pending, row=row, doubtful=standing.doubtful if row else "")
