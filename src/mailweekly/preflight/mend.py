"""
The mends that are safe: damaged text restored, controls removed, better addresses taken over, widths written down.

Safe means: nothing else changes. Every mend of a link or an image is made in the text, the text is read again, and the issue must be the same but for
what was meant; a mend that does not pass is left out. Code, comments and front matter are never touched by them. A second mend finds nothing.

Units: lines and columns count from 1 in a Mend; widths in CSS pixels.
Errors: those of reading the text.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailweekly.edition.images import TWICE
from mailweekly.edition.model import ImageFile
from mailweekly.errors import IssueError
from mailweekly.issue.code import Code, code_of
from mailweekly.issue.damage import Repair, repair
from mailweekly.issue.inline_rules import ATTRIBUTES
from mailweekly.issue.markdown import TooManyBlocksError
from mailweekly.issue.model import Issue
from mailweekly.issue.surface import CONTROLS
from mailweekly.preflight.answer import Answer
from mailweekly.preflight.facts import TOKEN
from mailweekly.preflight.likeness import Meant, differs_as_meant
from mailweekly.preflight.rewrite import RULES, better
from mailweekly.preflight.spans import Span, address_spans, image_spans, read_address
from mailweekly.preflight.trackers import Own, own_of, strays, without_strays
from mailweekly.preflight.walk import ImageUse, LinkUse, walk
from mailweekly.settings import Settings

__all__ = ["MENDED_RULES", "Known", "Mend", "Mended", "mended"]

DAMAGE: Final = "encoding.mojibake"
CONTROL: Final = "encoding.control"
SIZES: Final = "image.dimensions"
MENDED_RULES: Final = (CONTROL, DAMAGE, SIZES, *RULES)
WIDEST: Final = 4_000  # CSS pixels; what a width may say
MOST_READINGS: Final = 200  # of the text, to find the mends that do not pass
FEWEST_READINGS: Final = 6
ROUNDS: Final = 5  # until nothing more is found
LONG_TEXT: Final = 100_000  # characters; reading it again and again takes seconds
READ_IN_ALL: Final = 1_000_000  # characters
BLANKS: Final = "\x0b\x0c\x1c\x1d\x1e\x1f\x85"  # controls that separate words

Read = Callable[[str], Issue]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mend:
    """One change, as people are told of it; where one mend brought another to light, its column is that of the text between."""

    rules: tuple[str, ...]
    line: int
    column: int
    old: str
    new: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known beside the text."""

    settings: Settings | None = None
    answers: Mapping[str, Answer] = field(default_factory=dict)
    images: Mapping[str, ImageFile] = field(default_factory=dict)  # by source


@dataclass(frozen=True, kw_only=True, slots=True)
class Mended:
    """A text set right."""

    text: str
    mends: tuple[Mend, ...] = ()
    repair: Repair | None = None


def mended(text: str, *, read: Read, known: Known, only: Collection[str] = MENDED_RULES) -> Mended:
    """Return `text` with every safe mend of the rules `only`; `read` makes an issue of a text. Its line ends are LF."""
    found = repair(text)
    if found is not None and DAMAGE not in only:
        return Mended(text=text)  # words and addresses of damaged text are not the editor's
    whole = found.text if found is not None else text
    whole, removed = _without_controls(whole) if CONTROL in only else (whole, [])
    made: list[Mend] = []
    rounds = ROUNDS if len(whole) < LONG_TEXT else 1
    for _ in range(rounds if set(only) & {SIZES, *RULES} else 0):
        whole, more = _round(whole, read, known, only)
        made += more
        if not more:
            break
    return Mended(text=whole, mends=(*removed, *made), repair=found)


def _round(text: str, read: Read, known: Known, only: Collection[str]) -> tuple[str, list[Mend]]:
    """The text with what can be seen to be mended now; a mend may bring another one to light."""
    try:
        before = read(text)
    except IssueError:
        return text, []
    edits = _edits(text, before, known, only)
    return _proven(text, before, edits, read) if edits else (text, [])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Edit:
    """A change of some columns, with what it means for the issue."""

    span: Span
    old: str
    new: str
    rules: tuple[str, ...]
    target: str = ""  # of an address, in normal form
    width: int = 0  # of an image


def _without_controls(text: str) -> tuple[str, list[Mend]]:
    """The text without controls, those in code left; one that separates two words becomes a blank."""
    if not CONTROLS.search(text):
        return text, []
    lines, mends = text.split("\n"), list[Mend]()
    try:
        code = code_of("\n".join(CONTROLS.sub("", line) for line in lines), strictly=True)
    except (IssueError, TooManyBlocksError):
        return text, []
    for number, line in enumerate(lines):
        starts = [found.start() for found in CONTROLS.finditer(line)]
        places = [
            start
            for gone, start in enumerate(starts)
            if not code.holds(number, max(start - gone - 1, 0), start - gone + 1)
        ]
        if places:
            lines[number] = _replaced(line, places)
            shown = line[places[0]].encode("unicode_escape", "surrogatepass").decode("ascii")
            mends.append(Mend(rules=(CONTROL,), line=number + 1, column=places[0] + 1, old=shown, new=""))
    return "\n".join(lines), mends


