"""
What is wrong with a theme: the faults met while trying it, and what can be told from its colours, its sheets and the mails it makes.

Pure: who calls has rendered the probes (in the child process) and hands in what came of it. Every finding has a place in a file of the theme.

Units: contrast is WCAG's ratio; sizes in bytes of HTML.
Errors: none; a theme that cannot be read at all is a finding too.
Source: WCAG 2.2, 1.4.3; the limit of Gmail as `size` has it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

from mailweekly.edition.colour import contrast, is_colour
from mailweekly.edition.design import Pair, pairs, place_of
from mailweekly.edition.design import read as read_design
from mailweekly.edition.inspected import Inspection, ThemeFault
from mailweekly.edition.model import Theme
from mailweekly.edition.styles import SHEETS, colour_uses
from mailweekly.edition.theme import SETTINGS
from mailweekly.errors import ThemeError
from mailweekly.issue.model import Issue
from mailweekly.preflight.check import check
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Checked
from mailweekly.preflight.probes import Probe, probe_settings
from mailweekly.preflight.size import GMAIL_CLIP
from mailweekly.preflight.table import rules
from mailweekly.preflight.themes import foreign_hosts
from mailweekly.settings import TOML_NAME
from mailweekly.simulate.invert import WAYS, inverted

__all__ = ["RULES", "Trial", "fault_finding", "findings"]

USUAL_ENTRIES: Final = 30  # an issue of a link newsletter has 15 to 30
PLACE: Final = re.compile(r"(.*?):(\d+)(?::(\d+))?")
# Told here, with more: by the files of the theme instead of by a mail.
TOLD: Final = ("dark.inverted", "html.component", "theme.")
EXAMPLE: Final = re.compile(
    r"“[^”]*”(?: \(line \d+\))?"
)  # the text by which a mail shows a fault: another in each probe
# Rules on the issue's own words and pictures: a probe's are meant as they are.
NOT_THE_THEME: Final = ("image.", "issue.", "content.", "link.", "field.", "text.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A probe, and what became of it."""

    probe: Probe
    issue: Issue
    inspection: Inspection


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rule:
    level: Level
    why: str
    mend: str


@cache
def _rules() -> Mapping[str, _Rule]:
    document = tomllib.loads(files("mailweekly.preflight").joinpath("theme_rules.toml").read_text(encoding="utf-8"))
    return {
        f"theme.{name}": _Rule(level=Level(entry["level"]), why=entry["why"], mend=entry["mend"])
        for name, entry in document["theme"].items()
    }


RULES: Final = tuple(_rules())


def findings(
    theme: Theme,
    brand: Mapping[str, str],
    trials: Sequence[Trial],
    *,
    weights: Mapping[int, int],
    settings_text: str = "",
) -> tuple[Finding, ...]:
    """
    Return what is wrong with a theme, each fault once, by file and line.

    `weights` says how many bytes of HTML an issue of so many entries has; `settings_text` is mailweekly.toml, for the lines of its [brand].
    """
    found = [fault_finding(fault, settings_text) for trial in trials for fault in trial.inspection.faults]
    found += _by_colours(theme, brand)
    found += _by_sheets(theme)
    found += _by_mails(theme, trials)
    found += _by_hosts(theme, settings_text)
    found += _by_weight(theme, weights)
    if any(one.rule == "theme.colour" for one in found):
        found = [one for one in found if not one.rule.startswith("a11y.contrast")]  # of the same colours
    unique: dict[tuple[str, int, int, str, str], Finding] = {}
    for one in found:
        unique.setdefault((one.file, one.line, one.column, one.rule, EXAMPLE.sub("", one.what)), one)
    return tuple(sorted(unique.values(), key=lambda one: (one.file, one.line, one.column, one.level.rank, one.rule)))


def fault_finding(fault: ThemeFault, settings_text: str = "") -> Finding:
    """Return a fault as a finding."""
    rule = f"theme.{fault.kind}"
    level = Level.WARNING if fault.is_warning else None
    return _finding(rule, _located(fault.place, settings_text), fault.what, mend=fault.hint, level=level)


def _by_colours(theme: Theme, brand: Mapping[str, str]) -> Iterator[Finding]:
    try:
        design, declared = read_design(theme, brand, strict=False), pairs(theme)
    except ThemeError:
        return  # told already
    unbranded = read_design(theme, {}, strict=False)
    for pair in declared:
        front, back = design.light.get(pair.front, ""), design.light.get(pair.back, "")
        if not (is_colour(front) and is_colour(back)) or contrast(front, back) < pair.least:
            continue
        place = _pair_place(theme, pair)
        if (front, back) != (unbranded.light.get(pair.front), unbranded.light.get(pair.back)):
            place = (TOML_NAME, 1, 1)
        elif place[0] != theme.origins.get(SETTINGS):
            continue  # a parent's, which is checked under its own name
        reached = {way: contrast(*inverted(front, back, way)) for way in WAYS}
        if worst := [way for way in WAYS if reached[way] < pair.least]:
            ways = " and ".join(f"{way} {reached[way]:.2f}" for way in worst)
            what = f"Inverted by the mail program, {pair.front} {front} on {pair.back} {back} has a contrast of {ways}, below {pair.least}."
            yield _finding("theme.inverted", place, what)


