"""
Markdown text of an issue in, an Issue out.

Refuses only what cannot be an issue: broken front matter, nothing to say, more than the ceilings. Whatever else is odd
becomes a note with its line, and the words stay. Nothing here renders, fetches, or reads a file or clock; the same text
gives the same Issue.

Units: lines count from 1 in the file as the editor sees it.
Errors: IssueError with place and hint.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mailweekly.errors import IssueError
from mailweekly.issue import blocks, damage, decode, front_matter, markdown, masthead, surface, tree
from mailweekly.issue.checks import look_over
from mailweekly.issue.containers import CONTAINERS
from mailweekly.issue.fields import marked, nonce_of
from mailweekly.issue.footnotes import Footnotes
from mailweekly.issue.front_matter import FrontMatter
from mailweekly.issue.lead import with_lead
from mailweekly.issue.masthead import Masthead
from mailweekly.issue.model import Block, Component, Issue, Note, Section
from mailweekly.issue.reading import Reading
from mailweekly.issue.sections import Parts, arranged

__all__ = ["parse"]

_TRUE = frozenset({"true", "yes", "on", "1"})
_WITH_FIELDS = ("subject", "preheader")


def parse(
    text: str,
    *,
    source: str = "issue.md",
    known_fields: frozenset[str] | None = None,
    components: frozenset[str] = frozenset(),
) -> Issue:
    """
    Return the issue that `text` is.

    `source` names the file in places, and may tell number and date; `known_fields` are the fields some reader has (None: not known, so not checked);
    `components` are containers that a theme adds to those of the product.
    """
    whole = decode.normalise(text)
    if len(whole.encode("utf-8", "replace")) > decode.MAX_BYTES:
        hint = "Split it, or keep long listings behind a link."
        raise IssueError(f"The issue is larger than {decode.MAX_BYTES:,} bytes.", place=source, hint=hint)
    try:
        return _parsed(whole, source, known_fields, CONTAINERS | components)
    except RecursionError:
        raise IssueError(
            "Something is nested too deeply.", place=source, hint="Flatten the lists, quotes or links."
        ) from None
    except markdown.TooManyBlocksError:
        hint = "Split it, or keep long listings behind a link."
        raise IssueError("The issue has too many paragraphs, headings or cells.", place=source, hint=hint) from None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """A text made ready: repaired if it asks for it, without controls, its front matter read."""

    text: str
    front: FrontMatter
    notes: tuple[Note, ...]


def _parsed(text: str, source: str, known_fields: frozenset[str] | None, containers: frozenset[str]) -> Issue:
    ready = _ready(text, source)
    reading = Reading(source=source, nonce=nonce_of(ready.text), known_fields=known_fields)
    reading.notes.extend(ready.notes)
    tokens, env = markdown.tokens_of(_body(ready))
    plant = tree.grown(tokens, reading, containers)
    footnotes = Footnotes(plant.footnotes, env, reading)
    names = masthead.read(plant.nodes, ready.front, reading)
    parts = arranged(names.nodes, reading, footnotes, ready.front.meta)
    parts = replace(parts, intro=(*_correction(ready.front, reading, containers), *parts.intro))
    issue = _issue(ready, reading, footnotes, names, parts)
    look_over(issue, reading)
    return replace(issue, notes=tuple(sorted(reading.notes, key=lambda note: (note.line, note.column))))


def _ready(text: str, source: str) -> _Source:
    clean = surface.without_controls(text)
    front = front_matter.read(clean, source)
    found = damage.repair(text)
    notes: list[Note] = []
    if found is not None and front.meta.get("repair", "").lower() in _TRUE:
        clean = surface.without_controls(found.text)
        front = front_matter.read(clean, source)
        notes += surface.observed(found.text, controls=True)
    elif found is not None:
        notes.append(_damaged(found))
        notes += surface.observed(text, controls=False)
    else:
        notes += surface.observed(text, controls=True)
    return _Source(text=clean, front=front, notes=(*front.notes, *notes))


def _damaged(found: damage.Repair) -> Note:
    lines = len(found.changed_lines)
    what = f"The text is damaged: UTF-8 that was read as {found.codec}, {lines} line{'s' if lines > 1 else ''}."
    mend = "`mailweekly fix --write` restores it and shows each change; `repair: true` in the front matter restores it when read."
    return Note(
        rule="encoding.mojibake", line=found.changed_lines[0] if found.changed_lines else 1, what=what, mend=mend
    )


def _body(ready: _Source) -> str:
    """Return the text with the lines of its front matter empty: every line keeps its number."""
    length = ready.front.length
    return "\n" * length + "\n".join(ready.text.split("\n")[length:]) if length else ready.text


def _issue(ready: _Source, reading: Reading, footnotes: Footnotes, names: Masthead, parts: Parts) -> Issue:
    footnotes.add_unused()
    collected = footnotes.collected(1)
    if not (names.title or names.heading or parts.intro or parts.sections or parts.outro or collected):
        raise IssueError(
            "The issue is empty.", place=reading.source, hint="Write a title (`# NAME #1: headline`) or some text."
        )
    meta = _meta(ready.front, reading, names)
    return Issue(
        source=reading.source,
        number=names.number,
        newsletter=names.newsletter,
        title=names.title,
        heading=names.heading,
        lang=meta.get("lang", ""),
        dir=meta.get("dir", ""),
        meta=meta,
        intro=parts.intro,
        sections=_led(parts.sections, meta, ready.front, reading),
        outro=parts.outro,
        footnotes=collected,
        notes=(),
        fields=tuple(reading.fields),
        nonce=reading.nonce,
        digest=hashlib.sha256(ready.text.encode()).hexdigest(),
    )


def _correction(front: FrontMatter, reading: Reading, containers: frozenset[str]) -> tuple[Block, ...]:
    """Return the note that says what was wrong, which stands before everything else; nothing, if nothing was."""
    text = front.meta.get("correction", "")
    if not text:
        return ()
    line = front.line("correction")
    tokens, _ = markdown.tokens_of("\n" * (line - 1) + text)
    inside = blocks.build(tree.grown(tokens, reading, containers).nodes, reading)
    return (Component(name="note", options={}, blocks=inside, line=line),)


def _meta(front: FrontMatter, reading: Reading, names: Masthead) -> Mapping[str, str]:
    meta = dict(front.meta)
    for key in _WITH_FIELDS:
        if key in meta:
            meta[key] = reading.fill_plain(meta[key], front.line(key))
    for key in [key for key in meta if key.endswith(".url")]:
        meta[key] = reading.link(marked(meta[key]), front.line(key.split(".", 1)[0])) or ""
    title = names.title or (names.heading if "title" in meta else "")
    found = {"title": title, "date": names.date, "title_url": names.url}
    meta.update({key: value for key, value in found.items() if value})
    return meta


def _led(
    sections: tuple[Section, ...], meta: Mapping[str, str], front: FrontMatter, reading: Reading
) -> tuple[Section, ...]:
    led = with_lead(sections, meta.get("lead", ""))
    if led is None:
        reading.note(
            "issue.directive",
            front.line("lead"),
            f"No entry has the number or id `{meta['lead'][:40]}`.",
            "Write `first`, `none`, an entry's number, or an id: [title](url){#id}.",
        )
        return sections
    return led
