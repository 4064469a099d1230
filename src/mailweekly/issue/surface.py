"""
What can be seen on the text of an issue before it is parsed: controls, lost characters, text that runs both ways, words without end.

Units: lines and columns count from 1.
Source: C0 and C1 controls make Gmail clip a mail and the MJML compiler refuse it; a word of 10,000 characters is the project's own ceiling.
"""

import re
from collections.abc import Iterator

from mailweekly.issue.model import Note

__all__ = ["CONTROLS", "MAX_WORD", "observed", "without_controls"]

MAX_WORD = 10_000  # characters
_SHOWN = 20  # lines named for one kind of finding; the last note counts the rest
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_LONG = re.compile(rf"\S{{{MAX_WORD},}}")
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
_OPENS = {
    "\u202a": "\u202c",
    "\u202b": "\u202c",
    "\u202d": "\u202c",
    "\u202e": "\u202c",
    "\u2066": "\u2069",
    "\u2067": "\u2069",
    "\u2068": "\u2069",
}


def without_controls(text: str) -> str:
    """Return `text` without the controls that no mail may hold."""
    return CONTROLS.sub("", text)


def observed(text: str, *, controls: bool) -> list[Note]:
    """Return the notes on a text; `controls` says whether its controls are worth one (not where the text is damaged as a whole)."""
    notes: list[Note] = []
    if controls and CONTROLS.search(text):
        notes += _each(text, CONTROLS, "encoding.control", "A control character", "`fix` removes it.")
    if "\ufffd" in text:
        replacement = re.compile("\ufffd")
        notes += _each(
            text,
            replacement,
            "encoding.replacement",
            "U+FFFD: a character was lost before it came here",
            "Type it anew.",
        )
    if _LONG.search(text):
        notes += _each(text, _LONG, "issue.size", f"A word of more than {MAX_WORD:,} characters", "Split it.")
    if _BIDI.search(text):
        notes += [
            Note(
                rule="encoding.bidi",
                line=line,
                what="Direction marks that are not balanced in their line.",
                mend="Remove them.",
            )
            for line, words in enumerate(text.split("\n"), 1)
            if not _balanced(words)
        ][:_SHOWN]
    return notes


def _each(text: str, pattern: re.Pattern[str], rule: str, what: str, mend: str) -> Iterator[Note]:
    places = [
        (line, match.start() + 1) for line, words in enumerate(text.split("\n"), 1) if (match := pattern.search(words))
    ]
    for line, column in places[:_SHOWN]:
        yield Note(rule=rule, line=line, column=column, what=f"{what}.", mend=mend)
    if len(places) > _SHOWN:
        yield Note(rule=rule, line=places[_SHOWN][0], what=f"{what}; in {len(places) - _SHOWN} more lines.", mend=mend)


def _balanced(words: str) -> bool:
    waiting: list[str] = []
    for character in _BIDI.findall(words):
        if character in _OPENS:
            waiting.append(_OPENS[character])
        elif not waiting or waiting.pop() != character:
            return False
    return not waiting
