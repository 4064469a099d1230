"""
Findings as workflow commands, which GitHub shows beside the lines of a pull request.

GitHub shows ten annotations of a level in a step and drops the others without a word. So the last of a level says how many more there are, and those
are written as plain lines, which the log keeps. No text of an issue can be read as a command of its own.

Source: docs.github.com, "Workflow commands for GitHub Actions", and the limits of annotations there; the runner's own parsing of `::` and `##[`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.report import clean

__all__ = ["github"]

NAMES: Final[Mapping[Level, str]] = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}
SHOWN: Final = 10  # annotations of a level in a step
LONGEST: Final = 4_000  # characters of a message; GitHub keeps more, nobody reads it
GROUP: Final = "the findings that GitHub does not show as annotations"


def github(findings: Iterable[Finding], *, prefix: str = "") -> tuple[str, ...]:
    """Return workflow commands, the errors first; `prefix` leads from the repository to the publication ("news/")."""
    found = sorted(findings, key=lambda finding: finding.level.rank)
    by_level = {level: [finding for finding in found if finding.level is level] for level in Level}
    lines = [line for level, some in by_level.items() for line in _annotated(level, some, prefix)]
    rest = [finding for some in by_level.values() for finding in _beyond(some)]
    return (*lines, *(_grouped(rest, prefix) if rest else ()))


def _annotated(level: Level, findings: Sequence[Finding], prefix: str) -> Iterator[str]:
    beyond = _beyond(findings)
    for finding in findings[: len(findings) - len(beyond)]:
        yield (
            f"::{NAMES[level]} file={_property(prefix + finding.file)},line={finding.line},col={finding.column},"
            f"title={_property(finding.rule)}::{_data(_said(finding))}"
        )
    if beyond:
        more = f"{len(beyond):,} more of this level stand in the log of this step."
        yield f"::{NAMES[level]} title=mailweekly check::{_data(more)}"


def _beyond(findings: Sequence[Finding]) -> Sequence[Finding]:
    return findings[SHOWN - 1 :] if len(findings) > SHOWN else ()


def _grouped(findings: Sequence[Finding], prefix: str) -> Iterator[str]:
    yield f"::group::{GROUP}"
    for one in findings:
        words = f"- {prefix}{one.file}:{one.line}:{one.column}: {one.level.value} {one.rule}: {_said(one)}"
        yield " ".join(clean(words).split()).replace("##[", "# #[")
    yield "::endgroup::"


def _said(finding: Finding) -> str:
    words = f"{finding.what} {finding.mend}".strip()
    return words if len(words) <= LONGEST else words[: LONGEST - 1] + "…"


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")


def _data(value: str) -> str:
    tame = "\n".join(clean(line) for line in value.replace("\r", "\n").split("\n")).replace("##[", "# #[")
    return tame.replace("%", "%25").replace("\n", "%0A")
