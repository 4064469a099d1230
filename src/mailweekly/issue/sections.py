"""
The parts of an issue: what comes before the first section, the sections, what comes after.

A section begins at a heading of the second level (or the first, where that is not the title); an issue without any uses
the highest level it has. A bold line that is one link (`**[🦄 x](url)**`) is a heading too. Deeper headings stay in
their section, as blocks.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from markdown_it.token import Token

from mailweekly.issue import blocks, emoji, entries, inlines
from mailweekly.issue.containers import CONDITIONAL
from mailweekly.issue.footnotes import Footnotes
from mailweekly.issue.heads import without_attributes
from mailweekly.issue.inline_rules import read_attributes
from mailweekly.issue.model import Block, Component, Entry, Inline, Link, Section, Styled, Text
from mailweekly.issue.reading import Reading, nearest
from mailweekly.issue.tree import Node
from mailweekly.issue.words import plain

__all__ = ["Parts", "arranged"]

_USUAL_LEVEL = 2
_LAYOUTS = frozenset({"cards", "compact"})
_NOT_A_WORD = re.compile(r"[^\w]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The blocks and sections of an issue, in order."""

    intro: tuple[Block, ...]
    sections: tuple[Section, ...]
    outro: tuple[Block, ...]


@dataclass(slots=True)
class _Part:
    """The heading of a section (None: it has none) and the nodes under it."""

    heading: Node | None
    level: int
    nodes: list[Node] = field(default_factory=list)


def arranged(nodes: Sequence[Node], reading: Reading, footnotes: Footnotes, meta: Mapping[str, str]) -> Parts:
    """Return the parts that the top nodes make, the title's heading already taken out; `meta` may name layouts of sections."""
    outro = [node for node in nodes if node.opening is not None and node.opening.name == "outro"]
    rest = [node for node in nodes if node.opening is None or node.opening.name != "outro"]
    first, *parts = _with_unnamed(_divided(_lifted(rest)))
    intro = blocks.build(first.nodes, reading)
    writer = _Writer(reading, footnotes, meta)
    sections = tuple(writer.section(part) for part in parts)
    closing = tuple(block for node in outro for block in blocks.build(node.children, reading))
    return Parts(intro=intro, sections=sections, outro=closing)


