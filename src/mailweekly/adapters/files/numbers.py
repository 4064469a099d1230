"""
The number an issue says it has, read from the beginning of its file without parsing the whole.

The same places count as for `issue.parse`, and `issue.titles` judges them: front matter or metadata lines, else the first heading. Only a quick
look, to find one issue among hundreds: what the issue is in the end, `issue.parse` says.

Units: sizes in bytes.
Errors: none.
"""

import re
from typing import Final

from mailweekly.issue.titles import read_file_name, read_title

__all__ = ["HEAD_BYTES", "stated_number"]

HEAD_BYTES: Final = 4096

_FENCED = re.compile(r"---[ \t]*\n(.*?)(?:^(?:---|\.\.\.)[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_BARE = re.compile(r"((?:[A-Za-z][\w -]{0,40}:(?:[ \t][^\n]*)?\n)+)(?=\n|\Z)")
_NUMBER = re.compile(
    r"""^(?:number|issue|issue[_-]number)[ \t]*:[ \t]*["']?#?[ \t]*(\d{1,6})["']?[ \t]*(?:#.*)?$""",
    re.IGNORECASE | re.MULTILINE,
)
_TITLE = re.compile(r"""^(?:title|headline)[ \t]*:[ \t]*(["']?)(.+?)\1[ \t]*$""", re.IGNORECASE | re.MULTILINE)
_NO_TEXT = re.compile(r"<!--.*?(?:-->|\Z)|^(```|~~~).*?(?:^\1|\Z)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$|^(\S.*)\n(=+|-{2,})[ \t]*$", re.MULTILINE)
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)|\{#[^{}]*\}|[*_`]")


def stated_number(head: bytes, name: str) -> int | None:
    """Return the number that the first bytes of an issue say; None: they say none. `name` is its file's, which can bear a title out."""
    text = head.decode("utf-8-sig", "ignore").replace("\r\n", "\n").replace("\r", "\n")
    meta = _FENCED.match(text) or _BARE.match(text)
    values = meta[1] if meta else ""
    if number := _NUMBER.search(values):
        return int(number[1])
    expected = read_file_name(name).number
    by_heading = read_title(_first_heading(text[meta.end() :] if meta else text), expected)
    title = _TITLE.search(values)
    if title is None or title[2] == by_heading.headline:
        return by_heading.number
    return read_title(title[2], expected).number


def _first_heading(text: str) -> str:
    """The words of the first heading, if it is one of the first level."""
    found = _HEADING.search(_NO_TEXT.sub("", text))
    if not found or found[1] not in {None, "#"} or (found[4] or "=")[0] != "=":
        return ""
    return _LINK.sub(r"\1", found[2] or found[3] or "").strip()
