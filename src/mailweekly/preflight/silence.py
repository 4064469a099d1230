"""
Findings the editor has answered, with a reason: in a comment, in the front matter, in the settings.

They are `<!-- mailweekly: allow RULE because … -->` above a block, `check.ignore` for an issue and `[[check.allow]]` for all of them.

A silence needs a rule and a reason. It never reaches a rule that cannot be silenced, and one that is malformed or silences nothing is itself worth a
finding, for it is left over from another time.

Units: lines from 1. A comment reaches as far as the block below it, that is, to the next blank line.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailweekly.preflight.facts import Facts, clipped
from mailweekly.preflight.finding import Finding, Level
from mailweekly.preflight.place import Place
from mailweekly.preflight.rulings import allowance_lines, nearest
from mailweekly.preflight.table import rules

__all__ = ["ALLOW", "SILENCE", "Silence", "complaints", "covers", "silences"]

SILENCE = "check.silence"  # the rule on silences themselves
ALLOW = "check.allow"  # the parser's note of a comment: `what` is the rule, `mend` the words after it


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """One answer of the editor's."""

    rule: str
    reason: str
    line: int  # where it stands
    match: str = ""  # only findings whose words or line hold this; empty: all
    first: int = 0  # the lines it reaches; 0: the whole issue
    last: int = 0
    file: str = ""  # the settings'; empty: the issue's own

    @property
    def fault(self) -> str:
        """Why it is void; empty: it is not."""
        rule = rules().get(self.rule)
        if rule is None:
            return (
                f"There is no rule “{clipped(self.rule)}” to silence."
                if self.rule
                else "It is not said which rule is silenced."
            )
        if rule.cannot_be_silenced:
            return f"{self.rule} cannot be silenced."
        return "" if self.reason else f"Silencing {self.rule} needs a reason."


def silences(facts: Facts) -> tuple[Silence, ...]:
    """Return every silence of the issue, void ones included."""
    return (*_of_comments(facts), *_of_front_matter(facts), *_of_settings(facts))


def covers(silence: Silence, finding: Finding, facts: Facts) -> bool:
    """Whether a silence answers a finding."""
    if silence.fault or silence.rule != finding.rule:
        return False
    here = finding.file == facts.issue.source
    if silence.first and not (here and silence.first <= finding.line <= silence.last):
        return False
    line = facts.lines[finding.line - 1] if here and finding.line <= len(facts.lines) else ""
    return silence.match in finding.what or silence.match in line


def complaints(found: Iterable[Silence], used: Iterable[Silence], stages: frozenset[str]) -> Iterator[Place]:
    """Yield void silences, and those that answered nothing although their rule was asked in every stage it has."""
    answered = set(used)
    for silence in found:
        if silence.fault:
            yield Place(file=silence.file, line=silence.line, what=silence.fault, mend=_nearest_rule(silence))
        elif silence not in answered and stages.issuperset(rules()[silence.rule].stages):
            what = f"Nothing is left that {silence.rule} would say here."
            level = Level.INFO if silence.file else None  # it may be meant for another issue
            yield Place(file=silence.file, line=silence.line, what=what, level=level)


def _nearest_rule(silence: Silence) -> str:
    """Return "Did you mean …?" where the rule is misspelt; empty: it is not, or nothing is near."""
    return nearest(silence.rule) if silence.rule and silence.rule not in rules() else ""


def _of_front_matter(facts: Facts) -> Iterator[Silence]:
    written = facts.issue.meta.get("check.ignore", "")
    line = facts.key_line("check")
    try:
        rows = json.loads(written) if written else []
    except ValueError:
        rows = [written]
    for row in rows if isinstance(rows, list) else [rows]:
        known = row if isinstance(row, dict) else {"rule": str(row)}
        rule, reason, match = (str(known.get(name) or "").strip() for name in ("rule", "reason", "match"))
        place = facts.at(line, rule)[0] if rule else line
        yield Silence(rule=rule, reason=reason, match=match, line=place)


def _of_settings(facts: Facts) -> Iterator[Silence]:
    settings, text = facts.checked.settings, facts.checked.settings_text
    allowed = settings.check.allowed if settings else ()
    for one, line in zip(allowed, allowance_lines(text, len(allowed)) if allowed else (), strict=True):
        file = facts.checked.settings_file
        yield Silence(rule=one.rule, reason=one.reason, match=one.match, line=line, file=file)


def _of_comments(facts: Facts) -> Iterator[Silence]:
    for note in facts.issue.notes:
        if note.rule == ALLOW:
            first, last = _block_below(facts, note.line)
            reason = note.mend.removeprefix("because").strip()
            yield Silence(rule=note.what, reason=reason, line=note.line, first=first, last=last)


def _block_below(facts: Facts, line: int) -> tuple[int, int]:
    """The comment's own first line is part of it: a comment may stand at a paragraph's start."""
    number = line
    while number <= len(facts.lines) and "-->" not in facts.lines[number - 1]:
        number += 1
    after = number + 1
    while after <= len(facts.lines) and not facts.lines[after - 1].strip():
        after += 1
    while after <= len(facts.lines) and facts.lines[after - 1].strip():
        after += 1
    return line, after - 1
