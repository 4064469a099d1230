"""
A list file read: good rows, rejected rows, or a refusal of the file.

Two kinds of trouble: where the file itself is in doubt (encoding, an unclosed quote, no address column) nothing of it is taken; where one row is,
the others go in. Each record comes out once, as a row or as a reject. One person is one row: of several the first counts, and the most restrictive
standing of all of them.

A large file is read in batches: `Reading.batches` judges its records, and `Reading.told_apart` says which of a batch are somebody new, to whoever
remembers those before. A fault of the file may show in the last batch, so nothing may be taken for good before it.

Refuses to guess: no number, date or boolean is read into a cell.

Units: lines count from 1.
Errors: ListError.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from mailweekly.address import parse, unwrap
from mailweekly.audience.decode import decoded
from mailweekly.audience.dialect import choose
from mailweekly.audience.formula import unguard
from mailweekly.audience.header import Columns, is_address_name, read_header
from mailweekly.audience.model import ListRow, Reject, Status
from mailweekly.audience.records import AHEAD_CHARACTERS, Record, records
from mailweekly.audience.rows import RowError, judged, restrictiveness
from mailweekly.audience.undoubled import undoubled
from mailweekly.audience.visible import visible
from mailweekly.errors import ListError

__all__ = ["Form", "Judged", "ListFile", "Reading", "read"]

BATCH = 1_000  # records judged at a time
BATCH_CHARACTERS = 1_000_000  # of them all: a few long ones fill a batch as well

_NO_NAMES: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class ListFile:
    """What a list file said, whole. `rows` and `rejects` (duplicates included) add up to `records`."""

    file: str  # as shown: "subscribers/readers.csv"
    rows: tuple[ListRow, ...]
    rejects: tuple[Reject, ...]
    warnings: tuple[str, ...]
    fields: tuple[str, ...]  # the data fields its columns give
    records: int
    columns: tuple[str, ...] = ()  # the names of its columns, as written


class Form(Protocol):
    """How the columns of a file are known, and its records judged."""

    def columns(self, cells: Sequence[str], *, place: str, chosen: Mapping[str, str]) -> Columns:
        """Return what the columns are. Errors: ListError."""
        ...

    def headless(self) -> Columns:
        """Return the columns of a file that is a list of addresses."""
        ...

    def row(self, record: Record, columns: Columns, default: Status) -> ListRow:
        """Return the record as a row. Errors: RowError."""
        ...


class _OurForm:
    """The list files of the publication."""

    def columns(self, cells: Sequence[str], *, place: str, chosen: Mapping[str, str]) -> Columns:
        return read_header(cells, place=place, chosen=chosen)

    def headless(self) -> Columns:
        return Columns(names=("email",), email=0)

    def row(self, record: Record, columns: Columns, default: Status) -> ListRow:
        return judged(record, columns, default)


OURS: Form = _OurForm()


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A record that is a good row; whether it is somebody new is another question."""

    record: Record
    row: ListRow


def read(
    raw: bytes | Iterable[bytes],
    *,
    file: str,
    encoding: str | None = None,
    delimiter: str | None = None,
    columns: Mapping[str, str] = _NO_NAMES,
    default: Status = Status.ACTIVE,
) -> ListFile:
    """
    Read a list file whole. `columns` names a field's column where the header does not (`--map`), `default` is the status where no column says one.

    Errors: ListError, with `file:line`, when the file is in doubt.
    """
    reading = Reading(raw, file=file, encoding=encoding, delimiter=delimiter, columns=columns, default=default)
    rows: dict[str, ListRow] = {}
    rejects: list[Reject] = []
    for batch in reading.batches():
        told, rejected = reading.told_apart(batch, rows)
        rows.update(told)
        rejects += rejected
    return ListFile(
        file=file,
        rows=tuple(rows.values()),
        rejects=tuple(rejects),
        warnings=reading.warnings(),
        fields=reading.columns.fields,
        records=reading.count,
        columns=reading.columns.names,
    )


