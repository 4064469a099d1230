"""
Two mails compared as an editor thinks of them: by section and entry, what is new, gone, moved or reworded.

Entries are told by their headings, in a section without any by its blocks; one that says and links the same is the same, one that links the same page
or has the same title was reworded, and of the rest those with most words in common. Numbers before a title are nothing to compare.

Errors: none; the work is bounded (differ.py).
"""

import re
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mailweekly.adapters.web.differ import rising, share
from mailweekly.adapters.web.reading import Block, Reading

__all__ = ["Change", "Entry", "SectionChange", "compared", "masked"]

LABEL: Final = 28  # characters of a word over a title: "In focus"
ALIKE: Final = 0.5  # of their words; less is another entry
TRIED: Final = 3_000  # pairs of entries that are compared for likeness, over all
PAGE: Final = "/i/"
FOOTER: Final = "Footer"
PERSONAL: Final = re.compile(
    r"(/[up]/)[a-z2-7]{32}(?![A-Za-z0-9])"
)  # a reader's own address to unsubscribe differs from copy to copy
NUMBER: Final = re.compile(r"^\s*\d{1,3}(?:\s+(?=[^\W\d])|\s*$)")
PLACE: Final = re.compile(r"\w[./]\w")  # the host under an entry, which is no label of the next


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What stands under one heading, or one block by itself."""

    section: str
    place: int  # in the mail, from 0
    title: str
    words: str  # blocks apart by line ends, the title not among them
    urls: tuple[str, ...]
    start: int  # of its title, or its first block, in the HTML

    @property
    def says(self) -> tuple[str, str, tuple[str, ...]]:
        """All that is compared."""
        return self.title, self.words, self.urls


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What became of an entry."""

    state: str  # "same", "changed", "new", "gone"
    old: Entry | None
    new: Entry | None
    moved: str = ""  # from where

    @property
    def entry(self) -> Entry:
        """The newer of both."""
        found = self.new or self.old
        assert found
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionChange:
    """A section of either mail, its entries in the order of the newer one."""

    state: str  # "same" (its heading), "new", "gone"
    title: str
    changes: tuple[Change, ...]


def compared(old: Reading, new: Reading) -> tuple[SectionChange, ...]:
    """Return every section of both mails."""
    before, after = _entries(old), _entries(new)
    pairs = _pairs(before, after)
    kept = [pair for pair in pairs if pair[0].section == pair[1].section]
    still = {
        one[1] for one in rising([(new.place, old.place) for old, new in sorted(kept, key=lambda pair: pair[1].place)])
    }
    of_new = {
        one.place: Change(state=_state(was, one), old=was, new=one, moved=_moved(was, one, still)) for was, one in pairs
    }
    gone = {was.place for was in before} - {was.place for was, _ in pairs}
    olds, news = _by_section(before), _by_section(after)
    return tuple(
        SectionChange(
            state="gone" if title not in news else "same" if title in olds else "new",
            title=title,
            changes=tuple(_of_section(olds.get(title, ()), news.get(title, ()), of_new, gone)),
        )
        for title in _titles(olds, news)
    )


def masked(text: str) -> str:
    """Return text or an address without what is one reader's own."""
    return PERSONAL.sub(r"\1…", text)


def _entries(reading: Reading) -> list[Entry]:
    levels = [block.level for block in reading.blocks if block.level > 1]
    top = min(levels, default=0)
    found: list[Entry] = []
    section = ""
    blocks: list[Block] = []
    bases = _bases(reading.blocks)
    foot = _foot(reading.blocks, bases)
    for at, block in enumerate(reading.blocks):
        if block.level == 1:
            continue  # the title; it is compared by itself
        if at == foot:
            found += _split(section, blocks, len(found))
            section, blocks = FOOTER, [block]
        elif block.level and block.level == top:
            is_entry = any(piece.kind == "link" for piece in block.pieces)
            label = blocks.pop() if is_entry and blocks and _is_label(blocks[-1]) else None
            found += _split(section, blocks, len(found))
            section, blocks = block.words, [label] if label else []
            if is_entry:
                blocks.append(block)
        else:
            blocks.append(block)
    found += _split(section, blocks, len(found))
    return [replace(one, urls=tuple(_own(url, bases) for url in one.urls)) for one in found]


def _bases(blocks: Sequence[Block]) -> tuple[str, ...]:
    """Return where readers unsubscribe: the addresses of this newsletter begin so."""
    urls = (piece.url for block in blocks for piece in block.pieces if piece.kind == "link")
    return tuple({found[0] for url in urls for found in [PERSONAL.split(url)] if len(found) > 1})


def _own(url: str, bases: tuple[str, ...]) -> str:
    """An issue's own page is another for each issue."""
    return next((f"{base}{PAGE}…" for base in bases if url.startswith(base + PAGE)), url)


def _foot(blocks: Sequence[Block], bases: tuple[str, ...]) -> int:
    """Where the footer begins: behind the last heading, with the first block whose links all lead to where readers unsubscribe; -1: not known."""
    links = [[piece.url for piece in block.pieces if piece.kind == "link"] for block in blocks]
    last = max((at for at, block in enumerate(blocks) if block.level), default=-1)
    own = (at for at in range(last + 1, len(blocks)) if links[at] and all(url.startswith(bases) for url in links[at]))
    return next(own, -1)


