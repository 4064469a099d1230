"""
The opening line of a container: `::: name key=value key="some words" .class`.

Source: the components that every theme draws; a theme may add its own by a partial of that name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mailweekly.issue import fields
from mailweekly.issue.reading import Reading

__all__ = ["CONDITIONAL", "CONTAINERS", "IN_ENTRY", "WITHOUT_ENTRIES", "Opening"]

CONTAINERS = frozenset(
    {
        "note",
        "quote",
        "figure",
        "sponsor",
        "button",
        "poll",
        "previous",
        "toc",
        "outro",
        "columns",
        "draft",
        "only",
        "unless",
    }
)
CONDITIONAL = frozenset({"only", "unless"})
IN_ENTRY = frozenset({"note", "quote", "figure"})  # part of an entry's blurb; any other container ends the entry
# a list of links in one of these is a list, never entries
WITHOUT_ENTRIES = IN_ENTRY | {"poll", "columns", "button", "previous", "toc", "outro"}
_NAME = re.compile(r"\{?[.]?([^\W\d_][\w-]*)[ \t]*")
_OPTION = re.compile(
    r"""([A-Za-z][\w-]*)=(?:"((?:\{\{[^{}]*\}\}|[^"])*)"|'([^']*)'|“([^”]*)”|((?:\{\{[^{}]*\}\}|[^\s"'“}])+))|([A-Za-z][\w-]*)(?=\s|$)"""
)
_URLS = frozenset({"url", "href", "link"})
_MEDIA = frozenset({"mail", "web", "text"})
_CONDITIONS = frozenset({"segment", "field", "in"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """A container's name and options; a bare option has the value ""."""

    name: str
    options: Mapping[str, str]

    @staticmethod
    def read(written: str, reading: Reading, line: int) -> "Opening":
        """Return what `written`, the words behind the colons, opens; bad options are noted and left out."""
        match = _NAME.match(written)
        if match is None:
            return Opening(name=written.split(maxsplit=1)[0] if written.split() else "", options={})
        rest = written[match.end() :].rstrip()
        if written.startswith("{"):
            rest = rest.removesuffix("}")
        options: dict[str, str] = {}
        for found in _OPTION.finditer(rest):
            key = (found[1] or found[6]).lower()
            value = next((group for group in found.groups()[1:5] if group is not None), "")
            _keep(options, key, value, reading, line)
        if leftover := _OPTION.sub("", rest).strip():
            what = f"`{leftover[:40]}` is no option of `{match[1][:40]}`."
            reading.note("issue.directive", line, what, 'Options are key=value or key="some words".')
        opening = Opening(name=match[1].lower(), options=options)
        _check(opening, reading, line)
        return opening


def _keep(options: dict[str, str], key: str, value: str, reading: Reading, line: int) -> None:
    if key in options:
        reading.note("issue.directive", line, f"The option `{key}` stands twice; the first one holds.")
    elif key in _URLS:
        url = reading.link(fields.marked(value), line)
        if url is not None:
            options[key] = url
    elif key in {"image", "src"}:
        source = reading.image(fields.marked(value), line)
        if source is not None:
            options[key] = source
    else:
        options[key] = reading.fill_plain(value, line)


def _check(opening: Opening, reading: Reading, line: int) -> None:
    options = opening.options
    if opening.name == "button" and "url" not in options:
        reading.note("issue.directive", line, "A button needs a `url`.", "::: button url=https://…")
    if opening.name not in CONDITIONAL:
        return
    if not _CONDITIONS & options.keys():
        what = f"`{opening.name}` does not say for whom."
        reading.note("issue.directive", line, what, "Write segment=…, field=… or in=mail.")
    for medium in re.split(r"[,\s]+", options.get("in", "mail")):
        if medium not in _MEDIA:
            reading.note("issue.directive", line, f"`in={medium[:40]}` is none of mail, web, text.")