def _replaced(line: str, places: Sequence[int]) -> str:
    pieces, last = [], 0
    for place in places:
        pieces.append(line[last:place])
        between = 0 < place < len(line) - 1 and not line[place - 1].isspace() and not line[place + 1].isspace()
        pieces.append(" " if between and line[place] in BLANKS else "")
        last = place + 1
    return "".join([*pieces, line[last:]])


def _edits(text: str, issue: Issue, known: Known, only: Collection[str]) -> list[_Edit]:
    """Every change of an address or an image, in the order they stand; none overlap."""
    try:
        code = code_of(CONTROLS.sub(" ", text))  # a line with controls left keeps its columns
    except (IssueError, TooManyBlocksError):
        return []
    lines = text.split("\n")
    uses = list(walk(issue))
    links = dict.fromkeys(use.url for use in uses if isinstance(use, LinkUse))
    images = {use.image.src: use.image for use in uses if isinstance(use, ImageUse)}
    edits = [*_of_addresses(lines, code, _better(links, issue, known, only), known, issue)]
    if SIZES in only:
        edits += _of_images(lines, code, {src: _width(src, known) for src in images})
    return _in_order(edits)


def _better(
    links: Iterable[str], issue: Issue, known: Known, only: Collection[str]
) -> dict[str, tuple[str, tuple[str, ...]]]:
    own, rules = own_of(issue, known.settings), [rule for rule in RULES if rule in only]
    found = {url: better(url, answers=known.answers, own=own, rules=rules) for url in links if not TOKEN.search(url)}
    return {url: (target, used) for url, (target, used) in found.items() if used}


def _of_addresses(
    lines: Sequence[str], code: Code, wanted: Mapping[str, tuple[str, tuple[str, ...]]], known: Known, issue: Issue
) -> Iterator[_Edit]:
    if not wanted:
        return
    own = own_of(issue, known.settings)
    for span in address_spans(lines, code, wanted):
        old = lines[span.line][span.start : span.end]
        target, rules = wanted[span.url]
        new = _spelt(old, span.url, target, rules, own)
        yield _Edit(span=span, old=old, new=new, rules=rules, target=target)


def _spelt(old: str, url: str, target: str, rules: tuple[str, ...], own: Own) -> str:
    """The new address, as near to how the old one was written as it can be."""
    if "link.moved" in rules:
        return target
    new = without_strays(old, strays(url, own)) if "link.utm" in rules else old
    new = f"{new[:4]}s{new[4:]}" if "link.insecure" in rules else new
    return new if read_address(new) == target else target


def _width(src: str, known: Known) -> int:
    """The width an image has by itself, as it is drawn where there is room; 0: not known."""
    file = known.images.get(src)
    width = 0 if file is None else file.width // 2 if TWICE.search(src) else file.width
    return width if width <= WIDEST else 0


def _of_images(lines: Sequence[str], code: Code, widths: Mapping[str, int]) -> Iterator[_Edit]:
    wanted = {src for src, width in widths.items() if width}
    for span, written in image_spans(lines, code, wanted) if wanted else ():
        if "width=" in written or (written and not ATTRIBUTES.fullmatch(written)):
            continue
        said = f"width={widths[span.url]}"
        new = f"{written[:-1].rstrip()} {said}}}" if written else f"{{{said}}}"
        yield _Edit(span=span, old=written, new=new, rules=(SIZES,), width=widths[span.url])


def _proven(text: str, before: Issue, edits: list[_Edit], read: Read) -> tuple[str, list[Mend]]:
    """The text with every edit that passes the comparison, each together with those before it."""
    left = [max(FEWEST_READINGS, min(MOST_READINGS, READ_IN_ALL // (len(text) + 1)))]

    def passing(some: list[_Edit], beside: list[_Edit]) -> list[_Edit]:
        if not some or left[0] <= 0:
            return []
        left[0] -= 1
        if _passes(text, before, _in_order([*beside, *some]), read):
            return some
        if len(some) == 1:
            return []
        middle = len(some) // 2
        first = passing(some[:middle], beside)
        return [*first, *passing(some[middle:], [*beside, *first])]

    good: list[_Edit] = []
    rest = edits
    while found := passing(rest, good):
        good += found  # what failed alone may pass beside these
        taken = {id(edit) for edit in found}
        rest = [edit for edit in rest if id(edit) not in taken]
    good = _in_order(good)
    mends = [
        Mend(rules=edit.rules, line=edit.span.line + 1, column=edit.span.start + 1, old=edit.old, new=edit.new)
        for edit in good
    ]
    return _applied(text, good), mends


def _in_order(edits: Iterable[_Edit]) -> list[_Edit]:
    return sorted(edits, key=lambda edit: (edit.span.line, edit.span.start, edit.span.end))


def _passes(text: str, before: Issue, edits: list[_Edit], read: Read) -> bool:
    meant = Meant(
        urls={edit.span.url: edit.target for edit in edits if edit.target},
        written={edit.old: edit.new for edit in edits if edit.target},
        widths={edit.span.url: edit.width for edit in edits if edit.width},
    )
    try:
        return differs_as_meant(before, read(_applied(text, edits)), meant)
    except (IssueError, RecursionError):
        return False


def _applied(text: str, edits: Sequence[_Edit]) -> str:
    lines = text.split("\n")
    for edit in reversed(edits):
        line, span = lines[edit.span.line], edit.span
        lines[span.line] = line[: span.start] + edit.new + line[span.end :]
    return "\n".join(lines)
