"""
A Finding: one fault, its place in the editor's file, why it matters and how to mend it.

Source: the rule's own reference, named in `source`.
"""

from dataclasses import dataclass
from enum import Enum

__all__ = ["Finding", "Level"]


class Level(Enum):
    """How much a finding matters."""

    ERROR = "error"  # `send --confirm` refuses
    WARNING = "warning"  # shown, and worth a look before sending
    INFO = "info"  # shown with --all and in the studio

    @property
    def rank(self) -> int:
        """0 for error, 1 for warning, 2 for info."""
        return ("error", "warning", "info").index(self.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One place where a rule is broken."""

    rule: str
    level: Level
    file: str  # as shown to the editor: "issues/078-title.md"
    line: int
    column: int
    what: str
    why: str
    mend: str
    source: str = ""
