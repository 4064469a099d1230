"""
Text cut into records and cells, each with the line on which it begins.

The standard reader gets only lines of which every cell is proven to be clean. By itself it takes an unclosed quote for one long cell without a word,
forgets where a record began, and merges what follows a closing quote. Here a quote that is never closed refuses the file and names the line where it
opened; a fault whose record surely ends with its line is handed on with that record alone.

Each step looks at one line, or at RECORD_CHARACTERS at most, so the time is linear in the text, and the text may come in pieces.

Units: lines count from 1; LF, CR LF and CR alone end one. Lengths in characters.
Errors: ListError with `file:line`.
Source: RFC 4180, 2.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from mailweekly.audience.decode import line_ends
from mailweekly.errors import ListError

__all__ = ["AFTER_QUOTE", "AHEAD_CHARACTERS", "RECORD_CHARACTERS", "STRAY_QUOTE", "Record", "records"]

RECORD_CHARACTERS = 1_000_000  # one record; source: the project's safety ceilings (1 MB a line)
AHEAD_CHARACTERS = RECORD_CHARACTERS + 2  # so much of the text is there, or its end, wherever a record begins
CLEAN_CHARACTERS = 100_000  # the standard reader stops at a cell of 131,072
STRAY_QUOTE = "a quotation mark stands inside a cell that is not quoted"
AFTER_QUOTE = "text follows a closing quotation mark"

_NO_MORE: Iterator[str] = iter(())
_BLANKS = " \t\u00a0"
_LINE_END = re.compile(r"\r\n?|\n")
_REST = re.compile(r"[^\r\n]*+")
_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"')
_CELL = r'(?:"[^"]*+(?:""[^"]*+)*+"|[^"{0}]*+)'
_CLEAN = {mark: re.compile(rf"{_CELL}(?:{{0}}{_CELL})*+".format(re.escape(mark))) for mark in ",;\t|"}
_PLAIN = {mark: re.compile(rf"[^\r\n{re.escape(mark)}]*+") for mark in ",;\t|"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """One record. With a `fault`, `cells` holds one text: the record as it stands in the file."""

    line: int
    cells: list[str]
    fault: str = ""


def records(
    text: str, delimiter: str, *, file: str, start: int = 0, line: int = 1, more: Iterator[str] = _NO_MORE
) -> Iterator[Record]:
    """
    Yield the records of `text` from position `start`, which is on line `line`; lines of blanks only are passed over.

    `delimiter` is one character; an empty one makes each record a single cell. `more` is the rest of the text, asked for as it is needed.
    """
    position = start
    while True:
        while len(text) - position < AHEAD_CHARACTERS and (piece := next(more, "")):
            text, position = text[position:] + piece, 0
        if position >= len(text):
            return
        end = _LINE_END.search(text, position)
        stop, following = end.span() if end else (len(text), len(text))
        head = text[position:stop]
        if len(head) > RECORD_CHARACTERS:
            raise _too_long(file, line)
        if '"' in head and (cells := _clean(head, delimiter)):
            yield Record(line=line, cells=cells)
            line += 1
        elif '"' in head:
            record, stop = _quoted(text, position, delimiter, line, file)
            yield record
            end = _LINE_END.match(text, stop)
            following = end.end() if end else stop
            line += line_ends(text[position:following])
        else:
            if head.strip(_BLANKS):
                yield Record(line=line, cells=head.split(delimiter) if delimiter else [head])
            line += 1
        position = following


def _clean(line: str, delimiter: str) -> list[str] | None:
    """Return the cells of a line that is a whole record, each cell quoted from end to end or free of quotes; None for any other."""
    pattern = _CLEAN.get(delimiter)
    if pattern is None or len(line) > CLEAN_CHARACTERS or not pattern.fullmatch(line):
        return None
    return next(csv.reader([line], delimiter=delimiter))


def _quoted(text: str, start: int, delimiter: str, line: int, file: str) -> tuple[Record, int]:
    """Return the record that begins at `start` and where it stops, its line end left over."""
    plain = _PLAIN.get(delimiter) or re.compile(rf"[^\r\n{re.escape(delimiter)}]*+")
    cells: list[str] = []
    fault = ""
    position, limit = start, start + RECORD_CHARACTERS
    while True:
        if text.startswith('"', position):
            match = _QUOTED.match(text, position, limit + 1)
            if match is None:
                raise _never_closed(file, line + line_ends(text[start:position]))
            cell, stop = match[1].replace('""', '"'), match.end()
        else:
            stop = _end(plain, text, position)
            cell = text[position:stop]
            fault = fault or (STRAY_QUOTE if '"' in cell else "")
        cells.append(cell)
        if stop > limit:
            raise _too_long(file, line)
        if delimiter and text.startswith(delimiter, stop):
            position = stop + 1
            continue
        if stop < len(text) and text[stop] not in "\r\n":
            _refuse_doubtful_end(text, start, stop, f"{file}:{line}")
            fault, stop = AFTER_QUOTE, _end(_REST, text, stop)
        return Record(line=line, cells=[text[start:stop]] if fault else cells, fault=fault), stop


def _refuse_doubtful_end(text: str, start: int, stop: int, place: str) -> None:
    """Text after a closing quote: the record ends with its line only if no quote can still be open there."""
    record = text[start : _end(_REST, text, stop)]
    if record.count('"') % 2 or "\n" in record or "\r" in record:
        raise ListError(
            "A quoted cell is followed by more text, so nobody can say where this row ends.",
            place=place,
            hint='Double a quotation mark that belongs to the text: "".',
        )


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _never_closed(file: str, line: int) -> ListError:
    return ListError(
        "A quotation mark is opened here and never closed, so nobody can say where this row ends.",
        place=f"{file}:{line}",
        hint='Close it, or double a quotation mark that belongs to the text: "".',
    )


def _too_long(file: str, line: int) -> ListError:
    return ListError(
        f"A row is longer than {RECORD_CHARACTERS:,} characters.",
        place=f"{file}:{line}",
        hint="Is this the right file? Look for a quotation mark that is never closed.",
    )
