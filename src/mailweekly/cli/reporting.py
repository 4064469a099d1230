"""
A report where it is wanted: on stdout in one format, and in files, each in the format its ending says.

In a CI the files are named from the repository's folder, which GITHUB_WORKSPACE or CI_PROJECT_DIR says, for that is how its pages find them;
everywhere else from the publication's.
"""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from mailweekly import __version__
from mailweekly.adapters.files.folder import make_folder, write_file
from mailweekly.cli import terminal
from mailweekly.cli.paint import painted
from mailweekly.errors import UsageError
from mailweekly.preflight import report as words
from mailweekly.preflight.annotations import github
from mailweekly.preflight.checkup import Joined
from mailweekly.preflight.finding import Level
from mailweekly.preflight.junit import junit_document
from mailweekly.preflight.sarif import sarif_document

__all__ = ["FORMATS", "Wish", "told"]

FORMATS: Final = ("text", "json", "sarif", "github", "junit")
ENDINGS: Final[Mapping[str, str]] = {".sarif": "sarif", ".json": "json", ".xml": "junit", ".txt": "text"}
REPOSITORY: Final = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
MARGIN: Final = 6  # columns that a source line leaves free
NARROWEST: Final = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """How a report is wanted."""

    fmt: str  # on stdout
    files: Mapping[str, str]  # name: format
    everything: bool  # infos and silenced findings too
    fail_on: Level | None

    @classmethod
    def of(cls, fmt: str, outputs: Sequence[str], *, everything: bool, fail_on: Level | None) -> Self:
        """Return the wish. Errors: UsageError for a format or an ending there is not."""
        if fmt not in FORMATS:
            raise UsageError(f"There is no format '{fmt}'.", place="--format", hint=f"One of: {', '.join(FORMATS)}.")
        files = {name: _format(name, fmt) for name in outputs}
        shown = "text" if fmt in files.values() else fmt  # what a file has need not stand on stdout as well
        return cls(fmt=shown, files=files, everything=everything, fail_on=fail_on)

    @property
    def formats(self) -> set[str]:
        """Every format that is asked for."""
        return {self.fmt, *self.files.values()}


def told(report: Joined, wish: Wish, *, root: Path, since: str = "") -> None:
    """Write the report to its files and to stdout."""
    shown = report if wish.everything else _loud(report)
    prefix = _prefix(root)
    for name, fmt in wish.files.items():
        path = Path(name)
        make_folder(path.absolute().parent)
        write_file(path, (_document(report, shown, fmt, wish, prefix) + "\n").encode("utf-8", "replace"))
    if wish.fmt == "text":
        painted(_lines(report, shown, wish, since, columns=_columns()))
    elif wish.fmt == "github":
        terminal.out(*github(shown.findings, prefix=prefix))
    else:
        terminal.out_text(_document(report, shown, wish.fmt, wish, prefix))


def _format(name: str, fmt: str) -> str:
    known = ENDINGS.get(Path(name).suffix.lower(), "" if fmt == "text" else fmt)
    if not known:
        hint = f"End its name in {', '.join(ENDINGS)}, or say --format as well."
        raise UsageError(f"'{name}' does not say in which format.", place="--output", hint=hint)
    return known


def _loud(report: Joined) -> Joined:
    return replace(report, findings=tuple(one for one in report.findings if one.level is not Level.INFO))


def _document(report: Joined, shown: Joined, fmt: str, wish: Wish, prefix: str) -> str:
    match fmt:
        case "json":
            return words.json_joined(report, file=report.files[0] if len(report.files) == 1 else "issues")
        case "sarif":
            return sarif_document(shown, version=__version__, prefix=prefix)
        case "junit":
            return junit_document(shown, least=wish.fail_on or Level.ERROR, prefix=prefix)
        case "github":
            return "\n".join(github(shown.findings, prefix=prefix))
        case _:
            return "\n".join("".join(text for _, text in line) for line in _lines(report, shown, wish, ""))


def _lines(report: Joined, shown: Joined, wish: Wish, since: str, *, columns: int = words.SHOWN) -> list[words.Line]:
    lines = list(words.lines(shown.findings, report.sources, columns=columns))
    if wish.everything:
        lines += words.silences(report.silenced, report.answers)
    return [*lines, *((("", line),) for line in _sums(report, shown, since))]


def _sums(report: Joined, shown: Joined, since: str) -> list[str]:
    if since and not report.files:
        return [f"No issue has changed since {since}."]
    silenced = f", {len(report.silenced)} silenced" if report.silenced else ""
    sums = [f"{file}: {words.summary(found)}" for file in report.files if (found := report.of(file))]
    total = f"{words.summary(report.findings)}{silenced}"
    if len(report.files) == 1:
        sums = [f"{report.files[0]}: {total}"]
    else:
        sums.append(f"{terminal.counted(len(report.files), 'issue')}: {total}")
    hidden = len(report.findings) - len(shown.findings)
    return [*sums, *([f"  {hidden} info not shown; see them with --all"] if hidden else [])]


def _columns() -> int:
    if not sys.stdout.isatty():
        return words.SHOWN
    return max(NARROWEST, min(words.SHOWN, shutil.get_terminal_size().columns - MARGIN))


def _prefix(root: Path) -> str:
    for name in REPOSITORY:
        top = os.environ.get(name, "")
        if top and root.resolve().is_relative_to(Path(top).resolve()):
            within = root.resolve().relative_to(Path(top).resolve()).as_posix()
            return "" if within == "." else f"{within}/"
    return ""
