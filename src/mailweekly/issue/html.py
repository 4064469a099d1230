"""
Raw HTML blocks: made safe by construction, well-formed, with what they say in plain text.

Tags outside the safe subset, and tags without their partner, become visible text; then nh3 sanitises the whole; then
the result is written out anew as XHTML, each URL through the allow-list. No script, handler, style or class survives
any of the three.

Source: nh3 (ammonia) for sanitising. Its time grows with the square of the nesting (100,000 nested divs take 16 s), hence `_MAX_DEPTH`.
"""

import html
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it.common.html_re import HTML_TAG_RE

from mailweekly.issue import fields, tags
from mailweekly.issue.block_rules import BLOCK_TAGS
from mailweekly.issue.model import Html
from mailweekly.issue.reading import Reading
from mailweekly.issue.surface import without_controls

__all__ = ["clean", "spanning"]

_MAX_DEPTH = 30
_SAFE = BLOCK_TAGS | tags.STYLES | tags.VOID | {"a"}
_DROPPED = frozenset({"picture", "source"})
_END_OPTIONAL = frozenset(["li", "p", "td", "th", "tr", "thead", "tbody", "tfoot", "colgroup", "caption"])
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "tr": {"align"},
    "p": {"align"},
    "div": {"align"},
    "ol": {"start"},
    "details": {"open"},
}
_ALIGNS = frozenset({"left", "center", "right"})
_ENDS_LINE = frozenset(["p", "div", "ul", "ol", "li", "blockquote", "table", "caption", "tr", "details", "summary"])


@dataclass(slots=True)
class _Piece:
    """A stretch of text or one tag."""

    written: str
    tag: tags.Tag | None = None


@dataclass(slots=True)
class _Matching:
    """Which tags of one block are paired, and which look for their partner elsewhere."""

    paired: set[int] = field(default_factory=set)
    opened: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)

    def leave(self, name: str, place: int) -> None:
        """Count an opening tag without an end: complete where HTML lets the end be left out, else without a partner."""
        if name in _END_OPTIONAL:
            self.paired.add(place)
        else:
            self.opened.append(place)


def clean(raw: str, reading: Reading, line: int, dropped: frozenset[int] = frozenset()) -> Html | None:
    """Return `raw` as a safe block, None if nothing visible is left; `dropped` are tags (by place) whose partner is in another block."""
    import nh3

    pieces = _pieces(raw)
    written = _Rewriter(reading, line).rewritten(pieces, dropped)
    safe = nh3.clean(
        written,
        tags=set(_SAFE),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        clean_content_tags=set(),
    )
    writer = _Xhtml(reading)
    writer.feed(safe)
    writer.close()
    return writer.block(line)


def spanning(raws: Sequence[str]) -> list[frozenset[int]]:
    """Return for each of several blocks of one parent the tags whose partner stands in another of them: `<details>`, Markdown, `</details>`."""
    found: list[set[int]] = [set() for _ in raws]
    waiting: list[tuple[str, int, int]] = []
    for block, raw in enumerate(raws):
        pieces = _pieces(raw)
        matching = _matched(pieces)
        for place in sorted([*matching.opened, *matching.closed]):
            tag = pieces[place].tag
            assert tag is not None
            if not tag.closing:
                waiting.append((tag.name, block, place))
            elif waiting and waiting[-1][0] == tag.name:
                _, first, opened = waiting.pop()
                found[first].add(opened)
                found[block].add(place)
    return [frozenset(places) for places in found]


