"""
A list file read whole: good rows, rejected rows, or a refusal of the file.

Two kinds of trouble: where the file itself is in doubt (encoding, an unclosed quote, no address column) nothing of it is taken; where one row is,
the others go in. Each record comes out once, as a row or as a reject. One person is one row: of several the first counts, and the most restrictive
standing of all of them.

Refuses to guess: no number, date or boolean is read into a cell.

Units: lines count from 1.
Errors: ListError.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mailweekly.address import parse, unwrap
from mailweekly.audience.decode import decoded
from mailweekly.audience.dialect import Dialect, choose
from mailweekly.audience.formula import unguard
from mailweekly.audience.header import Columns, is_address_name, read_header
from mailweekly.audience.model import ListRow, Reject, Status
from mailweekly.audience.records import Record, records
from mailweekly.audience.rows import RowError, judged, restrictiveness
from mailweekly.audience.visible import visible
from mailweekly.errors import ListError

__all__ = ["ListFile", "read"]

_NO_NAMES: Mapping[str, str] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class ListFile:
    """What a list file said. `rows` and `rejects` (duplicates included) add up to `records`."""

    file: str  # as shown: "subscribers/readers.csv"
    rows: tuple[ListRow, ...]
    rejects: tuple[Reject, ...]
    warnings: tuple[str, ...]
    fields: tuple[str, ...]  # the data fields its columns give
    records: int
    columns: tuple[str, ...] = ()  # the names of its columns, as written


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
    Read a list file. `columns` names a field's column where the header does not (`--map`), `default` is the status where no column says one.

    Errors: ListError, with `file:line`, when the file is in doubt.
    """
    whole = raw if isinstance(raw, bytes) else b"".join(raw)
    text = decoded(whole, file=file, encoding=encoding)
    dialect = choose(text, file=file, delimiter=delimiter)
    header, found = _header(text, dialect, file, columns)
    reading = _Reading(file=file, columns=header, default=default)
    for record in found:
        reading.take(record)
    return reading.result(is_cut=not text.endswith(("\n", "\r")))


def _header(text: str, dialect: Dialect, file: str, chosen: Mapping[str, str]) -> tuple[Columns, Iterator[Record]]:
    """Return the columns and the records that follow them."""
    found = records(text, dialect.delimiter, file=file, start=dialect.start, line=dialect.line)
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
        return read_header(head.cells, place=place, chosen=chosen), found if dialect.delimiter else _uncut(found)
    again = records(text, dialect.delimiter, file=file, start=dialect.start, line=dialect.line)
    if len(head.cells) == 1:
        return Columns(names=("email",), email=0), _uncut(again)
    number = next(i for i, cell in enumerate(head.cells, start=1) if _holds_an_address(cell))
    if "email" not in chosen:
        raise ListError(
            "The first line is no line of column names; it holds an address.",
            place=place,
            hint=f"Put the names of the columns above it, or say which one has the addresses: --map email={number}.",
        )
    return read_header([f"column_{i + 1}" for i in range(len(head.cells))], place=place, chosen=chosen), again


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


@dataclass(kw_only=True, slots=True)
class _Reading:
    """What has been read so far."""

    file: str
    columns: Columns
    default: Status
    rows: list[ListRow] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)  # key -> place in rows
    last_is_short: bool = False
    doubly_encoded: int = 0
    unread: int = 0
    count: int = 0

    def take(self, record: Record) -> None:
        """Add a record, as a row or as a reject."""
        self.count += 1
        self._refuse_nameless(record)
        self.last_is_short = len(record.cells) < len(self.columns.names)
        plain = replace(record, cells=[unguard(cell) for cell in record.cells]) if self.columns.is_own else record
        try:
            row = judged(plain, self.columns, self.default)
        except RowError as fault:
            self.rejects.append(self._reject(plain, fault.place, fault.why, fault.mend))
            return
        self.unread += any(plain.cells[i] for i in self.columns.not_read if i < len(plain.cells))
        known = self.places.setdefault(row.key, len(self.rows))
        if known < len(self.rows):
            self._take_again(plain, row, known)
            return
        self.doubly_encoded += not row.name.isascii() and _reads_as_doubly_encoded(row.name)
        self.rows.append(row)

    def result(self, *, is_cut: bool) -> ListFile:
        """Return all that was read; `is_cut`: the file has no line end after its last row."""
        return ListFile(
            file=self.file,
            rows=tuple(self.rows),
            rejects=tuple(self.rejects),
            warnings=tuple(self._warnings(is_cut=is_cut)),
            fields=self.columns.fields,
            records=self.count,
            columns=self.columns.names,
        )

    def _take_again(self, record: Record, row: ListRow, known: int) -> None:
        first = self.rows[known]
        if restrictiveness(row) > restrictiveness(first):
            self.rows[known] = replace(first, status=row.status, reason=row.reason, since=row.since)
            why = f"the same person as line {first.line}, which now stands as {row.reason or row.status.value}"
        else:
            why = f"the same person as line {first.line}"
        self.rejects.append(
            self._reject(record, self.columns.email, why, "delete one of the two rows", kind="duplicate")
        )

    def _reject(self, record: Record, place: int, why: str, mend: str, *, kind: str = "rejected") -> Reject:
        names, cells = self.columns.names, record.cells
        value = cells[place] if 0 <= place < len(cells) else cells[0]
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

    def _warnings(self, *, is_cut: bool) -> Iterator[str]:
        yield from self.columns.warnings
        if not self.count:
            yield "the file has column names and no rows"
        if is_cut and self.last_is_short:
            yield "the last row is short and the file has no final line end: it may be cut off"
        if self.doubly_encoded:
            yield f"{self.doubly_encoded:,} names read as doubly encoded (`Ã©` for `é`); they are taken as they stand"
        if self.unread:
            names = ", ".join(self.columns.names[i] for i in self.columns.not_read)
            yield f"a list file does not set {names}; they are left out in {self.unread:,} rows"


def _reads_as_doubly_encoded(text: str) -> bool:
    for codec in ("cp1252", "latin-1", "mac_roman"):
        try:
            mended = text.encode(codec).decode("utf-8")
        except UnicodeError:
            continue
        return len(mended) < len(text)
    return False
