"""
A relay's answer as it was given: code, text, and the stage of the dialogue.

It says what was said; what that means is `meaning`.

Source: RFC 5321 4.2 (replies); RFC 3463, RFC 2034 (enhanced status codes).
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

__all__ = ["Reply", "Stage"]

STATUS: Final = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")


class Stage(Enum):
    """What the answer was given to."""

    CONNECT = "connect"  # greeting, EHLO, TLS
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"  # before its 354
    DOT = "dot"  # the final dot: the whole message was handed over


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A relay's final answer: `451 4.7.1 try again later`, and the stage it was given at."""

    code: int
    text: str
    stage: Stage

    @property
    def status(self) -> str:
        """The enhanced status ("4.7.1") the text begins with; empty: none."""
        found = STATUS.match(self.text)
        return found[1] if found else ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()