class Reading:
    """
    A list file being read, of which no more is kept than a batch; `columns` are known from the start.

    Errors: ListError, at once and at every step.
    """

    def __init__(
        self,
        raw: bytes | Iterable[bytes],
        *,
        file: str,
        encoding: str | None = None,
        delimiter: str | None = None,
        columns: Mapping[str, str] = _NO_NAMES,
        default: Status = Status.ACTIVE,
        form: Form = OURS,
        cut: Iterator[Record] | None = None,
    ) -> None:
        self.file = file
        self.count = 0  # records so far
        self._form = form
        self._default = default
        self._ends_with = ""
        self._last_is_short = False
        self._doubly_encoded = 0
        self._unread = 0
        if cut is None:
            cut, delimiter = self._cut(raw, file, encoding, delimiter)
        self.columns, self._records = _header(cut, delimiter, file, columns, form)

    def batches(self) -> Iterator[list[Judged | Reject]]:
        """Yield the records, judged, some at a time and in their order."""
        batch: list[Judged | Reject] = []
        characters = 0
        for record in self._records:
            batch.append(self._judged(record))
            characters += sum(map(len, record.cells))
            if len(batch) >= BATCH or characters >= BATCH_CHARACTERS:
                yield batch
                batch, characters = [], 0
        if batch:
            yield batch

    def told_apart(
        self, batch: Iterable[Judged | Reject], known: Mapping[str, ListRow], elsewhere: Mapping[str, str] = _NO_NAMES
    ) -> tuple[dict[str, ListRow], list[Reject]]:
        """
        Return the rows of a batch that are new or stand otherwise now, by key, and what was rejected, duplicates among it.

        `known` has the first row of each key of the batch that came before; of that one only line, status, reason and date are looked at.
        `elsewhere` names the places of those that came in another file.
        """
        told: dict[str, ListRow] = {}
        rejected: list[Reject] = []
        for one in batch:
            if isinstance(one, Reject):
                rejected.append(one)
                continue
            row = one.row
            first = told.get(row.key) or known.get(row.key)
            if first is None:
                self._doubly_encoded += not row.name.isascii() and undoubled(row.name) != row.name
                told[row.key] = row
                continue
            why = f"the same person as {elsewhere.get(row.key) or f'line {first.line}'}"
            if restrictiveness(row) > restrictiveness(first):
                told[row.key] = replace(first, status=row.status, reason=row.reason, since=row.since)
                why += f", which now stands as {row.reason or row.status.value}"
            mend = "delete one of the two rows"
            rejected.append(self._reject(one.record, self.columns.email, why, mend, kind="duplicate"))
        return told, rejected

    def warnings(self) -> tuple[str, ...]:
        """Return what to know about the file, once all of it was read."""
        return tuple(self._warnings())

    def _cut(
        self, raw: bytes | Iterable[bytes], file: str, encoding: str | None, delimiter: str | None
    ) -> tuple[Iterator[Record], str]:
        """Return the file's records, and what parts their cells."""
        pieces = self._noted(decoded([raw] if isinstance(raw, bytes) else raw, file=file, encoding=encoding))
        text = ""
        while len(text) < 2 * AHEAD_CHARACTERS and (piece := next(pieces, "")):
            text += piece
        dialect = choose(text, file=file, delimiter=delimiter, is_whole=len(text) < 2 * AHEAD_CHARACTERS)
        found = records(text, dialect.delimiter, file=file, start=dialect.start, line=dialect.line, more=pieces)
        return found, dialect.delimiter

    def _noted(self, pieces: Iterator[str]) -> Iterator[str]:
        for piece in pieces:
            self._ends_with = piece[-1]
            yield piece

    def _judged(self, record: Record) -> Judged | Reject:
        columns = self.columns
        self.count += 1
        if columns.nameless:
            self._refuse_nameless(record)
        self._last_is_short = len(record.cells) < len(columns.names)
        plain = record
        if columns.is_own and any(cell[:1] == "'" for cell in record.cells):
            plain = replace(record, cells=[unguard(cell) for cell in record.cells])
        try:
            row = self._form.row(plain, columns, self._default)
        except RowError as fault:
            return self._reject(plain, fault.place, fault.why, fault.mend)
        self._unread += any(plain.cells[i] for i in columns.not_read if i < len(plain.cells))
        return Judged(record=plain, row=row)

    def _reject(self, record: Record, place: int, why: str, mend: str, *, kind: str = "rejected") -> Reject:
        names, cells = self.columns.names, record.cells
        value = cells[0] if place < 0 else cells[place] if place < len(cells) else ""
        return Reject(
            file=self.file,
            line=record.line,
            column=visible(names[place]) if 0 <= place < len(names) else "",
            value=visible(value),
            why=why,
            mend=mend,
            kind=kind,
            cells=tuple(cells),
        )

    def _refuse_nameless(self, record: Record) -> None:
        for place in self.columns.nameless:
            if place < len(record.cells) and record.cells[place].strip():
                raise ListError(
                    f"Column {place + 1} has no name, and here it holds something.",
                    place=f"{self.file}:{record.line}",
                    hint="Give the column a name in the first line, or empty it.",
                )

    def _warnings(self) -> Iterator[str]:
        yield from self.columns.warnings
        if not self.count:
            yield "the file has column names and no rows"
        if self._last_is_short and self._ends_with not in "\r\n":
            yield "the last row is short and the file has no final line end: it may be cut off"
        if self._doubly_encoded:
            one = self._doubly_encoded == 1
            what = "1 name reads" if one else f"{self._doubly_encoded:,} names read"
            stands = "it is taken as it stands" if one else "they are taken as they stand"
            yield f"{what} as doubly encoded (`Ã©` for `é`); {stands}; --repair mends such names"
        if self._unread:
            names = ", ".join(self.columns.names[i] for i in self.columns.not_read)
            yield f"a list file does not set {names}; they are left out in {self._unread:,} rows"