def _lifted(nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes with whole sections in a conditional block as sections, what stands under each heading conditional by itself."""
    level = _levels([inner for node in nodes for inner in (node.children if _is_conditional(node) else (node,))])[0]
    found: list[Node] = []
    for place, node in reversed(list(enumerate(nodes))):
        following = found[0] if found else None
        inside = _lifted(node.children) if _is_conditional(node) else []
        if any(_begins(inner, level) for inner in inside) and (following is None or _begins(following, level)):
            found = [*_split(node, inside, level), *found]
        else:
            found.insert(0, nodes[place])
    return found


def _split(node: Node, inside: Sequence[Node], level: int) -> list[Node]:
    found: list[Node] = []
    own: list[Node] = []
    for inner in inside:
        if _begins(inner, level):
            found += [*([replace(node, children=own)] if own or found else []), inner]
            own = []
        else:
            own.append(inner)
    return [*found, replace(node, children=own)]


def _is_conditional(node: Node) -> bool:
    return node.opening is not None and node.opening.name in CONDITIONAL


def _begins(node: Node, level: int) -> bool:
    """Return whether a node is a heading that begins a section."""
    return node.kind == "heading" and int(node.token.tag[1:]) <= level


def _divided(nodes: Sequence[Node]) -> list[_Part]:
    """Return the intro and the parts behind it."""
    level, bold = _levels(nodes)
    parts = [_Part(heading=None, level=level)]
    for node in nodes:
        own = int(node.token.tag[1:]) if node.kind == "heading" else 0
        if own and (own <= level or (len(parts) == 1 and level)):
            parts.append(_Part(heading=node, level=own))
        elif bold and _is_bold_heading(node):
            parts.append(_Part(heading=_heading_of(node), level=_USUAL_LEVEL))
        else:
            parts[-1].nodes.append(node)
    return parts


def _levels(nodes: Sequence[Node]) -> tuple[int, bool]:
    """Return the level down to which headings begin a section (0: none does), and whether bold lines do."""
    levels = {int(node.token.tag[1:]) for node in nodes if node.kind == "heading"}
    bold = [node for node in nodes if _is_bold_heading(node)]
    with_emoji = any(_bold_emoji(node) for node in bold)
    if not levels:
        return 0, with_emoji or len(bold) > 1
    if min(levels) > _USUAL_LEVEL and entries.linked_headings(nodes):
        return 0, with_emoji
    return max(min(levels), _USUAL_LEVEL), with_emoji


def _with_unnamed(parts: list[_Part]) -> list[_Part]:
    """Return the parts with entries that stand before any heading in a section of their own."""
    first, *others = parts
    for place, node in enumerate(first.nodes):
        if _begins_entries(node, first.nodes, alone=not others):
            unnamed = _Part(heading=None, level=_USUAL_LEVEL, nodes=first.nodes[place:])
            return [_Part(heading=None, level=first.level, nodes=first.nodes[:place]), unnamed, *others]
    return parts


def _begins_entries(node: Node, nodes: Sequence[Node], *, alone: bool) -> bool:
    if node.kind == "heading":
        return entries.linked_headings(nodes)
    if node.kind == "container":
        return entries.holds_entries(node)
    if node.kind == "bullet_list" and not alone:
        return False
    return node.kind in {"paragraph", "ordered_list", "bullet_list"} and entries.has_entries([node])


def _is_bold_heading(node: Node) -> bool:
    if node.kind != "paragraph":
        return False
    tokens, _ = without_attributes([token for token in node.tokens if token.type != "text" or token.content.strip()])
    if len(tokens) < 3 or tokens[0].type != "strong_open" or tokens[-1].type != "strong_close":  # noqa: PLR2004
        return False
    inner = tokens[1:-1]
    if any(token.type in {"strong_open", "softbreak", "hardbreak"} for token in inner):
        return False
    return _one_link(inner)


def _bold_emoji(node: Node) -> bool:
    first = next((token for token in node.tokens if token.type == "text" and token.content.strip()), None)
    return first is not None and bool(emoji.split(first.content)[0])


def _one_link(tokens: Sequence[Token]) -> bool:
    return (
        tokens[0].type == "link_open"
        and tokens[-1].type == "link_close"
        and sum(token.type == "link_open" for token in tokens) == 1
    )


def _heading_of(node: Node) -> Node:
    """Return a bold line as the heading it stands for: its link without the bold."""
    tokens = [token for token in node.tokens if token.type not in {"strong_open", "strong_close"}]
    inline = Node(kind="inline", token=Token("inline", "", 0, children=tokens), line=node.line)
    return Node(kind="heading", token=node.token, line=node.line, children=[inline])


class _Writer:
    """Builds sections, and keeps their ids apart."""

    def __init__(self, reading: Reading, footnotes: Footnotes, meta: Mapping[str, str]) -> None:
        self._reading = reading
        self._footnotes = footnotes
        self._meta = meta
        self._ids: dict[str, int] = {}  # how often each was wanted

    def section(self, part: _Part) -> Section:
        title: tuple[Inline, ...] = ()
        name, layout, url, sign = "", "", "", ""
        line = part.nodes[0].line if part.nodes else 1
        if part.heading is not None:
            line = part.heading.line
            tokens, written = without_attributes(part.heading.tokens)
            name, layout = self._attributes(written, line)
            title, url = self._title(tokens, line)
            sign, title = _parted(title)
        name, layout = self._named(name, layout, plain(title))
        items = entries.items(part.nodes, self._reading, self._footnotes)
        found = _entries(items)
        return Section(
            id=self._unique(name or "section"),
            title=title,
            level=part.level,
            emoji=sign,
            url=url,
            layout=layout,
            items=items,
            line=line,
            link_list=len(found) > 1 and not any(entry.blocks for entry in found),
            ordered=any(entry.number for entry in found),
        )

    def _attributes(self, written: str, line: int) -> tuple[str, str]:
        name, classes, values = read_attributes(written)
        layout = values.get("layout", "")
        for word in classes:
            if word in _LAYOUTS:
                layout = word
            else:
                near = nearest(word, _LAYOUTS)
                mend = f"Did you mean `.{near}`?" if near else ""
                self._reading.note("issue.directive", line, f"A section cannot be `.{word}`.", mend)
        return name, layout

    def _title(self, tokens: Sequence[Token], line: int) -> tuple[tuple[Inline, ...], str]:
        title = inlines.build(tokens, self._reading, line)
        links = [inline for inline in title if isinstance(inline, Link)]
        others = [inline for inline in title if not isinstance(inline, Link)]
        if len(links) == 1 and all(isinstance(inline, Text) and not emoji.strip(inline.text) for inline in others):
            lead = tuple(inline for inline in others if isinstance(inline, Text) and inline.text.strip())
            return (*lead, *links[0].children), links[0].url
        return title, ""

    def _named(self, name: str, layout: str, words: str) -> tuple[str, str]:
        """Return id and layout of a section as the front matter wants them, found by id or by the words of its title."""
        slug = name or _slug(words)
        for key in self._keys():
            wanted = _slug(key)
            if wanted and (wanted == slug or slug.startswith(f"{wanted}-")):
                slug = self._meta.get(f"sections.{key}.id", slug)
                layout = layout or self._meta.get(f"sections.{key}.layout", "")
                break
        return slug, layout if layout in _LAYOUTS else ""

    def _keys(self) -> list[str]:
        return list(
            dict.fromkeys(
                path.split(".")[1] for path in self._meta if path.startswith("sections.") and path.count(".") > 1
            )
        )

    def _unique(self, name: str) -> str:
        candidate = name
        while candidate in self._ids:
            self._ids[name] += 1
            candidate = f"{name}-{self._ids[name]}"
        self._ids[candidate] = 1
        return candidate


def _parted(title: tuple[Inline, ...]) -> tuple[str, tuple[Inline, ...]]:
    """Return the leading emoji of a title and the title without it."""
    if not title:
        return "", title
    first, *rest = title
    if isinstance(first, Text):
        sign, words = emoji.split(first.text)
        if not sign and rest and not emoji.strip(first.text):
            sign, words = first.text.strip(), ""
        return sign, (Text(text=words), *rest) if words else tuple(rest)
    if isinstance(first, Styled):
        sign, children = _parted(first.children)
        return sign, (Styled(tag=first.tag, children=children), *rest) if children else tuple(rest)
    return "", title


def _slug(words: str) -> str:
    return _NOT_A_WORD.sub("-", words.lower()).strip("-")[:60]


def _entries(items: Sequence[Entry | Block]) -> list[Entry]:
    found: list[Entry] = []
    for item in items:
        if isinstance(item, Entry):
            found.append(item)
        elif isinstance(item, Component):
            found.extend(_entries(item.blocks))
    return found
