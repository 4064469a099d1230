"""
From the blocks of a mail back to the lines of the Markdown they were made of.

Found by their words: what the eye sees in a block stands in the file, between marks that are no letters. So no theme has to say anything, and a mail
that was changed on its way to the screen is traced as well. What a theme adds of its own comes from no line.

Units: lines count from 1; 0: from nowhere in the file.
Errors: none; the work is bounded, and what is left over comes from nowhere.
"""

import html
import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote

from mailweekly.adapters.web.reading import Block

__all__ = ["lines_of"]

WORK: Final = 300_000_000  # characters looked through: about a tenth of a second
KEYS: Final = ((0, 40), (0, 18), (18, 42), (42, 66))  # which stretch of a block is looked for, the surest first
LEAST: Final = 6  # letters that can stand anywhere in a line; shorter ones must be a line of their own
LONGEST: Final = 4_000  # characters of one line that are read
FIELD: Final = re.compile(r"\{\{[^{}]{0,200}?(?:default\(\s*[\"']([^\"']{0,200})[\"']\s*\))?[^{}]{0,50}\}\}")
# Where a link leads, attributes, tags and comments are not seen.
UNSEEN: Final = re.compile(
    r"\]\([^()\n]{0,2000}(?:\([^()\n]{0,500}\)[^()\n]{0,500})?\)|\{[#.][^{}\n]{0,200}\}|</?[a-zA-Z!][^<>\n]{0,500}>"
)
LEAD: Final = re.compile(r"[0-9]+")


def lines_of(blocks: Sequence[Block], source: str) -> tuple[int, ...]:
    """Return the line of each block."""
    tracer = _Tracer(source)
    return tuple(tracer.line(block) for block in blocks)


class _Tracer:
    def __init__(self, source: str) -> None:
        self.lines = source.split("\n")
        self.source = source
        self.plain = [_letters(_seen(line[:LONGEST])) for line in self.lines]
        self.starts: list[int] = []
        self.alone: dict[str, list[int]] = {}
        at = 0
        for number, letters in enumerate(self.plain, 1):
            self.starts.append(at)
            at += len(letters)
            for key in {letters, LEAD.sub("", letters, count=1)} - {""}:
                self.alone.setdefault(key, []).append(number)
        self.all = "".join(self.plain)
        self.cursor = 0
        self.left = WORK

    def line(self, block: Block) -> int:
        letters = _letters(block.words)
        ways = (
            (self._alone, self._within) if block.level != 1 else (self._within, self._alone)
        )  # a title is part of its line
        found = ways[0](letters) or ways[1](letters) or self._by_address(block)
        if found and len(letters) >= LEAST:
            self.cursor = self.starts[found - 1]
        return found

    def _alone(self, letters: str) -> int:
        at = bisect_right(self.starts, self.cursor)
        there = self.alone.get(letters, ())
        return next((number for number in there if number >= at), there[0] if there else 0)

    def _within(self, letters: str) -> int:
        for first, last in KEYS:
            key = letters[first:last]
            if len(key) < LEAST or (first and last > len(letters)):
                break
            place = self._find(key)
            if place >= 0:
                number = bisect_right(self.starts, place)
                return self._beginning(number) if first else number
        return 0

    def _find(self, key: str) -> int:
        for start in (self.cursor, 0) if self.cursor else (0,):
            if self.left <= 0:
                return -1
            place = self.all.find(key, start)
            self.left -= (place if place >= 0 else len(self.all)) - start
            if place >= 0:
                return place
        return -1

    def _beginning(self, number: int) -> int:
        """The first line of the paragraph that this line stands in."""
        while number > 1 and self.plain[number - 2] and self.lines[number - 1][:1].isalnum():
            number -= 1
        return number

    def _by_address(self, block: Block) -> int:
        for piece in block.pieces:
            for address in dict.fromkeys((piece.url, unquote(piece.url))):
                if len(address) < LEAST or self.left <= 0:
                    continue
                place = self.source.find(address)
                self.left -= place if place >= 0 else len(self.source)
                if place >= 0:
                    return self.source.count("\n", 0, place) + 1
        return 0


def _seen(line: str) -> str:
    return html.unescape(UNSEEN.sub(" ", FIELD.sub(lambda found: found[1] or "", line)))


def _letters(words: str) -> str:
    return "".join(one for one in words.casefold() if one.isalnum())
