"""
What the editor wrote, as values: Issue, Section, Entry, blocks and inlines.

Merge fields stand in every string (text, URLs, alt texts) as tokens `MW<10 hex>x<slot>Z`; `Issue.fields[slot]` says what each one is. Tokens are
letters and digits only, because nothing else survives Markdown, MJML, CSS inlining and quoted-printable alike. A URL here has passed the scheme
allow-list (http, https, mailto). Nothing in this module parses, renders or touches the world.

Units: lines and columns count from 1, in the file as the editor sees it (front matter included).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "Block",
    "Break",
    "Code",
    "CodeSpan",
    "Component",
    "Entry",
    "Field",
    "Footnote",
    "FootnoteRef",
    "Heading",
    "Html",
    "Image",
    "Inline",
    "Issue",
    "Link",
    "ListBlock",
    "Note",
    "Paragraph",
    "Picture",
    "Quote",
    "Rule",
    "Section",
    "Styled",
    "Table",
    "Text",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """Something the parser met that the editor should know; `preflight` makes a finding of it."""

    rule: str  # a rule id of preflight, e.g. "issue.unknown-key"
    line: int
    what: str
    mend: str = ""
    column: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A merge field: `{{ name | default("friend") }}`. Its index in `Issue.fields` is its slot."""

    name: str
    default: str | None  # None: none was given, so an empty value is worth a finding
    line: int


# ------------------------------------------------------------------ inlines


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """Literal text; may hold tokens."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeSpan:
    """Code inside a line, exactly as written; never holds tokens."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Styled:
    """Inlines under one of the safe elements: em strong s del ins u small sub sup kbd mark b i span."""

    tag: str
    children: tuple["Inline", ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A link; `url` is normalised (percent-encoded) and of an allowed scheme."""

    url: str
    children: tuple["Inline", ...]
    title: str = ""
    line: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """An image as written; `src` is a URL or a path relative to the issue's file."""

    src: str
    alt: str
    title: str = ""
    width: int | None = None  # CSS pixels, from {width=544}
    decorative: bool = False  # {.decorative}: the empty alt is meant
    line: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """A line's end: hard (`<br>`) or soft (a blank in HTML)."""

    hard: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class FootnoteRef:
    """A reference to `Footnote.number` of the same entry (or of the issue, outside entries)."""

    number: int


Inline = Text | CodeSpan | Styled | Link | Image | Break | FootnoteRef


# ------------------------------------------------------------------- blocks


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """Running text."""

    children: tuple[Inline, ...]
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A heading that is neither the issue's title nor a section's; `level` as written, 2 to 6."""

    level: int
    children: tuple[Inline, ...]
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ListBlock:
    """A bullet or numbered list; each item is a row of blocks."""

    ordered: bool
    start: int
    tight: bool
    items: tuple[tuple["Block", ...], ...]
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """A block quote."""

    blocks: tuple["Block", ...]
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Code:
    """A code block; `lang` may be empty."""

    text: str
    lang: str
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A data table; `aligns` holds "", left, center or right per column."""

    head: tuple[tuple[Inline, ...], ...]
    rows: tuple[tuple[tuple[Inline, ...], ...], ...]
    aligns: tuple[str, ...]
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """An image that is a paragraph of its own, with its caption (the image's title)."""

    image: Image
    caption: str
    url: str  # what it links to; empty: nothing
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A thematic break (`---`)."""

    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Html:
    """Block HTML of the safe subset, sanitised (`html`, well-formed XHTML), and what it says in plain text (`text`)."""

    html: str
    text: str
    urls: tuple[str, ...]
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Footnote:
    """A note at the end of its entry."""

    number: int
    blocks: tuple["Block", ...]
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """A container `::: name key=value`; the theme draws it by its partial of that name."""

    name: str
    options: Mapping[str, str]
    blocks: tuple["Block | Entry", ...]
    line: int


Block = Paragraph | Heading | ListBlock | Quote | Code | Table | Picture | Rule | Html | Component


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One numbered (or h3) link of a section with its blurb."""

    number: str  # as authored ("3"); empty: none
    title: tuple[Inline, ...]
    url: str  # empty: a numbered line without a link
    line: int
    tail: tuple[Inline, ...] = ()  # what follows the link on its own line: "by X"
    blocks: tuple[Block, ...] = ()  # the blurb, pictures included, in order
    footnotes: tuple[Footnote, ...] = ()
    stars: int | None = None  # 2700 for "(2.7K stars)"
    flags: frozenset[str] = frozenset()  # lead, pick
    meta: Mapping[str, str] = field(default_factory=dict)  # by, time, lang, kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A part of the issue under its own heading."""

    id: str
    title: tuple[Inline, ...]  # without the leading emoji
    level: int  # as written
    emoji: str  # the leading emoji; empty: none
    url: str  # a linked heading's target; empty: none
    layout: str  # "" (as the theme says), "cards" or "compact"
    items: tuple[Entry | Block, ...]  # in the order written
    line: int
    link_list: bool = False  # entries without a single blurb: drawn as the one list they are
    ordered: bool = True  # entries carry numbers of their own

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The section's entries, those inside containers included, in order."""
        return tuple(_entries(self.items))


@dataclass(frozen=True, kw_only=True, slots=True)
class Issue:
    """One issue, whole."""

    source: str  # the file's name for places: "issues/078-title.md"
    number: int | None
    newsletter: str  # from `# NEWSLETTER #78: headline`; empty: the settings' name
    title: str  # the headline; empty: none
    heading: str  # the h1 as written, without its markup; empty: none
    lang: str  # BCP 47; empty: the settings' language
    dir: str  # ltr or rtl; empty: by language
    meta: Mapping[
        str, str
    ]  # front matter as strings, known keys under their names of the reference: subject, preheader, date, theme, lead, list, images …
    intro: tuple[Block, ...]
    sections: tuple[Section, ...]
    outro: tuple[Block, ...]
    footnotes: tuple[Footnote, ...]  # of intro, outro and prose outside entries
    notes: tuple[Note, ...]
    fields: tuple[Field, ...]
    nonce: str  # 10 hex digits: tokens of this issue are MW<nonce>x<slot>Z
    digest: str  # SHA-256 (hex) of the text as parsed

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every entry of the issue, in order."""
        return tuple(entry for section in self.sections for entry in section.entries)


def _entries(items: tuple[Entry | Block, ...]) -> list[Entry]:
    found: list[Entry] = []
    for item in items:
        if isinstance(item, Entry):
            found.append(item)
        elif isinstance(item, Component):
            found.extend(_entries(item.blocks))
    return found
