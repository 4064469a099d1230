"""
The kept style sheet without the rules of what this mail does not hold: fewer bytes, and less for a strict filter to weigh.

A rule goes when it names a class of the theme's own `email.css` that no element has. Refuses to touch any other rule: classes that only a mail client
writes stay, and so do the style elements of the compiler.
"""

import re
from typing import Final

from mailweekly.edition.styles import SCHEME_PROPERTY

__all__ = ["pruned"]

STYLE: Final = re.compile(rf"(<style\b[^>]*>{re.escape(SCHEME_PROPERTY)})(.*?)(</style>)", re.DOTALL)
RULE: Final = re.compile(r"([^{}]+)(\{[^{}]*\})")
EMPTY: Final = re.compile(r"@media[^{}]*\{\}")
CLASS: Final = re.compile(r"\.([a-zA-Z_][\w-]*)")
HAS: Final = re.compile(r"""<[a-z][^<>]*?\sclass=(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)


def pruned(html: str, css: str) -> str:
    """Return the mail with its kept sheet cut to the classes it has; `css` is the sheet that was inlined, which knows the theme's classes."""
    own = {name for found in RULE.finditer(css) for name in CLASS.findall(found[1])}
    missing = own - {name for found in HAS.finditer(html) for name in (found[1] or found[2] or "").split()}
    return STYLE.sub(lambda found: found[1] + _cut(found[2], missing) + found[3], html, count=1)


def _cut(sheet: str, missing: set[str]) -> str:
    return EMPTY.sub("", RULE.sub(lambda found: _rule(found[1], found[2], missing), sheet))


def _rule(selectors: str, body: str, missing: set[str]) -> str:
    kept = [one for one in selectors.split(",") if missing.isdisjoint(CLASS.findall(one))]
    return f"{','.join(kept)}{body}" if kept else ""
