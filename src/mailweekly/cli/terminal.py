"""
What reaches the terminal: results on stdout, everything else on stderr, nothing that could drive it.

Text of readers, relays and files is escaped here and nowhere else. With --json, stdout holds one JSON document, an error included.
"""

import contextlib
import json
import os
import sys
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from mailweekly.errors import MailweeklyError

__all__ = [
    "STATE",
    "counted",
    "is_terminal",
    "leave",
    "out",
    "out_json",
    "out_text",
    "safe",
    "say",
    "show_error",
    "show_fault",
    "show_usage",
]


@dataclass(kw_only=True)
class State:
    """What was said before the command; set once by `app`."""

    directory: Path = field(default_factory=Path)
    debug: bool = False
    wants_json: bool = False
    lost: list[TextIO] = field(default_factory=list)  # streams nobody reads any more

    def reset(self, wants_json: bool) -> None:
        """Start afresh: several commands may run in one process."""
        self.directory, self.debug, self.wants_json = Path(), False, wants_json


STATE = State()


def safe(text: object) -> str:
    """Return `text` with controls, escapes and bidi overrides shown as escapes; line breaks stay."""
    return "".join(
        one if one == "\n" or _is_plain(one) else one.encode("unicode_escape").decode("ascii") for one in str(text)
    )


def out(*lines: object) -> None:
    """Write lines for people to stdout."""
    _write(sys.stdout, "".join(f"{safe(line)}\n" for line in lines))


def out_json(document: Mapping[str, Any]) -> None:
    """Write the one JSON document to stdout."""
    _write(sys.stdout, json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def out_text(text: str) -> None:
    """Write a text that is whole and safe already."""
    _write(sys.stdout, text + "\n")


def leave() -> None:
    """Before the process ends: what nobody reads must not raise when Python closes it."""
    for stream in STATE.lost:
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(*lines: object) -> None:
    """Write diagnostics to stderr."""
    _write(sys.stderr, "".join(f"{safe(line)}\n" for line in lines))


def counted(number: int, noun: str) -> str:
    """Return "1 finding", "2 findings"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def is_terminal() -> bool:
    """Whether somebody is looking at stderr."""
    return sys.stderr.isatty()


def show_error(error: MailweeklyError) -> None:
    """Show an error: what, where, what to do."""
    say(
        f"mailweekly: {error.what}",
        f"  where: {error.place or '-'}",
        f"  what to do: {error.hint or 'see mailweekly --help'}",
    )
    if STATE.wants_json:
        detail = {
            "kind": type(error).__name__,
            "what": error.what,
            "where": error.place,
            "hint": error.hint,
            "exit": error.exit_code,
        }
        out_json({"error": detail})


def show_usage(what: str, command: str) -> None:
    """Show a wrong call."""
    say(f"mailweekly: {what}", f"  where: {command}", f"  what to do: see {command} --help")
    if STATE.wants_json:
        out_json(
            {"error": {"kind": "UsageError", "what": what, "where": command, "hint": f"{command} --help", "exit": 64}}
        )


def show_fault(error: BaseException) -> None:
    """Show a fault of ours; its text may hold anything, so only its kind is named."""
    say(
        f"mailweekly: an unexpected fault ({type(error).__name__}); this is ours, not yours.",
        "  where: mailweekly itself",
    )
    say("  what to do: run it again with --debug before the command, and report what it shows")
    if STATE.wants_json:
        out_json(
            {
                "error": {
                    "kind": type(error).__name__,
                    "what": "an unexpected fault",
                    "where": "",
                    "hint": "--debug",
                    "exit": 70,
                }
            }
        )


def _write(stream: TextIO, text: str) -> None:
    """Write and flush; a closed pipe or a full disk behind it must not stop a send."""
    if stream in STATE.lost:
        return
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError) as error:
        STATE.lost.append(stream)
        if stream is sys.stdout and not isinstance(error, BrokenPipeError):
            say(f"mailweekly: the output could not be written: {getattr(error, 'strerror', '') or error}")


def _is_plain(one: str) -> bool:
    return unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} or one in "\u200c\u200d\ufe0f"
