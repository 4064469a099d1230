"""
Readers that are hard on a layout: made up, each with one thing that goes wrong somewhere.

Units: characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mailweekly.cli.prepared import SAMPLE_READER
from mailweekly.message.model import Reader

__all__ = ["CASES", "LONGEST", "Case", "case_named"]

ADDRESS: Final = SAMPLE_READER.address
LONGEST: Final = "case:longest"
SIXTY: Final = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewis"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A hard case."""

    title: str
    about: str
    reader: Reader


def _named(name: str, title: str, about: str, address: str = ADDRESS) -> Case:
    return Case(title=title, about=about, reader=Reader(subscriber_id=0, address=address, name=name))


CASES: Final[Mapping[str, Case]] = {
    "no-name": _named("", "No name", "Every greeting falls back to its default."),
    "one-letter": _named("J", "One letter", "The shortest name there is."),
    "long-name": _named(SIXTY, "60 letters", "A name without a place to break: it must not widen the mail."),
    "markup": _named(
        "<b>Bob</b> \"Bobby\" & 'Co' {{ name }}", "<b> and quotes", "Shown as it is written, in HTML, text and headers."
    ),
    "arabic": _named("عبد الرحمن الشافعي", "Arabic", "Written from right to left, inside a text of any direction."),
    "chinese": _named("欧阳雨桐", "Chinese", "Each character takes two columns; no blanks to break at."),
    "emoji": _named("👩🏽‍💻 Zoë 🇧🇷", "Emoji", "Pictures made of several characters, and an accent."),
    "empty": Case(
        title="All fields empty",
        about="A name and nothing else: every custom field shows its default.",
        reader=Reader(subscriber_id=0, address=ADDRESS, name="Ines"),
    ),
    "longest": _named(SIXTY, "Longest values", "Of each field the longest value that some subscriber has."),
    "idn": _named("Jürgen", "IDN address", "A domain beyond ASCII: headers carry it as xn--…", "leser@bücher.example"),
}


def case_named(name: str) -> Case | None:
    """Return the case of that name."""
    return CASES.get(name)
