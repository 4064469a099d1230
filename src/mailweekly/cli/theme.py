"""`theme list`, `theme new`, `theme check`: what themes there are, one of one's own, and what is wrong with one."""

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailweekly.adapters.files.own_theme import new_theme, unknown_theme
from mailweekly.adapters.files.themes import SETTINGS, theme_files, theme_names, theme_origin, theme_places
from mailweekly.adapters.render.renderer import Renderer
from mailweekly.cli import terminal
from mailweekly.cli.place import Place, load
from mailweekly.edition.inspected import Inspection, ThemeFault
from mailweekly.edition.theme import load as load_theme
from mailweekly.errors import DataError, SettingsError, ThemeError, UsageError
from mailweekly.issue.parse import parse
from mailweekly.preflight import report
from mailweekly.preflight.annotations import github
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.probes import cards, probes, publication
from mailweekly.preflight.theme import Trial, fault_finding, findings
from mailweekly.settings import TOML_NAME

__all__ = ["check", "listed", "new"]

FORMATS: Final = ("text", "json", "github")
WEIGHED: Final = (1, 11)  # entries of the two issues that a theme is weighed with


@dataclass(frozen=True, kw_only=True, slots=True)
class _Report:
    """One theme, looked over."""

    name: str
    folder: str
    findings: tuple[Finding, ...]
    sources: dict[str, str]  # file, as shown: text
    weights: dict[int, int]  # entries: bytes of HTML


def listed(*, as_json: bool) -> None:
    """Show the themes there are."""
    place = load()
    rows = [_row(place, name) for name in theme_names(place.root)]
    if as_json:
        terminal.out_json({"schema": 1, "themes": rows})
        return
    for row in rows:
        terminal.out(f"{'*' if row['used'] else ' '} {row['name']}{'  ' + row['for'] if row['for'] else ''}")
        extends = f", extends {row['extends']}" if row["extends"] else ""
        terminal.out(f"    {row['place']} ({_ORIGINS[row['origin']]}{extends})")
    terminal.out("", "  * is what the settings say; an issue may say another: theme: NAME in its front matter")
    terminal.out("  one of your own: mailweekly theme new NAME --from digest")


def new(name: str, source: str, *, as_json: bool) -> None:
    """Write a theme that extends `source`, and say what to do with it."""
    place = load()
    written = new_theme(place.root, name, source)
    steps = {
        f"mailweekly theme check {name}": "what is wrong with it: nothing yet",
        f'theme = "{name}"': f"in {TOML_NAME}, to use it",
        "mailweekly preview": "to see it while you work",
    }
    if as_json:
        terminal.out_json({"schema": 1, "theme": name, "extends": source, "files": written, "next": list(steps)})
        return
    terminal.out(f"The theme {name}, which extends {source}:", *(f"  {file}" for file in written), "", "Next:")
    room = max(map(len, steps))
    terminal.out(*(f"  {step:<{room}}  {words}" for step, words in steps.items()))


def check(name: str, *, every: bool, fmt: str, fail_on: str) -> int:
    """Show everything that is wrong with a theme (the settings' own, where none is named); 1 when a finding is at or above `fail_on`."""
    if fmt not in FORMATS:
        raise UsageError(f"There is no format '{fmt}'.", place="--format", hint=f"One of: {', '.join(FORMATS)}.")
    if fail_on not in {"error", "warning"}:
        raise UsageError(f"'{fail_on}' is no level to fail on.", place="--fail-on", hint="error or warning.")
    if name and every:
        raise UsageError("Both a theme and --all.", place="mailweekly theme check", hint="Name one, or take --all.")
    place = load()
    names = theme_names(place.root) if every else (_wanted(place, name),)
    with Renderer() as renderer:
        renderer.warm()
        reports = [_report(place, renderer, one) for one in names]
    _show(reports, fmt)
    found = [one for report_ in reports for one in report_.findings]
    return int(any(one.level.rank <= Level(fail_on).rank for one in found))


_ORIGINS: Final = {
    "publication": "the publication's",
    "shipped": "shipped",
    "both": "the publication's, laid over the shipped one",
}


