"""What a report says in words, wherever it is shown: shares, instants, lengths, causes, and how a send stands."""

from datetime import datetime, tzinfo
from typing import Final

from mailweekly.adapters.store.reports import Report
from mailweekly.cli import terminal
from mailweekly.delivery.outcomes import Bar, Cause, Rates, medians
from mailweekly.delivery.states import SendState, State

__all__ = [
    "RATES",
    "STATES",
    "Row",
    "bar_name",
    "cause_words",
    "compared",
    "instant",
    "length",
    "points",
    "share",
    "standing",
]

Row = tuple[str, float | None, float | None, list[float | None]]
SHORT_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400
RATES: Final = ("accepted", "refused", "returned", "unsubscribed", "complaints")
STATES: Final = (
    (State.ACCEPTED, "the relay took it"),
    (State.REJECTED, "refused for good"),
    (State.EXPIRED, "refused for so long that it was given up"),
    (State.UNKNOWN, "the connection died before the answer"),
    (State.DEFERRED, "refused for now, tried again"),
    (State.QUEUED, "not tried yet"),
    (State.CLAIMED, "about to be tried"),
    (State.SENDING, "under way"),
    (State.SKIPPED, "not mailed"),
)


def share(value: float | None) -> str:
    """Return "96.1 %"; small ones with two digits, since complaints are counted in thousandths."""
    if value is None:
        return "-"
    if 0 < value < 0.01:  # noqa: PLR2004
        return f"{value:.2%}".replace("%", " %")
    return f"{value:.1%}".replace("%", " %")


def points(now: float | None, usual: float | None) -> str:
    """Return the difference in points of a hundred: "+1.3", "-0.02"."""
    if now is None or usual is None:
        return "-"
    difference = (now - usual) * 100
    return f"{difference:+.2f}" if abs(difference) < 1 else f"{difference:+.1f}"


def instant(at: float, zone: tzinfo, *, short: bool = False, seconds: bool = False) -> str:
    """Return an instant in the publication's zone."""
    there = datetime.fromtimestamp(at, zone)
    clock = f"{there:%H:%M:%S}" if seconds else f"{there:%H:%M}"
    return clock if short else f"{there:%Y-%m-%d} {clock} {there.tzname()}"


def length(seconds: float) -> str:
    """Return a length of time: "14 min", "2 h 5 min", "3 days"."""
    if seconds < SHORT_S:
        return f"{max(seconds, 0):.0f} s" if seconds >= 10 else f"{max(seconds, 0):.1f} s"  # noqa: PLR2004
    if seconds < HOUR_S:
        return f"{seconds / 60:.0f} min"
    if seconds < DAY_S:
        hours, rest = divmod(round(seconds / 60), 60)
        return f"{hours} h" + (f" {rest} min" if rest else "")
    return terminal.counted(round(seconds / DAY_S), "day")


def bar_name(bar: Bar, span_s: int, zone: tzinfo) -> str:
    """Return when a bar begins, as exactly as its span asks for."""
    there = datetime.fromtimestamp(bar.at, zone)
    if span_s >= DAY_S:
        return f"{there:%Y-%m-%d}"
    return f"{there:%m-%d %H:%M:%S}" if span_s < SHORT_S else f"{there:%m-%d %H:%M}"


def cause_words(one: Cause) -> str:
    """Return "rejected: user-unknown"; what has no word of ours says so."""
    return f"{one.kind}: {one.cause or 'no reason known'}"


def standing(report: Report, zone: tzinfo, *, is_at_work: bool) -> tuple[str, ...]:
    """Return in one to three lines how the send stands, when it went, and how fast."""
    send, outcome = report.send, report.outcome
    word = send.state.value
    if send.state is SendState.RUNNING and not is_at_work:
        word = "interrupted" if outcome.open > outcome.states.get(State.DEFERRED, 0) else "waiting for those deferred"
    lines = [f"to {send.audience}: {word}" + (f", {outcome.open:,} still open" if outcome.open else "")]
    if send.reason:
        lines.append(f"why: {send.reason}")
    timing = report.timing
    if timing.first_at is None or timing.last_at is None:
        lines.append("nobody has been tried yet")
        return tuple(lines)
    took = timing.last_at - timing.first_at
    done = sum(outcome.states.get(one, 0) for one in (State.ACCEPTED, State.REJECTED, State.EXPIRED, State.UNKNOWN))
    speed = f", {done / took:,.1f} answers a second" if done > 1 and took > 0 else ""
    began = instant(timing.first_at, zone, seconds=took < SHORT_S)
    lines.append(f"from {began}, {length(took)}{speed}")
    return tuple(lines)


def compared(report: Report) -> tuple[Row, ...]:
    """Return each rate: its name, now, the median of the sends before, and theirs, the oldest first."""
    past = [one.outcome.rates for one in report.past]
    usual, now = medians(past), report.outcome.rates
    return tuple((name, _of(now, name), _of(usual, name), [_of(one, name) for one in past]) for name in RATES)


def _of(rates: Rates, name: str) -> float | None:
    found: float | None = getattr(rates, name)
    return found