def _split(section: str, blocks: Sequence[Block], place: int) -> list[Entry]:
    headed = any(block.level for block in blocks)
    groups: list[list[Block]] = []
    label: Block | None = None
    begun = False
    for at, block in enumerate(blocks):
        follows = blocks[at + 1].level if at + 1 < len(blocks) else 0
        if headed and follows and _is_label(block):
            label = block
            continue
        if not begun or block.level or not groups:
            groups.append([])
        begun = begun or (headed and block.level > 0)
        groups[-1] += [one for one in (label, block) if one]
        label = None
    return [_entry(section, place + at, group) for at, group in enumerate(groups)]


def _is_label(block: Block) -> bool:
    """Whether it is a number or a word over a title."""
    is_short = not block.level and len(block.words) <= LABEL and not PLACE.search(block.words)
    return is_short and all(piece.kind == "text" for piece in block.pieces)


def _entry(section: str, place: int, blocks: Sequence[Block]) -> Entry:
    title = next((block.words for block in blocks if block.level), "")
    said = [_said(block) for block in blocks if not block.level]
    return Entry(
        section=section,
        place=place,
        title=title,
        words="\n".join(one for one in said if one),
        start=next((block.start for block in blocks if block.level), blocks[0].start),
        urls=tuple(
            dict.fromkeys(masked(piece.url) for block in blocks for piece in block.pieces if piece.kind == "link")
        ),
    )


def _said(block: Block) -> str:
    words = "".join(f"[{one.words}]" if one.kind == "image" else one.words for one in block.pieces)
    return NUMBER.sub("", words) if _is_label(block) else masked(words.strip())


def _pairs(before: Sequence[Entry], after: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """Pair those that are the same, then those that must be, then those that are alike."""
    pairs: list[tuple[Entry, Entry]] = []
    left = list(before), list(after)
    ways: tuple[Callable[[Entry], Hashable], ...] = (
        lambda one: (one.section, one.says),
        lambda one: one.says,
        lambda one: (one.section, one.title, one.urls[:1]) if one.title and one.urls else None,
        lambda one: one.urls[:1] or None,
        lambda one: one.title or None,
    )
    for way in ways:
        found = _by(way, *left)
        pairs += found
        left = _rest(left[0], (was for was, _ in found)), _rest(left[1], (one for _, one in found))
    return pairs + _alike(*left)


def _by(way: Callable[[Entry], Hashable], before: Sequence[Entry], after: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    there: dict[Hashable, deque[Entry]] = defaultdict(deque)
    for was in before:
        there[way(was)].append(was)
    there.pop(None, None)
    return [(there[key].popleft(), one) for one in after if (key := way(one)) in there and there[key]]


def _rest(entries: Sequence[Entry], taken: Iterable[Entry]) -> list[Entry]:
    places = {one.place for one in taken}
    return [one for one in entries if one.place not in places]


def _alike(before: Sequence[Entry], after: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    sections: dict[str, list[Entry]] = defaultdict(list)
    for was in before:
        sections[was.section].append(was)
    tried = TRIED
    rated: list[tuple[float, int, int]] = []
    for one in after:
        for was in sections.get(one.section, ()):
            if (tried := tried - 1) < 0:
                break
            rated.append((share(was.words.split(), one.words.split()), was.place, one.place))
    olds, news = {one.place: one for one in before}, {one.place: one for one in after}
    found = []
    for rating, was_at, one_at in sorted(rated, reverse=True):
        if rating >= ALIKE and was_at in olds and one_at in news:
            found.append((olds.pop(was_at), news.pop(one_at)))
    return found


def _state(was: Entry, one: Entry) -> str:
    return "same" if was.says == one.says else "changed"


def _moved(was: Entry, one: Entry, still: set[int]) -> str:
    if was.section != one.section:
        return f"from “{was.section}”" if was.section else "from the beginning"
    return "" if was.place in still else "within its section"


def _by_section(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    sections: dict[str, list[Entry]] = {}
    for one in entries:
        sections.setdefault(one.section, []).append(one)
    return sections


def _titles(before: Iterable[str], after: Iterable[str]) -> list[str]:
    """The sections of the newer mail, and those that are gone behind the one they stood behind."""
    there = dict.fromkeys(after)
    behind: dict[str | None, list[str]] = defaultdict(list)
    last: str | None = None
    for title in before:
        if title in there:
            last = title
        else:
            behind[last].append(title)
    return [*behind[None], *(one for title in there for one in (title, *behind.get(title, ())))]


def _of_section(
    before: Sequence[Entry], after: Sequence[Entry], of_new: dict[int, Change], gone: set[int]
) -> list[Change]:
    """The entries of the newer mail, and those that are gone behind the one they stood behind."""
    found = [of_new.get(one.place) or Change(state="new", old=None, new=one) for one in after]
    there = {change.old.place for change in found if change.old}
    behind: dict[int, list[Change]] = defaultdict(list)
    last = -1
    for was in before:
        if was.place in there:
            last = was.place
        elif was.place in gone:
            behind[last].append(Change(state="gone", old=was, new=None))
    shown = [*behind[-1]]
    for change in found:
        shown += [change, *(behind.get(change.old.place, ()) if change.old else ())]
    return shown
