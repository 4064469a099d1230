"""
The words of a segment's text: cut, each with where it stands; and what is wrong with a text, with a caret below the place.

Errors: SegmentError, whose `column` is the first character that is wrong.
Units: columns count characters from 0.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = ["LONGEST", "Form", "SegmentError", "Word", "cut"]

LONGEST: Final = 2_000  # characters: more is no longer read by a person
SHOWN: Final = 72  # columns of the text around the place
_FORMS: Final = re.compile(
    r"""(?P<open>\() | (?P<close>\)) | (?P<op><=|>=|!=|<>|==|=|<|>|&&|\|\||!)
    | "(?P<double>[^"\\]*(?:\\.[^"\\]*)*)" | “(?P<curly>[^”]*)” | '(?P<single>[^']*)'
    | (?P<word>[^\s()"“'=<>!&|][^\s()"“=<>!]*)""",
    re.VERBOSE | re.DOTALL,
)
_BLANK: Final = re.compile(r"\s*")


class SegmentError(ValueError):
    """A segment that cannot be read: `what`, at `column` of `text`, and what to write (`hint`)."""

    def __init__(self, what: str, *, text: str, column: int, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.text = text
        self.column = column
        self.hint = hint

    @property
    def pointed(self) -> str:
        """The text with a caret below the place, on two lines; of a long one, what is near the place."""
        start = max(0, self.column - SHOWN // 2) if len(self.text) > SHOWN else 0
        shown = "".join(one if one.isprintable() else " " for one in self.text[start : start + SHOWN])
        before = sum(_columns(one) for one in shown[: self.column - start])
        return f"{shown}\n{' ' * before}^"


class Form(Enum):
    """What a piece of the text is."""

    OPEN = "("
    CLOSE = ")"
    OP = "operator"
    QUOTED = "quoted"
    WORD = "word"
    END = "the end"


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of the text: from `start` to before `end`."""

    form: Form
    text: str  # without its quotes
    start: int
    end: int

    @property
    def plain(self) -> str:
        """As keywords are compared; of a quoted one nothing."""
        return self.text.casefold() if self.form is Form.WORD else ""


def cut(text: str) -> tuple[Word, ...]:
    """Return the words of a segment, the end as the last. Errors: SegmentError for what is no word, and for a text that is too long."""
    if len(text) > LONGEST:
        what = f"This segment has {len(text):,} characters; {LONGEST:,} is the most."
        raise SegmentError(what, text=text, column=LONGEST, hint="Give people a tag, and ask for that.")
    words: list[Word] = []
    at = _BLANK.match(text).end()  # type: ignore[union-attr]  # it matches nothing, too
    while at < len(text):
        found = _FORMS.match(text, at)
        if found is None:
            raise _unreadable(text, at)
        words.append(_word(found))
        at = _BLANK.match(text, found.end()).end()  # type: ignore[union-attr]
    return (*words, Word(Form.END, "", len(text), len(text)))


def _word(found: "re.Match[str]") -> Word:
    group = str(found.lastgroup)
    said = found[group]
    form = {"open": Form.OPEN, "close": Form.CLOSE, "op": Form.OP, "word": Form.WORD}.get(group, Form.QUOTED)
    if group == "double":
        said = re.sub(r"\\(.)", r"\1", said, flags=re.DOTALL)
    return Word(form, said, found.start(), found.end())


def _unreadable(text: str, at: int) -> SegmentError:
    if text[at] in "\"“'":
        return SegmentError(
            "This quote is never closed.", text=text, column=at, hint="Put the same quote behind the value."
        )
    return SegmentError(
        "This character has no meaning here.", text=text, column=at, hint='Put the value in quotes: tag:"a & b".'
    )


def _columns(one: str) -> int:
    if unicodedata.combining(one):
        return 0
    return 2 if unicodedata.east_asian_width(one) in "WF" else 1
