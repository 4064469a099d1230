"""
The audience on its way out: which person goes into which file, and what that file cannot hold of them.

A target is a product, its files, and the columns of each. People who must not be mailed stand in files of their own, so that no import elsewhere can
subscribe them by accident. Nothing is dropped in silence: whatever a target has no column for is counted, person by person, and whoever had to be
left out is named.

In our own format every cell is guarded against spreadsheet formulas, and the guard comes off again. In another product's format a guarded address
would be another address, so that row is left out; `raw` guards nothing.

Errors: none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mailweekly.audience.formula import guard
from mailweekly.audience.model import Status, Subscriber, Suppression
from mailweekly.audience.records import RECORD_CHARACTERS
from mailweekly.audience.tally import Sample

__all__ = ["FACETS", "Departure", "Person", "Sheet", "Target", "Told", "facets_of"]

# What may be known of a person beside the address and whether they may be mailed, in the words of the report.
FACETS: Mapping[str, str] = {
    "name": "names",
    "lists": "lists",
    "tags": "tags",
    "data": "data",
    "joined_at": "dates of joining",
    "confirmed_at": "dates of confirmation",
    "consent": "consent",
    "left_at": "dates of leaving",
    "reason": "reasons of a suppression",
    "suppressed_at": "dates of a suppression",
    "suppression_origin": "origins of a suppression",
    "frequency": "frequencies",
    "quotes": "double quotation marks (single ones stand there)",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """A subscriber, or an address that is only suppressed (its subscriber then has id 0), with the suppression."""

    subscriber: Subscriber
    suppression: Suppression | None = None

    @property
    def standing(self) -> str:
        """`active`, `pending`, or the reason why they must not be mailed."""
        if self.suppression is not None:
            return self.suppression.reason
        status = self.subscriber.status
        return "held" if status is Status.SUPPRESSED else status.value  # suppressed, and nobody knows why any more


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One file of a target: its name, the standings of the people in it (none: everybody else), and what to do with it there."""

    name: str
    standings: frozenset[str]
    advice: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where people go. For the data keys, `head` gives the column names, and `cells` a function from a person to the cells."""

    name: str
    title: str
    sheets: tuple[Sheet, ...]
    head: Callable[[Sequence[str]], list[str]]
    cells: Callable[[Sequence[str]], Callable[[Person], list[str]]]
    holds: frozenset[str]  # of FACETS
    words: Mapping[str, str] = field(default_factory=dict)  # standing -> its word in the status column
    misses: tuple[tuple[str, Callable[[Person], bool]], ...] = ()  # a facet it holds in general, and of whom it cannot
    is_own: bool = False
    quotes_all: bool = False  # every cell stands in quotation marks
    is_table: bool = True  # False: lines of text, one person each

    def sheet_of(self, standing: str) -> Sheet:
        """Return the file somebody of this standing goes into."""
        known = {one: sheet for sheet in self.sheets for one in sheet.standings}
        return known.get(standing) or known.get("unsubscribed") or self.sheets[-1]  # a reason nobody knows keeps out


@dataclass(kw_only=True, slots=True)
class Told:
    """What an export came to."""

    people: Counter[str] = field(default_factory=Counter)  # by file
    lost: Counter[str] = field(default_factory=Counter)  # facet -> people who had it
    left_out: Sample[str] = field(default_factory=Sample)  # addresses a spreadsheet would run as a formula
    guarded: int = 0  # cells with an apostrophe before them
    too_long: Sample[str] = field(default_factory=Sample)  # addresses whose row no import of ours takes


class Departure:
    """One export under way: `heads` for each file, then `rows`; `told` is complete at the end."""

    def __init__(self, target: Target, keys: Sequence[str], *, raw: bool = False) -> None:
        self.target = target
        self.told = Told()
        self._keys = keys
        self._raw = raw
        self._plain = target.cells(keys)
        self._sheets: dict[str, Sheet] = {}
        self._distinct = _distinct(target)

    def heads(self) -> dict[str, list[str]]:
        """Return each file's column names; none where it is no table."""
        names = [name if self._raw else guard(name) for name in self.target.head(self._keys)]
        return {sheet.name: names if self.target.is_table else [] for sheet in self.target.sheets}

    def rows(self, people: Iterable[Person]) -> Iterator[tuple[str, list[str]]]:
        """Yield (file, cells), in the order of the people; who is left out is in `told`."""
        for person in people:
            cells = self._cells(person)
            if cells is not None:
                name = self._sheet(person.standing).name
                self.told.people[name] += 1
                self._note(person, cells)
                yield name, cells

    def _cells(self, person: Person) -> list[str] | None:
        target = self.target
        plain = self._plain(person)
        if self._raw:
            return plain
        address = person.subscriber.address
        if not target.is_own and guard(address) != address:
            self.told.left_out.add([address])
            return None
        cells = [guard(cell) for cell in plain]
        if not target.is_own and cells != plain:
            self.told.guarded += sum(one != other for one, other in zip(cells, plain, strict=True))
        return cells

    def _sheet(self, standing: str) -> Sheet:
        found = self._sheets.get(standing)
        if found is None:
            found = self._sheets[standing] = self.target.sheet_of(standing)
        return found

    def _note(self, person: Person, cells: Sequence[str]) -> None:
        if self.target.is_own:
            if sum(map(len, cells)) + len(cells) > RECORD_CHARACTERS // 2:  # doubled quotation marks count as well
                self.told.too_long.add([person.subscriber.address])
            return
        lost = facets_of(person) - self.target.holds
        if "reason" in lost and person.standing in self._distinct:
            lost -= {"reason"}
        self.told.lost.update(lost | {facet for facet, test in self.target.misses if test(person)})


def facets_of(person: Person) -> frozenset[str]:
    """Return what is known of somebody."""
    one, why = person.subscriber, person.suppression
    known = {
        "name": one.name,
        "lists": one.lists,
        "tags": one.tags,
        "data": any(one.data.values()),
        "joined_at": one.joined_at,
        "confirmed_at": one.confirmed_at,
        "consent": one.consent,
        "left_at": one.left_at,
        "frequency": one.frequency,
        "reason": why,
        "suppressed_at": why and why.since,
        "suppression_origin": why and why.origin,
    }
    return frozenset(name for name, value in known.items() if value)


def _distinct(target: Target) -> frozenset[str]:
    """Return the reasons that can be told apart there: by a word of their own, or by a file of their own."""
    places: dict[tuple[str, str], list[str]] = {}
    for standing in target.words or {one: "" for sheet in target.sheets for one in sheet.standings}:
        place = (target.sheet_of(standing).name, target.words.get(standing, ""))
        places.setdefault(place, []).append(standing)
    return frozenset(standings[0] for standings in places.values() if len(standings) == 1)
