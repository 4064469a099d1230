"""
A mail's HTML as it is met by somebody who hears it: block after block, with headings, links, images, lists, tables and languages.

A reading, not a browser: the standard library's tokeniser and a stack, and no error for any input. What is hidden (`display:none`, `aria-hidden`) and
what stands in comments for Outlook is passed over; layout tables are nothing to hear.

Units: `start` counts characters of the HTML from 0.
Source: HTML-AAM 1.0 (what is announced); WAI-ARIA 1.2 (roles, aria-label, aria-hidden).
"""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import accumulate
from typing import Final

__all__ = ["Block", "Group", "Piece", "Reading", "read_mail"]

VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS: Final = HEADINGS | frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "form",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
UNSEEN: Final = frozenset({"head", "script", "style", "template", "title"})
GROUPS: Final = {"ul": "list", "ol": "numbered list", "blockquote": "quote", "pre": "code", "table": "table"}
ARTICLES: Final = frozenset({"article", "region", "main", "navigation", "complementary", "banner", "contentinfo"})
LAYOUT: Final = frozenset({"presentation", "none"})
HIDDEN: Final = re.compile(r"display\s*:\s*none", re.IGNORECASE)
FILLER: Final = re.compile(
    "(?:[\u034f\u200b\u200c\u2007\u00ad\ufeff\u2060\u00a0]\\s*){2,}"
)  # what themes put behind a preheader
DEPTH: Final = 400  # open elements; whatever is deeper is read as if it stood there


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A part of a block. Words are in one line; those of code keep their lines."""

    kind: str  # "text", "link", "image"
    words: str
    url: str = ""  # of a link; of an image, where it lies
    lang: str = ""  # where it is not its block's
    has_name: bool = True  # False: an image without an alt, a link with nothing to say


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """What blocks stand in together: a list, a quote, a table of data, a part of the page that has a name."""

    kind: str
    name: str = ""
    rows: int = 0  # items of a list, rows of a table
    columns: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """One stretch of the mail, as long as nothing breaks it."""

    pieces: tuple[Piece, ...]
    level: int  # of a heading, 1 to 6; else 0
    is_item: bool  # the first block of a list's item
    around: tuple[int, ...]  # its groups, the outermost first
    lang: str
    dir: str
    start: int  # just inside the element that holds it

    @property
    def words(self) -> str:
        """All that it says."""
        return "".join(piece.words for piece in self.pieces).strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A mail, read."""

    blocks: tuple[Block, ...]
    groups: tuple[Group, ...]
    lang: str
    dir: str
    preheader: str  # hidden words before the first that are seen


def read_mail(html: str) -> Reading:
    """Return the mail in the order it is met."""
    reader = _Reader(html)
    reader.take()
    return Reading(
        blocks=tuple(reader.blocks),
        groups=tuple(Group(kind=one.kind, name=one.name, rows=one.rows, columns=one.columns) for one in reader.groups),
        lang=reader.lang,
        dir=reader.dir,
        preheader=" ".join(FILLER.sub(" ", "".join(reader.hidden)).split()),
    )


@dataclass(kw_only=True, slots=True)
class _Group:
    kind: str
    name: str = ""
    rows: int = 0
    columns: int = 0
    cells: int = 0


@dataclass(kw_only=True, slots=True)
class _Open:
    """An element that is open, with what it hands down."""

    tag: str
    is_hidden: bool = False
    is_unseen: bool = False
    level: int = 0
    lang: str = ""
    dir: str = ""
    start: int = 0  # inside the nearest block
    around: tuple[int, ...] = ()
    table: int = -1  # the data table it stands in
    is_code: bool = False