def _header(
    found: Iterator[Record], delimiter: str | None, file: str, chosen: Mapping[str, str], form: Form
) -> tuple[Columns, Iterator[Record]]:
    """Return the columns and the records that follow them."""
    head = next(found, None)
    if head is None:
        raise ListError(
            "The list file is empty.", place=file, hint="It needs a line with column names, one of them email."
        )
    place = f"{file}:{head.line}"
    if head.fault and not _holds_an_address(head.cells[0]):
        raise ListError(
            f"The line of column names cannot be read: {head.fault}.", place=place, hint="Correct that line."
        )
    if not _is_a_reader(head, chosen):
        return form.columns(head.cells, place=place, chosen=chosen), found if delimiter else _uncut(found)
    again = chain([head], found)
    if len(head.cells) == 1:
        return form.headless(), _uncut(again)
    number = next(i for i, cell in enumerate(head.cells, start=1) if _holds_an_address(cell))
    if "email" not in chosen:
        raise ListError(
            "The first line is no line of column names; it holds an address.",
            place=place,
            hint=f"Put the names of the columns above it, or say which one has the addresses: --map email={number}.",
        )
    return form.columns([f"column_{i + 1}" for i in range(len(head.cells))], place=place, chosen=chosen), again


def _is_a_reader(head: Record, chosen: Mapping[str, str]) -> bool:
    """Say whether the first record is data: it holds an address, and no column name that is known."""
    if any(map(is_address_name, head.cells)):
        return False
    by_name = "email" in chosen and not chosen["email"].isdecimal()
    return not by_name and any(map(_holds_an_address, head.cells))


def _holds_an_address(cell: str) -> bool:
    try:
        parse(unwrap(cell)[1])
    except ValueError:
        return False
    return True


def _uncut(found: Iterator[Record]) -> Iterator[Record]:
    """A plain list has one cell a line, whatever its quotes: `"Doe, Jane" <jane@example.org>` is one reader."""
    return (replace(record, fault="") if record.fault else record for record in found)
