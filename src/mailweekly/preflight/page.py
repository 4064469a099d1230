"""
The pages `docs/reference/rules.md` and `docs/reference/rules/RULE.md`, made from the rule book and its examples: pages and program cannot differ.

Returns text; `tools/rule-pages` writes the files.
"""

import unicodedata
from itertools import groupby
from typing import Final

from mailweekly.preflight.examples import WHERE, Example, examples
from mailweekly.preflight.table import STAGES, Rule, rules

__all__ = ["GROUPS", "home_of", "rule_page", "rule_pages", "rules_page"]

HOME: Final = "https://mailweekly.example/docs/reference/rules"  # where the pages stand on the web

GROUPS: Final = {
    "a11y": "Accessibility",
    "check": "The check itself",
    "client": "Mail programs",
    "content": "Content",
    "css": "Style sheets",
    "dark": "Dark mode",
    "encoding": "Encoding",
    "field": "Merge fields",
    "footer": "Footer",
    "head": "Head of the HTML",
    "header": "Header of the message",
    "html": "HTML",
    "image": "Images",
    "issue": "The issue",
    "layout": "Layout",
    "link": "Links",
    "outlook": "Outlook",
    "preheader": "Preheader",
    "segment": "Segments",
    "size": "Size",
    "spam": "Spam filters",
    "subject": "Subject",
    "text": "Text part",
    "theme": "The theme",
}
INTRODUCTION: Final = """\
# Rules

What `mailweekly check` looks for. `plan`, `send` and the studio show the same findings.

- An **error** stops `send --confirm` (exit code 77) and makes `check` end with 1.
- A **warning** is shown and stops nothing, unless `check --fail-on warning` says so.
- An **info** is shown by `check --all` and in the studio.

`mailweekly rules` lists them in the terminal, `mailweekly rules link.insecure` shows one.

## Answering a finding

A finding that is meant is answered, with the reason, in one of three places. The answered ones are counted, and `check --all` lists them with their
reasons. An answer without a reason does nothing and is a finding, and so is one that answers nothing any more, so that none outlives its cause.

Above the block it is about, which reaches to the next empty line below:

```markdown
<!-- mailweekly: allow link.insecure because the archive has no https -->
```

In the front matter, for the whole issue (`match` is optional: words of the finding or of its line):

```yaml
check:
  ignore:
    - {rule: link.cheap-tld, reason: "the project lives there", match: boats.top}
```

In `mailweekly.toml`, for every issue:

```toml
[[check.allow]]
rule = "link.cheap-tld"
reason = "The project lives there."
match = "boats.top"
```

There, too, a rule gets another level, or is switched off with `off`; the reason is asked for with `off`, and welcome with every level:

```toml
[check]
"link.insecure" = "error"
"content.words" = { level = "off", reason = "Some weeks are short." }
```

A rule marked **fixed** keeps its level whatever settings and issue say. *Read from* names what a rule
needs: the issue's text, the edition made of it, one composed message, the readers it is planned for, or the settings;
and what is asked only when told: the net (`--links`) and local spam filters (`--spam`).

These pages are made from the tables in `src/mailweekly/preflight/rules/` and `examples/`, by `tools/rule-pages`; a test compares them.
"""


def rules_page() -> str:
    """Return the page that lists them, as Markdown."""
    parts = [INTRODUCTION]
    for group, members in groupby(rules().values(), key=lambda rule: rule.id.partition(".")[0]):
        parts.append(f"## {GROUPS.get(group, group)}\n\n| rule | level | |\n|---|---|---|")
        parts += [f"| [{rule.id}](rules/{rule.id}.md) | {_level(rule)} | {rule.title} |" for rule in members]
        parts.append("")
    return "\n".join(parts)


def rule_page(rule: Rule) -> str:
    """Return a rule's own page as Markdown."""
    read_from = ", ".join(STAGES[stage] for stage in rule.stages)
    tested = f", as of {rule.tested_on}" if rule.tested_on else ""
    said = {"Why": rule.why, "Mend": rule.mend, "Source": rule.source and f"{rule.source}{tested}"}
    lines = [f"# {rule.id}\n", f"**{rule.title}** ({_level(rule)}; read from: {read_from})\n"]
    lines += [f"- {name}: {words}" for name, words in said.items() if words]
    example = examples().get(rule.id)
    return "\n".join([*lines, *(_shown(example) if example else ()), ""])


def rule_pages() -> dict[str, str]:
    """Return every page by its name under docs/reference: `rules.md` and `rules/RULE.md`."""
    return {"rules.md": rules_page(), **{f"rules/{rule.id}.md": rule_page(rule) for rule in rules().values()}}


def home_of(rule: str) -> str:
    """Return the address of a rule's page on the web; of the list, without a rule."""
    return f"{HOME}/{rule}.md" if rule else f"{HOME}.md"


def _level(rule: Rule) -> str:
    return f"{rule.level.value}, fixed" if rule.cannot_be_silenced else rule.level.value


def _shown(example: Example) -> list[str]:
    language = WHERE[example.where]
    fence = "`" * (3 if "```" not in example.bad + example.good else 4)
    places = {"settings": ", in `mailweekly.toml`", "html": ", in the HTML", "text": ", in the text part"}
    where = places.get(example.where, ", in the message" if example.where == "header" else "")
    lines: list[str] = []
    for name, text in (("Bad", example.bad), ("Good", example.good)):
        lines += ["", f"{name}{where}:", "", f"{fence}{language}", _visible(text), fence]
    return lines


def _visible(text: str) -> str:
    """Controls as escapes: a page shows what must not work in it."""
    return "".join(
        one if one == "\n" or unicodedata.category(one) not in {"Cc", "Cf"} else f"\\u{ord(one):04x}" for one in text
    )
