"""
One reading of one issue: what the steps of the parser share while it lasts.

Holds the notes, the table of merge fields, the footnotes met so far and the URLs already judged. It belongs to a single
call of `parse` and never leaves it.

Units: lines count from 1 in the editor's file.
"""

import difflib
import re
from collections.abc import Iterable
from urllib.parse import quote

from mailweekly.issue import fields, urls
from mailweekly.issue.model import Field, Note

__all__ = ["MAX_NOTES", "Reading", "nearest"]

MAX_NOTES = 1000  # more than an editor reads, few enough to print; a hostile text cannot fill the memory
_EMPTY_LINKS = frozenset({"", "#", "/", "example.com", "todo", "url", "link", "http://", "https://"})
_AUTHORITY = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)


class Reading:
    """The state of one call of `parse`."""

    def __init__(
        self, *, source: str, nonce: str, known_fields: frozenset[str] | None = None, is_outline: bool = False
    ) -> None:
        self.source = source
        self.is_outline = is_outline  # entries are wanted, not what they say
        self.nonce = nonce
        self.notes: list[Note] = []
        self.fields: list[Field] = []
        self.values: dict[str, str] = {}  # issue-level fields, known before the text is read
        self.footnote_numbers: dict[str, int] = {}  # of the scope being read: an entry, or the issue outside entries
        self.footnotes_used: set[str] = set()
        self._known_fields = known_fields
        self._slots: dict[tuple[str, str | None], int] = {}
        self._judged: dict[str, str | None] = {}
        self._token = re.compile(rf"MW{nonce}x(\d+)Z")

    def note(self, rule: str, line: int, what: str, mend: str = "") -> None:
        """Keep a note for the editor."""
        if len(self.notes) < MAX_NOTES:
            self.notes.append(Note(rule=rule, line=line, what=what, mend=mend))

    def field(self, name: str, default: str | None, line: int) -> str:
        """Return what stands for a field: its value where the issue itself knows it, else its token."""
        value = self.values.get(name)
        if value is not None:
            return value
        if name in ISSUE_FIELDS:
            return self._unknown_of_issue(name, default, line)
        key = (name, default)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = len(self.fields)
            self.fields.append(Field(name=name, default=default, line=line))
            self._check_name(name, line)
        return f"MW{self.nonce}x{slot}Z"

    def filled(self, text: str, line: int, *, in_url: bool = False) -> str:
        """Return `text` with each field mark replaced by what stands for the field; `in_url` percent-encodes values behind a host."""
        if "\x01" not in text:
            return text
        return fields.MARK.sub(lambda match: self._stand_in(match, line, quoted=in_url and match.start() > 0), text)

    def fill_plain(self, text: str, line: int) -> str:
        """Return a string of the front matter with its fields replaced, malformed ones noted."""
        if "{{" not in text:
            return text
        marked = fields.marked(text)
        for match in fields.MALFORMED.finditer(marked):
            if marked[match.start() - 1 : match.start()] != "\\":
                self.bad_field(match[0], line)
        return self.filled(marked.replace("\\{{", "{{"), line)

    def bad_field(self, written: str, line: int) -> None:
        """Note something in braces that is no field."""
        shown = written if len(written) <= 60 else written[:57] + "..."  # noqa: PLR2004
        mend = 'Write {{ name }} or {{ name | default("friend") }}; put it in backticks if it is meant to be read.'
        self.note("field.unresolved", line, f"{shown} is not a merge field.", mend)

    def link(self, raw: str, line: int) -> str | None:
        """Return the URL for a link's destination, None (and a note) where it may not be one."""
        text = self.filled(raw, line, in_url=True).strip()
        if text not in self._judged:
            self._judged[text] = self._judge(text)
        url = self._judged[text]
        if url is None:
            self._note_link(text, line)
        return url

    def image(self, raw: str, line: int) -> str | None:
        """Return the source for an image, None (and a note) where it may not be one."""
        text = self.filled(raw, line, in_url=True).strip()
        source = urls.safe_source(text)
        if source is None:
            what = "An image without an address." if not text else f"An image cannot come from {_short(text)}."
            self.note("link.empty" if not text else "link.scheme", line, what, "Use https or a file beside the issue.")
        return source

    def _stand_in(self, match: re.Match[str], line: int, *, quoted: bool) -> str:
        found = self.field(*fields.read_mark(match), line)
        return quote(found, safe="") if quoted else found

    def _unknown_of_issue(self, name: str, default: str | None, line: int) -> str:
        if default is not None:
            return default
        self.note("field.unresolved", line, f"The issue has no {name}.", f"Set `{name}` in the front matter.")
        return f"{{{{ {name} }}}}"

    def _check_name(self, name: str, line: int) -> None:
        known = self._known_fields
        if known is None or name in known or name in fields.BUILT_IN:
            return
        near = nearest(name, known | fields.BUILT_IN)
        self.note("field.unknown", line, f"No reader has a field `{name}`.", f"Did you mean `{near}`?" if near else "")

    def _judge(self, text: str) -> str | None:
        token = self._token.fullmatch(text)
        if token:
            return text if self.fields[int(token[1])].name in fields.LINK_FIELDS else None
        if text.lower() in _EMPTY_LINKS:
            return None
        authority = _AUTHORITY.match(text)
        if authority and self._token.search(authority[1]):
            return None
        return urls.safe_url(text)

    def _note_link(self, text: str, line: int) -> None:
        if text.lower() in _EMPTY_LINKS:
            self.note(
                "link.empty", line, f"A link that goes nowhere: “{text}”.", "Write the whole address, with https://."
            )
        elif self._token.search(text):
            mend = f"Only {', '.join(sorted(fields.LINK_FIELDS))} may be a whole link; elsewhere a field stands after the host."
            self.note("field.context", line, "A merge field may not begin a link.", mend)
        elif found := urls.scheme(text):
            what = (
                f"A link to {_short(text)} is not a whole address."
                if found in _WEB
                else f"Links may not begin with `{found}:`."
            )
            self.note("link.scheme", line, what, "Use https, http or mailto; the words stay, the link is gone.")
        else:
            self.note(
                "link.relative",
                line,
                f"{_short(text)} has no host, so it is dead in a mail.",
                "Write the whole address.",
            )


ISSUE_FIELDS = frozenset({"number", "title", "date", "year"})
_WEB = frozenset({"http", "https", "mailto"})


def nearest(written: str, known: Iterable[str]) -> str:
    """Return the one of `known` that `written` most likely meant; empty if none is near."""
    found = difflib.get_close_matches(written[:60].lower(), sorted(known), n=1, cutoff=0.6)
    return found[0] if found else ""


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004
