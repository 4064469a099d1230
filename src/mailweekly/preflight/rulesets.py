"""
A style sheet laid out flat: each rule with its selectors and the at-rules around it.

Reads nothing itself; `simulate.sheets` parses.

Errors: none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from mailweekly.simulate.sheets import At, Declaration, Rule, nodes_of, split_list, walk

__all__ = ["StyleRule", "at_rules", "style_rules"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StyleRule:
    """One rule: selectors and declarations, within the at-rules named, outermost first ("@media (min-width:480px)")."""

    selectors: tuple[str, ...]
    declarations: tuple[Declaration, ...]
    within: tuple[str, ...] = ()


def style_rules(css: str) -> Iterator[StyleRule]:
    """Yield the rules of a sheet, those of `@keyframes` left out: they select nothing."""
    for node, around in walk(nodes_of(css)):
        if isinstance(node, Rule) and not any(one.keyword.endswith("keyframes") for one in around):
            within = tuple(_head(one) for one in around)
            yield StyleRule(selectors=split_list(node.selector), declarations=node.block, within=within)


def at_rules(css: str) -> Iterator[tuple[str, ...]]:
    """Yield each at-rule, behind those around it."""
    for node, around in walk(nodes_of(css)):
        if isinstance(node, At):
            yield (*(_head(one) for one in around), _head(node))


def _head(rule: At) -> str:
    return f"@{rule.keyword} {' '.join(rule.prelude.split())}".strip()
