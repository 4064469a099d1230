"""
A mail as its author meant it for the light or for the dark scheme, whatever the viewer's own is.

Each `prefers-color-scheme` feature, in the media queries of style sheets and in `media` attributes, gives way to a feature that is always or never
true, so that `not`, `and`, `or` and lists of queries keep their meaning. Text that only talks about the feature is left alone. Refuses to invert
anything: what a client does of its own accord is another matter.

Errors: none; a mail without such queries comes back with its `color-scheme` set and nothing else changed.
Source: Media Queries Level 5, 11.4 (prefers-color-scheme); CSS Color Adjustment 1, 2.1 (color-scheme).
"""

import re
from typing import Final, Literal

__all__ = ["Scheme", "in_scheme"]

Scheme = Literal["light", "dark"]

TRUE: Final = "(min-width:0px)"
FALSE: Final = "(min-width:999999px)"  # no screen is so wide
STYLE: Final = re.compile(r"(<style\b[^>]*>)(.*?)(</style\s*>)", re.IGNORECASE | re.DOTALL)
MEDIA_ATTRIBUTE: Final = re.compile(
    r"(<(?:style|source|link)\b[^>]*?\smedia\s*=\s*)(\"[^\"]*\"|'[^']*')", re.IGNORECASE
)
# One token of CSS at a time: comments and strings are stepped over, so that an at-rule inside them is none.
CSS_TOKEN: Final = re.compile(
    r"/\*.*?(?:\*/|$)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?|@media\b[^{};]*", re.IGNORECASE | re.DOTALL
)
COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
FEATURE: Final = re.compile(r"\(\s*prefers-color-scheme\s*(?::\s*([a-z-]+)\s*)?\)", re.IGNORECASE)
HEAD_END: Final = re.compile(r"</head\s*>", re.IGNORECASE)


def in_scheme(html: str, scheme: Scheme) -> str:
    """Return the mail as it looks where the reader prefers `scheme`."""

    def sheet(found: re.Match[str]) -> str:
        return found[1] + CSS_TOKEN.sub(lambda token: _prelude(token[0], scheme), found[2]) + found[3]

    styled = STYLE.sub(sheet, html)
    decided = MEDIA_ATTRIBUTE.sub(lambda found: found[1] + _decided(found[2], scheme), styled)
    forced = f"<style>:root{{color-scheme:{scheme}!important}}</style>"
    return HEAD_END.sub(lambda end: forced + end[0], decided, count=1)


def _prelude(token: str, scheme: Scheme) -> str:
    return _decided(COMMENT.sub(" ", token), scheme) if token.startswith("@") else token


def _decided(query: str, scheme: Scheme) -> str:
    return FEATURE.sub(lambda found: TRUE if (found[1] or scheme).lower() == scheme else FALSE, query)
