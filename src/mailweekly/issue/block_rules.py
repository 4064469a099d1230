"""
The block rules that Markdown lacks: containers (`::: name`), comments that leave no trace, a narrower idea of raw HTML blocks.

A table's rows are not cut inside a merge field: `{{ name | default("friend") }}` is one cell's.
Containers come out as flat `container_open` and `container_close` tokens; `tree` pairs them, so that an unclosed one
costs nothing and hides nothing.

Source: CommonMark 4.6 (HTML blocks), narrowed: only blocks that are wholly of the safe subset, or a closed script or style, are taken raw.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, html_block, paragraph, table

from mailweekly.issue import fields

__all__ = ["BLOCK_TAGS", "add_block_rules"]

BLOCK_TAGS = frozenset(
    {
        "p",
        "div",
        "ul",
        "ol",
        "li",
        "blockquote",
        "table",
        "caption",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "colgroup",
        "col",
        "details",
        "summary",
        "picture",
    }
)
_CODE = 4  # columns of indent that make a code block
_CONTAINER = re.compile(r":{3,}[ \t]*(.*)$")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)(?=[\s/>]|$)")
_VERBATIM = frozenset({"script", "style", "textarea", "pre"})
_NOTHING_ELSE = re.compile(r"[^\W\d_]|\d+、")
_INTERRUPTS: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}


def add_block_rules(md: MarkdownIt) -> None:
    """Give `md` the rules of this module."""
    ruler = md.block.ruler
    ruler.before("table", "plain", _plain)
    ruler.before("fence", "container", _container, _INTERRUPTS)
    ruler.before("fence", "comment", _comment, _INTERRUPTS)
    ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    ruler.at("html_block", _html, {"alt": ["paragraph", "reference", "blockquote"]})


def _plain(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a line alone that begins like running text as the paragraph it is, without asking every other rule: most blocks are such."""
    if (
        silent
        or state.sCount[start] - state.blkIndent >= _CODE
        or not _NOTHING_ELSE.match(state.src, state.bMarks[start] + state.tShift[start])
    ):
        return False
    if start + 1 < state.lineMax and not state.isEmpty(start + 1):
        return False
    return paragraph(state, start, end, silent)


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a table by its rows with the bars of fields hidden; they are hidden once a document, not once a line."""
    whole, before = state.src, len(state.tokens)
    known: tuple[str, str] = state.env.get("piped", ("", ""))
    if known[0] is not whole:
        known = state.env["piped"] = (whole, fields.piped(whole) if "{{" in whole else whole)
    if known[1] is whole:
        return table(state, start, end, silent)
    state.src = known[1]
    try:
        found = table(state, start, end, silent)
    finally:
        state.src = whole
    for token in state.tokens[before:]:
        token.content = fields.unpiped(token.content)
    return found


def _container(state: StateBlock, start: int, _end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith(":::", begin):
        return False
    match = _CONTAINER.match(state.src[begin : state.eMarks[start]])
    if match is None:
        return False
    if silent:
        return True
    written = match[1].strip().rstrip(":").rstrip()
    token = state.push("container_open" if written else "container_close", "", 0)
    token.info = written
    token.map = [start, start + 1]
    state.line = start + 1
    return True


def _comment(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    begin = state.bMarks[start] + state.tShift[start]
    if not state.src.startswith("<!--", begin):
        return False
    if not _closes(state, begin, end, "-->"):
        return False
    if silent:
        return True
    close = state.src.find("-->", begin + 2)  # `<!-->` is a whole comment
    last = start
    while close > state.eMarks[last]:
        last += 1
    token = state.push("comment", "", 0)
    token.content = state.src[begin + 4 : close]
    token.map = [start, last + 1]
    return _resume(state, start, last, close + 3)


def _resume(state: StateBlock, start: int, last: int, position: int) -> bool:
    """Go on behind the comment: on the next line, or in what follows it on its own."""
    rest = state.src[position : state.eMarks[last]]
    if not rest.strip():
        state.line = last + 1
        return True
    state.bMarks[last] = position
    state.tShift[last] = len(rest) - len(rest.lstrip())
    state.line = last
    return last > start


def _html(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    begin = state.bMarks[start] + state.tShift[start]
    match = _TAG.match(state.src, begin, state.eMarks[start])
    if match is None:
        return False
    name = match[1].lower()
    if name in _VERBATIM:
        return _closes(state, begin, end, f"</{name}") and html_block(state, start, end, silent)
    return name in BLOCK_TAGS and html_block(state, start, end, silent)


def _closes(state: StateBlock, begin: int, end: int, close: str) -> bool:
    """Return whether `close` stands behind `begin` in this block; looked for once a block, or many openers would cost a scan each."""
    limit = state.eMarks[end - 1]
    known: dict[tuple[str, int], int] = state.env.setdefault("last_close", {})
    if (close, limit) not in known:
        if "lowered" not in state.env:
            state.env["lowered"] = state.src.lower()
        known[close, limit] = state.env["lowered"].rfind(close, begin + 1, limit)
    return known[close, limit] > begin + 1
