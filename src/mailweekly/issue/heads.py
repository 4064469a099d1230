"""
The first line of an entry, told from any other line: a number, a link, and what follows it.

`1、[t](u) by X`, `1. [t](u)`, `① **[t](u)**`, `[video] [t](u)`: works on the inline tokens of one line, before anything is built of them.

Source: 25,491 lines `N、`, 1,127 `N.`, 16 `N）` and circled numbers counted in real issues.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from mailweekly.issue.emoji import EMOJI

__all__ = ["Head", "lines_of", "numbered_words", "read_head", "without_attributes"]

_NUMBER = re.compile(r"\s*(?:(\d{1,4})\s?[、．.)）]|([①-⑳㉑-㉟㊱-㊿]))\s*")
_LABELS = re.compile(rf"(?:\[[^\[\]]{{1,24}}\]\s*|【[^】]{{1,24}}】\s*|(?:{EMOJI.pattern})\s*)*")
_WRAPPERS = frozenset({"strong_open", "em_open"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """The tokens of an entry's first line: what leads the link, the link's own, what follows."""

    number: str  # as digits; empty: none
    label: str  # "[video] " before the link
    title: Sequence[Token]
    href: str | None  # as written, fields as marks; None: no link
    link_title: str
    attributes: str  # "{.pick}" right behind the link
    tail: Sequence[Token]


def lines_of(tokens: Sequence[Token]) -> list[list[Token]]:
    """Return the tokens of a paragraph line by line: cut at breaks outside emphasis and links."""
    lines: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += token.nesting
        if depth == 0 and token.type in {"softbreak", "hardbreak"}:
            lines.append([])
        else:
            lines[-1].append(token)
    return lines


def read_head(tokens: Sequence[Token], number: str = "") -> Head | None:
    """Return the head that a line is if a link leads it, behind its number and labels; `number` is that of a list's item."""
    rest = [token for token in tokens if token.type != "text" or token.content]
    label = ""
    if rest and rest[0].type == "text":
        written = rest[0].content
        match = _NUMBER.match(written)
        number = number or _digits(match)
        label = written[match.end() :] if match else written.lstrip()
        if not _LABELS.fullmatch(label):
            return None
        rest = rest[1:]
    rest = _unwrapped(rest)
    if not rest or rest[0].type != "link_open" or rest[0].info == "auto":
        return None
    close = _closing(rest)
    if close < 0:
        return None
    tail = rest[close + 1 :]
    attributes = tail.pop(0).content if tail and tail[0].type == "attrs" else ""
    href, title = str(rest[0].attrs["href"]), str(rest[0].attrs.get("title", ""))
    return Head(
        number=number, label=label, title=rest[1:close], href=href, link_title=title, attributes=attributes, tail=tail
    )


def numbered_words(tokens: Sequence[Token]) -> Head | None:
    """Return the head of a numbered line without a link; None if the line has no number, nothing behind it, or is a link's."""
    rest = [token for token in tokens if token.type != "text" or token.content]
    match = _NUMBER.match(rest[0].content) if rest and rest[0].type == "text" else None
    if match is None or read_head(tokens) is not None:
        return None
    words = rest[0].content[match.end() :]
    title = rest[1:] if not words else [_text(words), *rest[1:]]
    if not title:
        return None
    attributes = title.pop().content if title[-1].type == "attrs" else ""
    return Head(number=_digits(match), label="", title=title, href=None, link_title="", attributes=attributes, tail=())


def without_attributes(tokens: Sequence[Token]) -> tuple[list[Token], str]:
    """Return the tokens of a blurb without the attributes at its end, and these as written."""
    rest = list(tokens)
    if rest and rest[-1].type == "attrs" and not (len(rest) > 1 and rest[-2].type == "image"):
        written = rest.pop().content
        while rest and rest[-1].type in {"softbreak", "hardbreak"}:
            rest.pop()
        return rest, written
    return rest, ""


def _unwrapped(tokens: list[Token]) -> list[Token]:
    """Return `**[t](u)** tail` as `[t](u) tail`."""
    if len(tokens) < 4 or tokens[0].type not in _WRAPPERS or tokens[1].type != "link_open":  # noqa: PLR2004
        return tokens
    closing = tokens[0].type.replace("open", "close")
    for place, token in enumerate(tokens):
        if token.type == closing:
            inside = tokens[1:place]
            return [*inside, *tokens[place + 1 :]] if inside[-1].type in {"link_close", "attrs"} else tokens
    return tokens


def _closing(tokens: Sequence[Token]) -> int:
    """Return the place of the end of the link that begins `tokens`; an address in angle brackets may stand within it."""
    depth = 0
    for place, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            return place
    return -1


def _digits(match: re.Match[str] | None) -> str:
    return unicodedata.normalize("NFKC", match[1] or match[2]) if match else ""


def _text(words: str) -> Token:
    return Token("text", "", 0, content=words)
