"""`fix`: the safe mends of an issue, first as a diff, with `--write` in the file."""

import difflib
import stat
from collections.abc import Iterable
from typing import Any, Final

from mailweekly.adapters.files.folder import write_file
from mailweekly.adapters.files.issues import IssueFile, find_issue
from mailweekly.cli import terminal
from mailweekly.cli.outward import known_answers, link_answers
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import pictures_of, with_own_components
from mailweekly.errors import MailweeklyError, UsageError
from mailweekly.issue.decode import decode
from mailweekly.issue.lines import rejoined
from mailweekly.issue.model import Issue
from mailweekly.issue.parse import parse
from mailweekly.preflight.mend import MENDED_RULES, Known, Mended, mended
from mailweekly.preflight.reach import to_ask

__all__ = ["fix"]

SHOWN: Final = 60  # characters of an address in a line for people


def fix(ref: str, *, write: bool, links: bool, only: Iterable[str], as_json: bool) -> None:
    """Show the safe mends of an issue, or make them."""
    rules = _rules(only)
    place = load()
    file = find_issue(place.root, ref)
    text = decode(file.raw, source=file.shown)
    found = _mended(place, file, text, rules, links=links)
    is_new = found.text != text
    if is_new and write:
        write_file(file.path, rejoined(file.raw, found.text), mode=stat.S_IMODE(file.path.stat().st_mode))
    diff = _diff(text, found.text, file.shown) if is_new else []
    if as_json:
        terminal.out_json(_document(file, found, diff, written=is_new and write))
        return
    if not is_new:
        terminal.out(f"{file.shown}: nothing to repair.")
        return
    terminal.out(*diff, "", *_told(file, found))
    terminal.out(
        f"  repaired; next: mailweekly check {ref}" if write else f"  to repair it: mailweekly fix {ref} --write"
    )


def _rules(only: Iterable[str]) -> frozenset[str]:
    rules = frozenset(only)
    for rule in sorted(rules - set(MENDED_RULES)):
        hint = f"One of: {', '.join(MENDED_RULES)}."
        raise UsageError(f"'{rule}' is no rule that can be mended.", place="--only", hint=hint)
    return rules or frozenset(MENDED_RULES)


def _mended(place: Place, file: IssueFile, text: str, rules: frozenset[str], *, links: bool) -> Mended:
    def read(one: str) -> Issue:
        return with_own_components(place, parse(one, source=file.shown), one)

    first = _issue(read, mended(text, read=read, known=Known(), only=rules & {"encoding.mojibake"}).text)
    if first is None:
        return mended(text, read=read, known=Known(), only=rules)
    urls = to_ask(first, place.settings)
    known = Known(
        settings=place.settings,
        answers=link_answers(urls) if links else known_answers(urls),
        images={src: one.file for src, one in pictures_of(place, file, first).items() if one.file},
    )
    return mended(text, read=read, known=known, only=rules)


def _issue(read: Any, text: str) -> Issue | None:
    """The issue, to see what it links; None where it cannot be read: then only its text is mended."""
    try:
        found = read(text)
        assert isinstance(found, Issue)
    except MailweeklyError:
        return None
    return found


def _document(file: IssueFile, found: Mended, diff: list[str], *, written: bool) -> dict[str, Any]:
    repair = found.repair
    document: dict[str, Any] = {
        "schema": 1,
        "file": file.shown,
        "damaged": repair is not None,
        "written": written,
        "mends": [
            {"rules": list(one.rules), "line": one.line, "column": one.column, "old": one.old, "new": one.new}
            for one in found.mends
        ],
    }
    if repair:
        document |= {"codec": repair.codec, "rounds": repair.rounds, "lines": list(repair.changed_lines)}
    if diff:
        document["diff"] = "\n".join(diff)
    return document


def _told(file: IssueFile, found: Mended) -> Iterable[str]:
    if found.repair:
        times = f" {found.repair.rounds} times" if found.repair.rounds > 1 else ""
        lines = terminal.counted(len(found.repair.changed_lines), "line")
        yield f"{file.shown}: UTF-8 was read as {found.repair.codec}{times}; {lines} damaged."
    for one in found.mends:
        yield f"{file.shown}:{one.line}:{one.column}: {', '.join(one.rules)}: {_said(one.old)} → {_said(one.new)}"


def _said(text: str) -> str:
    return (text if len(text) <= SHOWN else text[: SHOWN - 1] + "…") or "nothing"


def _diff(old: str, new: str, shown: str) -> list[str]:
    lines = difflib.unified_diff(
        old.split("\n"), new.split("\n"), f"{shown} as it is", f"{shown} repaired", n=0, lineterm=""
    )
    return list(lines)
