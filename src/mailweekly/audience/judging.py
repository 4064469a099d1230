"""
One record of another product's list file judged: a good row with all that the file knows of the person, or why it is none.

`rows.judged` says who it is and where they stand; here comes what an origin adds: dates, the evidence of consent, plans and tiers, fields within a
cell, and our own complete format. A date that cannot be read, or lies in the future, is evidence of nothing: its text is kept and it is counted.

Errors: RowError.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mailweekly.audience import export_own
from mailweekly.audience.attributes import from_json, from_literal
from mailweekly.audience.header import Columns, field_key
from mailweekly.audience.model import ListRow, Status
from mailweekly.audience.moment import moment
from mailweekly.audience.origin import NO_PLAN, Origin
from mailweekly.audience.records import Record
from mailweekly.audience.rows import YES, RowError, judged
from mailweekly.audience.undoubled import undoubled
from mailweekly.audience.vocabulary import STATUS, SUPPRESSIONS, folded

__all__ = ["ORIGIN", "Judge", "Places", "Standing", "standing_of"]

Standing = tuple[Status, str]
ORIGIN = "origin"  # the evidence that is no evidence of consent: which product the person came from
REPAIRS_SHOWN = 20
_RANKS = {Status.ACTIVE: 0, Status.PENDING: 1, Status.SUPPRESSED: 2}
_FREQUENCIES = frozenset({"", "monthly"})
_BOUNDARY = {";": re.compile(";"), ",": re.compile(","), ",|": re.compile(r"[,|]")}
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?:,|\Z)')


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where an origin's columns stand in a record, beside those of `Columns`; places count from 0."""

    tags: int | None = None
    joined: tuple[int, ...] = ()
    confirmed: tuple[int, ...] = ()
    consent: tuple[tuple[int, str], ...] = ()  # (place, what)
    tiers: tuple[int, ...] = ()
    tier_flags: tuple[tuple[int, str], ...] = ()  # a column of yes and no for each tier
    plans: tuple[int, ...] = ()
    attributes: tuple[tuple[int, str], ...] = ()  # (place, the field that keeps a cell which is none)
    metadata: tuple[tuple[int, str], ...] = ()
    own: Mapping[str, int] = field(default_factory=dict)  # of our own format, by name


