"""
The page `docs/reference/rules.md`, made from the rule book, so that page and program cannot differ.

Returns text; whoever calls it writes the file.
"""

from itertools import groupby
from typing import Final

from mailweekly.preflight.table import STAGES, Rule, rules

__all__ = ["rules_page"]

GROUPS: Final = {
    "a11y": "Accessibility",
    "check": "The check itself",
    "content": "Content",
    "css": "Style sheets",
    "encoding": "Encoding",
    "field": "Merge fields",
    "footer": "Footer",
    "head": "Head of the HTML",
    "header": "Header of the message",
    "html": "HTML",
    "image": "Images",
    "issue": "The issue",
    "link": "Links",
    "preheader": "Preheader",
    "segment": "Segments",
    "size": "Size",
    "subject": "Subject",
    "text": "Text part",
}
INTRODUCTION: Final = """\
# Rules

What `mailweekly check` looks for. `plan`, `send` and the studio show the same findings.

- An **error** stops `send --confirm` (exit code 77) and makes `check` end with 1.
- A **warning** is shown and stops nothing, unless `check --fail-on warning` says so.
- An **info** is shown by `check --all` and in the studio.

A publication changes a rule's level in `mailweekly.toml`, and switches it off with `off`:

```toml
[check]
"link.insecure" = "info"
"content.words" = "off"
```

One issue answers a finding with a reason, above the block or in its front matter (`match` is optional: words of the finding or of its line):

```markdown
<!-- mailweekly: allow link.insecure because the archive has no https -->
```

```yaml
check:
  ignore:
    - {rule: link.cheap-tld, reason: "the project lives there", match: boats.top}
```

A silence that answers nothing is a finding of its own, so that none outlives its cause.

A rule marked **fixed** keeps its level whatever settings and issue say. *Read from* names what a rule
needs: the issue's text, the edition made of it, one composed message, the readers it is planned for, or the settings.

This page is made from the tables in `src/mailweekly/preflight/rules/`; a test compares the two.
"""


def rules_page() -> str:
    """Return the whole page as Markdown."""
    parts = [INTRODUCTION]
    for group, members in groupby(rules().values(), key=lambda rule: rule.id.partition(".")[0]):
        parts.append(f"## {GROUPS[group]}\n")
        parts += [_entry(rule) for rule in members]
    return "\n".join(parts)


def _entry(rule: Rule) -> str:
    level = f"{rule.level.value}, fixed" if rule.cannot_be_silenced else rule.level.value
    read_from = ", ".join(STAGES[stage] for stage in rule.stages)
    lines = [
        f"### {rule.id}\n",
        f"**{rule.title}** ({level}; read from: {read_from})\n",
        f"- Why: {rule.why}",
        f"- Mend: {rule.mend}",
    ]
    if rule.source:
        lines.append(f"- Source: {rule.source}")
    return "\n".join(lines) + "\n"
