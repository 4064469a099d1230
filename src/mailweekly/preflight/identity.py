"""
Rules on which issue this is: it has a number, and no other issue went out under it.

What contradicts itself inside the file (a heading, the file's name) the parser has noted already.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from mailweekly.preflight.facts import Facts
from mailweekly.preflight.finding import Level
from mailweekly.preflight.place import Place

__all__ = ["ISSUE_RULES"]


def number(facts: Facts) -> Iterator[Place]:
    """Yield one place when the issue has no number, or another issue's."""
    here, sent = facts.issue.number, facts.checked.sent_numbers
    line = facts.key_line("number", "issue")
    if here is None:
        yield Place(line=line, what="The issue has no number.", level=Level.WARNING)
    elif here in sent:
        mend = f"The next free number is {max(sent) + 1}."
        yield Place(line=line, what=f"Number {here} was already sent: {sent[here]}.", mend=mend)


ISSUE_RULES: Final[Mapping[str, Callable[[Facts], Iterator[Place]]]] = {"issue.number": number}
