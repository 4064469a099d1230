"""
What changed between two rows of words or lines, in a time that no input can drive up.

What stands once on each side holds the rows together (Cohen's patience diff); only between such places difflib compares, and only as long as that is
quick: else a stretch is told as taken out and put in whole.

Errors: none.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

__all__ = ["Patience", "Step", "changes", "rising", "share", "split_words"]

WORK: Final = 30_000_000  # pairs that may be looked at, by an upper bound: 0.3 s at the worst that was found
WORDS: Final = re.compile(r"\s+|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]+|.", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One stretch: what the first row has there, and what the second. Equal ones have both."""

    is_same: bool
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(kw_only=True, slots=True)
class Patience:
    """How much may still be compared closely, over several calls."""

    left: int = WORK


def split_words(text: str) -> list[str]:
    """Return words, blanks and signs; East Asian characters one by one. Joined, they are the text."""
    return WORDS.findall(text)


def changes(old: Sequence[str], new: Sequence[str], patience: Patience | None = None) -> list[Step]:
    """Return the steps from one row to the other, none of them empty."""
    steps: list[Step] = []
    patience = patience or Patience()
    for (start, end), (first, last), is_same in _stretches(old, new):
        if is_same:
            _add(steps, Step(is_same=True, old=tuple(old[start:end]), new=tuple(new[first:last])))
            continue
        cost = _cost(old[start:end], new[first:last])
        if 0 < cost <= patience.left:
            patience.left -= cost
            for kind, a, b, c, d in SequenceMatcher(
                None, old[start:end], new[first:last], autojunk=False
            ).get_opcodes():
                one = Step(
                    is_same=kind == "equal",
                    old=tuple(old[start + a : start + b]),
                    new=tuple(new[first + c : first + d]),
                )
                _add(steps, one)
        else:
            _add(steps, Step(is_same=False, old=tuple(old[start:end]), new=tuple(new[first:last])))
    return steps


def share(old: Sequence[str], new: Sequence[str]) -> float:
    """Return how much of both they have in common, order aside, 0 to 1."""
    both = sum((Counter(old) & Counter(new)).values())
    return 2 * both / max(len(old) + len(new), 1)


def _add(steps: list[Step], step: Step) -> None:
    if not (step.old or step.new):
        return
    if steps and steps[-1].is_same == step.is_same:
        before = steps.pop()
        step = Step(is_same=step.is_same, old=before.old + step.old, new=before.new + step.new)
    steps.append(step)


def _stretches(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[tuple[int, int], tuple[int, int], bool]]:
    """Yield the stretches between and at the anchors, in order."""
    a = b = 0
    for at, to in (*_anchors(old, new), (len(old), len(new))):
        start, first = at, to
        while start > a and first > b and old[start - 1] == new[first - 1]:
            start, first = start - 1, first - 1
        same = 0
        while a + same < start and b + same < first and old[a + same] == new[b + same]:
            same += 1
        yield (a, a + same), (b, b + same), True
        yield (a + same, start), (b + same, first), False
        end = at + (at < len(old))
        yield (start, end), (first, to + (to < len(new))), True
        a, b = end, to + (to < len(new))


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of what stands once on each side, those that keep their order."""
    counted, other = Counter(old), Counter(new)
    places = {word: at for at, word in enumerate(new) if other[word] == 1 and counted.get(word) == 1}
    pairs = [(at, places[word]) for at, word in enumerate(old) if word in places]
    return rising(pairs)


def rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest row of pairs that rises on both sides."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, to) in enumerate(pairs):
        at = bisect_left(tails, to)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [to]
        ends[at : at + 1] = [number]
    found: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _cost(old: Sequence[str], new: Sequence[str]) -> int:
    """Return an upper bound of the pairs that difflib looks at; 0: there is nothing to compare."""
    counted, other = Counter(old), Counter(new)
    pairs = sum(number * other[word] for word, number in counted.items())
    return (pairs + len(old)) * (min(len(old), len(new), pairs) + 1) if pairs else 0
