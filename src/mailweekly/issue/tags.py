"""
HTML tags as an editor writes them inside Markdown: which are safe, which belong together.

Reads tags that the Markdown parser has already recognised; it never parses free text.

Source: the safe subset was counted over 1,900 real issues (br, small, u, ins, sup, img, table, p, picture, details and a lead all others).
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from mailweekly.issue.urls import host

__all__ = ["EMBEDS", "HTML_NAMES", "PARAGRAPHS", "STYLES", "VOID", "Tag", "embed_words", "pairs", "read"]

STYLES = frozenset(["em", "strong", "s", "del", "ins", "u", "small", "sub", "sup", "kbd", "mark", "b", "i", "span"])
PARAGRAPHS = frozenset({"p", "div"})
EMBEDS = frozenset({"iframe", "video", "audio", "source", "embed", "object"})
VOID = frozenset({"br", "img", "col"})
_PAIRED = STYLES | PARAGRAPHS | {"a"}
_HTML = """
a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink blockquote body br button
canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset
figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label
legend li link main map mark marquee math menu meta meter nav nobr noembed noframes noscript object ol optgroup option
output p param picture plaintext portal pre progress q rp rt ruby s samp script search section select slot small source
span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul
var video wbr xmp
"""
HTML_NAMES = frozenset(_HTML.split())
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)")
_ATTRIBUTE = re.compile(r"""\s([A-Za-z_:][\w:.-]*)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tag:
    """One tag; names in lower case, values unescaped; of two equal attributes the first holds, as in a browser."""

    name: str
    closing: bool
    attributes: Mapping[str, str]
    written_name: str


def read(written: str) -> Tag | None:
    """Return the tag that `written` is; None for a comment, declaration or processing instruction."""
    match = _TAG.match(written)
    if match is None:
        return None
    attributes: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(written[match.end() :]):
        bare = value[1:-1] if value[:1] in {'"', "'"} else value
        attributes.setdefault(name.lower(), html.unescape(bare))
    return Tag(name=match[2].lower(), closing=bool(match[1]), attributes=attributes, written_name=match[2])


def pairs(tokens: Sequence[Token]) -> frozenset[int]:
    """Return the places of the inline tags that have their partner within the same Markdown element."""
    if not any(token.type == "html_inline" for token in tokens):
        return frozenset()
    levels = [_Level()]
    found: list[int] = []
    for index, token in enumerate(tokens):
        if token.nesting > 0:
            levels.append(_Level())
        elif token.nesting < 0 and len(levels) > 1:
            levels.pop()
        elif token.type == "html_inline" and (tag := read(token.content)) is not None and tag.name in _PAIRED:
            found.extend(levels[-1].meet(tag, index))
    return frozenset(found)


def embed_words(tag: Tag, url: str) -> str:
    """Return what a link in place of a frame or film says: its title and host."""
    title = tag.attributes.get("title", "").strip()
    return f"{title} ({host(url)})" if title else host(url)


class _Level:
    """The tags open at one level of the Markdown tree."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int]] = []
        self._counts: dict[str, int] = {}

    def meet(self, tag: Tag, index: int) -> tuple[int, ...]:
        if not tag.closing:
            self._open.append((tag.name, index))
            self._counts[tag.name] = self._counts.get(tag.name, 0) + 1
            return ()
        if not self._counts.get(tag.name):
            return ()
        while True:
            name, opened = self._open.pop()
            self._counts[name] -= 1
            if name == tag.name:
                return opened, index