def _pieces(raw: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    position = 0
    for match in _tags(raw):
        if match.start() > position:
            pieces.append(_Piece(raw[position : match.start()]))
        position = match.end()
        if not match[0].startswith("<!--"):
            pieces.append(_Piece(match[0], tags.read(match[0])))
    if position < len(raw):
        pieces.append(_Piece(raw[position:]))
    return pieces


def _tags(raw: str) -> list[re.Match[str]]:
    # Nothing behind the last ">" can be a tag; without this a run of openers would cost a scan each.
    last = raw.rfind(">") + 1
    return list(HTML_TAG_RE.finditer(raw, 0, last))


def _matched(pieces: Sequence[_Piece]) -> _Matching:
    matching = _Matching()
    stack: list[tuple[str, int]] = []
    counts: Counter[str] = Counter()
    for place, piece in enumerate(pieces):
        tag = piece.tag
        if tag is None or tag.name not in _SAFE or tag.name in tags.VOID:
            continue
        if not tag.closing:
            stack.append((tag.name, place))
            counts[tag.name] += 1
        elif counts[tag.name]:
            matching.paired.update((_unwound(stack, counts, tag.name, matching), place))
        else:
            matching.closed.append(place)
    for name, place in stack:
        matching.leave(name, place)
    return matching


def _unwound(stack: list[tuple[str, int]], counts: Counter[str], wanted: str, matching: _Matching) -> int:
    """Take tags off the stack down to the wanted one, and return its place."""
    while True:
        name, place = stack.pop()
        counts[name] -= 1
        if name == wanted:
            return place
        matching.leave(name, place)


class _Rewriter:
    def __init__(self, reading: Reading, line: int) -> None:
        self._reading = reading
        self._line = line
        self._depth = 0

    def rewritten(self, pieces: Sequence[_Piece], dropped: frozenset[int]) -> str:
        matching = _matched(pieces)
        loose_summary = any(
            piece.tag is not None and piece.tag.name == "details" for piece in (pieces[place] for place in dropped)
        )
        written: list[str] = []
        for place, piece in enumerate(pieces):
            if place not in dropped:
                written.append(self._piece(piece, paired=place in matching.paired, loose_summary=loose_summary))
            self._line += piece.written.count("\n")
        return "".join(written)

    def _piece(self, piece: _Piece, *, paired: bool, loose_summary: bool) -> str:
        tag = piece.tag
        if tag is None:
            return self._text(piece.written)
        if tag.name in tags.EMBEDS:
            return self._embed(tag)
        if tag.name in tags.VOID:
            return self._void(tag)
        if tag.name not in _SAFE or not (paired or (tag.closing and tag.name in _END_OPTIONAL)):
            return self._visible(tag, piece.written)
        return self._element(tag, "p" if loose_summary and tag.name == "summary" else tag.name)

    def _text(self, written: str) -> str:
        if "{{" not in written:
            return written.replace("<", "&lt;")
        filled = fields.FIELD.sub(self._field, written)
        for match in fields.MALFORMED.finditer(filled):
            if filled[match.start() - 1 : match.start()] != "\\":
                self._reading.bad_field(match[0], self._line)
        return filled.replace("\\{{", "{{").replace("<", "&lt;")

    def _field(self, match: re.Match[str]) -> str:
        if match.start() and match.string[match.start() - 1] == "\\":
            return match[0]
        return html.escape(self._reading.field(fields.name_of(match[1]), match[2], self._line), quote=False)

    def _embed(self, tag: tags.Tag) -> str:
        address = tag.attributes.get("src", "")
        if tag.closing or not address or tag.name == "source":
            return ""
        url = self._reading.link(fields.marked(address), self._line)
        self._reading.note("issue.raw-html", self._line, f"A mail cannot hold a <{tag.name}>; it is shown as a link.")
        return f'<a href="{html.escape(url)}">{html.escape(tags.embed_words(tag, url))}</a>' if url else ""

    def _void(self, tag: tags.Tag) -> str:
        if tag.name != "img":
            return "" if tag.closing else f"<{tag.name}>"
        source = self._reading.image(fields.marked(tag.attributes.get("src", "")), self._line)
        alt = self._filled(tag.attributes.get("alt", ""))
        if source is None:
            return html.escape(alt)
        if "alt" not in tag.attributes:
            self._reading.note(
                "a11y.alt-missing", self._line, "An image without a description.", 'Write alt="what it shows".'
            )
        kept = {"src": source, "alt": alt}
        kept |= {
            key: self._filled(value) for key, value in tag.attributes.items() if key in {"title", "width", "height"}
        }
        return f"<img{_written(kept)}>"

    def _element(self, tag: tags.Tag, name: str) -> str:
        if name in _DROPPED:
            return ""
        if tag.closing:
            self._depth -= 1
            return f"</{name}>" if self._depth < _MAX_DEPTH else ""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            return ""
        kept = {key: self._filled(value) for key, value in tag.attributes.items() if key in _ATTRIBUTES.get(name, ())}
        if name == "a":
            url = self._reading.link(fields.marked(tag.attributes.get("href", "")), self._line)
            kept = {**kept, "href": url} if url else {}
        if kept.get("align", "left").lower() not in _ALIGNS:
            del kept["align"]
        return f"<{name}{_written(kept)}>"

    def _filled(self, value: str) -> str:
        return self._reading.filled(fields.marked(value), self._line)

    def _visible(self, tag: tags.Tag, written: str) -> str:
        if tag.name in tags.HTML_NAMES:
            what = f"<{'/' if tag.closing else ''}{tag.name}> is shown as text."
            self._reading.note(
                "issue.raw-html", self._line, what, "Use Markdown or a component, or close the tag in its own block."
            )
        return html.escape(written, quote=False)


class _Xhtml(HTMLParser):
    """Writes sanitised HTML out as XHTML, and gathers its words and URLs."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(convert_charrefs=True)
        self._reading = reading
        self._html: list[str] = []
        self._words: list[str] = []
        self._urls: list[str] = []
        self._links: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kept = {key: without_controls(value if value is not None else key) for key, value in attrs}
        if tag == "a":
            self._links.append("href" in kept)
            if "href" not in kept:
                return
            self._urls.append(kept["href"])
        if tag == "img":
            self._words.append(kept.get("alt", ""))
        self._break(tag)
        self._words.append({"br": "\n", "li": "- ", "td": " ", "th": " "}.get(tag, ""))
        self._html.append(f"<{tag}{_written(kept)} />" if tag in tags.VOID else f"<{tag}{_written(kept)}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in tags.VOID or (tag == "a" and self._links and not self._links.pop()):
            return
        self._html.append(f"</{tag}>")
        self._break(tag)

    def handle_data(self, data: str) -> None:
        words = without_controls(data)  # `&#1;` is a control only now
        self._html.append(html.escape(words, quote=False))
        self._words.append(re.sub(r"\s+", " ", words))

    def block(self, line: int) -> Html | None:
        """Return what was read; None if it shows nothing."""
        written = "".join(self._html).strip()
        lines = [re.sub(" +", " ", text).strip() for text in "".join(self._words).split("\n")]
        text = "\n".join(text for text in lines if text and text != "-")
        if not text and "<img" not in written:
            return None
        return Html(html=written, text=text, urls=tuple(dict.fromkeys(self._urls)), line=line)

    def _break(self, tag: str) -> None:
        if tag in _ENDS_LINE:
            self._words.append("\n")


def _written(attributes: dict[str, str]) -> str:
    return "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items())
