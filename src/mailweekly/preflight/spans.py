"""
Where addresses and images stand in the text as written: line, columns, and how they are spelt there.

The text is searched, not parsed: an address is found by its spelling where, read as Markdown reads it, it is one of those wanted. Whether a find is
the link it looks like is proven afterwards, by comparing the issues. Code is never searched.

Units: lines and columns count from 0 here.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Final

from mailweekly.issue.code import Code
from mailweekly.issue.urls import safe_url

__all__ = ["Span", "address_spans", "image_spans", "read_address"]

START: Final = re.compile(r"https?://", re.IGNORECASE)
BODY: Final = re.compile(r"[^\s<>\"'`]+")
STOPS: Final = re.compile(r"[)\]}|,;:.!?*_~\u3000-\u303f\uff00-\uff65\u2014\u2018-\u201d\u2026]|\{")
COMMENT: Final = re.compile(r"<!--.*?(?:-->|$)")
ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
LONGEST: Final = 2_000  # characters of an address that is mended
MOST_STOPS: Final = 60
IMAGE: Final = re.compile(
    r"\]\([ \t]*(<[^<>\n]*>|[^\s()<>]+)(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'))?[ \t]*\)(\{[^{}\n]*\})?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Some columns of a line; `url` is the address they spell."""

    line: int
    start: int
    end: int
    url: str


def address_spans(lines: Collection[str], code: Code, wanted: Collection[str]) -> Iterator[Span]:
    """Yield where one of the wanted addresses (in normal form) is spelt, outside code and comments."""
    for number, line in enumerate(lines):
        if "://" not in line or code.is_whole(number):
            continue
        hidden = [found.span() for found in COMMENT.finditer(line)]
        after = 0
        for found in START.finditer(line):
            start = found.start()
            if start < after or any(first <= start < last for first, last in hidden):
                continue
            end, url = _longest(line, start, wanted)
            if end and not code.holds(number, start, end):
                after = end
                yield Span(line=number, start=start, end=end, url=url)


def image_spans(lines: Collection[str], code: Code, wanted: Collection[str]) -> Iterator[tuple[Span, str]]:
    """Yield where an image's source is closed, with the attributes that stand there; the span is theirs, and empty where there are none."""
    for number, line in enumerate(lines):
        if "](" not in line or code.is_whole(number):
            continue
        hidden = [found.span() for found in COMMENT.finditer(line)]
        for found in IMAGE.finditer(line):
            src = _unescaped(found[1].removeprefix("<").removesuffix(">"))
            is_hidden = any(first <= found.start() < last for first, last in hidden)
            if src in wanted and not is_hidden and not code.holds(number, found.start(), found.end()):
                written = found[2] or ""
                start = found.end() - len(written)
                yield Span(line=number, start=start, end=found.end(), url=src), written


def read_address(written: str) -> str:
    """Return an address as Markdown reads it, in normal form; empty where it is none."""
    return safe_url(_unescaped(written)) or ""


def _longest(line: str, start: int, wanted: Collection[str]) -> tuple[int, str]:
    closing = line.find(">", start, start + LONGEST) if line[:start].endswith("<") else -1
    if closing > 0 and (url := read_address(line[start:closing])) in wanted:
        return closing, url
    body = BODY.match(line, start, start + LONGEST)
    if body is None:
        return 0, ""
    run = body[0].partition("](")[0]  # what follows is another link's
    ends = [len(run), *sorted((stop.start() for stop in STOPS.finditer(run)), reverse=True)]
    ends = [*ends[:MOST_STOPS], *([] if len(ends) <= MOST_STOPS else ends[-MOST_STOPS:])]
    for end in ends:
        if end > len("https://"):
            url = read_address(run[:end])
            if url in wanted:
                return start + end, url
    return 0, ""


def _unescaped(written: str) -> str:
    return unescape(ESCAPE.sub(r"\1", written)) if "\\" in written or "&" in written else written
