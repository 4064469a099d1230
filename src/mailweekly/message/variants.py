"""
The different mails that one issue becomes for its readers, by the conditional blocks each of them gets.

Counting looks at every reader; judging looks at each variant once, by the same promises as a whole edition. How many are too many is for who plans
a send to decide.

Units: readers.
Errors: IssueError for a variant that breaks a promise.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from mailweekly.edition.model import Edition
from mailweekly.edition.promises import variant_fault
from mailweekly.errors import IssueError
from mailweekly.message.conditions import blocks, condition, holds
from mailweekly.message.model import Reader

__all__ = ["MOST_VARIANTS", "Variant", "check_variants", "cut", "variants"]

MOST_VARIANTS: Final = 32  # of one send: each is a mail that somebody should have looked at


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One of the mails."""

    readers: int  # how many get it
    example: Reader  # the first of them
    answers: Mapping[str, bool]  # "segment=pro": whether it holds for them

    @property
    def said(self) -> str:
        """What holds and what does not, for people."""
        return ", ".join(name if is_true else f"not {name}" for name, is_true in self.answers.items())


def variants(asked: Iterable[str], readers: Iterable[Reader]) -> tuple[Variant, ...]:
    """Return the variants that occur, the most frequent first; `asked` are an edition's or a recipe's conditions."""
    terms = _terms(asked)
    known = [condition(term) for term in terms]
    counted: Counter[tuple[bool, ...]] = Counter()
    first: dict[tuple[bool, ...], Reader] = {}
    for reader in readers:
        truths = tuple([holds(one, reader) for one in known])
        counted[truths] += 1
        first.setdefault(truths, reader)
    names = [unquote(term) for term in terms]
    return tuple(
        Variant(readers=number, example=first[truths], answers=dict(zip(names, truths, strict=True)))
        for truths, number in counted.most_common()
    )


def check_variants(edition: Edition, found: Iterable[Variant], *, place: str) -> None:
    """Raise IssueError for the first variant that is no mail by itself: `place` names the issue."""
    leave = [
        f"MW{edition.nonce}x{number}Z" for number, slot in enumerate(edition.slots) if slot.name == "unsubscribe_url"
    ]
    for variant in found:
        html = cut(edition.html, variant.example, is_html=True)
        text = cut(edition.text, variant.example, is_html=False)
        if fault := variant_fault(html, text, leave):
            who = "1 reader" if variant.readers == 1 else f"{variant.readers:,} readers"
            raise IssueError(
                f"The mail of {who} ({variant.said}) would have {fault}.",
                place=place,
                hint="Write something for everybody outside the `::: only` and `::: unless` blocks.",
            )


def cut(document: str, reader: Reader, *, is_html: bool) -> str:
    """Return a document of an edition without the blocks that the reader does not get."""
    known: dict[str, bool] = {}
    kept = []
    for stretch, around in blocks(document, is_html=is_html):
        for asked in around:
            if asked not in known:
                known[asked] = holds(condition(asked), reader)
        if all(known[asked] for asked in around):
            kept.append(stretch)
    return "".join(kept)


def _terms(asked: Iterable[str]) -> list[str]:
    """Return what the conditions are made of, each once and unturned: whatever else they ask follows from these."""
    parts = (part for one in asked for alternative in one.split("|") for part in alternative.split(";"))
    return sorted({part.removeprefix("!") for part in parts})
