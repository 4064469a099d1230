"""
A newsletter as code: Markdown in, responsive email out, sent in paced batches that lose nobody and mail nobody twice.

The stages as functions, each imported when it is first asked for: `parse` and `repair` an issue, `render` it in a theme, `check` it, `select` its
audience, `prepare` it once and `compose` each reader's copy. docs/flow.md shows them in their order.
"""

from importlib import import_module
from typing import Any, Final

__all__ = ["__version__"]

__version__ = "0.1.0"

_PUBLIC: Final = {
    "Edition": "mailweekly.edition.model",
    "Issue": "mailweekly.issue.model",
    "MailweeklyError": "mailweekly.errors",
    "Message": "mailweekly.message.model",
    "check": "mailweekly.preflight.check",
    "compose": "mailweekly.message.program",
    "parse": "mailweekly.issue.parse",
    "prepare": "mailweekly.message.program",
    "render": "mailweekly.edition.render",
    "repair": "mailweekly.issue.damage",
    "select": "mailweekly.audience.select",
}


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'mailweekly' has no attribute '{name}'")
    return getattr(import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return [*__all__, *_PUBLIC]
