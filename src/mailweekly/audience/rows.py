"""
One record of a list file judged: a good row, or why it is none.

Text stays text: nothing is read as a number, a date or a formula, nothing is mended, cut or merged. A fault belongs to its row alone.

Units: lengths in characters.
Errors: RowError, for `listfile` only; it becomes a Reject.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from mailweekly.address import parse, unwrap
from mailweekly.audience.header import Columns
from mailweekly.audience.model import ListRow, Status
from mailweekly.audience.records import Record
from mailweekly.audience.vocabulary import STATUS, SUPPRESSIONS, Leaving, folded

__all__ = ["CELL_CHARACTERS", "RowError", "judged", "restrictiveness"]

CELL_CHARACTERS = 65_536  # source: the project's safety ceilings (64 kB a field)
YES = frozenset(["yes", "true", "1", "y", "t", "on", "x", "ja", "wahr", "oui", "vrai", "sí", "si", "sì", "是"])
NO = frozenset(
    ["", "no", "false", "0", "n", "f", "off", "null", "none", "nein", "falsch", "non", "faux", "nee", "nej", "否"]
)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_CONTROL_ON_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DATE = re.compile(r"\d[\d.:/T -]{6,}")
_TAG = re.compile(r'"([^"]*)"|([^;,|"]+)')
_NO_TAGS: frozenset[str] = frozenset()
_RANKS = {Status.ACTIVE: 0, Status.PENDING: 1, Status.SUPPRESSED: 2}


class RowError(Exception):
    """Why a record is no row: the place of the cell (-1: the whole record), why, and how to mend it."""

    def __init__(self, place: int, why: str, mend: str) -> None:
        super().__init__(why)
        self.place = place
        self.why = why
        self.mend = mend


def judged(record: Record, columns: Columns, default: Status) -> ListRow:
    """Return the record as a row; one without a status column stands as `default`. Errors: RowError."""
    cells = record.cells
    _refuse_shape(record, columns)
    _refuse_cells(cells)
    cell = cells[columns.email]
    if not cell.isprintable() and _CONTROL_ON_A_LINE.search(cell):
        raise RowError(columns.email, "the address holds a tab or a line break", "write one address and nothing else")
    found_name, text = unwrap(cell)
    if not text.strip():
        raise RowError(columns.email, "the address is missing", "write the address, or delete the row")
    try:
        address = parse(text)
    except ValueError as error:
        raise RowError(columns.email, str(error), "correct the address") from None
    status, reason = _standing(cells, columns, default)
    return ListRow(
        line=record.line,
        address=address.text,
        key=address.key,
        name=_name(cells, columns) or found_name,
        status=status,
        reason=reason,
        tags=_tags(cells, columns),
        data={key: cells[i] for i, key in columns.data if i < len(cells)},
        since=_since(cells, columns) if status is Status.SUPPRESSED else None,
    )


def restrictiveness(row: ListRow) -> tuple[int, bool]:
    """Order two rows of one person: what keeps them out more comes last, a complaint last of all."""
    return _RANKS[row.status], row.reason == "complaint"


def _refuse_shape(record: Record, columns: Columns) -> None:
    cells, width = record.cells, len(columns.names)
    if record.fault:
        raise RowError(-1, record.fault, 'quote the whole cell and double the quotation marks inside it: ""')
    if len(cells) > width and any(cells[width:]):
        raise RowError(
            -1, f"the row has {len(cells):,} cells, the header {width:,}", "quote a cell that holds the delimiter"
        )
    if len(cells) < width:
        needed = [place for place in (columns.email, columns.status) if place is not None and place >= len(cells)]
        if needed:
            raise RowError(needed[0], f"the row ends after {len(cells):,} of {width:,} cells", "complete the row")


def _refuse_cells(cells: Sequence[str]) -> None:
    for place, cell in enumerate(cells):
        if len(cell) > CELL_CHARACTERS:
            raise RowError(
                place, f"the cell has {len(cell):,} characters; up to {CELL_CHARACTERS:,} are taken", "shorten it"
            )
        if not cell.isprintable() and _CONTROL.search(cell):
            raise RowError(
                place, "the cell holds a control character", "delete the character; see the escape in the value shown"
            )


def _name(cells: Sequence[str], columns: Columns) -> str:
    parts = [cells[place] for place in columns.name if place < len(cells)]
    for place, part in zip(columns.name, parts, strict=False):
        if not part.isprintable() and _CONTROL_ON_A_LINE.search(part):
            raise RowError(place, "the name holds a tab or a line break", "write the name on one line")
    return " ".join(part.strip() for part in parts if part.strip())


def _tags(cells: Sequence[str], columns: Columns) -> frozenset[str]:
    if columns.tags is None or columns.tags >= len(cells) or not cells[columns.tags]:
        return _NO_TAGS
    text = cells[columns.tags]
    if not text.isprintable() and _CONTROL_ON_A_LINE.search(text):
        raise RowError(columns.tags, "a tag holds a tab or a line break", "part tags by semicolons")
    return frozenset(tag for quoted, plain in _TAG.findall(text) if (tag := (quoted or plain).strip()))


def _standing(cells: Sequence[str], columns: Columns, default: Status) -> tuple[Status, str]:
    """The most restrictive of all that the row says."""
    standings = [_word(cells[columns.status], columns.status) if columns.status is not None else (default, "")]
    if columns.state is not None and columns.state < len(cells):
        standings.append(STATUS.get(folded(cells[columns.state]), (Status.ACTIVE, "")))
    standings.extend(_left(cells[place], place, says) for place, says in columns.leaving if place < len(cells))
    status, reason = max(standings, key=_weight)
    if (
        columns.suppression is None
        or columns.suppression >= len(cells)
        or not (word := cells[columns.suppression].strip())
    ):
        return status, reason
    if word not in SUPPRESSIONS:
        raise RowError(
            columns.suppression,
            "this reason of a suppression is not known",
            f"one of: {', '.join(sorted(SUPPRESSIONS))}",
        )
    return Status.SUPPRESSED, word


def _weight(standing: tuple[Status, str]) -> tuple[int, bool, bool]:
    """A complaint says most, and `held` least of why somebody is out."""
    status, reason = standing
    return _RANKS[status], reason == "complaint", reason != "held"


def _word(cell: str, place: int) -> tuple[Status, str]:
    word = folded(cell)
    if word in STATUS:
        return STATUS[word]
    why = "this word for a status is not known" if word else "the status is missing"
    raise RowError(place, why, "write active, pending or unsubscribed")


def _left(cell: str, place: int, says: Leaving) -> tuple[Status, str]:
    word = cell.strip().casefold()
    if not says.says_stay:
        return (Status.ACTIVE, "") if word in NO else (Status.SUPPRESSED, says.reason)
    if word in YES or _DATE.match(word):
        return Status.ACTIVE, ""
    if word in NO and word:
        return Status.SUPPRESSED, says.reason
    raise RowError(place, "the cell says neither yes nor no", "write yes or no")


def _since(cells: Sequence[str], columns: Columns) -> datetime | None:
    places = [columns.suppressed_at, *(place for place, says in columns.leaving if not says.says_stay)]
    instants = (_instant(cells[place]) for place in places if place is not None and place < len(cells))
    return next((instant for instant in instants if instant), None)


def _instant(cell: str) -> datetime | None:
    text = cell.strip().removesuffix(" UTC")
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
