"""
Nodes to blocks: paragraphs, lists, quotes, code, tables, pictures and containers as values.

Entries are not looked for here; `entries` does that and hands its own items to containers.

Units: lines count from 1 in the editor's file.
"""

from collections.abc import Callable, Mapping, Sequence

from markdown_it.token import Token

from mailweekly.issue import html, inlines
from mailweekly.issue.model import (
    Block,
    Break,
    Code,
    Component,
    Heading,
    Html,
    Image,
    Inline,
    Link,
    ListBlock,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Table,
    Text,
)
from mailweekly.issue.reading import Reading
from mailweekly.issue.tree import Node

__all__ = ["build", "paragraph"]

_VERBATIM = ("<script", "<style", "<textarea", "<pre")
_ALIGN = "text-align:"


def build(nodes: Sequence[Node], reading: Reading) -> tuple[Block, ...]:
    """Return the blocks of `nodes`, in order; nodes that show nothing leave none."""
    if reading.is_outline:
        return ()
    spans = _spanning(nodes)
    found: list[Block] = []
    for node in nodes:
        found.extend(_block(node, reading, spans))
    return tuple(found)


def paragraph(tokens: Sequence[Token], reading: Reading, line: int) -> tuple[Block, ...]:
    """Return the paragraph of inline `tokens`: pictures if it holds nothing but images, nothing if it is empty."""
    children = inlines.build(tokens, reading, line)
    pictures = _pictures(children, line)
    if pictures:
        return pictures
    return (Paragraph(children=children, line=line),) if children else ()


def _block(node: Node, reading: Reading, spans: dict[int, frozenset[int]]) -> tuple[Block, ...]:
    match node.kind:
        case "paragraph":
            return paragraph(node.tokens, reading, node.line)
        case "html_block":
            return _html(node, reading, spans.get(id(node), frozenset()))
        case kind if kind in _MAKERS:
            return (_MAKERS[kind](node, reading),)
        case _:
            return build(node.children, reading)


def _heading(node: Node, reading: Reading) -> Heading:
    level = max(int(node.token.tag[1:]), 2)
    return Heading(level=level, children=inlines.build(node.tokens, reading, node.line), line=node.line)


def _quote(node: Node, reading: Reading) -> Quote:
    return Quote(blocks=build(node.children, reading), line=node.line)


def _code(node: Node, _: Reading) -> Code:
    words = node.token.info.split(maxsplit=1)
    return Code(text=node.token.content.removesuffix("\n"), lang=words[0] if words else "", line=node.line)


def _rule(node: Node, _: Reading) -> Rule:
    return Rule(line=node.line)


def _container(node: Node, reading: Reading) -> Component:
    assert node.opening is not None
    children = _ruled(node.children) if node.opening.name == "columns" else node.children
    content = build(children, reading)
    return Component(name=node.opening.name, options=node.opening.options, blocks=content, line=node.line)


def _ruled(nodes: Sequence[Node]) -> list[Node]:
    """Return the nodes of columns: text right above `---`, which Markdown takes for a heading, is text and a rule there."""
    found: list[Node] = []
    for node in nodes:
        if node.kind != "heading" or node.token.markup != "-":
            found.append(node)
            continue
        found.append(Node(kind="paragraph", token=node.token, line=node.line, children=node.children))
        found.append(Node(kind="hr", token=node.token, line=node.line + 1))
    return found


def _list(node: Node, reading: Reading) -> ListBlock:
    items = tuple(build(item.children, reading) for item in node.children)
    first = node.children[0].token.info if node.children else ""
    tight = all(child.token.hidden for item in node.children for child in item.children if child.kind == "paragraph")
    ordered = node.kind == "ordered_list"
    start = int(first) if ordered and first.isdigit() else 1
    return ListBlock(ordered=ordered, start=start, tight=tight, items=items, line=node.line)


def _table(node: Node, reading: Reading) -> Table:
    head: tuple[tuple[Inline, ...], ...] = ()
    rows: list[tuple[tuple[Inline, ...], ...]] = []
    aligns: tuple[str, ...] = ()
    for part in node.children:
        for row in part.children:
            cells = tuple(inlines.build(cell.tokens, reading, row.line) for cell in row.children)
            if part.kind == "thead":
                head = cells
                aligns = tuple(str(cell.token.attrs.get("style", "")).removeprefix(_ALIGN) for cell in row.children)
            else:
                rows.append(cells)
    return Table(head=head, rows=tuple(rows), aligns=aligns, line=node.line)


def _html(node: Node, reading: Reading, dropped: frozenset[int]) -> tuple[Block, ...]:
    content = node.token.content
    if content.lstrip().lower().startswith(_VERBATIM):
        return _verbatim(content, reading, node.line)
    block: Html | None = html.clean(content, reading, node.line, dropped)
    return (block,) if block is not None else ()


def _verbatim(content: str, reading: Reading, line: int) -> tuple[Block, ...]:
    name = content.lstrip()[1:].split(">")[0].split()[0].lower()
    reading.note(
        "issue.raw-html", line, f"<{name}> is shown as text.", "Use a fenced code block if it is meant to be read."
    )
    children: list[Inline] = []
    for written in content.strip().split("\n"):
        children += [Break(hard=True)] if children else []
        children += [Text(text=written.strip())] if written.strip() else []
    return (Paragraph(children=tuple(children), line=line),)


def _spanning(nodes: Sequence[Node]) -> dict[int, frozenset[int]]:
    raw = [node for node in nodes if node.kind == "html_block"]
    if len(raw) < 2:  # noqa: PLR2004 (a pair needs two)
        return {}
    found = html.spanning([node.token.content for node in raw])
    return {id(node): places for node, places in zip(raw, found, strict=True)}


def _pictures(children: Sequence[Inline], line: int) -> tuple[Picture, ...]:
    found: list[Picture] = []
    for child in children:
        if isinstance(child, Image):
            found.append(_picture(child, "", line))
        elif isinstance(child, Link) and len(child.children) == 1 and isinstance(image := child.children[0], Image):
            found.append(_picture(image, child.url, line))
        elif not isinstance(child, Break) and not (isinstance(child, Text) and not child.text.strip()):
            return ()
    return tuple(found)


def _picture(image: Image, url: str, line: int) -> Picture:
    return Picture(image=image, caption=image.title, url=url, line=image.line or line)


_MAKERS: Mapping[str, Callable[[Node, Reading], Block]] = {
    "heading": _heading,
    "bullet_list": _list,
    "ordered_list": _list,
    "blockquote": _quote,
    "fence": _code,
    "code_block": _code,
    "hr": _rule,
    "table": _table,
    "container": _container,
}
