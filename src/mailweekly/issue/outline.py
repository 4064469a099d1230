"""
What an archive's list shows of an issue: number, title, date, and how many entries it has, as `parse` would say, in a fifth of its time.

The blocks are read as ever; lines are read only where they may begin an entry or a heading, and nothing is built of them. Refuses to guess: a line
that is not plainly one or the other goes through the whole inline parser, and an issue without any section through `parse`.

Errors: IssueError as `parse` raises it for front matter, size and nesting. What only drawing an entry finds out is not told.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from mailweekly.errors import IssueError
from mailweekly.issue import decode, front_matter, markdown, masthead, surface, tree
from mailweekly.issue.fields import nonce_of
from mailweekly.issue.footnotes import Footnotes
from mailweekly.issue.model import Field
from mailweekly.issue.parse import parse
from mailweekly.issue.reading import Reading
from mailweekly.issue.sections import arranged

__all__ = ["Outline", "outline"]

# `7、[words](https://…) more words` without a character that could mean anything else to a Markdown parser.
_PLAIN: Final = r"[^\[\]()\\`*_<>{}!&~^@\n]"
_HEAD: Final = re.compile(
    rf"(\d{{1,4}}[、．.)）][ ]?)?\[({_PLAIN}+)\]\((https?://[A-Za-z0-9][A-Za-z0-9./_%?=#+,-]*)\)({_PLAIN}*)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """An issue as a list shows it."""

    number: int | None
    newsletter: str
    title: str
    date: str
    entries: int


def outline(text: str, *, source: str = "issue.md") -> Outline:
    """Return the outline of an issue's text; `source` is its file, which may tell number and date."""
    whole = surface.without_controls(decode.normalise(text))
    front = front_matter.read(whole, source)
    if len(whole.encode("utf-8", "replace")) > decode.MAX_BYTES or "repair" in front.meta:
        return _parsed(text, source)
    reading = Reading(source=source, nonce=nonce_of(whole), is_outline=True)
    body = "\n" * front.length + "\n".join(whole.split("\n")[front.length :]) if front.length else whole
    try:
        tokens, env = markdown.tokens_of(body, inline=_obvious)
        plant = tree.grown(tokens, reading)
        names = masthead.read(plant.nodes, front, reading)
        parts = arranged(names.nodes, reading, Footnotes(plant.footnotes, env, reading), front.meta)
    except RecursionError:
        hint = "Flatten the lists, quotes or links."
        raise IssueError("Something is nested too deeply.", place=source, hint=hint) from None
    except markdown.TooManyBlocksError:
        return _parsed(text, source)  # it tells so
    if not parts.sections:
        return _parsed(text, source)
    return Outline(
        number=names.number,
        newsletter=names.newsletter,
        title=_worded(names.title or names.heading, reading.nonce, reading.fields),
        date=names.date,
        entries=sum(len(section.entries) for section in parts.sections),
    )


def _parsed(text: str, source: str) -> Outline:
    issue = parse(text, source=source)
    return Outline(
        number=issue.number,
        newsletter=issue.newsletter,
        title=_worded(issue.title or issue.heading, issue.nonce, issue.fields),
        date=issue.meta.get("date", ""),
        entries=len(issue.entries),
    )


def _worded(text: str, nonce: str, fields: Sequence[Field]) -> str:
    """Return text with its fields as the editor wrote them."""
    for slot, field in enumerate(fields):
        text = text.replace(f"MW{nonce}x{slot}Z", f"{{{{ {field.name} }}}}")
    return text


def _obvious(block: Token, line: Token) -> list[Token] | None:
    """Return the inline tokens of a paragraph where they are plain to see: running text, or one entry's first line."""
    if block.type != "paragraph_open":
        return None
    if all(row.lstrip()[:1].isalpha() for row in line.content.split("\n")):
        return [Token("text", "", 0, content="x")]  # begins with a letter: no entry, no heading
    found = _HEAD.fullmatch(line.content)
    if found is None or "://" in found[2] or "://" in found[4]:
        return None
    number = [Token("text", "", 0, content=found[1])] if found[1] else []
    words = [Token("text", "", 0, content=found[2]), Token("link_close", "a", -1)]
    tail = [Token("text", "", 0, content=found[4])] if found[4] else []
    return [*number, Token("link_open", "a", 1, attrs={"href": found[3]}), *words, *tail]
