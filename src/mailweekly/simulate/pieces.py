"""
A mail's HTML as a row of pieces that can be changed one by one and put together again.

A piece is a tag, a text, a comment or a style sheet. What nobody changed comes out byte for byte as it went in, however odd it is: the reading is
that of the HTML standard's tokeniser as far as a client's filter needs it, and no tree is built, so that nothing is moved or repaired. Each place of
the text is read once or twice, whatever it holds.

Units: lines of the HTML, from 1.
Errors: none; every text has pieces.
Source: HTML, 13.2.5 (tokenization).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html import escape, unescape
from typing import Final, NamedTuple

__all__ = [
    "COMMENT",
    "END",
    "SHEET",
    "START",
    "TEXT",
    "Piece",
    "end",
    "joined",
    "pieces_of",
    "start",
    "text_piece",
    "value_of",
    "with_attributes",
]

TEXT: Final = "text"
START: Final = "start"
END: Final = "end"
COMMENT: Final = "comment"  # a doctype and other declarations too
SHEET: Final = "sheet"  # what stands between <style> and </style>

MAILS_KEPT: Final = 4  # read mails: one issue seen as many clients is read once
NAME: Final = re.compile(r"</?([a-zA-Z][^\s/>]*)")
ATTRIBUTE: Final = re.compile(r"""[\s/]*+(?:([^\s/>=][^\s/>=]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s>"']?[^\s>]*))?|=|\Z)""")
# Elements whose content is no markup.
RAW: Final = frozenset({"style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes"})


class Piece(NamedTuple):
    """One piece. A tuple and no dataclass: a mail has thousands, and they are made anew for each client."""

    kind: str
    raw: str  # as it stands in the mail
    name: str = ""  # of a tag, in lower case
    attributes: tuple[
        tuple[str, str], ...
    ] = ()  # names in lower case, the first of a name; values with their references resolved
    line: int = 1


@lru_cache(maxsize=MAILS_KEPT)
def pieces_of(html: str, line: int = 1) -> tuple[Piece, ...]:
    """Return the pieces of a text, the first of which stands in line `line`."""
    return tuple(_read(html, line))


def joined(pieces: Iterable[Piece]) -> str:
    """Return the text that the pieces make."""
    return "".join([piece.raw for piece in pieces])


def with_attributes(piece: Piece, attributes: Mapping[str, str], name: str = "") -> Piece:
    """Return a start tag with other attributes, and with another name if one is given."""
    return start(name or piece.name, attributes, line=piece.line, closed=piece.raw.endswith("/>"))


def start(name: str, attributes: Mapping[str, str], *, line: int = 1, closed: bool = False) -> Piece:
    """Return a start tag."""
    written = "".join([f' {key}="{_quoted(value)}"' for key, value in attributes.items()])
    return Piece(START, f"<{name}{written}{'/' if closed else ''}>", name, tuple(attributes.items()), line)


def end(name: str, *, line: int = 1) -> Piece:
    """Return an end tag."""
    return Piece(END, f"</{name}>", name, (), line)


def text_piece(text: str, *, line: int = 1) -> Piece:
    """Return a text, escaped."""
    return Piece(TEXT, escape(text, quote=False), "", (), line)


def value_of(piece: Piece, name: str) -> str | None:
    """Return an attribute's value."""
    for key, value in piece.attributes:
        if key == name:
            return value
    return None


def _read(html: str, line: int) -> Iterator[Piece]:
    at = 0
    while at < len(html):
        found = _next(html, at)
        until = found[1] if found else len(html)
        if (before := found[0] if found else until) > at:
            yield Piece(TEXT, html[at:before], "", (), line)
            line += html.count("\n", at, before)
        if not found:
            return
        raw = html[before:until]
        piece = _piece(raw, line)
        yield piece
        line += raw.count("\n")
        at = until
        if piece.kind == START and piece.name in RAW:
            close = _close(html, at, piece.name)
            if close > at:
                yield Piece(SHEET if piece.name == "style" else TEXT, html[at:close], piece.name, (), line)
                line += html.count("\n", at, close)
            at = close


def _next(html: str, at: int) -> tuple[int, int] | None:
    """Return where the next tag or comment starts and ends."""
    while (opened := html.find("<", at)) >= 0:
        after = html[opened + 1 : opened + 2]
        if html.startswith("<!--", opened):
            return opened, _comment_end(html, opened)
        if after in {"!", "?"} or (after == "/" and not html[opened + 2 : opened + 3].isalpha()):
            return opened, _after(html, ">", opened)
        if found := NAME.match(html, opened):
            return opened, _tag_end(html, found.end())
        at = opened + 1
    return None


def _comment_end(html: str, opened: int) -> int:
    if html.startswith(("<!-->", "<!--->"), opened):
        return html.index(">", opened) + 1
    return _after(html, "-->", opened + len("<!--"))


def _after(html: str, mark: str, at: int) -> int:
    found = html.find(mark, at)
    return len(html) if found < 0 else found + len(mark)


def _tag_end(html: str, at: int) -> int:
    while found := ATTRIBUTE.match(html, at):
        if found.end() == at:
            break
        at = found.end()
    return _after(html, ">", at)


def _close(html: str, at: int, name: str) -> int:
    found = _closing(name).search(html, at)
    return found.start() if found else len(html)


@lru_cache(maxsize=len(RAW))
def _closing(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE)


def _piece(raw: str, line: int) -> Piece:
    found = NAME.match(raw)
    if not found:
        return Piece(COMMENT, raw, "", (), line)
    name = found[1].lower()
    if raw[1] == "/":
        return Piece(END, raw, name, (), line)
    return Piece(START, raw, name, _attributes(raw[found.end() : -1 if raw.endswith(">") else None]), line)


def _attributes(raw: str) -> tuple[tuple[str, str], ...]:
    if not raw or raw.isspace():
        return ()
    read: dict[str, str] = {}
    for name, value in ATTRIBUTE.findall(raw):
        if name:
            bare = value[1:-1] if value[:1] in {'"', "'"} and len(value) > 1 and value[-1] == value[0] else value
            read.setdefault(name.lower(), unescape(bare) if "&" in bare else bare)
    return tuple(read.items())


def _quoted(value: str) -> str:
    return value.replace("&", "&amp;").replace('"', "&quot;")