def _by_sheets(theme: Theme) -> Iterator[Finding]:
    try:
        declared = {(pair.front, pair.back) for pair in pairs(theme)}
    except ThemeError:
        return
    for use in colour_uses(theme, SHEETS[0]):
        if use.fixed:
            what = f"{use.selector} has a colour of its own: {use.fixed}."
            yield _finding("theme.fixed-colour", _located(use.place), what)
        elif use.front and use.back and (use.front, use.back) not in declared:
            what = f"{use.selector} sets ${use.front} on ${use.back}, which is no pair of theme.toml."
            yield _finding(
                "theme.pair", _located(use.place), what, mend=f'Add ["{use.front}", "{use.back}"] to [pairs].'
            )


def _by_mails(theme: Theme, trials: Sequence[Trial]) -> Iterator[Finding]:
    file = theme.origins.get(SETTINGS, SETTINGS)
    for trial in trials:
        if trial.inspection.edition is None or trial.probe.is_bare:
            continue
        subject = Checked(
            issue=trial.issue,
            text=trial.probe.text,
            edition=trial.inspection.edition,
            settings=probe_settings(),
            theme=theme,
            theme_file=file,
        )
        files = {file, *theme.origins.values()}
        for one in check(subject):
            if one.file in files and not one.rule.startswith((*NOT_THE_THEME, *TOLD)):
                yield one if one.file != file else replace(one, file=_nearest(theme, one.rule, file))


def _by_hosts(theme: Theme, settings_text: str) -> Iterator[Finding]:
    rule = rules()["theme.foreign-host"]
    try:
        document = tomllib.loads(settings_text)
        base = urlsplit(str(document.get("base_url", ""))).hostname or ""
    except (tomllib.TOMLDecodeError, ValueError, RecursionError):
        return  # told by whoever reads the settings
    for place in foreign_hosts(theme, frozenset({base.removeprefix("www.")} - {""})):
        yield Finding(
            rule=rule.id,
            level=place.level or rule.level,
            file=place.file,
            line=place.line,
            column=place.column,
            what=place.what,
            why=rule.why,
            mend=rule.mend,
        )


def _nearest(theme: Theme, rule: str, file: str) -> str:
    """Return the file to look at: the footer's partial for what the footer lacks."""
    return theme.origins.get("partials/footer.mjml.j2", file) if rule.startswith("footer.") else file


def _by_weight(theme: Theme, weights: Mapping[int, int]) -> Iterator[Finding]:
    few, many = min(weights, default=0), max(weights, default=0)
    if few == many:
        return
    each = (weights[many] - weights[few]) / (many - few)
    empty = weights[few] - few * each
    room = max(0, int((GMAIL_CLIP - empty) // each)) if each > 0 else 0
    what = f"An empty mail has {empty:,.0f} bytes of HTML, each entry adds {each:,.0f}: room for about {room} before Gmail cuts."
    rule = "theme.size" if room >= USUAL_ENTRIES else "theme.heavy"
    yield _finding(rule, (theme.origins.get(SETTINGS, SETTINGS), 1, 1), what)


def _pair_place(theme: Theme, pair: Pair) -> tuple[str, int, int]:
    """Return where one of a pair's light colours, or the pair, is set: in the theme itself if it says so, else in a parent."""
    own = theme.origins.get(SETTINGS, SETTINGS)
    told = [_located(place_of(theme, name, "light")) for name in (pair.front, pair.back)]
    told.append(_located(place_of(theme, f'"{pair.front}", "{pair.back}"', "pairs")))
    return next((place for place in told if place[0] == own and place[1:] != (1, 1)), told[0])


def _located(place: str, settings_text: str = "") -> tuple[str, int, int]:
    if found := PLACE.fullmatch(place):
        return found[1], int(found[2]), int(found[3] or 1)
    file, _, key = place.partition(": brand.")
    if key:
        line = next(
            (
                at
                for at, text in enumerate(settings_text.splitlines(), 1)
                if re.match(rf'\s*"?{re.escape(key)}"?\s*=', text)
            ),
            next((at for at, text in enumerate(settings_text.splitlines(), 1) if text.strip() == "[brand]"), 1),
        )
        return file, line, 1
    return place, 1, 1


def _finding(
    rule: str, place: tuple[str, int, int], what: str, *, mend: str = "", level: Level | None = None
) -> Finding:
    known, (file, line, column) = _rules()[rule], place
    return Finding(
        rule=rule,
        level=level or known.level,
        file=file,
        line=line,
        column=column,
        what=what,
        why=known.why,
        mend=mend or known.mend,
    )
