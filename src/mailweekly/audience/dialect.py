"""
Which delimiter a list file uses, and where its records begin.

A delimiter is chosen by what it makes of the first records: a known address column, and the same number of cells in each. The standard sniffer is
not used; it answers with letters of the header. Two delimiters that do equally well are a doubt about the file, and nobody guesses.

Errors: ListError.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from mailweekly.audience.header import is_address_name
from mailweekly.audience.records import Record, records
from mailweekly.errors import ListError

__all__ = ["DELIMITERS", "Dialect", "choose"]

DELIMITERS = ",;\t|"
SAMPLE_RECORDS = 50  # records looked at after the header

_SEPARATOR_LINE = re.compile(r'"?sep=([^\w\r\n"])"?[ \t]*(?:\r\n?|\n|\Z)', re.IGNORECASE)
_SHOWN = {",": "comma", ";": "semicolon", "\t": "tab", "|": "|"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How to cut the text: `delimiter` (empty: one column), and the position and line at which the records begin."""

    delimiter: str
    start: int = 0
    line: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class _Trial:
    """What one delimiter makes of the first records."""

    delimiter: str
    has_address: bool
    is_steady: bool
    has_rows: bool


def choose(text: str, *, file: str, delimiter: str | None = None, is_whole: bool = True) -> Dialect:
    """Return how a text that begins with `text` is cut. A `delimiter` given (an empty one: one column), or a first line `sep=X`, is obeyed."""
    announced = _SEPARATOR_LINE.match(text)
    start, line = (announced.end(), 2) if announced else (0, 1)
    if delimiter is not None:
        if not delimiter:
            return Dialect(delimiter="", start=start, line=line)
        if len(delimiter) != 1 or delimiter.isalnum() or delimiter in '"\r\n':
            raise ListError(
                "A delimiter is one character, and neither a letter, a digit nor a quotation mark.",
                place=file,
                hint="--delimiter ';'",
            )
        return Dialect(delimiter=delimiter, start=start, line=line)
    if announced:
        return Dialect(delimiter=announced[1], start=start, line=line)
    return Dialect(delimiter=_likeliest(text, file, is_whole=is_whole))


def _likeliest(text: str, file: str, *, is_whole: bool) -> str:
    found = [_trial(_sample(text, delimiter, file, is_whole=is_whole), delimiter) for delimiter in DELIMITERS]
    viable = [trial for trial in found if trial]
    if not viable:
        return ""
    with_address = [trial for trial in viable if trial.has_address]
    best = with_address or [trial for trial in viable if trial.is_steady and trial.has_rows] or viable
    rivals = {trial.delimiter for trial in viable if trial.is_steady and trial.has_rows}
    if len(best) > 1:
        best = [trial for trial in best if trial.delimiter in rivals] or best
    if with_address and (len(best) > 1 or rivals - {best[0].delimiter}):
        shown = " and ".join(_SHOWN[trial.delimiter] for trial in viable if trial in best or trial.delimiter in rivals)
        raise ListError(
            f"The columns could be parted by {shown} alike.", place=f"{file}:1", hint="Say which: --delimiter ','."
        )
    return best[0].delimiter


def _trial(sample: list[Record], delimiter: str) -> _Trial | None:
    """Judge what one delimiter makes of the text; None if it parts nothing, or the header is broken by it."""
    if not sample or sample[0].fault or len(sample[0].cells) == 1:
        return None
    head, rows = sample[0], sample[1:]
    return _Trial(
        delimiter=delimiter,
        has_address=any(is_address_name(cell) for cell in head.cells),
        is_steady=all(len(row.cells) == len(head.cells) for row in rows),
        has_rows=bool(rows),
    )


def _sample(text: str, delimiter: str, file: str, *, is_whole: bool) -> list[Record]:
    """Return the first records; those before a fault of the file, if it has one: reading it in earnest will say what it is."""
    sample: list[Record] = []
    with suppress(ListError):
        for record in islice(records(text, delimiter, file=file), SAMPLE_RECORDS + 2):
            sample.append(record)  # noqa: PERF402  (what was read before the fault counts)
        if not is_whole and len(sample) < SAMPLE_RECORDS + 2:
            sample = sample[:-1]  # it may go on
    return sample[: SAMPLE_RECORDS + 1]