@dataclass(kw_only=True, slots=True)
class _Draft:
    """The block that is being read."""

    at: _Open
    is_item: bool
    pieces: list[Piece] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class _Link:
    url: str
    label: str
    words: list[str] = field(default_factory=list)
    images: int = 0
    is_rest: bool = False  # it began in the block before


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.lines = [0, *accumulate(len(line) for line in html.split("\n"))]
        self.lines = [at + number for number, at in enumerate(self.lines)]  # the line ends themselves
        self.open: list[_Open] = [_Open(tag="")]
        self.blocks: list[Block] = []
        self.groups: list[_Group] = []
        self.hidden: list[str] = []
        self.draft: _Draft | None = None
        self.link: _Link | None = None
        self.item = False  # a list's item has begun, and nothing of it was met
        self.lang = self.dir = ""

    def take(self) -> None:
        try:
            self.feed(self.html)
            self.close()
        except AssertionError:  # the tokeniser's answer to "<![x[": what follows is not markup
            pass
        self._flush()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in reversed(attrs)}  # the first of a name counts
        if tag == "html":
            self.lang, self.dir = given.get("lang", ""), given.get("dir", "")
        around = self.open[-1]
        if tag in BLOCKS and not (around.table >= 0 and tag in {"td", "th", "tbody", "thead", "tfoot"}):
            self._flush()
        if tag in VOID:
            if not (around.is_hidden or around.is_unseen):
                self._void(tag, given)
            return
        one = self._opened(tag, given, around)
        if not (one.is_hidden or one.is_unseen):
            self._counted(tag, one)
            if tag == "a" and "href" in given:
                self._end_link()
                self.link = _Link(url=given["href"], label=given.get("aria-label", "").strip())
        if len(self.open) < DEPTH:
            self.open.append(one)

    def handle_endtag(self, tag: str) -> None:
        for at in range(len(self.open) - 1, 0, -1):
            if self.open[at].tag == tag:
                if tag in BLOCKS and not (self.open[at].table >= 0 and tag in {"td", "th", "tbody", "thead", "tfoot"}):
                    self._flush()
                if tag == "a":
                    self._end_link()
                del self.open[at:]
                return

    def handle_data(self, data: str) -> None:
        at = self.open[-1]
        if at.is_unseen:
            return
        if at.is_hidden:
            if not self.blocks and self.draft is None:
                self.hidden.append(data)
            return
        words = data if at.is_code else re.sub(r"\s+", " ", data)
        if not words.strip():
            if self.draft or self.link:
                self._say(" ")
            return
        self._say(words)

    def _opened(self, tag: str, given: dict[str, str], around: _Open) -> _Open:
        role = given.get("role", "").strip().lower()
        one = _Open(
            tag=tag,
            is_hidden=around.is_hidden
            or given.get("aria-hidden", "").lower() == "true"
            or "hidden" in given
            or HIDDEN.search(given.get("style", "")) is not None,
            is_unseen=around.is_unseen or tag in UNSEEN,
            level=int(tag[1]) if tag in HEADINGS else around.level,
            lang=given.get("lang", "").strip() or around.lang,
            dir=given.get("dir", "").strip().lower() or around.dir,
            start=around.start,
            around=around.around,
            table=around.table,
            is_code=around.is_code or tag == "pre",
        )
        if tag in BLOCKS:
            line, column = self.getpos()
            one.start = self.lines[line - 1] + column + len(self.get_starttag_text() or "")
        kind = GROUPS.get(tag, "")
        if role in LAYOUT:
            kind = ""
        elif role in ARTICLES and not kind:
            kind = role
        if kind and not one.is_hidden:
            self.groups.append(_Group(kind=kind, name=" ".join(given.get("aria-label", "").split())))
            one.around = (*around.around, len(self.groups) - 1)
            one.table = len(self.groups) - 1 if kind == "table" else around.table
        elif tag == "table":
            one.table = -1
        return one

    def _counted(self, tag: str, one: _Open) -> None:
        """Count the rows and cells of a table, the items of a list."""
        if tag == "li":
            self.item = True
            lists = [at for at in one.around if self.groups[at].kind.endswith("list")]
            if lists:
                self.groups[lists[-1]].rows += 1
        if one.table < 0:
            return
        table = self.groups[one.table]
        if tag == "tr":
            table.rows += 1
            table.cells = 0
        elif tag in {"td", "th"}:
            table.cells += 1
            table.columns = max(table.columns, table.cells)
            if self.draft:
                self._end_link()
                self._put(Piece(kind="text", words=" | "))

    def _void(self, tag: str, given: dict[str, str]) -> None:
        if tag == "br":
            self._say(" ")
        elif tag == "img" and given.get("role", "").lower() not in LAYOUT:
            alt = " ".join(given.get("alt", "").split())
            self._put(Piece(kind="image", words=alt, url=given.get("src", ""), has_name="alt" in given))
            if self.link:
                self.link.images += 1

    def _say(self, words: str) -> None:
        if self.link:
            self.link.words.append(words)
            return
        at, before = self.open[-1], self.draft.pieces[-1] if self.draft and self.draft.pieces else None
        lang = at.lang if self.draft and at.lang != self.draft.at.lang else ""
        if before and before.kind == "text" and before.lang == lang and self.draft:
            joined = before.words + (words.lstrip() if before.words.endswith(" ") and not at.is_code else words)
            self.draft.pieces[-1] = Piece(kind="text", words=joined, lang=lang)
        elif words.strip() or self.draft:
            self._put(Piece(kind="text", words=words, lang=lang))

    def _put(self, piece: Piece) -> None:
        if self.draft is None:
            self.draft = _Draft(at=self.open[-1], is_item=self.item)
            self.item = False
        self.draft.pieces.append(piece)

    def _end_link(self) -> None:
        link, self.link = self.link, None
        if link is None:
            return
        said = " ".join("".join(link.words).split())
        images = self.draft.pieces[len(self.draft.pieces) - link.images :] if self.draft and link.images else []
        if link.is_rest and not said and not images:
            return
        named = link.label or said or " ".join(one.words for one in images).strip()
        lead = " " if link.words and link.words[0].startswith(" ") else ""
        tail = " " if link.words and link.words[-1].endswith(" ") else ""
        at = self.open[-1]
        if said or link.label or not images or not named:
            lang = at.lang if self.draft and at.lang != self.draft.at.lang else ""
            self._put(
                Piece(
                    kind="link", words=lead + (link.label or said) + tail, url=link.url, lang=lang, has_name=bool(named)
                )
            )
        elif self.draft:
            self.draft.pieces.append(Piece(kind="link", words="", url=link.url))  # its image has said it

    def _flush(self) -> None:
        link = self.link
        if link:
            self._end_link()
            self.link = None if link.label else _Link(url=link.url, label="", is_rest=True)
        draft, self.draft = self.draft, None
        if draft is None or not any(piece.words.strip() or piece.kind != "text" for piece in draft.pieces):
            return
        at = draft.at
        self.blocks.append(
            Block(
                pieces=tuple(draft.pieces),
                level=at.level,
                is_item=draft.is_item,
                around=at.around,
                lang=at.lang or self.lang,
                dir=at.dir or self.dir,
                start=at.start,
            )
        )
