"""
What became of a send, in figures: who stands where, by recipient domain, by time, why some were refused or came back, and the sends before it.

Every reader of the send is in exactly one count of `states`, and whoever was not left out at the freeze in exactly one row of `domains`, the rest
included. An acceptance is the relay's word: what came back afterwards stands beside it and is taken from no count. Openings and clicks are not here,
for nobody counts them.

Units: instants and lengths are seconds, instants since the epoch; shares are of 1.
Errors: none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from mailweekly.bounce.cause import weight_of
from mailweekly.delivery.states import OPEN, State

__all__ = [
    "COMPLAINT",
    "Bar",
    "Cause",
    "Domain",
    "Outcome",
    "Rates",
    "domains_of",
    "medians",
    "span_of",
    "timeline",
]

COMPLAINT: Final = "complaint"  # what stands in place of a cause where a reader called it spam
MOST_BARS: Final = 40  # of a chart over time
SPANS_S: Final = (1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 86_400, 604_800)
REFUSED: Final = (State.REJECTED, State.EXPIRED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """A recipient domain, or all the others together, and where its readers stand."""

    name: str
    readers: int = 0
    accepted: int = 0
    rejected: int = 0  # the expired ones as well
    deferred: int = 0
    unknown: int = 0
    other: int = 0  # waiting for their first try, under way, or skipped since the freeze
    returned: int = 0  # of the accepted ones


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Why so many of them were not taken, now or for good, or came back."""

    kind: str  # rejected, expired, deferred, or returned
    cause: str  # of bounce.cause; "": none of them
    readers: int

    @property
    def weight(self) -> str:
        """What it says about the reader: hard, soft, policy, account, message; "" where nobody knows."""
        found = weight_of(self.cause)
        return found.value if found else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """A span of time from `at` on, and how many were accepted in it."""

    at: float
    accepted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rates:
    """A send in shares, to be compared: of its recipients, and, what came later, of those accepted. None: there is nobody to take a share of."""

    accepted: float | None = None
    refused: float | None = None
    returned: float | None = None
    unsubscribed: float | None = None
    complaints: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a send so far."""

    states: Mapping[State, int]
    left_out: int = 0  # of the skipped ones: known at the freeze, never to be mailed
    skipped: Mapping[str, int] = field(default_factory=dict)  # by reason
    returned: int = 0  # accepted, and came back later
    complaints: int = 0
    unsubscribed: int = 0
    until: float = 0.0  # up to here unsubscribes and complaints count as this send's: the next send's start, or now

    @property
    def total(self) -> int:
        """Everybody who was frozen."""
        return sum(self.states.values())

    @property
    def recipients(self) -> int:
        """Those whom the issue was meant for."""
        return self.total - self.left_out

    @property
    def open(self) -> int:
        """Those without an outcome yet."""
        return sum(self.states.get(one, 0) for one in OPEN)

    @property
    def rates(self) -> Rates:
        """The same in shares."""
        accepted = self.states.get(State.ACCEPTED, 0)
        refused = sum(self.states.get(one, 0) for one in REFUSED)
        return Rates(
            accepted=_share(accepted, self.recipients),
            refused=_share(refused, self.recipients),
            returned=_share(self.returned, accepted),
            unsubscribed=_share(self.unsubscribed, accepted),
            complaints=_share(self.complaints, accepted),
        )


def domains_of(
    cells: Mapping[tuple[str, State], int], returned: Mapping[str, int], *, most: int
) -> tuple[tuple[Domain, ...], Domain | None]:
    """Return the `most` largest domains, and the others as one row (None: there are none)."""
    found: dict[str, dict[State, int]] = {}
    for (name, state), count in cells.items():
        row = found.setdefault(name, {})
        row[state] = row.get(state, 0) + count
    order = sorted(found, key=lambda name: (-sum(found[name].values()), name))
    head, tail = order[:most], order[most:]
    rows = tuple(_domain(name, found[name], returned.get(name, 0)) for name in head)
    if not tail:
        return rows, None
    rest: dict[State, int] = {}
    for name in tail:
        for state, count in found[name].items():
            rest[state] = rest.get(state, 0) + count
    return rows, _domain(f"{len(tail):,} others", rest, sum(returned.get(name, 0) for name in tail))


def span_of(first_at: float, last_at: float) -> int:
    """Return how many seconds a bar stands for, so that there are at most forty from the first instant to the last."""
    spans = (one for one in SPANS_S if last_at // one - first_at // one < MOST_BARS)
    return next(spans, -int(-(last_at - first_at) // MOST_BARS // SPANS_S[-1]) * SPANS_S[-1])


def timeline(accepted: Mapping[int, int], span_s: int) -> tuple[Bar, ...]:
    """Return the bars from the first to the last, the empty ones between them as well; `accepted`: by the number of the span since the epoch."""
    if not accepted:
        return ()
    first, last = min(accepted), max(accepted)
    return tuple(Bar(at=float(one * span_s), accepted=accepted.get(one, 0)) for one in range(first, last + 1))


def medians(past: Iterable[Rates]) -> Rates:
    """Return what is usual: the median of each share, over those that have it."""
    there = tuple(past)
    return Rates(
        accepted=_median([one.accepted for one in there]),
        refused=_median([one.refused for one in there]),
        returned=_median([one.returned for one in there]),
        unsubscribed=_median([one.unsubscribed for one in there]),
        complaints=_median([one.complaints for one in there]),
    )


def _domain(name: str, row: Mapping[State, int], returned: int) -> Domain:
    accepted, deferred, unknown = (row.get(one, 0) for one in (State.ACCEPTED, State.DEFERRED, State.UNKNOWN))
    rejected = sum(row.get(one, 0) for one in REFUSED)
    readers = sum(row.values())
    return Domain(
        name=name,
        readers=readers,
        accepted=accepted,
        rejected=rejected,
        deferred=deferred,
        unknown=unknown,
        other=readers - accepted - rejected - deferred - unknown,
        returned=returned,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _median(values: Sequence[float | None]) -> float | None:
    there = [one for one in values if one is not None]
    return median(there) if there else None