@dataclass(kw_only=True, slots=True)
class Judge:
    """Judges the records of one file; counts what the report tells of them."""

    origin: Origin
    columns: Columns
    places: Places
    standing: Standing | None = None  # the editor's word (`--as`): nobody stands better than that
    now: datetime
    repair: bool = False
    evidence: Mapping[str, str] = field(
        default_factory=dict
    )  # of every row: where it is from, what the editor says of it
    unread_dates: int = 0
    odd_cells: int = 0
    without_consent: int = 0
    repaired: list[tuple[int, str, str]] = field(default_factory=list)  # (line, as it was, as it is), the first ones
    repairs: int = 0
    _has_more: bool = False

    def __post_init__(self) -> None:
        self._has_more = self.places != Places()

    def row(self, record: Record) -> ListRow:
        """Return the record as a row. Errors: RowError."""
        row = judged(record, self.columns, Status.ACTIVE)
        changes: dict[str, Any] = {}
        if not all(row.data.values()):
            changes["data"] = {key: value for key, value in row.data.items() if value}
        standing = self._standing(row)
        if standing != (row.status, row.reason):
            changes["status"], changes["reason"] = standing
        if self.places.own:
            self._own(record.cells, row, changes)
        else:
            if self._has_more:
                self._added(record.cells, row, changes)
            self._testify(standing[0], changes)
        if self.repair and not row.name.isascii():
            self._repair(row, changes)
        return replace(row, **changes) if changes else row

    def _testify(self, status: Status, changes: dict[str, Any]) -> None:
        """Put the evidence of all rows to that of this one, and count who has none."""
        consent = {**self.evidence, **changes.get("consent", {})}
        if consent:
            changes["consent"] = consent
        if status is not Status.SUPPRESSED:
            self.without_consent += not (changes.get("confirmed_at") or len(consent) > (ORIGIN in consent))

    def _repair(self, row: ListRow, changes: dict[str, Any]) -> None:
        name = undoubled(row.name)
        if name == row.name:
            return
        changes["name"] = name
        self.repairs += 1
        if len(self.repaired) < REPAIRS_SHOWN:
            self.repaired.append((row.line, row.name, name))

    def _standing(self, row: ListRow) -> Standing:
        """The most restrictive of what the row, the kind of file and the editor say."""
        standings = [(row.status, row.reason)]
        if self.origin.standing:
            standings.append((Status.SUPPRESSED, self.origin.standing))
        if self.standing:
            standings.append(self.standing)
        return max(standings, key=lambda one: (_RANKS[one[0]], one[1] == "complaint"))

    def _added(self, cells: Sequence[str], row: ListRow, changes: dict[str, Any]) -> None:
        places = self.places
        data = changes["data"] = dict(changes.get("data", row.data))
        consent = {what: cells[i].strip() for i, what in places.consent if i < len(cells) and cells[i].strip()}
        if places.joined:
            changes["joined_at"] = self._first_moment(cells, places.joined, data)
        if places.confirmed:
            confirmed = self._first_moment(cells, places.confirmed, data)
            changes["confirmed_at"] = confirmed
        if consent:
            changes["consent"] = consent
        for place, key in places.attributes:
            self._flattened(cells, place, key, data, is_json=True)
        for place, key in places.metadata:
            self._flattened(cells, place, key, data, is_json=False)
        tags = self._tags(cells)
        if tags:
            changes["tags"] = row.tags | tags

    def _own(self, cells: Sequence[str], row: ListRow, changes: dict[str, Any]) -> None:
        own = {name: cells[place] if place < len(cells) else "" for name, place in self.places.own.items()}
        found: dict[str, Any] = {"name": own["name"], "frequency": own.get("frequency", "")}
        found["origin"] = own.get("suppression_origin")
        if found["frequency"] not in _FREQUENCIES:
            raise RowError(
                self.places.own["frequency"], "this frequency is not known", "leave it empty, or write monthly"
            )
        for name, reader in _OWN_READERS:
            try:
                found[name] = reader(own.get(name, ""))
            except ValueError as error:
                raise RowError(
                    self.places.own[name], f"the cell cannot be read: {error}", "write it as an export does"
                ) from None
        more = found.pop("data")
        changes["data"] = {**changes.get("data", row.data), **{key: value for key, value in more.items() if value}}
        changes.update(found)

    def _first_moment(self, cells: Sequence[str], places: Sequence[int], data: dict[str, str]) -> datetime | None:
        for place in places:
            text = cells[place].strip() if place < len(cells) else ""
            if not text:
                continue
            found = moment(text)
            if found is not None and found <= self.now:
                return found
            self.unread_dates += 1
            data.setdefault(field_key(self.columns.names[place]), text)
        return None

    def _flattened(self, cells: Sequence[str], place: int, key: str, data: dict[str, str], *, is_json: bool) -> None:
        text = cells[place].strip() if place < len(cells) else ""
        if text in {"", "{}", "null", "None"}:
            return
        try:
            found = from_json(text) if is_json else from_literal(text)
        except ValueError:
            found = {key: cells[place]}
            self.odd_cells += 1
        if not data.keys().isdisjoint(found):
            found = {key: cells[place]}
            self.odd_cells += 1
        data.update({name: value for name, value in found.items() if value})

    def _tags(self, cells: Sequence[str]) -> frozenset[str]:
        places, width = self.places, len(cells)
        found: list[str] = []
        if places.tags is not None and places.tags < width:
            found += _parted(cells[places.tags], self.origin.tags)
        for place in places.tiers:
            if place < width:
                found += [f"tier:{one}" for one in _parted(cells[place], ",") if folded(one) not in NO_PLAN]
        found += [f"tier:{name}" for place, name in places.tier_flags if place < width and folded(cells[place]) in YES]
        for place in places.plans:
            word = cells[place].strip() if place < width else ""
            if folded(word) not in NO_PLAN and (not self.origin.plan_words or folded(word) in self.origin.plan_words):
                found.append(f"plan:{word}")
        for tag in found:
            if not tag.isprintable() and re.search(r"[\x00-\x1f\x7f-\x9f]", tag):
                raise RowError(
                    places.tags if places.tags is not None else -1,
                    "a tag holds a control character",
                    "delete the character",
                )
        return frozenset(found)


def _parted(cell: str, marks: str) -> list[str]:
    """Return the words of a cell; where commas part them, a word may be quoted (`"one, two","three"`)."""
    if "," in marks and '"' in cell:
        found, position = [], 0
        while match := _QUOTED.match(cell, position):
            found.append(match[1].replace('""', '"').strip())
            position = match.end()
            if position == len(cell):
                return [word for word in found if word]
    return [word for part in _BOUNDARY[marks].split(cell) if (word := part.strip())]


_OWN_READERS: Sequence[tuple[str, Any]] = (
    ("lists", export_own.words),
    ("tags", export_own.words),
    ("joined_at", export_own.instant),
    ("confirmed_at", export_own.instant),
    ("left_at", export_own.instant),
    ("consent", export_own.pairs),
    ("data", export_own.pairs),
)


def standing_of(word: str) -> Standing | None:
    """Return what `--as WORD` means; None: nobody knows that word."""
    if word in SUPPRESSIONS:
        return Status.SUPPRESSED, word
    return STATUS.get(folded(word))
