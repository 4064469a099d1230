"""
MJML made safe for mrml, which prints each attribute in Rust's debug form.

Inside a tag, and inside `mj-title` (it becomes an attribute), every character outside printable ASCII, quotes and backslashes too, is written as a
character reference; white space becomes one blank. Text between tags is left alone, controls apart. Tags nested deeper than mrml's stack holds must
be refused before it sees them: it would not raise, it would die.

Errors: none; who compiles asks `depth_fault` first and names the place.
Source: measured on mjml-python 1.4.2: 8,906 nested tags pass, 9,062 kill the process.
"""

import re
from typing import Final

from mailweekly.edition import escape

__all__ = ["DEEPEST", "TAG", "armoured", "depth_fault"]

DEEPEST: Final = 100  # nested tags; a finished mail has about 30
TAG: Final = re.compile(r"""<!--.*?-->|<(/?)([A-Za-z][\w:.-]*)((?:[^<>"']|"[^"]*"|'[^']*')*?)(/?)>""", re.DOTALL)
QUOTED: Final = re.compile(r"""=\s*(?:"([^"]*)"|'([^']*)')""")
UNSAFE: Final = re.compile(r"""[^ -~]|["\\]""")
BLANKS: Final = re.compile(r"[ \t\n]+")
TITLE: Final = re.compile(r"(<mj-title[^>]*>)(.*?)(</mj-title>)", re.DOTALL)
VOID: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)


def armoured(mjml: str) -> str:
    """Return the MJML with nothing in it that mrml would corrupt."""
    safe = TAG.sub(_tag, escape.clean(mjml).replace("\r", ""))
    return TITLE.sub(lambda found: found[1] + _references(escape.one_line(found[2])) + found[3], safe)


def depth_fault(mjml: str) -> int | None:
    """Return the offset at which tags are nested deeper than is allowed, or None."""
    depth = 0
    for found in TAG.finditer(mjml):
        if found[2] is None or found[4] or found[2].lower() in VOID:
            continue
        depth += -1 if found[1] else 1
        if depth > DEEPEST:
            return found.start()
    return None


def _tag(found: re.Match[str]) -> str:
    whole = found[0]
    if (
        found[2] is None
        or not found[3]
        or (whole.isascii() and whole.isprintable() and "'" not in whole and "\\" not in whole)
    ):
        return whole
    return f"<{found[1]}{found[2]}{QUOTED.sub(_value, found[3]).replace(chr(10), ' ')}{found[4]}>"


def _value(found: re.Match[str]) -> str:
    raw = found[1] if found[1] is not None else found[2]
    return '="' + _references(BLANKS.sub(" ", raw)) + '"'


def _references(value: str) -> str:
    return UNSAFE.sub(lambda found: f"&#{ord(found[0])};", value)
