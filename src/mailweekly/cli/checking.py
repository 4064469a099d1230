"""
`check`: one issue, several, those changed since a commit, or all of them, in one report.

An issue that cannot be read is a finding of that report and makes it end with 65; of a single one on the terminal the error is told as ever.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mailweekly.adapters.files.changes import changed_issues
from mailweekly.adapters.files.issues import FOLDER, find_issue, list_issues
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.cli.findings import review_issue, settings_text
from mailweekly.cli.outward import NOTHING, ask_outward
from mailweekly.cli.place import Place, load
from mailweekly.cli.prepared import prepared
from mailweekly.cli.reporting import Wish, told
from mailweekly.cli.tally import Tally
from mailweekly.errors import DataError, IssueError, MailweeklyError, UsageError
from mailweekly.issue import front_matter
from mailweekly.issue.decode import MAX_BYTES, normalise
from mailweekly.issue.parse import parse
from mailweekly.preflight.check import Review
from mailweekly.preflight.checkup import Checkup, joined
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.table import rules
from mailweekly.settings import TOML_NAME

__all__ = ["FAIL_ON", "check", "unreadable"]

FAIL_ON: Final = ("error", "warning", "info", "never")
UNREADABLE: Final = DataError.exit_code
LINE: Final = re.compile(r"(.*?):(\d+)(?::(\d+))?")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Round:
    """What one call asks for."""

    place: Place
    renderer: Renderer
    links: bool
    spam: bool
    is_strict: bool  # an issue that cannot be read is an error, not a finding


def check(
    refs: Sequence[str],
    *,
    fmt: str = "text",
    everything: bool = False,
    fail_on: str = "error",
    since: str = "",
    outputs: Sequence[str] = (),
    links: bool = False,
    spam: bool = False,
) -> int:
    """Show the findings of issues; the exit code: 1 with a finding at or above `fail_on`, 65 with an issue that cannot be read."""
    wish = Wish.of(fmt, outputs, everything=everything, fail_on=_level(fail_on))
    place = load()
    wanted = _wanted(place, refs, since, everything=everything)
    is_strict = len(refs) == 1 and not since and wish.formats <= {"text", "json"}
    with Renderer() as renderer:
        if wanted:
            renderer.warm()
        asked = _Round(place=place, renderer=renderer, links=links, spam=spam, is_strict=is_strict)
        checkups = list(_checkups(asked, wanted))
    sources = {TOML_NAME: settings_text(place)}
    report = joined(checkups, sources=sources, is_whole=not refs and not since)
    told(report, wish, root=place.root, since=since)
    if report.unreadable:
        return UNREADABLE
    least = wish.fail_on
    return int(least is not None and any(one.level.rank <= least.rank for one in report.findings))


def _level(fail_on: str) -> Level | None:
    if fail_on not in FAIL_ON:
        hint = "error, warning, info or never."
        raise UsageError(f"'{fail_on}' is no level to fail on.", place="--fail-on", hint=hint)
    return None if fail_on == "never" else Level(fail_on)


def _wanted(place: Place, refs: Sequence[str], since: str, *, everything: bool) -> list[str]:
    if refs and since:
        hint = "Name issues, or take --changed-since."
        raise UsageError("Both issues and --changed-since.", place="mailweekly check", hint=hint)
    if refs:
        return list(dict.fromkeys(refs))
    if since:
        return [str(path) for path in changed_issues(place.root, since)]
    if everything:
        return [str(entry.path) for entry in list_issues(place.root)]
    hint = "mailweekly check 78; or --changed-since origin/main, or --all for every issue."
    raise UsageError("Which issue?", place="mailweekly check", hint=hint)


def _checkups(asked: _Round, refs: Sequence[str]) -> Iterator[Checkup]:
    seen: set[Path] = set()
    with Tally(len(refs), "checking issues") as tally:
        for ref in refs:
            found = _checkup(asked, ref, seen)
            if found:
                yield found
            tally.step()


def _checkup(asked: _Round, ref: str, seen: set[Path]) -> Checkup | None:
    """What came of one issue; None: it was checked under another name."""
    place = asked.place
    try:
        ready = prepared(place, ref, asked.renderer)
        if ready.file.path in seen:
            return None
        seen.add(ready.file.path)
        wants = asked.links or asked.spam
        outward = ask_outward(place, ready, links=asked.links, spam=asked.spam) if wants else NOTHING
        review = review_issue(place, ready, outward=outward)
        return Checkup(file=ready.file.shown, review=review, text=ready.text)
    except DataError as error:
        if asked.is_strict:
            raise
        return unreadable(place, ref, error)


def unreadable(place: Place, ref: str, error: DataError) -> Checkup:
    """Return what is to be told of an issue that cannot be read: the error, as its one finding."""
    file, text, rule = "", "", "check.unreadable"
    try:
        found = find_issue(place.root, ref)
        file, text = found.shown, found.raw[:MAX_BYTES].decode("utf-8", "replace")
        rule = _rule(found.raw)
    except MailweeklyError:
        pass
    where = LINE.fullmatch(error.place)
    named, line, column = (where[1], int(where[2]), int(where[3] or 1)) if where else (error.place, 1, 1)
    known = rules()[rule]
    finding = Finding(
        rule=rule,
        level=Level.ERROR,
        file=named or file,
        line=line,
        column=column,
        what=error.what,
        why=known.why,
        mend=error.hint or known.mend,
        source=known.source,
    )
    return Checkup(file=file or named or f"{FOLDER}/", review=Review(findings=(finding,)), text=text, is_readable=False)


def _rule(raw: bytes) -> str:
    """Which rule of the book the bytes break, so that nothing else can be said of them."""
    if len(raw) > MAX_BYTES:
        return "issue.size"
    try:
        text = normalise(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return "encoding.not-utf8"
    for read, rule in ((front_matter.read, "issue.front-matter"), (parse, "issue.size")):
        try:
            read(text, source="")
        except IssueError:
            return rule if text.strip() else "check.unreadable"
    return "check.unreadable"
