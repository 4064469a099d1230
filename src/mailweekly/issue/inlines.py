"""
Inline tokens to inlines: the tree that later stages draw.

Raw HTML is decided tag by tag: a tag of the safe subset that is closed at its own level becomes the thing it is; any
other tag is text, to be seen by the reader and noted for the editor. No attribute of a tag survives but a link's or an
image's address, title, alt and width.

Units: lines count from 1 in the editor's file; widths in CSS pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from mailweekly.issue import fields, tags
from mailweekly.issue.inline_rules import read_attributes
from mailweekly.issue.model import Break, CodeSpan, FootnoteRef, Image, Inline, Link, Styled, Text
from mailweekly.issue.reading import Reading

__all__ = ["alt_text", "build", "footnote_key"]

_MAX_DEPTH = 40  # styles within styles; deeper ones are dropped, their words stay
_MAX_WIDTH = 4000  # CSS pixels; a larger width is a slip


def build(tokens: Sequence[Token], reading: Reading, line: int) -> tuple[Inline, ...]:
    """Return the inlines of `tokens`, which begin in `line`; blanks at either end are dropped."""
    return _Builder(tokens, reading, line).built()


def alt_text(tokens: Sequence[Token], reading: Reading, line: int) -> str:
    """Return what the label of an image says, its fields as tokens."""
    pieces: list[str] = []
    for token in tokens:
        if token.type == "field":
            pieces.append(reading.filled(fields.marked(token.content), line))
        elif token.type in {"softbreak", "hardbreak"}:
            pieces.append(" ")
        elif token.type == "image":
            pieces.append(alt_text(token.children or [], reading, line))
        elif token.type not in {"html_inline", "footnote_ref"}:
            pieces.append(token.content)
    return "".join(pieces)


def footnote_key(token: Token) -> str:
    """Return what a footnote reference and its definition have in common."""
    label = token.meta.get("label")
    return f"label:{label}" if label is not None else f"inline:{token.meta['id']}"


@dataclass(slots=True)
class _Frame:
    """An element that is open; `tag` empty: its children go to the one round it."""

    tag: str = ""
    url: str = ""
    title: str = ""
    line: int = 0
    children: list[Inline] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def flush(self) -> None:
        text = "".join(self.words)
        self.words.clear()
        if text:
            self.children.append(Text(text=text))


class _Builder:
    def __init__(self, tokens: Sequence[Token], reading: Reading, line: int) -> None:
        self._tokens = tokens
        self._reading = reading
        self._line = line
        self._frames = [_Frame()]
        self._pairs = tags.pairs(tokens)
        self._links = 0  # open ones: a link within a link is only its words

    def built(self) -> tuple[Inline, ...]:
        for index, token in enumerate(self._tokens):
            if token.nesting > 0:
                self._open_token(token)
            elif token.nesting < 0:
                self._close()
            elif token.type == "html_inline":
                self._html(index, token)
            else:
                self._leaf(index, token)
            self._line += token.meta.get("lines", 0) if token.meta else 0
        while len(self._frames) > 1:
            self._close()
        self._frames[0].flush()
        return _trimmed(self._frames[0].children)

    def _say(self, text: str) -> None:
        self._frames[-1].words.append(text)

    def _add(self, inline: Inline) -> None:
        self._frames[-1].flush()
        self._frames[-1].children.append(inline)

    def _open(self, tag: str, url: str = "", title: str = "") -> None:
        if len(self._frames) > _MAX_DEPTH:
            tag = ""
        self._links += tag == "a"
        self._frames.append(_Frame(tag=tag, url=url, title=title, line=self._line))

    def _close(self) -> None:
        frame = self._frames.pop()
        frame.flush()
        if not frame.tag:
            for child in frame.children:
                if isinstance(child, Text):
                    self._say(child.text)
                else:
                    self._add(child)
        elif frame.tag == "a":
            self._links -= 1
            self._add(Link(url=frame.url, children=tuple(frame.children), title=frame.title, line=frame.line))
        elif frame.children:
            self._add(Styled(tag=frame.tag, children=tuple(frame.children)))

    def _open_token(self, token: Token) -> None:
        if token.type == "link_open":
            href, title = str(token.attrs["href"]), str(token.attrs.get("title", ""))
            self._open_link(fields.marked(href) if token.info == "auto" else href, title)
        else:
            self._open({"s": "del"}.get(token.tag, token.tag) if token.tag in tags.STYLES else "")

    def _open_link(self, href: str, title: str) -> None:
        url = None if self._links else self._reading.link(href, self._line)
        self._open("a" if url else "", url or "", self._reading.filled(title, self._line))

    def _leaf(self, index: int, token: Token) -> None:
        match token.type:
            case "text":
                inside_address = index and self._tokens[index - 1].info == "auto" and "{{" in token.content
                self._say(self._filled(token.content) if inside_address else token.content)
            case "softbreak" | "hardbreak":
                self._add(Break(hard=token.type == "hardbreak"))
                self._line += 1
            case "code_inline":
                self._add(CodeSpan(text=token.content))
            case "field":
                self._say(self._filled(token.content))
            case "image":
                self._image(index, token)
            case "footnote_ref":
                self._footnote(token)
            case "attrs":
                if not (index and self._tokens[index - 1].type == "image"):
                    self._say(token.content)
            case _:
                self._odd(token)

    def _odd(self, token: Token) -> None:
        self._say(token.content)
        if token.type == "field_bad":
            self._reading.bad_field(token.content, self._line)
        elif token.type == "foreign":
            mend = "Fields are written {{ name }}, conditions as `::: only` blocks."
            self._reading.note("field.foreign", self._line, f"{token.content[:60]} is another sender's syntax.", mend)

    def _filled(self, text: str) -> str:
        return self._reading.filled(fields.marked(text), self._line)

    def _footnote(self, token: Token) -> None:
        numbers = self._reading.footnote_numbers
        number = numbers.setdefault(footnote_key(token), len(numbers) + 1)
        self._add(FootnoteRef(number=number))

    def _image(self, index: int, token: Token) -> None:
        following = self._tokens[index + 1] if index + 1 < len(self._tokens) else None
        written = following.content if following is not None and following.type == "attrs" else ""
        _, classes, values = read_attributes(written)
        alt = alt_text(token.children or [], self._reading, self._line).strip()
        title = self._reading.filled(str(token.attrs.get("title", "")), self._line)
        self._put_image(
            str(token.attrs["src"]), alt, title, values.get("width", ""), decorative="decorative" in classes
        )

    def _put_image(self, src: str, alt: str, title: str, width: str, *, decorative: bool) -> None:
        source = self._reading.image(src, self._line)
        if source is None:
            self._say(alt)
            return
        if not alt and not decorative:
            mend = "Write ![what it shows](…), or {.decorative} behind it if it shows nothing."
            self._reading.note("a11y.alt-missing", self._line, "An image without a description.", mend)
        self._add(Image(src=source, alt=alt, title=title, width=_width(width), decorative=decorative, line=self._line))

    def _html(self, index: int, token: Token) -> None:
        tag = tags.read(token.content)
        if tag is None:
            self._comment(token)
        elif tag.name == "br":
            self._add(Break(hard=True))
        elif tag.name == "img" and "src" in tag.attributes:
            alt, title = self._attribute(tag, "alt"), self._attribute(tag, "title")
            src = fields.marked(tag.attributes["src"])
            self._put_image(
                src, alt, title, tag.attributes.get("width", ""), decorative=tag.attributes.get("alt") == ""
            )
        elif tag.name in tags.EMBEDS:
            self._embed(tag, token.content)
        elif index in self._pairs:
            self._paired(tag)
        else:
            self._visible(tag, token.content)

    def _comment(self, token: Token) -> None:
        if not token.content.startswith("<!--"):
            self._say(token.content)
            self._reading.note(
                "issue.raw-html", self._line, "A processing instruction or CDATA block is shown as text."
            )

    def _attribute(self, tag: tags.Tag, name: str) -> str:
        return self._filled(tag.attributes.get(name, ""))

    def _paired(self, tag: tags.Tag) -> None:
        if tag.closing:
            self._close()
        elif tag.name == "a":
            self._open_link(fields.marked(tag.attributes.get("href", "")), tag.attributes.get("title", ""))
        elif tag.name in tags.PARAGRAPHS:
            if self._frames[-1].children or self._frames[-1].words:
                self._add(Break(hard=True))
            self._open("")
        else:
            self._open(tag.name)

    def _embed(self, tag: tags.Tag, written: str) -> None:
        address = tag.attributes.get("src", "")
        if tag.closing or (not address and tag.name in {"video", "audio"}):
            return
        url = self._reading.link(fields.marked(address), self._line) if address else None
        if url is None:
            self._visible(tag, written)
            return
        self._reading.note("issue.raw-html", self._line, f"A mail cannot hold a <{tag.name}>; it is shown as a link.")
        self._add(Link(url=url, children=(Text(text=tags.embed_words(tag, url)),), line=self._line))

    def _visible(self, tag: tags.Tag, written: str) -> None:
        self._say(written)
        if tag.name in tags.HTML_NAMES and tag.written_name.islower():
            what = f"<{'/' if tag.closing else ''}{tag.name}> is shown as text."
            self._reading.note(
                "issue.raw-html", self._line, what, "Use Markdown or a component, or put it in backticks."
            )


def _width(written: str) -> int | None:
    digits = written.removesuffix("px")
    if digits.isascii() and digits.isdigit() and len(digits) <= 4 and 0 < int(digits) <= _MAX_WIDTH:  # noqa: PLR2004
        return int(digits)
    return None


def _trimmed(children: list[Inline]) -> tuple[Inline, ...]:
    while children and isinstance(children[0], Break):
        children.pop(0)
    while children and isinstance(children[-1], Break):
        children.pop()
    if children and isinstance(first := children[0], Text):
        children[0:1] = [Text(text=kept)] if (kept := first.text.lstrip()) else []
    if children and isinstance(last := children[-1], Text):
        children[-1:] = [Text(text=kept)] if (kept := last.text.rstrip()) else []
    return tuple(children)
