"""
What a large list file came to: everything counted, and the first of those whom a report names.

Refuses to keep everybody: whatever is held here is bounded, however long the file.

Errors: none.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from mailweekly.audience.model import ListRow, Reject, Subscriber, Suppression
from mailweekly.audience.sync import Changes, Conflict

__all__ = ["KEPT", "Rejected", "Sample", "Tally", "told_reason"]

T = TypeVar("T")
KEPT = 1_000  # of each kind, for reports; the rest is counted
REASONS = 1_000  # told apart; some name a figure of their row, and a hostile file has any number of them
OTHER_REASONS = "other reasons"


@dataclass(kw_only=True, slots=True)
class Sample(Generic[T]):
    """So many, of whom the first are kept; its length is the count, its items are those kept."""

    count: int = 0
    first: list[T] = field(default_factory=list)

    def __len__(self) -> int:
        """How many there are, kept or not."""
        return self.count

    def __iter__(self) -> Iterator[T]:
        """Return the first ones."""
        return iter(self.first)

    def add(self, found: Sequence[T]) -> None:
        """Take note of more of them."""
        self.count += len(found)
        self.first += found[: KEPT - len(self.first)]


@dataclass(kw_only=True, slots=True)
class Rejected:
    """The rows that were left out: how many, the first of them without their cells, and how many by reason."""

    sample: Sample[Reject] = field(default_factory=Sample)
    reasons: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.sample)

    def add(self, found: Sequence[Reject]) -> None:
        """Take note of more of them."""
        room = KEPT - len(self.sample.first)
        self.sample.add([replace(one, cells=()) if place < room else one for place, one in enumerate(found)])
        for one in found:
            reason = told_reason(one)
            self.reasons[reason if reason in self.reasons or len(self.reasons) < REASONS else OTHER_REASONS] += 1


@dataclass(kw_only=True, slots=True)
class Tally:
    """What one list file changed, as `sync.Changes` of all its parts together."""

    list_name: str
    added: int = 0
    updated: int = 0
    joined: int = 0
    unchanged: int = 0
    left: Sample[Subscriber] = field(default_factory=Sample)
    suppressed: Sample[Suppression] = field(default_factory=Sample)
    kept_out: Sample[tuple[ListRow, Suppression]] = field(default_factory=Sample)
    conflicts: Sample[Conflict] = field(default_factory=Sample)

    @classmethod
    def of(cls, parts: Iterable[Changes], list_name: str) -> "Tally":
        """Return what these changes come to together."""
        found = cls(list_name=list_name)
        for part in parts:
            found.add(part)
        return found

    def add(self, part: Changes) -> None:
        """Take note of the changes of one part of the file."""
        self.added += len(part.added)
        self.updated += len(part.updated)
        self.joined += len(part.joined)
        self.unchanged += part.unchanged
        self.left.add(part.left)
        self.suppressed.add(part.suppressed)
        self.kept_out.add(part.kept_out)
        self.conflicts.add(part.conflicts)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not (self.added or self.updated or self.joined or self.left or self.suppressed)


def told_reason(reject: Reject) -> str:
    """Return a reject's reason as it is counted: duplicates are one."""
    return "the same person twice" if reject.kind == "duplicate" else reject.why
