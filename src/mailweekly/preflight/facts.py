"""
What the rules ask again and again, gathered once per check: links, images, texts, lines, and the place of a word in the file.

Pure reading; no rule is decided here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailweekly.issue.containers import CONDITIONAL
from mailweekly.issue.model import Component, Issue
from mailweekly.preflight.place import Checked
from mailweekly.preflight.survey import ADDRESS, Survey, survey, terms
from mailweekly.preflight.walk import ImageUse, LinkUse, TextRun, blocks, walk

__all__ = ["SEARCH_LINES", "TOKEN", "Facts", "clipped", "counted", "gather", "spread", "width"]

TOKEN = re.compile(r"MW[0-9a-f]{10}x([0-9]{1,6})Z")  # a merge field's place and its slot (issue.model)
SEARCH_LINES = (
    80  # how far below a block's first line a word of it is looked for; a longer paragraph only loses its column
)
TABLE = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")  # of a TOML file
WIDE = re.compile(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\U0001f300-\U0001faff]"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """A Checked, read once."""

    checked: Checked
    lines: tuple[str, ...]  # of the file, in order
    links: tuple[LinkUse, ...]
    images: tuple[ImageUse, ...]
    texts: tuple[TextRun, ...]
    is_damaged: bool  # the parser found the text to be mojibake: its words are not the editor's
    survey: Survey | None = None  # of the audience, where there is one

    @property
    def issue(self) -> Issue:
        """The issue under check."""
        return self.checked.issue

    @property
    def theme_file(self) -> str:
        """The file to name for a fault of the theme."""
        edition = self.checked.edition
        return self.checked.theme_file or (f"templates/{edition.theme}/theme.toml" if edition else "")

    def at(self, line: int, *needles: str) -> tuple[int, int]:
        """Return line and column of the first needle found from `line` on, else (line, 1)."""
        first = max(line, 1) - 1
        for needle in needles:
            for number, text in enumerate(self.lines[first : first + SEARCH_LINES], first + 1):
                column = text.find(needle) if needle else -1
                if column >= 0:
                    return number, column + 1
        return first + 1, 1

    def key_line(self, *keys: str) -> int:
        """Return the line of the first of these front-matter keys, else of the first heading, else 1."""
        return self._key(*keys) or self.title_line

    @property
    def title_line(self) -> int:
        """The line of the title in the front matter, else of the first `# …` heading, else 1."""
        titled = self._key("title", "headline")
        return titled or next((number for number, text in enumerate(self.lines, 1) if text.startswith("# ")), 1)

    def setting_line(self, key: str) -> int:
        """Return the line of a key of the settings file, else of the table it belongs into, else 1; `key`: "sender.list_id"."""
        table, _, name = key.rpartition(".")
        here, head = "", 1
        for number, text in enumerate(self.checked.settings_text.splitlines(), 1):
            if opened := TABLE.match(text):
                here = opened[1].strip()
                head = number if here == table else head
            elif re.match(rf"\s*(?:{re.escape(name if here == table else key)})\s*=", text):
                return number
        return head

    def _key(self, *keys: str) -> int:
        for key in keys:
            for number, text in enumerate(self.lines[: self._front], 1):
                if re.match(rf"\s*{key}\s*:", text, re.IGNORECASE):
                    return number
        return 0

    @property
    def _front(self) -> int:
        """How many lines the front matter has, fenced or bare; 0 is not told apart from a first paragraph, which holds no key."""
        fenced = self.lines[0].strip() == "---"
        ends = ("---", "...") if fenced else ("",)
        return next((number for number, text in enumerate(self.lines[1:], 1) if text.strip() in ends), 0)


def gather(checked: Checked) -> Facts:
    """Return the facts of one check."""
    uses = tuple(walk(checked.issue))
    lines = tuple(checked.text.split("\n"))
    return Facts(
        checked=checked,
        lines=lines,
        links=tuple(use for use in uses if isinstance(use, LinkUse)),
        images=tuple(use for use in uses if isinstance(use, ImageUse)),
        texts=tuple(use for use in uses if isinstance(use, TextRun)),
        is_damaged=any(note.rule == "encoding.mojibake" for note in checked.issue.notes),
        survey=_survey(checked, lines),
    )


def _survey(checked: Checked, lines: Sequence[str]) -> Survey | None:
    audience, edition = checked.audience, checked.edition
    if audience is None:
        return None
    slots = edition.slots if edition else ()
    used = sorted({int(index) for index in TOKEN.findall(edition.html)}) if edition else []
    return survey(
        audience,
        fields=(field.name for field in checked.issue.fields if not field.default),
        slots=((slots[index].name, slots[index].default) for index in used if index < len(slots)),
        recipient=checked.message.recipient if checked.message else "",
        addresses={found[0].lower().rstrip(".") for line in lines for found in ADDRESS.finditer(line)},
        conditions={
            asked
            for block in blocks(checked.issue)
            if isinstance(block, Component) and block.name in CONDITIONAL and (asked := terms(block.options))
        },
    )


def width(text: str) -> int:
    """Return how many columns a text takes in an inbox row: 2 for an East Asian character or a picture, 1 for any other."""
    return len(text) + len(WIDE.findall(text))


def clipped(text: str, limit: int = 60) -> str:
    """Return a text short enough to stand inside a finding, in one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def counted(number: int, one: str, many: str) -> str:
    """Return "1 line" or "3 lines"."""
    return f"{number:,} {one if number == 1 else many}"


def spread(names: Sequence[str]) -> str:
    """Return names as "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
