"""
Code with its colours written into each span, for clients that drop style sheets.

The box is dark in both schemes, so one set of colours serves, and an inverting client turns box and text together. Line ends become `<br />`, for
white space between two tags does not survive the MJML compiler.

Errors: none; a language nobody knows, and a block too long to be worth it, is drawn plain.
Source: contrast on the box #111A2C between 6.9 and 15 (WCAG 2.2 formula), measured.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from mailweekly.edition import escape

__all__ = ["coloured"]

LONGEST: Final = 12_000  # characters; beyond it colour costs more bytes than Gmail shows
COLOURS: Final = (  # token type, colour; the first ancestor named here wins
    ("Comment", "#A3B1C4"),
    ("Keyword", "#7DD3FC"),
    ("Operator.Word", "#7DD3FC"),
    ("Name.Function", "#C4B5FD"),
    ("Name.Class", "#C4B5FD"),
    ("Name.Decorator", "#F9A8D4"),
    ("Name.Tag", "#7DD3FC"),
    ("Name.Attribute", "#C4B5FD"),
    ("Name.Builtin", "#5EEAD4"),
    ("Literal.String", "#BEF264"),
    ("Literal.Number", "#FDBA74"),
    ("Generic.Deleted", "#FDA4AF"),
    ("Generic.Inserted", "#BEF264"),
    ("Generic.Prompt", "#A3B1C4"),
)


def coloured(code: str, lang: str) -> str:
    """Return the code as markup: spans with inline colours, `<br />` between lines."""
    plain = escape.clean(code).rstrip("\n")
    lexer = _lexer(lang.strip().lower()) if 0 < len(plain) <= LONGEST else None
    if lexer is None:
        return _lines(plain)
    painted = [(_colour(str(kind)), value) for kind, value in lexer.get_tokens(plain)]
    while painted and painted[-1][1].endswith("\n"):  # the line end lexers want and add
        colour, value = painted.pop()
        painted += [(colour, value[:-1])] if value[:-1] else []
    if "".join(value for _, value in painted) != plain:
        return _lines(plain)  # some lexers drop what they do not expect
    runs = groupby(_inked(painted), key=lambda pair: pair[0])
    return "".join(_span(colour, "".join(value for _, value in run)) for colour, run in runs)


@lru_cache(maxsize=64)
def _lexer(lang: str) -> Any:
    if not lang:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(lang, stripnl=False, ensurenl=True)
    except ClassNotFound:
        return None


@lru_cache(maxsize=512)
def _colour(kind: str) -> str:
    bare = kind.removeprefix("Token.")
    return next((colour for name, colour in COLOURS if bare == name or bare.startswith(f"{name}.")), "")


def _inked(painted: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield colour and value; white space takes the colour before it, which saves spans."""
    last = ""
    for colour, value in painted:
        last = last if value.isspace() else colour
        yield last, value


def _span(colour: str, value: str) -> str:
    lines = _lines(value)
    return f'<span style="color:{colour}">{lines}</span>' if colour and value.strip() else lines


def _lines(value: str) -> str:
    return escape.text(value.expandtabs(4)).replace("\n", "<br />")
