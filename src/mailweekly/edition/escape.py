"""
Text into markup, and nothing else.

The quotes stay as they are in text (six bytes saved each) and are written as references in attributes. Characters XML cannot hold are dropped.

Source: XML 1.0, 2.2 (Char).
"""

import re
from html import escape
from typing import Final

__all__ = ["attribute", "clean", "one_line", "text"]

BLANKS: Final = re.compile(r"[ \t\n\r\f\v]+")
NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(raw: str) -> str:
    """Return the text without controls, lone surrogates and the two non-characters XML refuses."""
    return NOT_XML.sub("", raw)


def one_line(raw: str) -> str:
    """Return the text on one line; blanks that are more than a blank (no-break, ideographic) stay what they are."""
    return BLANKS.sub(" ", raw).strip(" ")


def text(raw: str) -> str:
    """Return the text as it stands between tags."""
    return escape(clean(raw), quote=False)


def attribute(raw: str) -> str:
    """Return the text as it stands between double quotes."""
    return escape(one_line(clean(raw)), quote=True).replace("&#x27;", "&#39;")
