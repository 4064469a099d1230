"""
What a page looks at: everything that is seen stands in the path and the query, so that reload, back and a shared address show the same.

`/78?view=dark&client=outlook-word&as=s1042&finding=a11y.alt-missing:61` is issue 78 in one of the views (views/), through a client's eyes, as one
reader's copy, with one finding pointed at. A value that cannot be one falls back to none; nothing here is a path of a file, and what a word names
is for the view to know.

Units: `width` in CSS pixels, 0: the view's own choice.
Errors: ValueError for an issue that is not a number.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

__all__ = ["PANES", "WIDEST", "Look"]

DIGITS: Final = 9  # of an issue's number; a newsletter has fewer
NARROWEST: Final = 240
WIDEST: Final = 1600
PANES: Final = {
    "markdown": "Markdown",
    "mail": "Mail",
    "findings": "Findings",
}  # where a narrow window shows one zone at a time
WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,79}")
FIELDS: Final = 40  # of a query
QUERY_CHARACTERS: Final = 200
NAMES: Final = {"width": "w", "as_": "as"}  # of a field in the address, where it is not the field's own


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One state of the page. Words are letters, digits and `._:@+-`."""

    number: int
    view: str = "read"
    width: int = 0
    of: str = ""  # which part of a view
    client: str = ""  # whose eyes; empty: the browser's own
    as_: str = ""  # whose copy; empty: the sample reader's
    images: str = ""  # "off": not loaded
    dark: str = ""  # "1": the author's dark; other words: a client's inversion
    pick: str = ""  # which one of many: a message, an earlier issue
    page: int = 0  # of a long list, from 0
    q: str = ""  # what is searched for, free text
    finding: str = ""  # "rule:line"
    pane: str = ""  # which zone a narrow window shows
    edit: str = ""  # "1": the Markdown can be written, where the studio was started so

    @classmethod
    def read(cls, number: str, query: Mapping[str, str]) -> Self:
        """Return the state that a path's number and a query name."""
        if not (number.isascii() and number.isdecimal() and len(number) <= DIGITS):
            message = "an issue is a number"
            raise ValueError(message)
        found: dict[str, Any] = {}
        for field in fields(cls):
            if field.name != "number":
                found[field.name] = _value(field.name, query.get(NAMES.get(field.name, field.name), ""), field.default)
        return cls(number=int(number), **found)

    @classmethod
    def of_url(cls, url: str) -> Self:
        """Return the state that an address without a host names. Errors: ValueError."""
        scheme, host, path, query, _ = urlsplit(url)
        if scheme or host:
            message = "an address without a host"
            raise ValueError(message)
        return cls.read(path.removeprefix("/"), dict(parse_qsl(query, max_num_fields=FIELDS)))

    @property
    def url(self) -> str:
        """The address that shows this."""
        asked = {
            NAMES.get(field.name, field.name): getattr(self, field.name)
            for field in fields(self)
            if field.name != "number" and getattr(self, field.name) != field.default
        }
        return f"/{self.number}?{urlencode(asked)}" if asked else f"/{self.number}"

    def at(self, **changed: Any) -> "Look":
        """Return the same with some fields changed. Another view begins at its first page, with nothing picked or searched."""
        if changed.get("view", self.view) != self.view:
            changed = {"of": "", "pick": "", "page": 0, "q": "", **changed}
        return replace(self, **changed)

    @property
    def line(self) -> int:
        """The line that is pointed at; 0: none."""
        end = self.finding.rpartition(":")[2]
        return int(end) if end.isascii() and end.isdecimal() and len(end) <= DIGITS else 0


def _value(name: str, given: str, default: Any) -> Any:
    if isinstance(default, int):
        number = int(given) if given.isascii() and given.isdecimal() and len(given) <= DIGITS else 0
        return min(max(number, NARROWEST), WIDEST) if name == "width" and number else number
    if name == "q":
        return "".join(character for character in given if character.isprintable())[:QUERY_CHARACTERS]
    if name == "pane" and given not in PANES:
        return default
    return given if WORD.fullmatch(given) else default
