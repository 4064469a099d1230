"""
What differs between two mails as a page shows it: the facts, each section with its entries, and the text parts line by line.

What was put in is underlined, what was taken out struck through, each with a sign; so neither colour nor sight is needed.

Errors: none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailweekly.adapters.web.comparing import Change, Entry, SectionChange, compared, masked
from mailweekly.adapters.web.copy import ReadersCopy
from mailweekly.adapters.web.differ import Patience, Step, changes, split_words
from mailweekly.adapters.web.look import Look
from mailweekly.adapters.web.markup import Markup, element, joined
from mailweekly.adapters.web.origin import lines_of
from mailweekly.adapters.web.reading import Reading, read_mail
from mailweekly.adapters.web.turning import facts

__all__ = ["Compared", "compared_copies", "redlined", "redlined_text"]

BESIDE: Final = 3  # lines around a change of the text part
MOST_LINES: Final = 3_000
SHORT: Final = 2  # characters that stayed between two changes are told with them
NAME_CHARACTERS: Final = 60
SIGNS: Final = {"new": "+ new", "gone": "− gone", "changed": "~ reworded", "same": "= same"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """One of the two that are compared."""

    subject: str
    preheader: str
    copy: ReadersCopy
    reading: Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Both, and what differs."""

    old: Side
    new: Side
    sections: tuple[SectionChange, ...]


def compared_copies(old: ReadersCopy, new: ReadersCopy) -> Compared:
    """Return both read, and what differs."""
    sides = [_side(old), _side(new)]
    return Compared(old=sides[0], new=sides[1], sections=compared(sides[0].reading, sides[1].reading))


def _side(copy: ReadersCopy) -> Side:
    reading = read_mail(copy.html)
    return Side(subject=copy.subject, preheader=reading.preheader, copy=copy, reading=reading)


def _glance(found: Compared) -> Markup:
    old, new = found.old, found.new
    patience = Patience()
    rows = [
        ("Subject", _worded(old.subject, new.subject, patience)),
        ("Preheader", _worded(old.preheader, new.preheader, patience)),
        ("HTML", _number(old.copy.html_bytes, new.copy.html_bytes, "bytes")),
        (
            "Text",
            _number(
                len(old.copy.text.encode("utf-8", "replace")), len(new.copy.text.encode("utf-8", "replace")), "bytes"
            ),
        ),
        ("Links", _number(_count(old.reading, "link"), _count(new.reading, "link"), "")),
        ("Images", _number(_count(old.reading, "image"), _count(new.reading, "image"), "")),
    ]
    return element("section", {"class": "slab", "aria-label": "At a glance"}, facts(rows))


def _count(reading: Reading, kind: str) -> int:
    return sum(piece.kind == kind for block in reading.blocks for piece in block.pieces)


def _number(old: int, new: int, unit: str) -> Markup:
    if old == new:
        return joined(f"{new:,} {unit} ".rstrip(), " ", element("span", {"class": "quiet"}, "as before"))
    return joined(
        element("del", None, f"{old:,}"),
        " ",
        element("ins", None, f"{new:,}"),
        f" {unit} ",
        element("span", {"class": "quiet"}, f"{new - old:+,}".replace("-", "−")),
    )


def redlined(found: Compared, look: Look, source: str) -> Markup:
    """Return what differs; `source` is the newer one's Markdown, and `look` the page to lead to its lines from."""
    blocks = found.new.reading.blocks
    lines = dict(zip((block.start for block in blocks), lines_of(blocks, source), strict=True))
    patience = Patience()
    shown = [_section(look, section, lines, patience) for section in found.sections]
    tally = [
        change.state if not (change.moved and change.state == "same") else "moved"
        for section in found.sections
        for change in section.changes
    ]
    words = {"new": "new", "gone": "gone", "changed": "reworded", "moved": "moved", "same": "the same"}
    told = ", ".join(f"{tally.count(state)} {word}" for state, word in words.items() if tally.count(state))
    return joined(
        _glance(found),
        element(
            "p", {"class": "tally", "role": "status"}, f"{told[:1].upper()}{told[1:]}." if told else "Both are empty."
        ),
        *shown,
    )


def _section(look: Look, section: SectionChange, lines: dict[int, int], patience: Patience) -> Markup:
    sign = _sign(section.state) if section.state != "same" else joined()
    shown: list[Markup] = []
    same: list[Change] = []
    for change in section.changes:
        if change.state == "same" and not change.moved:
            same.append(change)
            continue
        shown += _same(same)
        same = []
        shown.append(_change(look, change, lines, patience))
    shown += _same(same)
    title = section.title or "Opening"
    return element(
        "section",
        {"class": f"slab {section.state}"},
        element("h2", {"dir": "auto"}, title, " ", sign),
        element("ul", {"class": "entries"}, *shown),
    )


