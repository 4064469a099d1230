"""
Passes over style sheets and style attributes: what a client's filter leaves of them.

A declaration goes by the facts table, by a list of the client's own, or by a limit of its layout engine. What is written for one other client alone
(`mso-…`, `-webkit-…`) goes without a word, for nobody misses it.

Units: characters of CSS for the size of sheets.
Errors: none.
Source: caniemail.com; Google's list of properties; hteumeuleu/email-bugs 21 and 90.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

import tinycss2

from mailweekly.simulate.colours import colour
from mailweekly.simulate.facts import Fact
from mailweekly.simulate.features import (
    at_features,
    declaration_features,
    label,
    listed,
    media_features,
    selector_features,
)
from mailweekly.simulate.pieces import END, SHEET, START, Piece, value_of, with_attributes
from mailweekly.simulate.profile import Profile, Step
from mailweekly.simulate.sheets import (
    At,
    Declaration,
    Node,
    Rule,
    declarations,
    nodes_of,
    pieces_in,
    split_list,
    traits,
    walk,
    written,
)
from mailweekly.simulate.view import Log

__all__ = ["STYLE_PASSES", "by_nodes", "in_style", "sheet_text"]

FOREIGN: Final = ("-", "mso-")  # prefixes of what is meant for one client
LOGIC: Final = frozenset({"and", "not", "or", "only", "all"})
BOLD: Final = 600  # the lightest weight Word draws bold


def styles(pieces: tuple[Piece, ...], step: Step, profile: Profile, log: Log) -> tuple[Piece, ...]:
    """Drop sheets by place, by size and for an at-rule inside another."""
    keep, limit, nested = (
        step.options.get("keep", "all"),
        step.options.get("limit", 0),
        step.options.get("nested", "keep"),
    )
    size, in_body = 0, False
    kept: list[Piece] = []
    for piece in pieces:
        in_body = in_body or (piece.name == "body" and piece.kind == START)
        if piece.kind != SHEET:
            kept.append(piece)
            continue
        size += len(piece.raw)
        why = _sheet_fault(piece, keep, in_body, bool(limit) and size > limit, nested)
        if why:
            log.add(piece.line, "<style>", why.format(limit=limit), step.tested or profile.fact("html-style").tested)
            kept.append(piece._replace(raw=""))
        elif nested == "drop":
            kept.append(_flattened(piece, step, log))
        else:
            kept.append(piece)
    return tuple(_without_empty(kept))


def media(pieces: tuple[Piece, ...], step: Step, profile: Profile, log: Log) -> tuple[Piece, ...]:
    """Drop `@media` with queries the client does not answer: those with a feature of `drop`, or with any that is not in `only`."""
    drop, only = frozenset(step.options.get("drop", ())), frozenset(step.options.get("only", ()))

    def kept(node: Node) -> Node | None:
        if isinstance(node, At) and node.keyword == "media":
            asked = {token.lower_value for token in pieces_in(node.prelude) if token.type == "ident"}
            if wrong := sorted((asked & drop) | (asked - only - LOGIC if only else set())):
                log.add(
                    node.line,
                    f"@media with {', '.join(wrong)}",
                    "the query is not answered",
                    step.tested or profile.fact("css-at-media").tested,
                )
                return None
        return node

    return by_nodes(pieces, kept)


def features(pieces: tuple[Piece, ...], step: Step, profile: Profile, log: Log) -> tuple[Piece, ...]:
    """Drop what the facts say the client does not keep: at-rules, queries, selectors, declarations. `allow` names all other properties it keeps."""
    judge = _Judge(profile, step, log)
    inline: dict[str, str] = {}

    def attribute(style: str, line: int) -> str:
        if style not in inline or judge.has_dropped(style):
            inline[style] = in_style(style, lambda one: judge.declaration(one, line, style))
        return inline[style]

    return by_nodes(_by_attributes(pieces, attribute), judge.node)


def limits(pieces: tuple[Piece, ...], step: Step, profile: Profile, log: Log) -> tuple[Piece, ...]:
    """Hold declarations to what a layout engine makes of them on each element."""
    rules: dict[str, list[Mapping[str, Any]]] = {}
    for limit in step.options.get("limit", ()):
        for name in limit["properties"]:
            rules.setdefault(name, []).append(limit)
    tested = step.tested or profile.tested

    def limited(one: Declaration, tag: str, line: int) -> Declaration | None:
        left: Declaration | None = one
        for limit in rules.get(one.name, ()):
            if left is not None and _is_hit(left, tag, limit):
                left = _becomes(left, str(limit.get("becomes", "")))
                if left != one:
                    log.add(
                        line,
                        f"{one.name} on <{tag}>" if tag and ("only_on" in limit or "not_on" in limit) else one.name,
                        str(limit.get("why", "not supported")),
                        tested,
                    )
        return left

    def sheet(node: Node) -> Node | None:
        if isinstance(node, Rule):
            return node._replace(
                block=tuple(left for one in node.block if (left := limited(one, "", node.line)) is not None)
            )
        return node

    changed = tuple(_limited(piece, limited) if piece.kind == START else piece for piece in pieces)
    return by_nodes(changed, sheet)


STYLE_PASSES: Final = {"features": features, "limits": limits, "media": media, "styles": styles}


def in_style(style: str, kept: Callable[[Declaration], Declaration | None]) -> str:
    """Return a style attribute with what `kept` leaves of each declaration."""
    before = declarations(style)
    after = tuple(left for one in before if (left := kept(one)) is not None)
    return style if after == before else written(after).rstrip(";")


def sheet_text(nodes: Iterable[Node]) -> str:
    """Return rules as the content of a `<style>`, which no string in them ends."""
    return written(nodes).replace("</", "<\\/")


def by_nodes(
    pieces: tuple[Piece, ...], kept: Callable[[Node], Node | None], skip: Callable[[Node], bool] | None = None
) -> tuple[Piece, ...]:
    """Return the pieces with what `kept` leaves of each rule, outer ones first; `kept` sees lines of the mail, and nothing that is to be skipped."""
    return tuple(_sheet(piece, kept, skip) if piece.kind == SHEET and piece.raw else piece for piece in pieces)


class _Judge:
    """Decides by the facts of one client, and notes what it drops."""

    def __init__(self, profile: Profile, step: Step, log: Log) -> None:
        self._profile, self._log = profile, log
        self._allowed = frozenset[str]().union(*(listed(name) for name in step.options.get("allow", ())))
        self._unlisted = Fact(support="n", tested=step.tested)
        self._verdicts: dict[Declaration, tuple[str, Fact] | None] = {}
        self._dropping: set[str] = set()

    def has_dropped(self, style: str) -> bool:
        """Whether something of this style attribute is dropped, and so is to be counted each time."""
        return style in self._dropping

    def declaration(self, one: Declaration, line: int, style: str = "") -> Declaration | None:
        if one not in self._verdicts:
            self._verdicts[one] = self._verdict(one)
        verdict = self._verdicts[one]
        if verdict is None:
            return one
        if not one.name.startswith(FOREIGN):
            self._dropping.add(style)
            self._note(line, *verdict)
        return None

    def node(self, node: Node) -> Node | None:
        if isinstance(node, At):
            return None if self._at_denied(node) else node
        members = [one for one in split_list(node.selector) if not self._denied_of(selector_features(one), node.line)]
        if not members:
            return None
        block = tuple(left for one in node.block if (left := self.declaration(one, node.line)) is not None)
        inner = () if self._profile.fact("css-nesting").support == "n" else node.inner
        return Rule(", ".join(members), block, inner, node.line)

    def _at_denied(self, node: At) -> bool:
        slugs = (*at_features(node.keyword), *(media_features(node.prelude) if node.keyword == "media" else ()))
        return self._denied_of(slugs, node.line)

    def _denied_of(self, slugs: Iterable[str], line: int) -> bool:
        for slug in slugs:
            found = self._profile.fact(slug)
            if found.support == "n":
                self._note(line, label(slug), found)
                return True
        return False

    def _verdict(self, one: Declaration) -> tuple[str, Fact] | None:
        slugs = declaration_features(one)
        for slug in slugs:
            found = self._profile.fact(slug)
            if found.support == "n":
                name = label(slug)
                return name if name.startswith(one.name) else f"{one.name} with {name}" if slug not in _own(
                    one
                ) else one.name, found
        if self._allowed and one.name not in self._allowed and not any(slug in _own(one) for slug in slugs):
            return one.name, self._unlisted
        return None

    def _note(self, line: int, what: str, found: Fact) -> None:
        self._log.add(line, what, f"not supported ({found.note})" if found.note else "not supported", found.tested)


def _own(one: Declaration) -> tuple[str, ...]:
    """Return the features of the property itself."""
    return declaration_features(Declaration(one.name, ""))


def _sheet_fault(piece: Piece, keep: str, in_body: bool, is_over: bool, nested: str) -> str:
    if keep == "none":
        return "every <style> is removed"
    if keep == "head" and in_body:
        return "removed outside the head"
    if is_over:
        return "all of them together are larger than {limit:,} characters"
    if nested == "drop-sheet" and any(_is_nested(node, around) for node, around in walk(nodes_of(piece.raw))):
        return "an at-rule inside another takes the whole sheet with it"
    return ""


def _is_nested(node: Node, around: tuple[At, ...]) -> bool:
    return isinstance(node, At) and bool(around)


def _flattened(piece: Piece, step: Step, log: Log) -> Piece:
    def flat(node: Node) -> Node | None:
        if isinstance(node, At) and node.rules and any(isinstance(one, At) for one in node.rules):
            log.add(piece.line, f"an at-rule inside @{node.keyword}", "one inside another is removed", step.tested)
            return node._replace(rules=tuple(one for one in node.rules if not isinstance(one, At)))
        return node

    return by_nodes((piece,), flat)[0]


def _without_empty(pieces: list[Piece]) -> Iterator[Piece]:
    """Yield the pieces without `<style></style>`."""
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if (
            piece.kind == START
            and piece.name == "style"
            and at + 1 < len(pieces)
            and pieces[at + 1].kind == SHEET
            and not pieces[at + 1].raw
        ):
            at += 3 if at + 2 < len(pieces) and pieces[at + 2].kind == END else 2
            continue
        yield piece
        at += 1


def _sheet(piece: Piece, kept: Callable[[Node], Node | None], skip: Callable[[Node], bool] | None) -> Piece:
    before = nodes_of(piece.raw)
    after = tuple(_nodes(before, kept, piece.line - 1, skip))
    return piece if before == after else piece._replace(raw=sheet_text(after))


def _nodes(
    nodes: Iterable[Node], kept: Callable[[Node], Node | None], offset: int, skip: Callable[[Node], bool] | None
) -> Iterator[Node]:
    for node in nodes:
        if skip and skip(node):
            yield node
            continue
        left = kept(node._replace(line=node.line + offset))
        if left is None:
            continue
        left = left._replace(line=node.line)
        if isinstance(left, At) and left.rules is not None:
            yield left._replace(rules=tuple(_nodes(left.rules, kept, offset, skip)))
        elif isinstance(left, Rule) and left.inner:
            yield left._replace(inner=tuple(_nodes(left.inner, kept, offset, skip)))
        else:
            yield left


def _by_attributes(pieces: tuple[Piece, ...], changed: Callable[[str, int], str]) -> tuple[Piece, ...]:
    def one(piece: Piece) -> Piece:
        style = value_of(piece, "style") if piece.kind == START and piece.attributes else None
        if not style or (after := changed(style, piece.line)) == style:
            return piece
        rest = {
            name: after if name == "style" else value for name, value in piece.attributes if name != "style" or after
        }
        return with_attributes(piece, rest)

    return tuple(one(piece) for piece in pieces)


def _limited(piece: Piece, limited: Callable[[Declaration, str, int], Declaration | None]) -> Piece:
    return _by_attributes((piece,), lambda style, line: in_style(style, lambda one: limited(one, piece.name, line)))[0]


def _is_hit(one: Declaration, tag: str, limit: Mapping[str, Any]) -> bool:
    """Whether a limit is against a declaration on a tag; "" is any tag, where only limits without tags count."""
    if ("only_on" in limit or "not_on" in limit) and (
        not tag or tag in limit.get("only_on", ()) or ("not_on" in limit and tag not in limit["not_on"])
    ):
        return False
    parts = traits(one.value)
    asked = [
        bool(parts.words - set(limit["values"])) if "values" in limit else None,
        bool(parts.words & set(limit["not_values"])) if "not_values" in limit else None,
        bool(parts.units & set(limit["not_units"])) if "not_units" in limit else None,
        parts.has_negative if limit.get("negative") is False else None,
    ]
    told = [answer for answer in asked if answer is not None]
    return any(told) if told else True


def _becomes(one: Declaration, way: str) -> Declaration | None:
    match way:
        case "colour":
            tokens = tinycss2.parse_component_value_list(one.value, skip_comments=True)
            shades = [said for token in tokens if colour(said := str(tinycss2.serialize([token]))) is not None]
            return (
                one
                if len(tokens) == len(shades) == 1
                else Declaration("background-color", shades[0], one.important)
                if shades
                else None
            )
        case "zero":
            tokens = tinycss2.parse_component_value_list(one.value, skip_comments=True)
            return one._replace(
                value="".join("0" if _is_no_length(token) else str(tinycss2.serialize([token])) for token in tokens)
            )
        case "min-height" | "padding":
            return one._replace(name=way)
        case "hidden":
            return Declaration("display", "none", important=True) if one.value.lower() == "all" else None
        case "two-weights":
            return one._replace(value="bold" if int(one.value) >= BOLD else "normal") if one.value.isdecimal() else one
        case _:
            return None


def _is_no_length(token: Any) -> bool:
    """Whether a margin is one that Word takes for none: `auto`, or below zero."""
    return (token.type == "ident" and token.lower_value == "auto") or (
        token.type in {"dimension", "percentage"} and token.value < 0
    )
