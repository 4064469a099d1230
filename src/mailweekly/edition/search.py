"""
What the archive's search looks up: the words of each issue, and where each one stands. Looked up by `search.js`, without a server.

A word is a run of letters and digits, without accents and case; Chinese, Japanese and Korean, which write no blanks, are cut into pairs of
neighbours, and single characters. Words are spread over files by their first two characters, so that a search loads only the files of its own words,
and the beginning of a word finds it too. The script must cut and spread in the same way: `tests/browser/test_archive.py` holds the two together.

Errors: none.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

__all__ = ["BLOCK", "SHARDS", "folded", "shard_of", "shards", "terms"]

SHARDS: Final = 64  # files; one of 500 long issues has about 40 kB
BLOCK: Final = 50  # issues described in one file
LONGEST: Final = 40  # characters of a word; longer ones are no words
WORD: Final = re.compile(r"[^\W_]+")
WIDE: Final = (  # scripts without blanks between words
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\U00020000-\U0003ffff\u0e00-\u0e7f"
)
RUN: Final = re.compile(f"[{WIDE}]+|[^{WIDE}]+")
IS_WIDE: Final = re.compile(f"[{WIDE}]")

Posted = dict[str, list[list[int]]]  # word -> [issues that have it in a title, issues that have it elsewhere]


def folded(text: str) -> str:
    """Return the text as it is compared: compatible forms as one, without case and accents."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.lower())
    return unicodedata.normalize(
        "NFC", "".join(one for one in apart if unicodedata.category(one) != "Mn" or _is_part(one))
    )


def terms(text: str) -> set[str]:
    """Return the words of a text."""
    found: set[str] = set()
    for word in WORD.findall(folded(text)):
        for run in RUN.findall(word):
            if IS_WIDE.match(run):
                found.update(run)
                found.update(run[at : at + 2] for at in range(len(run) - 1))
            elif len(run) <= LONGEST:
                found.add(run)
    return found


def shard_of(term: str) -> int:
    """Return the number of the file that has a word."""
    return (ord(term[0]) * 31 + (ord(term[1]) if len(term) > 1 else 0)) % SHARDS


def shards(issues: Sequence[tuple[Iterable[str], Iterable[str]]]) -> list[Posted]:
    """Return the files: for each issue (its place is its number) the words of its titles, and its other words."""
    heads: defaultdict[str, list[int]] = defaultdict(list)
    others: defaultdict[str, list[int]] = defaultdict(list)
    for number, (in_titles, elsewhere) in enumerate(issues):
        for word in in_titles:
            heads[word].append(number)
        for word in elsewhere:
            others[word].append(number)
    files: list[Posted] = [{} for _ in range(SHARDS)]
    for word in sorted(heads.keys() | others.keys()):
        files[shard_of(word)][word] = [heads.get(word, []), others.get(word, [])]
    return files


def _is_part(mark: str) -> bool:
    """Return whether a mark belongs to a letter of Japanese, and makes it another one."""
    return mark in "\u3099\u309a"
