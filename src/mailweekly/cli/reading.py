"""A send as JSON and people's lines show it: where it stands, how fast it is, which domains and relays make trouble."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from mailweekly.adapters.store.gauge import Reading
from mailweekly.adapters.store.sends import Send
from mailweekly.adapters.store.tallies import DomainTally
from mailweekly.cli.canary import watch_document, watch_line
from mailweekly.delivery.states import WAITING, SendState, State

__all__ = ["reading_document", "reading_lines", "send_document", "speed_words"]


def send_document(send: Send, counts: Mapping[State, int]) -> dict[str, Any]:
    """Return a send as JSON shows it."""
    return {
        "issue": send.issue,
        "audience": send.audience,
        "kind": send.kind,
        "edition": send.edition,
        "subject": send.subject,
        "state": send.state.value,
        "reason": send.reason,
        "started_at": datetime.fromtimestamp(send.created_at, UTC).isoformat(),
        "finished_at": datetime.fromtimestamp(send.finished_at, UTC).isoformat() if send.finished_at else None,
        "counts": {state.value: counts.get(state, 0) for state in State},
        "waiting": sum(counts.get(state, 0) for state in WAITING),
        "total": sum(counts.values()),
    }


def reading_document(one: Reading, now: datetime) -> dict[str, Any]:
    """Return a send with what is known of its course."""
    left = one.speed.left_s
    return {
        **send_document(one.send, one.counts),
        "rate": {"recent": round(one.speed.recent, 2), "overall": round(one.speed.overall, 2)},
        "seconds_left": None if left is None else round(left, 1),
        "canary": watch_document(one.canary, now),
        "domains": [_domain(each) for each in one.domains],
        "domains_more": one.domains_more,
        "relays": [
            {"relay": each.name, "counts": {state.value: count for state, count in each.counts.items()}}
            for each in one.relays
        ],
        "events": [{"at": _instant(each.at), "what": each.what} for each in one.events],
    }


def reading_lines(one: Reading, now: datetime, *, is_at_work: bool = True) -> tuple[str, ...]:
    """Return what people should know beside the counts of a send that is not over."""
    lines = []
    if one.canary and one.send.state in {SendState.RUNNING, SendState.PAUSED}:
        lines.append(f"  {watch_line(one.canary, sum(one.counts.values()), now)}")
    if one.speed.recent and one.send.state is SendState.RUNNING and is_at_work:
        lines.append(f"  {speed_words(one)}")
    return tuple(lines)


def speed_words(one: Reading) -> str:
    """Return "9.8 a second now, 9.9 overall, 0:01:20 left"."""
    words = f"{one.speed.recent:,.1f} a second now, {one.speed.overall:,.1f} overall"
    if one.speed.left_s:
        words += f", {timedelta(seconds=round(one.speed.left_s))} left"
    return words


def _domain(one: DomainTally) -> dict[str, Any]:
    return {
        "domain": one.name,
        "total": one.total,
        "accepted": one.accepted,
        "rejected": one.rejected,
        "deferred": one.deferred,
        "waiting": one.waiting,
        "last_refusal": one.last_refusal,
    }


def _instant(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
