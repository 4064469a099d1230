"""
What the settings say about rules: where it stands in mailweekly.toml, and which of it cannot be meant.

The text is searched, not parsed again: a form that is not recognised only loses its line and is shown at the table's head, else at line 1.

Units: lines from 1.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Final

from mailweekly.preflight.finding import Level
from mailweekly.preflight.place import Checked, Place
from mailweekly.preflight.table import rules
from mailweekly.settings import CheckSettings

__all__ = ["SETTING", "allowance_lines", "level_line", "misset", "nearest"]

SETTING: Final = "check.setting"
TABLE: Final = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?$")
ALLOW: Final = re.compile(r"\s*\[\[\s*check\s*\.\s*allow\s*\]\]")
ROW: Final = re.compile(r"\brule\s*=")


def misset(settings: CheckSettings, levels: Mapping[str, str], subject: Checked) -> Iterator[tuple[str, Place]]:
    """Yield levels that cannot be set, and rules that are off without a word."""
    for name, level in levels.items():
        file, line = subject.settings_file, level_line(subject.settings_text, name)
        rule = rules().get(name)
        if rule is None:
            yield SETTING, Place(file=file, line=line, what=f"There is no rule {name}.", mend=nearest(name))
        elif rule.cannot_be_silenced and level != rule.level.value:
            what = f"{name} cannot be silenced; it stays an {rule.level.value}."
            yield SETTING, Place(file=file, line=line, what=what)
        elif level == "off" and name in settings.levels and not settings.reasons.get(name):
            what = f"{name} is off, and it is not said why."
            mend = f'Write "{name}" = {{ level = "off", reason = "…" }}.'
            yield SETTING, Place(file=file, line=line, what=what, mend=mend, level=Level.INFO)


def nearest(name: str) -> str:
    """Return "Did you mean …?" for the name of no rule; empty: nothing is near."""
    near = difflib.get_close_matches(name, list(rules()), n=1, cutoff=0.5)
    return f"Did you mean {near[0]}?" if near else ""


def level_line(text: str, rule: str) -> int:
    """Return the line where the level of a rule is set."""
    here, head = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if opened := TABLE.match(line):
            here = re.sub(r"[\s\"']", "", opened[1])
            head = number if here == "check" else head
            if here == f"check.{rule}":
                return number
        elif re.match(_key(f"check.{rule}".removeprefix(f"{here}.")), line):
            return number
    return head


def allowance_lines(text: str, count: int) -> tuple[int, ...]:
    """Return the line of each of `count` allowances: of its `rule`, else of its `[[check.allow]]`; 1 for those not found."""
    lines = text.splitlines()
    heads = [number for number, line in enumerate(lines, 1) if ALLOW.match(line)]
    if not heads:  # allow = [{rule = …}, …]
        start = level_line(text, "allow")
        heads = [number for number in range(start, len(lines) + 1) for _ in ROW.findall(lines[number - 1])]
    found = [next((at for at in _block(lines, head) if ROW.match(lines[at - 1].lstrip())), head) for head in heads]
    return (*found, *[1] * count)[:count]


def _block(lines: list[str], head: int) -> Iterator[int]:
    for number in range(head + 1, len(lines) + 1):
        if lines[number - 1].lstrip().startswith("["):
            return
        yield number


def _key(dotted: str) -> str:
    """A pattern for a key: quoted as a whole, or its parts with dots between them."""
    parts = r"\s*\.\s*".join(rf"[\"']?{re.escape(part)}[\"']?" for part in dotted.split("."))
    return rf"\s*(?:{parts}|[\"']{re.escape(dotted)}[\"'])\s*[=.]"