def _row(place: Place, name: str) -> dict[str, Any]:
    described, extends = "", ""
    try:
        folders = theme_files(place.root, name)
        text = folders[name].get(SETTINGS, "")
        where = theme_places(place.root, name)[name]
        theme = tomllib.loads(text).get("theme", {})
        described = theme.get("description", "") or _first_comment(text)
        extends = theme.get("extends", "")
    except (ThemeError, tomllib.TOMLDecodeError, AttributeError, RecursionError):
        where = f"templates/{name}"
        described = f"cannot be read; see mailweekly theme check {name}"
    return {
        "name": name,
        "for": " ".join(str(described).split()),
        "extends": str(extends),
        "place": where,
        "origin": theme_origin(place.root, name),
        "used": name == place.settings.theme,
    }


def _first_comment(text: str) -> str:
    """The comment that a file begins with, up to its first empty line."""
    found = re.match(r"(?:[ \t]*\n)*((?:[ \t]*#[^\n]*\S[^\n]*\n?)+)", text)
    lines = [line.strip().lstrip("#").strip() for line in found[1].splitlines()] if found else []
    return " ".join(lines[: lines.index("")] if "" in lines else lines)


def _wanted(place: Place, name: str) -> str:
    known = theme_names(place.root)
    if name and name not in known:
        raise unknown_theme(place.root, name)
    if not name and place.settings.theme not in known:
        error = unknown_theme(place.root, place.settings.theme)
        raise SettingsError(error.what, place=f"{TOML_NAME}: theme", hint=error.hint)
    return name or place.settings.theme


def _report(place: Place, renderer: Renderer, name: str) -> _Report:
    folder = f"templates/{name}"
    try:
        files = theme_files(place.root, name)
        places = theme_places(place.root, name)
        folder = places.get(name, folder)
        theme = load_theme(name, files, places=places)
    except ThemeError as error:
        fault = ThemeFault(kind="toml", what=error.what, place=error.place or folder, hint=error.hint)
        return _Report(name=name, folder=folder, findings=(fault_finding(fault),), sources={}, weights={})
    trials = _trials(place, renderer, name, files, places)
    weights = {
        len(trial.issue.entries): len(trial.inspection.edition.html.encode())
        for trial in trials
        if trial.probe.is_weight and trial.inspection.edition
    }
    settings_text = (place.root / TOML_NAME).read_text("utf-8-sig", "replace")
    return _Report(
        name=name,
        folder=folder,
        findings=findings(theme, place.settings.brand, trials, weights=weights, settings_text=settings_text),
        sources={theme.origins[file]: text for file, text in theme.files.items()} | {TOML_NAME: settings_text},
        weights=weights,
    )


def _trials(
    place: Place, renderer: Renderer, name: str, files: dict[str, dict[str, str]], places: dict[str, str]
) -> list[Trial]:
    """Return what became of each probe; the first that could not be rendered at all is the last."""
    found: list[Trial] = []
    for probe in (*probes(), *map(cards, WEIGHED)):
        if probe.is_weight and any(trial.inspection.edition is None for trial in found):
            break  # no mail, no weight
        issue = parse(probe.text, source=probe.source)
        try:
            inspection = renderer.inspect(
                probe.text,
                source=probe.source,
                theme_files=files,
                theme_places=places,
                theme=name,
                publication=publication(probe, place.settings.brand),
            )
        except DataError as error:
            fault = ThemeFault(kind="failed", what=error.what, place=places[name], hint=error.hint)
            return [*found, Trial(probe=probe, issue=issue, inspection=Inspection(faults=(fault,)))]
        found.append(Trial(probe=probe, issue=issue, inspection=inspection))
        if any(fault.kind == "toml" for fault in inspection.faults):
            break  # every other probe would say the same
    return found


def _show(reports: Sequence[_Report], fmt: str) -> None:
    found = [one for each in reports for one in each.findings]
    if fmt == "json":
        themes = [
            {
                "theme": each.name,
                "place": each.folder,
                "counts": report.counts(each.findings),
                "bytes": {str(entries): size for entries, size in sorted(each.weights.items())},
            }
            for each in reports
        ]
        document = json.loads(report.json_document(found, file=reports[0].folder if len(reports) == 1 else "templates"))
        terminal.out_json({**document, "themes": themes})
    elif fmt == "github":
        terminal.out(*github(found))
    else:
        for each in reports:
            terminal.out(*report.text(each.findings, each.sources), f"{each.folder}: {report.summary(each.findings)}")
