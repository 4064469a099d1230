"""
The checks of one or several issues, joined to one report.

A fault of the settings or of a theme is found with every issue and reported once. An allowance of the settings counts as left over only where no
issue used it.

Units: lines and columns as in Finding.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mailweekly.preflight.check import Review
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.silence import SILENCE, Silence

__all__ = ["Checkup", "Joined", "joined"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkup:
    """What was found with one issue."""

    file: str  # as shown to the editor
    review: Review
    text: str = ""  # of the file
    is_readable: bool = True  # else its one finding says why not


@dataclass(frozen=True, kw_only=True, slots=True)
class Joined:
    """One report: each file's findings, the issues' in the order checked, those of other files behind."""

    files: tuple[str, ...]  # the issues, whether anything was found or not
    findings: tuple[Finding, ...]
    silenced: tuple[Finding, ...] = ()
    answers: tuple[Silence, ...] = ()  # what answers each of those, in the same order
    unreadable: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)  # file: text, where it is known

    def of(self, file: str) -> tuple[Finding, ...]:
        """Return the findings of one file."""
        return tuple(finding for finding in self.findings if finding.file == file)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why each silenced finding is, in the same order."""
        return tuple(answer.reason for answer in self.answers)


def joined(checkups: Sequence[Checkup], *, sources: Mapping[str, str], is_whole: bool = False) -> Joined:
    """Return one report; `sources` holds the texts of other files, `is_whole` says that every issue of the publication is there."""
    files = tuple(checkup.file for checkup in checkups)
    used = {(answer.file, answer.line) for checkup in checkups for answer in checkup.review.answers if answer.file}
    found: dict[Finding, None] = {}
    for checkup in checkups:
        found.update(dict.fromkeys(checkup.review.findings))
    kept = [_weighed(finding, is_whole) for finding in found if not _is_used(finding, used, files)]
    order = {file: number for number, file in enumerate(files)}
    silenced = {
        finding: answer
        for checkup in checkups
        for finding, answer in zip(checkup.review.silenced, checkup.review.answers, strict=True)
    }
    return Joined(
        files=files,
        findings=tuple(sorted(kept, key=lambda finding: order.get(finding.file, len(files)))),
        silenced=tuple(silenced),
        answers=tuple(silenced.values()),
        unreadable=tuple(checkup.file for checkup in checkups if not checkup.is_readable),
        sources={**sources, **{checkup.file: checkup.text for checkup in checkups}},
    )


def _is_left_over(finding: Finding, files: Sequence[str] = ()) -> bool:
    return finding.rule == SILENCE and finding.level is Level.INFO and finding.file not in files


def _is_used(finding: Finding, used: set[tuple[str, int]], files: Sequence[str]) -> bool:
    return _is_left_over(finding, files) and (finding.file, finding.line) in used


def _weighed(finding: Finding, is_whole: bool) -> Finding:
    return replace(finding, level=Level.WARNING) if is_whole and _is_left_over(finding) else finding
