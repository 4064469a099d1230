"""
What an issue is called: newsletter, number, headline and date, from front matter, first heading and file name together.

Front matter wins over the heading, the heading over the file name; where two of them name different numbers, that is noted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from mailweekly.issue import inlines
from mailweekly.issue.front_matter import FrontMatter
from mailweekly.issue.heads import without_attributes
from mailweekly.issue.model import Inline, Link, Styled
from mailweekly.issue.reading import Reading
from mailweekly.issue.titles import Title, read_file_name, read_title
from mailweekly.issue.tree import Node
from mailweekly.issue.words import plain

__all__ = ["Masthead", "read"]

_MAX_NUMBER = 999_999
_YEAR = re.compile(r"\b\d{4}\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Masthead:
    """The names of an issue; `nodes` are its blocks without the heading that was taken for the title, `url` what that heading links to."""

    nodes: Sequence[Node]
    newsletter: str
    number: int | None
    title: str
    heading: str
    date: str
    url: str


def read(nodes: Sequence[Node], front: FrontMatter, reading: Reading) -> Masthead:
    """Return the masthead, and leave the values of the issue's own fields in `reading`."""
    file_name = read_file_name(reading.source)
    date = front.meta.get("date", "") or file_name.date
    known = _number(front, reading)
    _publish(reading, number=known if known is not None else file_name.number, date=date)
    meta_title = reading.fill_plain(front.meta.get("title", ""), front.line("title"))
    place, text, url = _first_heading(nodes, reading)
    expected = known if known is not None else file_name.number
    by_heading = read_title(text, expected)
    taken = bool(text) and (not meta_title or _same(text, by_heading, meta_title, known))
    by_meta = _from_meta(meta_title, known, expected)
    said = by_heading if taken else by_meta
    number = next((found for found in (known, said.number, file_name.number) if found is not None), None)
    _compare(number, said.number, file_name.number, nodes[place].line if taken else front.line("title"), reading)
    title = (by_meta.headline if meta_title else "") or said.headline
    _publish(reading, number=number, date=date, title=title)
    return Masthead(
        nodes=_without_heading(nodes, place) if taken or (place >= 0 and not text) else nodes,
        newsletter=front.meta.get("newsletter", "") or said.newsletter,
        number=number,
        title=title,
        heading=text if taken else meta_title if by_meta.number is not None else "",
        date=date,
        url=url if taken else "",
    )


def _number(front: FrontMatter, reading: Reading) -> int | None:
    written = front.meta.get("number", "")
    digits = written.removeprefix("#").strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= 6 and int(digits) <= _MAX_NUMBER:  # noqa: PLR2004
        return int(digits)
    if written:
        reading.note(
            "issue.number", front.line("number"), f"`{written[:40]}` is not a number.", "Write digits only: number: 78"
        )
    return None


def _publish(reading: Reading, *, number: int | None, date: str, title: str = "") -> None:
    values = {"number": "" if number is None else str(number), "date": date, "title": title, "year": _year(date)}
    reading.values = {name: value for name, value in values.items() if value}


def _year(date: str) -> str:
    found = _YEAR.search(date)
    return found[0] if found else ""


def _first_heading(nodes: Sequence[Node], reading: Reading) -> tuple[int, str, str]:
    """Return place, words and link of the first heading if it is of the first level; -1 if it is not."""
    for place, node in enumerate(nodes):
        if node.kind == "heading":
            if node.token.tag != "h1":
                break
            tokens, _ = without_attributes(node.tokens)
            title = inlines.build(tokens, reading, node.line)
            return place, " ".join(plain(title).split()), _url(title)
    return -1, "", ""


def _url(title: Sequence[Inline]) -> str:
    for inline in title:
        if isinstance(inline, Link):
            return inline.url
        if isinstance(inline, Styled) and (found := _url(inline.children)):
            return found
    return ""


def _same(text: str, by_heading: Title, meta_title: str, known: int | None) -> bool:
    if meta_title in {text, by_heading.headline}:
        return True
    return by_heading.number is not None and (
        by_heading.number == known or read_title(meta_title).number == by_heading.number
    )


def _from_meta(meta_title: str, known: int | None, expected: int | None) -> Title:
    title = read_title(meta_title, expected)
    if title.number is not None and known is not None and title.number != known:
        return Title(headline=meta_title)
    return title


def _compare(number: int | None, said: int | None, filed: int | None, line: int, reading: Reading) -> None:
    for other, where in ((said, "the heading"), (filed, "the file's name")):
        if number is not None and other is not None and other != number:
            reading.note(
                "issue.number", line, f"This is issue {number}, but {where} says {other}.", "Make them the same."
            )


def _without_heading(nodes: Sequence[Node], place: int) -> Sequence[Node]:
    """Return the nodes without the title's heading; a logo in it stays, as a paragraph."""
    node = nodes[place]
    images = [token for token in node.tokens if token.type in {"image", "attrs"}]
    if not any(token.type == "image" for token in images):
        return [*nodes[:place], *nodes[place + 1 :]]
    inline = Node(kind="inline", token=Token("inline", "", 0, children=images), line=node.line)
    logo = Node(kind="paragraph", token=Token("paragraph_open", "p", 1), line=node.line, children=[inline])
    return [*nodes[:place], logo, *nodes[place + 1 :]]