def _same(those: Sequence[Change]) -> list[Markup]:
    if not those:
        return []
    names = "; ".join(_name(change.entry) for change in those)
    count = f"{len(those)} {'block' if len(those) == 1 else 'blocks'} the same"
    return [element("li", {"class": "quiet"}, element("details", None, element("summary", None, count), names))]


def _change(look: Look, change: Change, lines: dict[int, int], patience: Patience) -> Markup:
    old, new = change.old, change.new
    if old and new:
        inside = [
            _worded(old.title, new.title, patience, "b"),
            _worded(old.words, new.words, patience),
            _addresses(old, new),
        ]
    else:
        inside = [_whole(change.entry, "ins" if new else "del")]
    line = lines.get(new.start, 0) if new else 0
    link = (
        element("a", {"class": "line", "href": f"{look.at(finding=f'line:{line}').url}#L{line}"}, f"Line {line}")
        if line
        else joined()
    )
    moved = element("span", {"class": "tag"}, f"↕ moved {change.moved}") if change.moved else joined()
    sign = joined() if change.moved and change.state == "same" else _sign(change.state)
    return element(
        "li",
        {"class": change.state},
        element("p", {"class": "said"}, sign, moved, link),
        element("div", {"class": "was", "dir": "auto"}, *inside),
    )


def _sign(state: str) -> Markup:
    return element("span", {"class": f"tag {state}"}, SIGNS[state])


def _name(entry: Entry) -> str:
    return entry.title or f"{entry.words[:NAME_CHARACTERS]}{'…' if len(entry.words) > NAME_CHARACTERS else ''}"


def _whole(entry: Entry, tag: str) -> Markup:
    said = [element("b", None, element(tag, None, entry.title))] if entry.title else []
    said += [element("p", None, element(tag, None, line)) for line in entry.words.split("\n") if line]
    said += [element("p", {"class": "quiet"}, element(tag, None, url)) for url in entry.urls[:1]]
    return joined(*said)


def _addresses(old: Entry, new: Entry) -> Markup:
    gone = [url for url in old.urls if url not in new.urls]
    come = [url for url in new.urls if url not in old.urls]
    shown = [
        element("li", None, element(tag, None, url)) for tag, urls in (("del", gone), ("ins", come)) for url in urls
    ]
    return element("ul", {"class": "plain"}, *shown) if shown else joined()


def _worded(old: str, new: str, patience: Patience, tag: str = "p") -> Markup:
    """Return the newer words with what was taken out and put in."""
    if not (old or new):
        return joined()
    shown: list[Markup] = []
    for step in _smooth(changes(split_words(old), split_words(new), patience)):
        if step.is_same:
            shown.append(joined("".join(step.new)))
        else:
            shown += [
                element(name, None, "".join(words)) for name, words in (("del", step.old), ("ins", step.new)) if words
            ]
    return element(tag, {"class": "worded"}, *shown)


def _smooth(steps: Sequence[Step]) -> list[Step]:
    """Tell a blank or a letter that stayed between two changes with them."""
    found: list[Step] = []
    for at, step in enumerate(steps):
        is_between = step.is_same and found and at + 1 < len(steps) and len("".join(step.new).strip()) <= SHORT
        if (is_between or not step.is_same) and found and not found[-1].is_same:
            found[-1] = Step(is_same=False, old=found[-1].old + step.old, new=found[-1].new + step.new)
        else:
            found.append(step)
    return found


def redlined_text(old: str, new: str) -> Markup:
    """Return the lines that differ, and some around them."""
    steps = changes(masked(old).split("\n"), masked(new).split("\n"))
    if all(step.is_same for step in steps):
        return element("p", None, "The text parts are the same.")
    lines: list[Markup] = []
    for at, step in enumerate(steps):
        if step.is_same:
            lines += _around(step.new, is_first=at == 0, is_last=at == len(steps) - 1)
        else:
            lines += [_text_line("del", "−", line) for line in step.old] + [
                _text_line("ins", "+", line) for line in step.new
            ]
    cut = (
        [element("li", {"class": "cut"}, f"{len(lines) - MOST_LINES:,} more lines")] if len(lines) > MOST_LINES else []
    )
    return element("ol", {"class": "listing changes"}, *lines[:MOST_LINES], *cut)


def _around(lines: Sequence[str], *, is_first: bool, is_last: bool) -> list[Markup]:
    before = 0 if is_first else BESIDE
    after = 0 if is_last else BESIDE
    if len(lines) <= before + after + 1:
        return [_text_line("", " ", line) for line in lines]
    left = len(lines) - before - after
    kept = [_text_line("", " ", line) for line in lines[:before]]
    tail = [_text_line("", " ", line) for line in lines[len(lines) - after :]]
    return [*kept, element("li", {"class": "cut"}, f"{left:,} lines the same"), *tail]


def _text_line(tag: str, sign: str, line: str) -> Markup:
    code = element("code", None, line or " ")
    return element("li", None, element("span", {"class": "n"}, sign), element(tag, None, code) if tag else code)
