"""
Text in columns: width as a terminal or a mail reader in fixed type shows it, and lines that keep it.

A Chinese, Japanese or Korean character and an emoji take two columns, a combining mark none. A word, so also an address, is never broken; text
without blanks is broken between wide characters, but a line never begins with closing punctuation nor ends with an opening one.

Source: Unicode East Asian Width, by wcwidth; the line-start and line-end sets of JIS X 4051.
"""

import re
from collections.abc import Iterator
from typing import Final

from wcwidth import wcswidth

__all__ = ["WIDTH", "pad", "width", "wrapped"]

WIDTH: Final = 72  # columns; leaves room for four levels of quoting below 80
BLANK: Final = re.compile(r"[ \t\r\f\v]+")
NOT_FIRST: Final = frozenset("、。，．：；？！…‥・）〕］｝〉》」』】〗〙”’％‰ー々")
NOT_LAST: Final = frozenset("（〔［｛〈《「『【〖〘“‘")
WIDE: Final = re.compile("[\u2e80-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")


def width(text: str) -> int:
    """Return the columns a text takes; controls take none."""
    if text.isascii() and text.isprintable():
        return len(text)
    known = wcswidth(text)
    return known if known >= 0 else sum(max(wcswidth(character), 0) for character in text)


def wrapped(text: str, *, first: str = "", rest: str = "", columns: int = WIDTH) -> list[str]:
    """Return the text in lines: `first` stands before the first, `rest` before the others; line ends in the text stay."""
    lines: list[str] = []
    for part in text.split("\n"):
        lines += _wrapped(part, rest if lines else first, rest, columns)
    return lines


def pad(text: str, columns: int, align: str = "") -> str:
    """Return the text filled with blanks to a width."""
    missing = max(columns - width(text), 0)
    if align == "right":
        return " " * missing + text
    left = missing // 2 if align == "center" else 0
    return " " * left + text + " " * (missing - left)


def _wrapped(text: str, first: str, rest: str, columns: int) -> list[str]:
    lines: list[str] = []
    line, used, empty = first, width(first), True
    for blank, piece in _pieces(text):
        taken = width(piece)
        gap = 1 if blank and not empty else 0
        if not empty and used + gap + taken > columns:
            lines.append(line.rstrip(" "))
            line, used, gap = rest, width(rest), 0
        line += " " * gap + piece
        used += gap + taken
        empty = False
    return [*lines, line.rstrip(" ")]


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """Yield what may not be broken, and whether a blank stands before it."""
    for word in BLANK.split(text):
        if not word:
            continue
        if not WIDE.search(word):
            yield True, word
            continue
        yield from _broken(word)


def _broken(word: str) -> Iterator[tuple[bool, str]]:
    blank, piece = True, ""
    for character in word:
        if (
            piece
            and (WIDE.match(character) or WIDE.match(piece[-1]))
            and character not in NOT_FIRST
            and piece[-1] not in NOT_LAST
        ):
            yield blank, piece
            blank, piece = False, ""
        piece += character
    yield blank, piece
