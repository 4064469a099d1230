"""
The author's style sheet into style attributes, by premailer, with every default that ruins mail turned off.

Only the style element marked by `MARK` is inlined and then dropped; all others stay as they are. Refuses the network and the disk: premailer's own
switch does not stop the CSS parser below it, so that parser gets a fetcher that brings nothing.

Errors: none of its own.
Source: each option was measured against its default; the tests name what each default breaks.
"""

import logging
import re
from collections.abc import Iterable
from functools import lru_cache
from inspect import unwrap
from typing import Any, Final

from mailweekly.edition.picked import forget, picker

__all__ = ["MARK", "inlined", "tightened"]

SHEETS_KEPT: Final = 32  # parsed style sheets: a theme in a few languages
STYLES_KEPT: Final = 4096  # parsed style attributes
MARK: Final = "author"  # <style title="author">: what is inlined
STYLE: Final = re.compile(r"<style\b([^>]*)>")
AUTHOR: Final = re.compile(rf'<style\b[^>]*\btitle="{MARK}"[^>]*>.*?</style>\s*', re.DOTALL)
IMPORTANT: Final = "!important"
IGNORE: Final = ' data-premailer="ignore"'
STYLE_ATTRIBUTE: Final = re.compile(r"""(\sstyle=)("[^"]*"|'[^']*')""")
CONDITIONAL: Final = re.compile(r"<!--\[if ([^\]]*)\]>((?:(?!<!\[endif\]-->).)*)<!\[endif\]-->", re.DOTALL)
SAFE: Final[dict[str, Any]] = {
    "keep_style_tags": True,
    "strip_important": False,
    "remove_classes": False,
    "disable_leftover_css": True,
    "allow_network": False,
    "allow_loading_external_files": False,
    "disable_link_rewrites": True,
    "disable_validation": True,
    "include_star_selectors": False,
    "align_floating_images": False,
    "remove_unset_properties": False,
    "disable_basic_attributes": ["width", "height", "align", "valign", "bgcolor"],
    "cache_css_parsing": False,
    "cssutils_logging_level": logging.CRITICAL,
}


def inlined(html: str, css: str) -> str:
    """Return mrml's HTML with `css` written into the elements it selects. The doctype is put right first."""
    marked = STYLE.sub(
        lambda found: f"<style{found[1]}{IGNORE}>", html.replace("<!doctype html>", "<!DOCTYPE html>", 1)
    )
    author = f'<style title="{MARK}" type="text/css">{css}</style></head>'
    try:
        transformed: str = _inliner()(marked.replace("</head>", author, 1), **SAFE).transform(pretty_print=False)
    finally:
        forget()
    return AUTHOR.sub("", transformed, count=1).replace(IGNORE, "")


def tightened(html: str) -> str:
    """Return the HTML without blanks in style attributes, neighbouring Outlook comments joined."""
    tight = STYLE_ATTRIBUTE.sub(lambda found: found[1] + found[2].replace(": ", ":").replace("; ", ";"), html)
    return _joined(tight)


def _joined(html: str) -> str:
    """Return the HTML with conditional comments joined where one follows another of the same condition."""
    parts: list[str] = []
    end, last = 0, ""
    for found in CONDITIONAL.finditer(html):
        between = html[end : found.start()]
        if parts and not between.strip() and found[1] == last:
            parts[-1] = parts[-1].removesuffix("<![endif]-->")
            parts.append(f"{found[2]}<![endif]-->")
        else:
            parts += [between, found[0]]
        end, last = found.end(), found[1]
    return "".join([*parts, html[end:]])


@lru_cache(maxsize=1)
def _inliner() -> Any:
    import cssutils
    from premailer import Premailer

    _with_room()
    cssutils.ser.prefs.minimizeColorHash = False  # #FFF is not a colour everywhere
    parser = cssutils.CSSParser(fetcher=lambda _url: (None, ""), validate=False, raiseExceptions=False)

    class Offline(Premailer):  # type: ignore[misc]
        """Premailer with a CSS parser that can fetch nothing, and that reads a theme's sheet once."""

        def _parse_css_string(self, css_body: str, **_validate: bool) -> Any:
            return parser.parseString(css_body, validate=False)

        def _parse_style_rules(self, css_body: str, ruleset_index: int) -> tuple[list[Any], list[Any]]:
            key = (css_body, ruleset_index)
            if key not in read:
                if len(read) >= SHEETS_KEPT:
                    read.clear()
                rules, _ = super()._parse_style_rules(css_body, ruleset_index)
                read[key] = tuple((_rank(rank, selector), selector, bulk) for rank, selector, bulk in rules)
            return list(read[key]), []

    read: dict[tuple[str, int], tuple[Any, ...]] = {}
    return Offline


def _rank(rank: tuple[int, ...], selector: str) -> tuple[int, ...]:
    """Return premailer's place of a rule in the cascade with CSS's own specificity: its count misses `:last-child`, `[lang]` and `.a>p`."""
    from cssselect import SelectorError, parse

    try:
        ids, classes, elements = parse(selector)[0].specificity()
    except SelectorError:
        return rank
    return (rank[0], ids, classes, elements, *rank[4:])


def _with_room() -> None:
    """
    Give premailer's two inner functions caches of their own: its one cache of 128 places is too small for a single theme.

    And a merge that keeps the cascade's order: premailer's leaves a property that is set again in its first place, where a longer name that came
    between (`margin-right`) wins over the later, shorter one (`margin`).
    """
    from premailer import merge_style, premailer

    pairs = lru_cache(maxsize=STYLES_KEPT)(unwrap(merge_style.csstext_to_pairs))
    pairs._lock = merge_style.csstext_to_pairs._lock  # type: ignore[attr-defined]
    merge_style.csstext_to_pairs = premailer.csstext_to_pairs = pairs
    premailer._create_cssselector = picker
    premailer.merge_styles = lambda inline, sheets, *_, **__: _merged([*sheets, pairs(inline) if inline else []])


def _merged(styles: Iterable[Iterable[tuple[str, str]]]) -> str:
    """Return one style attribute; what is set later stands later, and what is important stays."""
    joint: dict[str, str] = {}
    for style in styles:
        for name, value in style:
            if name in joint and IMPORTANT in joint[name] and IMPORTANT not in value:
                continue
            joint.pop(name, None)
            joint[name] = value
    return "; ".join(f"{name}:{value}" for name, value in joint.items())
