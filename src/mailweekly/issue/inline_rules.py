"""
The inline rules that Markdown lacks: merge fields, attributes, bare addresses, and emphasis that works beside Chinese punctuation.

Each is a rule of markdown-it, so code spans and escapes have been dealt with before it sees anything. None of them
decides what a thing means; they leave tokens, and `inlines` reads them: `field`, `field_bad`, `foreign`, `attrs`.

Source: CommonMark 6.2 (delimiter runs); the relaxation for CJK follows the observation that such text has no blanks to flank with.
"""

import re
import unicodedata
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter

from mailweekly.issue import fields

__all__ = ["ATTRIBUTES", "add_inline_rules", "read_attributes"]

_PAIR = r"""[A-Za-z][\w-]*=(?:"[^"\n]*"|'[^'\n]*'|[^\s"'{}]+)"""
_ITEM = rf"(?:[#.][^\W\d_][\w-]*|{_PAIR})"
ATTRIBUTES = re.compile(rf"\{{[ \t]*{_ITEM}(?:[ \t]+{_ITEM})*[ \t]*\}}")
_ITEMS = re.compile(_ITEM)
_SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])(https?)$", re.IGNORECASE)
_CJK_MARKS = (
    "\u2014\u2018\u2019\u201c\u201d\u2026\u00ab\u00bb\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_ADDRESS = re.compile(rf"://(?=[^\W_])(?:\{{\{{[^{{}}\n]*\}}\}}|[^\s<>\[\]\"`{{}}|\\^\x00-\x20{_CJK_MARKS}])+")
_TAIL = ".,;:!?'*_~"
_WIDE = frozenset({"W", "F"})


def add_inline_rules(md: MarkdownIt) -> None:
    """Give `md` the rules of this module."""
    ruler = md.inline.ruler
    ruler.after("escape", "field", _field)
    ruler.before("field", "foreign", _foreign)
    ruler.after("newline", "address", _address)
    ruler.at("emphasis", _emphasis)
    ruler.push("attributes", _attributes)


def read_attributes(written: str) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Return id, classes and values of `{#id .class key="value"}`."""
    name, classes, values = "", [], {}
    for item in _ITEMS.findall(written):
        if item[0] == "#":
            name = item[1:]
        elif item[0] == ".":
            classes.append(item[1:])
        else:
            key, _, value = item.partition("=")
            values[key] = value[1:-1] if value[0] in "\"'" else value
    return name, tuple(classes), values


def _field(state: StateInline, silent: bool) -> bool:
    if not state.src.startswith("{{", state.pos):
        return False
    match = fields.FIELD.match(state.src, state.pos, state.posMax)
    kind = "field"
    if match is None:
        match = fields.MALFORMED.match(state.src, state.pos, state.posMax)
        kind = "field_bad"
    return match is not None and _push(state, kind, match, silent)


def _foreign(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "{*%<":
        return False
    match = fields.FOREIGN.match(state.src, state.pos, state.posMax)
    return match is not None and _push(state, "foreign", match, silent)


def _push(state: StateInline, kind: str, match: re.Match[str], silent: bool) -> bool:
    if not silent:
        token = state.push(kind, "", 0)
        token.content = match[0]
    state.pos = match.end()
    return True


def _attributes(state: StateInline, silent: bool) -> bool:
    if silent or state.src[state.pos] != "{":
        return False
    match = ATTRIBUTES.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    follows = (
        not state.pending and bool(state.tokens) and state.tokens[-1].type in {"link_close", "image", "strong_close"}
    )
    closes = match.end() == state.posMax or state.src[match.end()] == "\n"
    return (follows or closes) and _push(state, "attrs", match, silent)


def _address(state: StateInline, silent: bool) -> bool:
    if silent or state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-6:])
    match = _ADDRESS.match(state.src, state.pos, state.posMax)
    if scheme is None or match is None:
        return False
    tail = _trimmed(match[0])
    url = scheme[1] + tail
    state.pending = state.pending[: -len(scheme[1])]
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": url}
    opening.markup = opening.info = "auto"
    state.push("text", "", 0).content = url
    state.push("link_close", "a", -1)
    state.pos += len(tail)
    return True


def _trimmed(url: str) -> str:
    """Return a bare address without the punctuation of the sentence round it."""
    surplus = url.count(")") - url.count("(")
    end = len(url)
    while end > 3:  # noqa: PLR2004 (the three characters of "://")
        if url[end - 1] in _TAIL:
            end -= 1
        elif url[end - 1] == ")" and surplus > 0:
            surplus -= 1
            end -= 1
        else:
            break
    return url[:end]


def _emphasis(state: StateInline, silent: bool) -> bool:
    marker = state.src[state.pos]
    if silent or marker not in "_*":
        return False
    end = state.pos
    while end < state.posMax and state.src[end] == marker:
        end += 1
    before = state.src[state.pos - 1] if state.pos > 0 else " "
    after = state.src[end] if end < state.posMax else " "
    opens, closes = _flanks(before, after, marker == "*")
    length = end - state.pos
    for _ in range(length):
        state.push("text", "", 0).content = marker
        state.delimiters.append(
            Delimiter(marker=ord(marker), length=length, token=len(state.tokens) - 1, end=-1, open=opens, close=closes)
        )
    state.pos = end
    return True


def _flanks(before: str, after: str, splits_words: bool) -> tuple[bool, bool]:
    """Return whether a delimiter run between two characters may open and close emphasis."""
    blank_before, punct_before, wide_before = _kind(before)
    blank_after, punct_after, wide_after = _kind(after)
    left = not blank_after and (not punct_after or wide_after or blank_before or punct_before or wide_before)
    right = not blank_before and (not punct_before or wide_before or blank_after or punct_after or wide_after)
    if splits_words:
        return left, right
    return left and (not right or punct_before), right and (not left or punct_after)


@lru_cache(maxsize=4096)
def _kind(character: str) -> tuple[bool, bool, bool]:
    punct = isMdAsciiPunct(ord(character)) or isPunctChar(character)
    return isWhiteSpace(ord(character)), punct, unicodedata.east_asian_width(character) in _WIDE
