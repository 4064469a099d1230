"""
What stands before the text: YAML between `---` lines, or bare `Key: value` lines.

Every value is a string. A nested mapping is flattened with dots (`sections.projects.layout`, `sponsor.name`); a list is
its JSON (`check.ignore` -> `[{"rule": "link.cheap-tld", "reason": "…"}]`). Keys are read under one name each
(`headline` is `title`, `pubDate` is `date`); keys nobody knows are kept as written and noted, for archives bring their
own.

Units: lines count from 1; the ceiling in bytes.
Errors: IssueError with its line for anything that is not safe, plain YAML.
Source: the ceiling of 64 kB is the project's own.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mailweekly.errors import IssueError
from mailweekly.issue import yaml_strings
from mailweekly.issue.days import is_day
from mailweekly.issue.model import Note
from mailweekly.issue.reading import nearest
from mailweekly.issue.yaml_strings import Value, YamlError

__all__ = ["KNOWN", "MAX_BYTES", "FrontMatter", "read"]

MAX_BYTES = 64_000
KNOWN = frozenset(
    {
        "number",
        "title",
        "subject",
        "preheader",
        "date",
        "lang",
        "dir",
        "theme",
        "lead",
        "list",
        "images",
        "repair",
        "newsletter",
        "sections",
        "sponsor",
        "check",
        "author",
        "correction",
        "tags",
        "status",
        "updated",
    }
)
_SYNONYMS = {
    "headline": "title",
    "pubdate": "date",
    "published": "date",
    "published_at": "date",
    "publish_date": "date",
    "publishdate": "date",
    "issue": "number",
    "issue_number": "number",
    "language": "lang",
    "locale": "lang",
    "description": "preheader",
    "summary": "preheader",
    "excerpt": "preheader",
    "publication": "newsletter",
    "keywords": "tags",
    "lastmod": "updated",
    "modified": "updated",
    "date_modified": "updated",
}
_NESTED = frozenset({"sections", "sponsor", "check"})
_ONE_LINE = frozenset(
    {"number", "title", "subject", "preheader", "date", "lang", "dir", "theme", "lead", "list", "images", "newsletter"}
    | {"correction", "status", "updated"}
)
_CHOICES = {"dir": ("ltr", "rtl"), "images": ("embed", "publish"), "status": ("draft", "published")}
_FENCE = re.compile(r"---[ \t]*")
_END = re.compile(r"(?:---|\.\.\.)[ \t]*")
_PAIR = re.compile(r"([A-Za-z][A-Za-z0-9_ -]{0,40}):(?:[ \t]+(.*))?")
_DIGITS = re.compile(r"\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontMatter:
    """The values by key, the line of each top key, how many lines they take, and what is to be noted."""

    meta: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)
    length: int = 0
    notes: tuple[Note, ...] = ()

    def line(self, key: str) -> int:
        """Return the line of a key, 1 if it is not there."""
        return self.lines.get(key, 1)


def read(text: str, source: str) -> FrontMatter:
    """Return the front matter of an issue's text; an empty one if there is none."""
    rows = text.split("\n", 1)
    if _FENCE.fullmatch(rows[0]):
        return _fenced(text, source)
    return _bare(text)


def _fenced(text: str, source: str) -> FrontMatter:
    lines = text.split("\n")
    end = next((place for place, line in enumerate(lines[1:], 1) if _END.fullmatch(line)), 0)
    if not end:
        if len(lines) > 1 and _PAIR.fullmatch(lines[1]):
            raise IssueError(
                "The front matter is never closed.", place=f"{source}:1", hint="Put a line `---` below its last key."
            )
        return FrontMatter()
    if not lines[1].strip() and not any(_PAIR.fullmatch(line) for line in lines[1:end]):
        return FrontMatter()  # a rule above a paragraph, not a fence
    inner = "\n".join(lines[1:end])
    if len(inner.encode()) > MAX_BYTES:
        hint = f"At most {MAX_BYTES // 1000} kB are read."
        raise IssueError("The front matter is too large.", place=f"{source}:1", hint=hint)
    try:
        values, key_lines = yaml_strings.read(inner)
    except YamlError as error:
        raise IssueError(error.what, place=f"{source}:{error.line + 1}", hint=error.hint) from None
    return _known(values, {key: line + 1 for key, line in key_lines.items()}, end + 1, source)


