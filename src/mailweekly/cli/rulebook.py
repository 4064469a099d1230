"""`rules`: what `check` looks for, in the terminal: level, reason, remedy, an example."""

import difflib
from collections.abc import Sequence
from typing import Any

from mailweekly.cli import terminal
from mailweekly.cli.paint import painted
from mailweekly.errors import UsageError
from mailweekly.preflight.examples import Example, examples
from mailweekly.preflight.page import GROUPS, home_of
from mailweekly.preflight.report import Line
from mailweekly.preflight.table import STAGES, Rule
from mailweekly.preflight.table import rules as book

__all__ = ["rules"]


def rules(wanted: str, *, as_json: bool) -> None:
    """Show one rule, a group of them, or all."""
    found = [rule for rule in book().values() if not wanted or wanted in {rule.id, rule.id.partition(".")[0]}]
    if not found:
        raise _no_rule(wanted)
    if as_json:
        terminal.out_json({"schema": 1, "rules": [_row(rule) for rule in found]})
    elif wanted and len(found) == 1:
        painted(_one(found[0]))
    else:
        painted(_list(found))


def _no_rule(wanted: str) -> UsageError:
    near = difflib.get_close_matches(wanted, [*book(), *GROUPS], n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "mailweekly rules lists them all."
    return UsageError(f"There is no rule '{wanted}'.", place="mailweekly rules", hint=hint)


def _row(rule: Rule) -> dict[str, Any]:
    example = examples().get(rule.id)
    return {
        "rule": rule.id,
        "level": rule.level.value,
        "fixed": rule.cannot_be_silenced,
        "title": rule.title,
        "why": rule.why,
        "mend": rule.mend,
        "source": rule.source,
        "tested_on": rule.tested_on,
        "read_from": [STAGES[stage] for stage in rule.stages],
        "example": {"in": example.where, "bad": example.bad, "good": example.good} if example else None,
        "page": home_of(rule.id),
    }


def _list(found: Sequence[Rule]) -> list[Line]:
    room = max(len(rule.id) for rule in found)
    lines: list[Line] = []
    group = ""
    for rule in found:
        if (name := rule.id.partition(".")[0]) != group:
            group = name
            lines += [*([(("", ""),)] if lines else []), (("place", GROUPS.get(name, name)),)]
        mark = "◆" if rule.cannot_be_silenced else " "
        level = rule.level.value
        lines.append((("", f"  {rule.id:<{room}}  "), (level, f"{level:<7}"), ("", f" {mark} {rule.title}")))
    tail = (
        "",
        f"{terminal.counted(len(found), 'rule')}; ◆ cannot be silenced. One of them: mailweekly rules {found[0].id}",
    )
    return [*lines, (("", ""),), (tail,)]


def _one(rule: Rule) -> list[Line]:
    fixed = ", cannot be silenced" if rule.cannot_be_silenced else ""
    said = {
        "why": rule.why,
        "mend": rule.mend,
        "source": f"{rule.source}{f', as of {rule.tested_on}' if rule.tested_on else ''}" if rule.source else "",
        "read from": ", ".join(STAGES[stage] for stage in rule.stages),
        "answer it": "" if rule.cannot_be_silenced else f"<!-- mailweekly: allow {rule.id} because … -->",
    }
    lines: list[Line] = [(("place", rule.id), ("", ": "), (rule.level.value, rule.level.value), ("", fixed))]
    lines.append((("", f"  {rule.title}"),))
    lines += [(("note", f"  {name}:"), ("", f" {words}")) for name, words in said.items() if words]
    example = examples().get(rule.id)
    return [*lines, *(_example(example) if example else ())]


def _example(example: Example) -> list[Line]:
    lines: list[Line] = []
    for style, name, text in (("error", "bad", example.bad), ("info", "good", example.good)):
        lines += [(("", ""),), ((style, f"  {name}:"),), *((("", f"    {line}"),) for line in text.split("\n"))]
    return lines
