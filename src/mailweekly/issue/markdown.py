"""
Markdown text to tokens: markdown-it with this product's rules, and nothing rendered.

HTML is recognised (so that comments and tags are tokens), never passed on: what becomes of it is decided in `inlines`
and `html`. Links are left as written here; `reading` judges them.

Source: CommonMark 0.31, with tables, strikethrough and footnotes.
"""

import re
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

from markdown_it import MarkdownIt, helpers
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, backtick, html_inline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from mailweekly.issue import fields
from mailweekly.issue.block_rules import add_block_rules
from mailweekly.issue.inline_rules import add_inline_rules

__all__ = ["MAX_DEPTH", "TooManyBlocksError", "tokens_of"]

GIVEN = "mailweekly"  # key of the environment; the parser passes it on
MAX_TOKENS = 120_000  # of blocks, about three each; fifty times a usual issue has a tenth of it
MAX_DEPTH = 60  # levels of blocks within blocks; markdown-it drops what is deeper, so deeper is refused
_MAX_INLINE_DEPTH = 10  # brackets within brackets; the cost of a run of openers grows with it


class TooManyBlocksError(ValueError):
    """The text has more paragraphs, headings, cells and the like than are read."""


def tokens_of(
    text: str, *, inline: Callable[[Token, Token], list[Token] | None] = lambda _block, _line: None
) -> tuple[list[Token], dict[str, Any]]:
    """
    Return the block tokens of `text`, and the environment with its reference links and footnotes.

    `inline` may give the inline tokens of a block's line itself, where it knows them without a parser's help; None: it does not.
    Errors: TooManyBlocksError.
    """
    env: dict[str, Any] = {GIVEN: inline}
    tokens = _parser().parse(text, env)
    del env[GIVEN]
    return tokens, env


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: ARG002, N802
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link


@cache
def _parser() -> MarkdownIt:
    """Return the parser of blocks, which hands each paragraph to a parser of inlines with a lower ceiling."""
    md = _with_rules(MAX_DEPTH)
    lines = _with_rules(_MAX_INLINE_DEPTH)

    def inline(state: StateCore) -> None:
        if len(state.tokens) > MAX_TOKENS:
            raise TooManyBlocksError
        before = state.tokens[:1]
        for token in state.tokens:
            if token.type == "inline":
                given = state.env[GIVEN](before[0], token)
                token.children = lines.inline.parse(token.content, lines, state.env, []) if given is None else given
            before = [token]

    md.core.ruler.at("inline", inline)
    return md


def _with_rules(depth: int) -> MarkdownIt:
    md = _Markdown("commonmark", {"maxNesting": depth, "html": True}).enable(["table", "strikethrough"])
    md.helpers = SimpleNamespace(  # type: ignore[assignment]
        parseLinkLabel=helpers.parseLinkLabel, parseLinkDestination=_destination, parseLinkTitle=_title
    )
    footnote_plugin(md, inline=True, move_to_end=False)
    add_block_rules(md)
    add_inline_rules(md)
    md.inline.ruler.at("backticks", _counting(backtick))
    md.inline.ruler.at("html_inline", _counting(html_inline))
    return md


def _destination(text: str, start: int, limit: int) -> Any:
    if not fields.has_fields(text):
        return helpers.parseLinkDestination(text, start, limit)
    found = helpers.parseLinkDestination(fields.masked(text), start, limit)
    if found.ok:
        inner = text[start : found.pos]
        found.str = _unescaped(inner[1:-1] if inner.startswith("<") else inner)
    return found


def _title(text: str, start: int, limit: int, previous: Any = None) -> Any:
    if not fields.has_fields(text):
        return helpers.parseLinkTitle(text, start, limit, previous)
    found = helpers.parseLinkTitle(fields.masked(text), start, limit, previous)
    if found.ok and previous is None:
        found.str = _unescaped(text[start + 1 : found.pos - 1])
    return found


def _unescaped(raw: str) -> str:
    pieces = re.split("(\x01[0-9a-f]+\x02)", fields.marked(raw))
    return "".join(piece if piece.startswith("\x01") else unescapeAll(piece) for piece in pieces)


def _counting(rule: Any) -> Any:
    """Return `rule` so that its token remembers the line ends it ate: lines in notes stay true."""

    def counted(state: StateInline, silent: bool) -> bool:
        start = state.pos
        if not rule(state, silent):
            return False
        if not silent and "\n" in state.src[start : state.pos]:
            state.tokens[-1].meta["lines"] = state.src.count("\n", start, state.pos)
        return True

    return counted
