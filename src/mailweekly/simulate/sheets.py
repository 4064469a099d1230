"""
Style sheets and style attributes as rules and declarations, and back to text.

The only module that knows the CSS parser. A sheet whose brackets are nested deeper than any author's is not read at all: its parser goes down with
them. Declarations keep their order; comments are lost, which no client shows.

Units: lines within the sheet, from 1.
Errors: none; what CSS says is to be ignored is left out, a sheet that cannot be read has no rules.
Source: CSS Syntax Level 3; CSS Values 4, 5 (units).
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

import tinycss2

__all__ = [
    "At",
    "Declaration",
    "Node",
    "Rule",
    "Traits",
    "declarations",
    "nodes_of",
    "pieces_in",
    "split_list",
    "traits",
    "walk",
    "written",
]

DEEPEST: Final = 60  # nested brackets; a theme's sheet has three
SHEETS_KEPT: Final = 32  # parsed sheets: each theme has a few
STYLES_KEPT: Final = 8_192  # parsed style attributes, values, selectors
OPENING: Final = "([{"
BRACKETS: Final = re.compile(r"[(\[{}\])]")
GROUPS: Final = frozenset(
    {"media", "supports", "layer", "container", "document", "-moz-document", "scope", "starting-style"}
)
GAP: Final = frozenset({"whitespace", "comment"})


class Declaration(NamedTuple):
    """One declaration: `name: value`."""

    name: str  # in lower case
    value: str
    important: bool = False


class Rule(NamedTuple):
    """Selectors with their declarations; `inner` holds rules nested in it."""

    selector: str
    block: tuple[Declaration, ...]
    inner: tuple["Node", ...] = ()
    line: int = 1


class At(NamedTuple):
    """An at-rule. `rules` where it groups others, `block` where it holds declarations; neither: a statement."""

    keyword: str  # in lower case, without @
    prelude: str
    rules: tuple["Node", ...] | None = None
    block: tuple[Declaration, ...] | None = None
    line: int = 1


Node = Rule | At


class Traits(NamedTuple):
    """What a value is made of."""

    functions: frozenset[str]
    units: frozenset[str]  # `%` too
    words: frozenset[str]  # keywords, in lower case
    has_negative: bool


@lru_cache(maxsize=SHEETS_KEPT)
def nodes_of(css: str) -> tuple[Node, ...]:
    """Return the rules of a sheet."""
    if depth(css) > DEEPEST:
        return ()
    return tuple(_nodes(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)))


@lru_cache(maxsize=STYLES_KEPT)
def declarations(style: str) -> tuple[Declaration, ...]:
    """Return the declarations of a style attribute."""
    if depth(style) > DEEPEST:
        return ()
    return _block(tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True))


@lru_cache(maxsize=STYLES_KEPT)
def traits(value: str) -> Traits:
    """Return what a value is made of."""
    functions, units, words, below = set[str](), set[str](), set[str](), False
    for token in pieces_in(value):
        match token.type:
            case "function":
                functions.add(token.lower_name)
            case "dimension":
                units.add(token.lower_unit)
                below = below or token.value < 0
            case "percentage":
                units.add("%")
                below = below or token.value < 0
            case "ident":
                words.add(token.lower_value)
            case "url":
                functions.add("url")
            case _:
                pass
    return Traits(frozenset(functions), frozenset(units), frozenset(words), below)


def pieces_in(value: str) -> Iterator[Any]:
    """Yield every token of a value, those inside brackets after the bracket itself."""
    if depth(value) > DEEPEST:
        return
    waiting = list(reversed(tinycss2.parse_component_value_list(value, skip_comments=True)))
    while waiting:
        token = waiting.pop()
        yield token
        within = getattr(token, "arguments", None) or getattr(token, "content", None)
        if within and token.type != "error":
            waiting.extend(reversed(within))


@lru_cache(maxsize=STYLES_KEPT)
def split_list(text: str) -> tuple[str, ...]:
    """Return the members of a list with commas: selectors, media queries."""
    if "," not in text:
        return (text.strip(),)
    if depth(text) > DEEPEST:
        return ()
    members: list[list[Any]] = [[]]
    for token in tinycss2.parse_component_value_list(text, skip_comments=True):
        if token.type == "literal" and token.value == ",":
            members.append([])
        else:
            members[-1].append(token)
    return tuple(tinycss2.serialize(member).strip() for member in members)


def written(nodes: Iterable[Node] | Iterable[Declaration]) -> str:
    """Return rules, or declarations, as text."""
    return "".join([_written(node) for node in nodes])


def walk(nodes: Iterable[Node], around: tuple[At, ...] = ()) -> Iterator[tuple[Node, tuple[At, ...]]]:
    """Yield each rule with the at-rules around it, outermost first."""
    for node in nodes:
        yield node, around
        if isinstance(node, Rule):
            yield from walk(node.inner, around)
        elif node.rules:
            yield from walk(node.rules, (*around, node))


def depth(text: str) -> int:
    """Return how deep brackets are nested at most, those inside strings counted too."""
    now = deepest = 0
    for sign in BRACKETS.findall(text):
        if sign in OPENING:
            now += 1
            deepest = max(deepest, now)
        else:
            now = max(0, now - 1)
    return deepest


def _written(node: Node | Declaration) -> str:
    if isinstance(node, Declaration):
        return f"{node.name}:{node.value}{' !important' if node.important else ''};"
    if isinstance(node, Rule):
        return f"{node.selector}{{{written(node.block)}{written(node.inner)}}}\n"
    head = f"@{node.keyword} {node.prelude}".rstrip()
    if node.rules is None and node.block is None:
        return f"{head};\n"
    return f"{head}{{{written(node.block or ())}{written(node.rules or ())}}}\n"


def _nodes(parsed: Iterable[Any]) -> Iterator[Node]:
    for one in parsed:
        if one.type == "qualified-rule" and _is_whole(one.prelude):
            yield _rule(one)
        elif one.type == "at-rule" and _is_whole(one.prelude):
            yield _at(one)


def _rule(one: Any) -> Rule:
    content = tinycss2.parse_blocks_contents(one.content, skip_comments=True, skip_whitespace=True)
    inner = tuple(_nodes(content))
    return Rule(tinycss2.serialize(one.prelude).strip(), _block(content), inner, one.source_line)


def _at(one: Any) -> At:
    prelude, keyword = tinycss2.serialize(one.prelude).strip(), one.lower_at_keyword
    if one.content is None:
        return At(keyword, prelude, line=one.source_line)
    if keyword in GROUPS or keyword.endswith("keyframes"):
        rules = tinycss2.parse_rule_list(one.content, skip_comments=True, skip_whitespace=True)
        return At(keyword, prelude, rules=tuple(_nodes(rules)), line=one.source_line)
    content = tinycss2.parse_blocks_contents(one.content, skip_comments=True, skip_whitespace=True)
    return At(keyword, prelude, block=_block(content), line=one.source_line)


def _block(content: Iterable[Any]) -> tuple[Declaration, ...]:
    return tuple(
        Declaration(one.lower_name, tinycss2.serialize(one.value).strip(), one.important)
        for one in content
        if one.type == "declaration" and _is_whole(one.value)
    )


def _is_whole(tokens: Iterable[Any]) -> bool:
    """Whether no token is broken: a browser ignores what holds one."""
    return all(token.type != "error" for token in tokens)
