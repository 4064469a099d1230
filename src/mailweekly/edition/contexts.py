"""
Where merge fields stand in the finished documents, and where they must not.

Allowed: text, `alt`, `title`, `aria-label`, a URL's part after scheme and host, a whole URL for the built-in links. Everything else, style, event
handlers, layout attributes, the start of a URL, cannot be escaped for a reader's value and fails the build. What stands inside Outlook's
conditional comments counts as well.

Errors: IssueError with the field's line where the issue holds it, ThemeError with the template where the theme does.
"""

import re
from typing import Final

from mailweekly.edition.armour import TAG
from mailweekly.edition.model import Theme
from mailweekly.edition.slots import LINK_FIELDS, SlotTable
from mailweekly.errors import IssueError, MailweeklyError, ThemeError
from mailweekly.issue.model import Issue

__all__ = ["check_contexts"]

ATTRIBUTE: Final = re.compile(r"""([^\s=/"'<>]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
SPOKEN: Final = frozenset({"alt", "title", "aria-label", "summary", "content"})
ADDRESSES: Final = frozenset({"href", "src"})
HOST_BEFORE: Final = re.compile(r"(?:https?://[^/?#]+[/?#]|mailto:)", re.IGNORECASE)
RAW: Final = re.compile(r"<(style|script)\b.*?</\1", re.DOTALL | re.IGNORECASE)
COMMENT: Final = re.compile(r"<!--(?!\[if|<!\[endif)(.*?)-->", re.DOTALL)


def check_contexts(html: str, text: str, issue: Issue, theme: Theme, table: SlotTable) -> None:
    """Raise IssueError or ThemeError where a field stands in a place no value may reach, or where a token names no slot."""
    for document in (html, text):
        for found in table.pattern.finditer(document):
            if int(found[1]) >= len(table.slots):
                raise ThemeError("the text holds something that looks like one of our own marks", place=issue.source)
    if not table.pattern.search(html):
        return
    for pattern in (RAW, COMMENT):
        for found in pattern.finditer(html):
            if token := table.pattern.search(found[0]):
                raise _error(int(token[1]), "inside a style sheet, a script or a comment", issue, theme, table)
    for tag in TAG.finditer(html.replace("<!--[if", "<!--x--><x ")):
        if tag[3] and table.pattern.search(tag[3]):
            _check_tag(tag[3], issue, theme, table)


def _check_tag(attributes: str, issue: Issue, theme: Theme, table: SlotTable) -> None:
    rest = attributes
    for found in ATTRIBUTE.finditer(attributes):
        name = found[1].lower()
        value = next(part for part in (found[2], found[3], found[4], "") if part is not None)
        rest = rest.replace(found[0], " ", 1)
        for token in table.pattern.finditer(value):
            slot = int(token[1])
            if name in ADDRESSES:
                _check_address(value, token, issue, theme, table)
            elif name not in SPOKEN:
                raise _error(slot, f"in the attribute {name!r}", issue, theme, table)
    if stray := table.pattern.search(rest):
        raise _error(int(stray[1]), "in a tag, outside any value", issue, theme, table)


def _check_address(value: str, token: re.Match[str], issue: Issue, theme: Theme, table: SlotTable) -> None:
    if HOST_BEFORE.match(value[: token.start()]):
        return
    slot = int(token[1])
    if table.slots[slot].name in LINK_FIELDS and value == token[0]:
        return
    raise _error(slot, "at the start of a URL", issue, theme, table)


def _error(slot: int, where: str, issue: Issue, theme: Theme, table: SlotTable) -> MailweeklyError:
    name = table.slots[slot].name
    what = f"the field {name!r} stands {where}, where no reader's value can be made safe"
    hint = f"fields belong in text, or in a URL after its host; whole links are {', '.join(sorted(LINK_FIELDS))} only"
    if slot < table.own:
        return IssueError(what, place=f"{issue.source}:{issue.fields[slot].line}", hint=hint)
    return ThemeError(what, place=_asked_in(name, theme), hint=hint)


def _asked_in(name: str, theme: Theme) -> str:
    asked = re.compile(rf"field\(\s*[\"']{re.escape(name)}[\"']", re.IGNORECASE)
    for file, text in theme.files.items():
        if found := asked.search(text):
            return f"{theme.origins.get(file, file)}:{text.count(chr(10), 0, found.start()) + 1}"
    return theme.origins.get("issue.mjml.j2", theme.name)