def _bare(text: str) -> FrontMatter:
    """Read `Title: …` lines up to the first blank one, if the first has a known key and each is a pair."""
    values: dict[str, Value] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            return _known(values, lines, number, "") if values else FrontMatter()
        pair = _PAIR.fullmatch(line)
        if pair is None or (number == 1 and _name(pair[1]) not in KNOWN) or pair[1] in values:
            return FrontMatter()
        values[pair[1]] = (pair[2] or "").strip()
        lines[pair[1]] = number
    return _known(values, lines, len(lines), "") if values else FrontMatter()


def _known(values: Mapping[str, Value], lines: Mapping[str, int], length: int, source: str) -> FrontMatter:
    meta: dict[str, str] = {}
    places: dict[str, int] = {}
    notes: list[Note] = []
    for written, value in values.items():
        key, line = _name(written), lines[written]
        if key in _ONE_LINE and not isinstance(value, str):
            raise IssueError(
                f"`{written}` takes one value, not several.",
                place=f"{source}:{line}",
                hint=f"Write `{written}: …` on one line.",
            )
        if key in meta:
            notes.append(
                Note(
                    rule="issue.unknown-key",
                    line=line,
                    what=f"`{written[:40]}` says `{key}` again; the first one holds.",
                )
            )
            continue
        if key not in KNOWN:
            notes.append(_unknown(written, line))
        places[key] = line
        for path, text in _flat(key, value):
            meta[path] = _clean(path, text)
    notes += [note for key, line in places.items() if (note := _choice(key, meta.get(key, ""), line))]
    if impossible := _date(meta.get("date", ""), places.get("date", 1)):
        notes.append(impossible)
        del meta["date"]
    return FrontMatter(meta=meta, lines=places, length=length, notes=tuple(notes))


def _name(written: str) -> str:
    lowered = written.strip().lower().replace(" ", "_")
    known = _SYNONYMS.get(lowered.replace("-", "_"), lowered)
    return known if known in KNOWN else written


def _unknown(written: str, line: int) -> Note:
    near = nearest(written, KNOWN | _SYNONYMS.keys())
    mend = f"Did you mean `{near}`?" if near else f"Known are {', '.join(sorted(KNOWN))}."
    return Note(rule="issue.unknown-key", line=line, what=f"Nobody reads the key `{written[:40]}`.", mend=mend)


def _choice(key: str, value: str, line: int) -> Note | None:
    choices = _CHOICES.get(key)
    if choices is None or value in choices:
        return None
    mend = f"Write {' or '.join(choices)}."
    return Note(rule="issue.front-matter", line=line, what=f"`{key}` cannot be `{value[:40]}`.", mend=mend)


def _date(value: str, line: int) -> Note | None:
    """Return what is wrong with a date of digits that no calendar has; dates in words are the editor's."""
    found = _DIGITS.match(value)
    if found is None or is_day(*found.groups()):
        return None
    what = f"`date` is no day of the calendar: `{value[:40]}`; it is left out."
    return Note(rule="issue.front-matter", line=line, what=what, mend="Write year-month-day: date: 2026-11-20")


def _flat(path: str, value: Value) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif path == "author" and isinstance(value, list) and all(isinstance(name, str) for name in value):
        yield path, ", ".join(map(str, value))
    elif isinstance(value, list):
        yield path, json.dumps(value, ensure_ascii=False)
    elif path.split(".", 1)[0] in _NESTED:
        for key, inner in value.items():
            yield from _flat(f"{path}.{key}", inner)
    else:
        yield path, json.dumps(value, ensure_ascii=False)


def _clean(path: str, text: str) -> str:
    plain = _CONTROLS.sub("", text)
    return " ".join(plain.split()) if path in _ONE_LINE else plain
