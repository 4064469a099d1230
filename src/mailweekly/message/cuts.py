"""
Where the merge fields of a finished edition stand, and what surrounds each.

The HTML is read as mail clients read it: the markup inside conditional comments counts, for Outlook acts on it. A field where no escaping is safe
(in a style or script, in an event's attribute, as the host of a link, in a tag's own words) is refused, whatever earlier stages thought of it.

Errors: DataError names the field and the place.
Source: WHATWG HTML, 13.2.5 (tokens); RFC 3986, 3 (the parts of a URI).
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailweekly.edition.model import Slot
from mailweekly.errors import DataError
from mailweekly.message.values import Context

__all__ = ["LINKS", "Cut", "html_pieces", "split", "text_pieces"]

LINKS = frozenset({"unsubscribe_url", "preferences_url", "web_url", "forward_url"})  # the fields that may begin a link

Cut = tuple[int, Context]  # slot number, and what surrounds it

_TAG = re.compile(r"""</?([A-Za-z][^\s/>]*)(?:[^>"']|"[^"]*"|'[^']*')*>""")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_LINK_ATTRIBUTES = frozenset({"href", "src", "action", "background", "cite", "poster", "xlink:href"})
_UNSAFE_ATTRIBUTES = frozenset({"style", "srcset", "srcdoc", "ping"})
_PAST_HOST = re.compile(r"https?://[^/?#\s]+[/?#]|mailto:", re.IGNORECASE)
# With these a bare address ends, as in the issue.
_END = "\u2018\u2019\u201c\u201d\u3001\u3002\u3008-\u3011\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f"
_IN_URL = re.compile(rf"(?:https?://[^/?#\s<>{_END}]+[/?#]|mailto:)[^\s<>{_END}]*\Z", re.IGNORECASE)
_LONGEST_URL = 4_000  # characters looked back for an address's beginning
_RAW = frozenset({"style", "script"})
_CONDITION = re.compile(r"<!--\[if[^\]>]*\]>(?:<!-->|-->)?|<!(?:--)?(?:<!)?\[endif\](?:--)?>", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Stretch:
    """A part of the HTML in which every field has one context; None: no field may stand here."""

    start: int
    end: int
    context: Context | None
    place: str
    is_link: bool = False


def split(text: str, nonce: str, slots: Sequence[Slot]) -> list[str | int]:
    """Return the text cut at its tokens: literals, and slot numbers between them."""
    pieces: list[str | int] = []
    place = 0
    for found in _tokens(nonce).finditer(text):
        pieces += (text[place : found.start()], _slot(found, slots))
        place = found.end()
    return [*pieces, text[place:]]


def text_pieces(text: str, nonce: str, slots: Sequence[Slot]) -> list[str | Cut]:
    """Return plain text cut at its tokens; one inside an address is encoded as there."""
    pieces: list[str | Cut] = []
    place = 0
    for found in _tokens(nonce).finditer(text):
        before = text[max(0, found.start() - _LONGEST_URL) : found.start()]
        context = Context.URL if _IN_URL.search(before) else Context.PLAIN
        pieces += (text[place : found.start()], (_slot(found, slots), context))
        place = found.end()
    return [*pieces, text[place:]]


def html_pieces(html: str, nonce: str, slots: Sequence[Slot]) -> list[str | Cut]:
    """Return HTML cut at its tokens, each with its context."""
    tokens = _tokens(nonce)
    pieces: list[str | Cut] = []
    place = 0
    for stretch in _stretches(html, [found.start() for found in tokens.finditer(html)]):
        for found in tokens.finditer(html, stretch.start, stretch.end):
            slot = _slot(found, slots)
            context = _context(html[stretch.start : found.start()], slots[slot].name, stretch)
            pieces += (html[place : found.start()], (slot, context))
            place = found.end()
    return [*pieces, html[place:]]


def _tokens(nonce: str) -> re.Pattern[str]:
    return re.compile(rf"MW{re.escape(nonce)}x([0-9]{{1,6}})Z")


def _slot(found: re.Match[str], slots: Sequence[Slot]) -> int:
    slot = int(found[1])
    if slot >= len(slots):
        raise DataError(f"The edition has a mark for field number {slot}, but only {len(slots)} fields.")
    return slot


def _context(before: str, name: str, stretch: _Stretch) -> Context:
    if stretch.context is None:
        raise DataError(f"The field {name} cannot stand in {stretch.place}: no value would be safe there.")
    if not stretch.is_link:
        return stretch.context
    if not before.strip():
        if name in LINKS:
            return Context.LINK
        raise DataError(
            f"The field {name} cannot begin a link ({stretch.place}): a value would say where it leads.",
            hint=f"Write the link's host out, or use one of {', '.join(sorted(LINKS))}.",
        )
    if not _PAST_HOST.match(before.lstrip()):
        raise DataError(
            f"The field {name} cannot stand in a link's host ({stretch.place}): it would say where it leads."
        )
    return Context.URL


def _stretches(html: str, marks: Sequence[int]) -> Iterator[_Stretch]:
    """Yield the parts of the HTML in order; those in which no field begins (`marks`) may be left out."""
    place, size = 0, len(html)
    while place < size:
        start = html.find("<", place)
        if start < 0:
            start = size
        if _any_in(marks, place, start):
            yield _Stretch(start=place, end=start, context=Context.HTML, place="text")
        if start == size:
            return
        condition = _CONDITION.match(html, start)
        if condition is not None:
            yield _Stretch(start=start, end=condition.end(), context=None, place="a condition")
            place = condition.end()
        elif html.startswith("<!--", start):
            end = html.find("-->", start + 4)
            place = size if end < 0 else end
            yield _Stretch(start=start, end=place, context=Context.HTML, place="a comment")
        else:
            tag = _TAG.match(html, start)
            if tag is None:
                place = start + 1  # a bare "<" is text
                continue
            if _any_in(marks, start, tag.end()):
                yield from _inside(html, tag)
            place = tag.end()
            if tag[1].lower() in _RAW and html[start + 1] != "/":
                end = _raw_end(html, place, tag[1].lower())
                yield _Stretch(start=place, end=end, context=None, place=f"<{tag[1].lower()}>")
                place = end


def _any_in(marks: Sequence[int], start: int, end: int) -> bool:
    at = bisect_left(marks, start)
    return at < len(marks) and marks[at] < end


def _raw_end(html: str, place: int, name: str) -> int:
    found = re.compile(rf"</{name}", re.IGNORECASE).search(html, place)
    return len(html) if found is None else found.start()


def _inside(html: str, tag: re.Match[str]) -> Iterator[_Stretch]:
    place = tag.start()
    for found in _ATTRIBUTE.finditer(html, tag.end(1), tag.end()):
        group = 2 if found[2] is not None else 3
        start, end = found.span(group)
        yield _Stretch(start=place, end=start, context=None, place=f"the tag <{tag[1]}>")
        name = found[1].lower()
        unsafe = name in _UNSAFE_ATTRIBUTES or name.startswith("on")
        where = f"{name}= of <{tag[1]}>"
        context = None if unsafe else Context.HTML
        yield _Stretch(
            start=start, end=end, context=context, place=where, is_link=name in _LINK_ATTRIBUTES and not unsafe
        )
        place = end
    yield _Stretch(start=place, end=tag.end(), context=None, place=f"the tag <{tag[1]}>")
