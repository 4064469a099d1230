"""
What a heading or a file name says of an issue: the newsletter's name, its number, its headline, its date.

`NAME #78: headline`, `名（第 390 期）：题`, `名#159：题`, `Issue 412`, `078-title.md`, `2026-08-19-name.md`. A number is only
believed where it is marked as one, or where something else says the same: "Goodbye Python 2" is not issue 2.

Source: the four spellings are those of four newsletters, about 1,900 issues.
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from mailweekly.issue.days import is_day

__all__ = ["FileName", "Title", "read_file_name", "read_title"]

_LONGEST = 300  # characters; a longer heading is a sentence
_SEPARATOR = r"\s*[:：|｜·—–-]\s*"
_MARKED = re.compile(
    r"(?P<name>.*?)[(（\[【]?"
    r"(?:(?P<hash>[#＃])|(?P<word>\b(?:issue|no|nr|num|number|vol|volume|edition|episode|ep|n°|№)\b\.?\s?[#＃]?)|(?P<di>第)\s?)"
    r"\s?(?P<number>\d{1,5})(?![\d.]|\w)\s?(?P<qi>[期号號回集刊])?[)）\]】]?"
    rf"(?:{_SEPARATOR}(?P<headline>.+)|\s*)",
    re.IGNORECASE,
)
_QI = re.compile(
    rf"(?P<name>.*?)[(（\[【]?第\s?(?P<number>\d{{1,5}})\s?[期号號回集刊][)）\]】]?(?:{_SEPARATOR}(?P<headline>.+)|\s*)"
)
_LEADING = re.compile(r"[#＃](?P<number>\d{1,5})\s+(?P<headline>\D.*)")
_TRAILING = re.compile(r"(?P<name>.+?)\s(?P<number>\d{1,5})")
_PERIODICAL = re.compile(
    r"week|month|daily|digest|news|letter|bulletin|brief|周刊|周报|月刊|日报|通讯|週刊|週報|trending", re.IGNORECASE
)
_YEARS = range(1900, 2100)
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[-_. ]|$)")
_FIRST_NUMBER = re.compile(r"(\d{1,5})(?:[-_. ]|$)")
_LAST_NUMBER = re.compile(r"(?:^|.*[-_ #.])(\d{1,5})")
_SHORT_NAME = 3  # characters: "C#12" is a language, not a newsletter


@dataclass(frozen=True, kw_only=True, slots=True)
class Title:
    """A heading taken apart; what it does not say is empty or None."""

    newsletter: str = ""
    number: int | None = None
    headline: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FileName:
    """What a file's name says; `date` as YYYY-MM-DD."""

    number: int | None = None
    date: str = ""


def read_title(heading: str, expected: int | None = None) -> Title:
    """Return what `heading` says; `expected` is the number known from elsewhere, which makes a bare number believable."""
    text = " ".join(heading.split())
    if not text or len(text) > _LONGEST:
        return Title(headline=text)
    if leading := _LEADING.fullmatch(text):
        return Title(number=int(leading["number"]), headline=leading["headline"])
    for match in (_QI.fullmatch(text), _MARKED.fullmatch(text)):
        if match is not None and _believable(match):
            return Title(newsletter=_name(match["name"]), number=int(match["number"]), headline=match["headline"] or "")
    trailing = _TRAILING.fullmatch(text)
    if trailing and _periodical(trailing["name"], int(trailing["number"]), expected):
        return Title(newsletter=_name(trailing["name"]), number=int(trailing["number"]))
    return Title(headline=text)


def read_file_name(source: str) -> FileName:
    """Return number and date from a name such as `078-title.md`, `issue-412.md` or `2026-08-19-name.md`."""
    stem = PurePosixPath(source.replace("\\", "/")).stem
    date = ""
    if found := _DATE.match(stem):
        date = f"{found[1]}-{found[2]}-{found[3]}" if is_day(found[1], found[2], found[3]) else ""
        stem = stem[found.end() :]
    match = _FIRST_NUMBER.match(stem) or _LAST_NUMBER.fullmatch(stem)
    number = int(match[1]) if match else None
    return FileName(number=None if number in _YEARS else number, date=date)


def _believable(match: re.Match[str]) -> bool:
    name = match["name"]
    if "hash" not in match.groupdict() or not match["hash"]:
        return True
    return not name or name[-1].isspace() or len(name) >= _SHORT_NAME


def _periodical(name: str, number: int, expected: int | None) -> bool:
    if number == expected:
        return True
    return number not in _YEARS and bool(_PERIODICAL.search(name))


def _name(written: str) -> str:
    return written.strip().rstrip(":：,，|｜·—–-(（[【").strip()
